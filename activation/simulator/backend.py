"""moto inside this process, reachable by no socket of its own, with every change journaled and replayed.

moto draws all its identifiers from one random generator. Each changing call gets a seed of its own, which is journaled
with it, so that a replay ends in the same identifiers, keys and dates.
"""

import base64
import io
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock, local
from typing import Any
from urllib.parse import unquote, urlencode

from activation.simulator.calls import Call
from activation.simulator.corrections import correct_eks, correct_launch_templates, correct_tagging
from activation.simulator.journal import Journal
from activation.simulator.replies import AwsError, Reply, error_reply
from activation.simulator.signature import RawRequest

# Services that reach into one another; all of them are made before the first call in an account and region, each from
# a seed of its own, since a replay sees only the changing calls and would else make them in another order.
_LIGHT = ("iam", "sts", "s3")
# Slow to load, so not before they, or a service that may reach into them, are called.
_HEAVY = ("ec2", "eks")
_KEPT_HEADERS = ("content-type", "content-md5", "content-encoding", "host", "user-agent", "if-none-match", "if-match")
_UNFORWARDED = frozenset({"authorization", "x-amz-security-token", "x-moto-account-id", "transfer-encoding", "expect"})


class Clock:
    """The time; it stands still in the thread that carries out a call, so that a replay sets the same dates."""

    def __init__(self) -> None:
        self._pinned = local()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let the time be `moment` for this thread."""
        self._pinned.moment = moment
        try:
            yield
        finally:
            self._pinned.moment = None

    def now(self) -> datetime:
        """Return the moment, with time zone."""
        return getattr(self._pinned, "moment", None) or datetime.now(UTC)

    def naive(self) -> datetime:
        """Return the moment in UTC without time zone, as moto wants it."""
        return self.now().replace(tzinfo=None)


class Backend:
    """moto's services and the journal of what changed in them."""

    def __init__(self, journal: Journal) -> None:
        self.lock = RLock()
        self.clock = Clock()
        self._journal = journal
        self._seed = ""
        self._made: set[tuple[str, str, str]] = set()
        self._corrected = False
        self._load()

    def _load(self) -> None:
        os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
        import moto.core.utils

        original = moto.core.utils.utcnow
        moto.core.utils.utcnow = self.clock.naive
        import moto.backends
        from moto.moto_api._internal import mock_random
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._random = mock_random
        # Typed loosely: moto has an overload of this for each of its 180 services.
        backends: Any = moto.backends
        self._get_backend: Callable[[str], Any] = backends.get_backend
        for service in _LIGHT:
            self._get_backend(service)
        # Modules that were imported earlier hold the original under their own name.
        for name, module in list(sys.modules.items()):
            if name.startswith("moto.") and getattr(module, "utcnow", None) is original:
                module.__dict__["utcnow"] = self.clock.naive
        self._application = DomainDispatcherApplication(create_backend_app)

    def restore(self, other: Callable[[dict[str, Any]], None]) -> bool:
        """Replay the journal, handing records that are not AWS calls to `other`; return False where it was empty."""
        found = False
        with self.lock:
            for record in self._journal.records():
                found = True
                if record["kind"] == "born":
                    self._seed = record["seed"]
                elif record["kind"] == "call":
                    self._replay(record)
                else:
                    other(record)
        if not found:
            self._seed = secrets.token_hex(16)
            self.note("born", seed=self._seed)
        return found

    def note(self, kind: str, **values: Any) -> None:
        """Journal a change that is not a call to moto."""
        self._journal.append({"kind": kind, "time": self.clock.now().isoformat(), **values})

    def iam(self, account: str) -> Any:
        """Return moto's IAM of an account; use it while holding the lock."""
        self._make("iam", account, "aws")
        return self._get_backend("iam")[account]["aws"]

    def accounts(self) -> list[str]:
        """Return the accounts that exist so far."""
        return list(self._get_backend("iam"))

    def _make(self, service: str, account: str, region: str) -> None:
        if (service, account, region) in self._made:
            return
        self._made.add((service, account, region))
        if service in _HEAVY and not self._corrected:
            correct_eks(self._random)
            correct_launch_templates()
            correct_tagging()
            self._corrected = True
        try:
            backend = self._get_backend(service)
            # Only now, since loading a service may draw from the generator.
            self._random.seed(f"{self._seed}:{service}:{account}:{region}")
            regions = backend[account]
            for name in (region, "aws"):
                if name in regions.regions:
                    _ = regions[name]
        except (ImportError, KeyError, TypeError, AttributeError):
            # A service that moto does not know, or one without accounts: the call itself gets the answer.
            return

    def _make_all(self, call: Call, account: str) -> None:
        heavy = () if call.service in _LIGHT else (*_HEAVY, call.service)
        for service in (*_LIGHT, *heavy):
            self._make(service, account, call.region)

    def perform(self, call: Call, request: RawRequest, account: str, access_key: str) -> Reply:
        """Carry out a call in `account` on behalf of the user key `access_key`; journal it first where it changes."""
        with self.lock:
            self._make_all(call, account)
            if call.changes_something:
                seed = secrets.randbits(64)
                moment = self.clock.now()
                self._journal.append(
                    {
                        "kind": "call",
                        "time": moment.isoformat(),
                        "seed": seed,
                        "account": account,
                        "access_key": access_key,
                        "service": call.service,
                        "region": call.region,
                        "operation": call.operation,
                        "method": request.method,
                        "target": _without_signature(request),
                        "headers": [h for h in request.headers if h[0] in _KEPT_HEADERS or _is_amazon(h[0])],
                        "body": base64.b64encode(request.body).decode(),
                    }
                )
                with self.clock.at(moment):
                    return self._run(call, request, account, access_key, seed)
            return self._run(call, request, account, access_key)

    def _replay(self, record: dict[str, Any]) -> None:
        call = Call(record["service"], record["region"], record["operation"])
        headers = [(name, value) for name, value in record["headers"]]
        request = RawRequest(record["method"], record["target"], headers, base64.b64decode(record["body"]))
        self._make_all(call, record["account"])
        with self.clock.at(datetime.fromisoformat(record["time"])):
            self._run(call, request, record["account"], record["access_key"], record["seed"])

    def _run(self, call: Call, request: RawRequest, account: str, access_key: str, seed: int | None = None) -> Reply:
        from werkzeug.test import run_wsgi_app

        environ = wsgi_environ(request, _without_signature(request))
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        environ["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential={access_key}/20000101/{call.region}/{call.service}/aws4_request, "
            "SignedHeaders=host, Signature=0"
        )
        try:
            # The first call of a service makes moto's application for it, which draws from the generator as well.
            self._application.get_application(environ)
            if seed is not None:
                self._random.seed(seed)
            chunks, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        except NotImplementedError as error:
            return error_reply(call.service, _missing(call, str(error)), method=request.method)
        except Exception as error:  # noqa: BLE001 - a fault of moto's is the server's fault, as it would be in AWS
            text = f"The simulator cannot do this: {type(error).__name__}: {error}"
            return error_reply(call.service, AwsError("InternalFailure", text, 500), method=request.method)
        body = b"".join(chunks)
        code = int(status.split()[0])
        dropped = {"connection", "transfer-encoding", "server", "date"}
        if request.method != "HEAD":  # whose answer has a length and no body
            dropped.add("content-length")
        if code == 404 and b"<!doctype html>" in body[:20]:
            return error_reply(call.service, _missing(call, ""), method=request.method)
        kept = [(name, value) for name, value in headers.items() if name.lower() not in dropped]
        return Reply(code, body, kept, _error_code(body, kept) if code >= 400 else "")


