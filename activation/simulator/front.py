"""The only address of the simulator: checks every call as AWS would, carries it out and records it."""

import hmac
import json
import select
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from activation.simulator.authorization import check_kind, check_service_role, decide, denial
from activation.simulator.backend import Backend, wsgi_environ
from activation.simulator.calls import ABOUT_ONESELF, Call, guess_service, passed_roles, read_call
from activation.simulator.control import Control, Refusal
from activation.simulator.directory import Credential, Directory, Kind
from activation.simulator.faults import Fault, Faults
from activation.simulator.limits import check_principals, check_quotas
from activation.simulator.recording import Action, Recording
from activation.simulator.replies import AwsError, Reply, error_reply, rejection
from activation.simulator.signature import Problem, RawRequest, Rejected, Signed, read_signature, verify
from activation.simulator.simulation import OPERATIONS as SIMULATIONS
from activation.simulator.simulation import simulate
from activation.simulator.sts import Settings, TokenService

CONTROL_PREFIX = "/_simulator/"
_LARGEST_BODY = 64 * 1024 * 1024


class ConnectionCut(Exception):
    """The connection is to be closed without an answer."""


class Front:
    """Everything between the socket and moto."""

    def __init__(
        self,
        backend: Backend,
        directory: Directory,
        tokens: TokenService,
        settings: Settings,
        faults: Faults,
        recording: Recording,
    ) -> None:
        self._backend = backend
        self._directory = directory
        self._tokens = tokens
        self._settings = settings
        self._faults = faults
        self._recording = recording

    def answer(self, request: RawRequest, is_gone: Callable[[], bool] = lambda: False) -> Reply:
        """Answer one AWS call. Raises ConnectionCut where a fault says so; `is_gone` tells whether the caller is."""
        started = time.perf_counter()
        credential: Credential | None = None
        signed: Signed | None = None
        call = Call(guess_service(request), "", f"{request.method} {request.path}")
        outcome, status = "cut", 0
        try:
            try:
                signed = read_signature(request)
                account = self._directory.account_of(signed.access_key) or ""
                call = self._read(request, signed, account)
                credential = self._authenticate(request, signed)
                reply = self._serve(request, call, credential, is_gone)
            except Rejected as rejected:
                reply = error_reply(call.service, rejection(call.service, rejected), method=request.method)
            except AwsError as error:
                reply = error_reply(call.service, error, method=request.method)
            outcome, status = reply.error or "ok", reply.status
            return reply
        finally:
            self._recording.add(
                Action(
                    time=self._backend.clock.now().isoformat(timespec="milliseconds"),
                    service=call.service,
                    action=call.action,
                    caller=credential.arn if credential else "",
                    account=credential.account if credential else "",
                    region=call.region,
                    outcome=outcome,
                    status=status,
                    resource=call.resource or "",
                    access_key=signed.access_key if signed else "",
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )
            )

    def _read(self, request: RawRequest, signed: Signed, account: str) -> Call:
        environ = wsgi_environ(request, request.target)
        call = read_call(request, environ, signed.service, signed.region, account)
        if call.service == "iam" and not call.operation.startswith("Create"):
            exact = self._directory.exact_arn(call.resource, account)
            call = replace(call, resource=exact)
        return call

    def _authenticate(self, request: RawRequest, signed: Signed) -> Credential:
        credential = self._directory.find(signed.access_key)
        if credential is None:
            raise Rejected(Problem.UNKNOWN_KEY)
        now = self._backend.clock.now()
        given = signed.token or ""
        if credential.token is None and given:
            raise Rejected(Problem.INVALID_TOKEN)
        if credential.token is not None and not hmac.compare_digest(credential.token.encode(), given.encode()):
            raise Rejected(Problem.INVALID_TOKEN)
        verify(request, signed, credential.secret, now)
        if credential.expires is not None and credential.expires <= now:
            raise Rejected(Problem.EXPIRED_TOKEN)
        return credential

    def _serve(self, request: RawRequest, call: Call, credential: Credential, is_gone: Callable[[], bool]) -> Reply:
        faults = self._faults.take(call, credential.arn)
        if not self._strike(call, [fault for fault in faults if fault.when == "before"], is_gone):
            raise ConnectionCut
        check_kind(credential, call)
        if call.action in ABOUT_ONESELF and call.resource == "*":
            call = replace(call, resource=credential.principal)
        # Of AssumeRole the trust policy comes first: the refusal is the same whichever of the two fails.
        if self._settings.enforce_identity_policies and call.action != "sts:AssumeRole":
            for asked in (call, *passed_roles(call, request, credential.account)):
                decision = decide(self._directory, credential, asked)
                if not decision.allowed:
                    raise denial(credential, asked, decision)
            check_service_role(self._directory, credential, call)
        if call.service == "iam":
            check_quotas(self._directory, call)
            if self._settings.check_principals:
                check_principals(self._directory, call)
        if call.service == "sts":
            reply = self._tokens.answer(credential, call)
        elif call.service == "iam" and call.operation in SIMULATIONS:
            reply = simulate(self._directory, call, credential.account)
        else:
            acting = credential.base_key if credential.kind is Kind.USER_SESSION else credential.access_key
            reply = self._backend.perform(call, request, credential.account, acting)
        self._strike(call, [fault for fault in faults if fault.when == "after"], is_gone)
        return reply

    def _strike(self, call: Call, faults: list[Fault], is_gone: Callable[[], bool]) -> bool:
        """Let the faults happen; return whether the caller is still there, as far as anybody looked."""
        for fault in faults:
            if fault.seconds:
                self._faults.wait(fault.seconds)
            if fault.hold and not self._faults.hold(fault, call.action, is_gone):
                return False
        for fault in faults:
            if fault.cut:
                raise ConnectionCut
            if fault.error:
                raise AwsError(fault.error, fault.message or fault.error, fault.status)
        return True


