"""A session acts with the keys it is given and knows no others: not the environment's, a file's or the host's."""

import logging
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activation.aws.identity import identify, who_am_i
from activation.aws.inventory import TRANSIENT
from activation.aws.sessions import ATTEMPTS, session, utc_now
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Refused
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, keys_of

UNKNOWN = AccessKeys("AKIAAAAAAAAAAAAAAAAA", "s" * 40)
_REFUSAL = (
    b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    b"<Code>InvalidClientTokenId</Code><Message>invalid</Message></Error></ErrorResponse>"
)


@dataclass
class Listener:
    """A server that notes every request and gives one answer: how STS answers an unknown key."""

    port: int = 0
    asked: list[str] = field(default_factory=list)


def listen(
    certificate: Path | None = None, *, status: int = 403, answer: bytes = _REFUSAL
) -> tuple[Listener, ThreadingHTTPServer]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            listener.asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_CONNECT = _note

        def log_message(self, *parts: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    listener.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return listener, server


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener, server = listen()
    yield listener
    server.shutdown()
    server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def tempting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listener: Listener, customer: dict[str, Any]) -> Listener:
    """A host on which boto3 finds good keys everywhere, and is led elsewhere by every setting."""
    trap = f"http://127.0.0.1:{listener.port}"
    good = customer["administrator"]
    files = tmp_path / "aws"
    files.mkdir()
    (files / "config").write_text(
        f"[default]\nregion = eu-west-1\nendpoint_url = {trap}\nca_bundle = /nonexistent/bundle\nmax_attempts = 9\n"
        "csm_enabled = true\n"
    )
    (files / "credentials").write_text(
        f"[default]\naws_access_key_id = {good['access_key_id']}\naws_secret_access_key = {good['secret_access_key']}\n"
    )
    for name, value in {
        "AWS_ACCESS_KEY_ID": good["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": good["secret_access_key"],
        "AWS_SESSION_TOKEN": "token",
        "AWS_CONFIG_FILE": str(files / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(files / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": trap,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{trap}/container",
        "AWS_ROLE_ARN": "arn:aws:iam::222233334444:role/host",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(files / "config"),
        "AWS_ENDPOINT_URL": trap,
        "AWS_ENDPOINT_URL_STS": trap,
        "AWS_CA_BUNDLE": "/nonexistent/bundle",
        "REQUESTS_CA_BUNDLE": "/nonexistent/bundle",
        "HTTP_PROXY": trap,
        "HTTPS_PROXY": trap,
        "http_proxy": trap,
        "https_proxy": trap,
        "AWS_MAX_ATTEMPTS": "9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_DEFAULTS_MODE": "nonsense",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return listener


def test_boto3_left_alone_falls_for_the_tempting_host(tempting: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULTS_MODE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name)
    core = boto3.Session(region_name=REGION)
    assert core.get_credentials().access_key.startswith("AKIA")
    assert core.client("sts", verify=False).meta.endpoint_url == f"http://127.0.0.1:{tempting.port}"


def test_a_wrong_key_never_becomes_the_hosts_own(tempting: Listener, simulator: Simulator) -> None:
    with pytest.raises(Refused) as refused:
        who_am_i(UNKNOWN, REGION, simulator.endpoint)
    assert refused.value.code == "aws_key_unknown"
    assert tempting.asked == []


def test_a_right_key_is_used_as_it_is_whatever_the_host_says(
    tempting: Listener, simulator: Simulator, customer: dict[str, Any]
) -> None:
    identity = who_am_i(keys_of(customer["least_rights"]), REGION, simulator.endpoint)
    assert identity.arn == customer["least_rights"]["arn"]
    assert tempting.asked == []


def test_a_profile_that_does_not_exist_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator, customer: dict[str, Any]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    assert who_am_i(keys_of(customer["session"]), REGION, simulator.endpoint).name == "administrator"


def test_without_an_endpoint_it_is_awss_own_in_the_region_asked_for(tempting: Listener) -> None:
    aws = session(UNKNOWN, "eu-central-1")
    assert aws.client("sts").meta.endpoint_url == "https://sts.eu-central-1.amazonaws.com"
    assert aws.client("iam").meta.endpoint_url == "https://iam.amazonaws.com"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (AccessKeys("", "s" * 40), "access_key_missing"),
        (AccessKeys("AKIAAAAAAAAAAAAAAAAA", ""), "secret_key_missing"),
        (AccessKeys("", ""), "access_key_missing"),
    ],
)
def test_an_empty_key_is_refused_before_anybody_is_asked(tempting: Listener, keys: AccessKeys, code: str) -> None:
    with pytest.raises(Refused) as refused:
        session(keys, REGION)
    assert refused.value.code == code
    assert tempting.asked == []


def test_certificates_come_from_the_setting_and_not_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    listener, server = listen(certificate)
    try:
        endpoint = f"https://127.0.0.1:{listener.port}"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with pytest.raises(Faulted) as faulted:
            who_am_i(UNKNOWN, REGION, endpoint)
        assert faulted.value.code == "aws_untrusted"
        assert listener.asked == []
        with pytest.raises(Refused) as refused:
            who_am_i(UNKNOWN, REGION, endpoint, ca_bundle=str(certificate))
        assert refused.value.code == "aws_key_unknown"
    finally:
        server.shutdown()
        server.server_close()


def test_a_proxy_is_used_where_the_setting_names_one(listener: Listener) -> None:
    with pytest.raises(Refused):
        who_am_i(UNKNOWN, REGION, "http://sts.example.test", proxy=f"http://127.0.0.1:{listener.port}")
    assert listener.asked == ["POST http://sts.example.test/"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [(403, b"<html><body>Blocked by policy<br></body></html>"), (200, b"<GetCallerIdentityResponse><GetCaller")],
)
def test_an_answer_that_is_not_awss_or_is_cut_off_is_a_fault_that_may_pass(status: int, answer: bytes) -> None:
    listener, server = listen(status=status, answer=answer)
    try:
        with pytest.raises(Faulted) as faulted:
            who_am_i(UNKNOWN, REGION, f"http://127.0.0.1:{listener.port}")
    finally:
        server.shutdown()
        server.server_close()
    assert faulted.value.code == "aws_unreadable"
    assert faulted.value.code in TRANSIENT
    assert faulted.value.text == "What 127.0.0.1 answered is not a whole answer of AWS."


def test_waiting_and_trying_again_have_an_end() -> None:
    config = session(UNKNOWN, REGION).client("sts").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 15)
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == ATTEMPTS == 3


def test_the_clocks_are_compared_with_every_answer(simulator: Simulator, customer: dict[str, Any]) -> None:
    aws = session(
        keys_of(customer["session"]), REGION, simulator.endpoint, now=lambda: utc_now() + timedelta(seconds=90)
    )
    assert aws.clock_ahead is None
    identify(aws, is_long_term=False)
    assert aws.clock_ahead == pytest.approx(90, abs=5)


def test_no_log_level_writes_a_token_or_a_signature(
    simulator: Simulator, customer: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = keys_of(customer["session"])
    identity = who_am_i(keys, REGION, simulator.endpoint)
    assert identity.name == "administrator"
    assert caplog.text
    for secret in (keys.secret_access_key, keys.session_token, "Signature="):
        assert secret not in caplog.text


def test_descriptions_of_services_are_read_once_for_all_sessions() -> None:
    """EC2's takes a quarter of a second and 30 MB; a check opens many sessions."""
    first, second = session(UNKNOWN, REGION), session(UNKNOWN, "eu-central-1")
    assert first.client("ec2") is not second.client("ec2")
    models = [each.client("ec2").meta.service_model for each in (first, second)]
    assert models[0].metadata is models[1].metadata
    assert first.client("ec2").meta.region_name != second.client("ec2").meta.region_name