def _missing(call: Call, text: str) -> AwsError:
    """Say that moto lacks an operation, with a status that no SDK retries."""
    return AwsError("NotImplemented", f"The simulator has no {call.action}. {text}".strip(), 501)


def _is_amazon(name: str) -> bool:
    return name.startswith("x-amz-") and name != "x-amz-security-token"


def _without_signature(request: RawRequest) -> str:
    if "X-Amz-" not in request.target:
        return request.target
    pairs = [(k, v) for k, v in request.query if not k.startswith("X-Amz-")]
    return request.path + (f"?{urlencode(pairs)}" if pairs else "")


def _error_code(body: bytes, headers: Iterable[tuple[str, str]]) -> str:
    """Read AWS's error code out of an answer of moto's."""
    for name, value in headers:
        if name.lower() == "x-amzn-errortype":
            return value.partition(":")[0]
    start = body.find(b"<Code>")
    if start >= 0:
        return body[start + 6 : body.find(b"</Code>", start)].decode("utf-8", "replace")
    return "Error"


def wsgi_environ(request: RawRequest, target: str) -> dict[str, Any]:
    """Return the request in the form that WSGI applications take, with `target` as its path and query."""
    path, _, query = target.partition("?")
    host = request.header("host") or "127.0.0.1"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    spelled: dict[str, str] = {}
    for name in dict.fromkeys(key for key, _ in request.headers):
        if name in _UNFORWARDED or name == "content-length":
            continue
        key = "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")
        environ[key] = request.header(name)
        if "_" in name:
            spelled[key] = name
    environ["moto.preserved_header_names"] = spelled
    return environ