class Handler(BaseHTTPRequestHandler):
    """Reads requests off the socket and writes answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    # A connection on which nothing comes for so many seconds is closed.
    timeout = 120
    front: ClassVar[Front]
    control: ClassVar[Control]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Write nothing: the record of actions is the log."""

    def handle_expect_100(self) -> bool:
        """Tell a client that waits with its body to go on, at once."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _body(self) -> bytes | None:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            parts = []
            while size := int(self.rfile.readline(64).split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline(8)
            while self.rfile.readline(8192).strip():
                pass
            return b"".join(parts)
        length = int(self.headers.get("Content-Length") or 0)
        return None if length > _LARGEST_BODY or length < 0 else self.rfile.read(length)

    def _handle(self) -> None:
        try:
            body = self._body()
        except ValueError:
            body = None
        if body is None:
            self.close_connection = True
            self._write(Reply(400, b"", []))
            return
        headers = [(name.lower(), value.strip()) for name, value in self.headers.items()]
        request = RawRequest(self.command, self.path, headers, body)
        try:
            if request.path.startswith(CONTROL_PREFIX):
                self._write(self._controlled(request))
            else:
                self._write(self.front.answer(request, self._is_gone))
        except ConnectionCut:
            self.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _is_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _controlled(self, request: RawRequest) -> Reply:
        given = request.header("x-simulator-token") or ""
        kind = [("Content-Type", "application/json")]
        if not hmac.compare_digest(given.encode(), self.control.token.encode()):
            return Reply(403, b'{"error": "wrong control token"}', kind)
        try:
            values = json.loads(request.body) if request.body else dict(parse_qsl(request.target.partition("?")[2]))
            answer = self.control.answer(request.path.removeprefix(CONTROL_PREFIX), values)
        except Refusal as refusal:
            return Reply(refusal.status, json.dumps({"error": str(refusal)}).encode(), kind)
        except ValueError as error:
            return Reply(400, json.dumps({"error": str(error)}).encode(), kind)
        return Reply(200, json.dumps(answer).encode(), kind)

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.command == "HEAD":
            lengths = [value for name, value in reply.headers if name.lower() == "content-length"]
            if not lengths:
                self.send_header("Content-Length", "0")
        elif reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _handle


class Server(ThreadingHTTPServer):
    """A thread a connection, on the loopback only."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, front: Front, control: Control) -> None:
        handler = type("BoundHandler", (Handler,), {"front": front, "control": control})
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a connection that ends in the middle pass; show everything else."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)
