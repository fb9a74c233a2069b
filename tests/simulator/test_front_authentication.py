"""Every call is checked as AWS checks it: key, secret, session, clock, payload."""

import json
import socket
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from activation.simulator.client import ControlRefused, Simulator

Connect = Callable[..., Any]
HARMLESS = {
    "sts": "get_caller_identity",
    "iam": "list_roles",
    "ec2": "describe_vpcs",
    "eks": "list_clusters",
    "s3": "list_buckets",
}


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    """Return the code and the HTTP status of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("service", HARMLESS)
@pytest.mark.parametrize("person", ["administrator", "session", "root"])
def test_right_keys_are_let_in(connect: Connect, identities: dict[str, Any], service: str, person: str) -> None:
    getattr(connect(service, identities["customer"][person]), HARMLESS[service])()


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sts", "InvalidClientTokenId", 403),
        ("iam", "InvalidClientTokenId", 403),
        ("ec2", "AuthFailure", 401),
        ("eks", "UnrecognizedClientException", 403),
        ("s3", "InvalidAccessKeyId", 403),
    ],
)
def test_unknown_key(connect: Connect, identities: dict[str, Any], service: str, code: str, status: int) -> None:
    key = identities["customer"]["administrator"] | {"access_key_id": "AKIAUNKNOWNUNKNOWN22"}
    assert refusal(getattr(connect(service, key), HARMLESS[service])) == (code, status)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sts", "SignatureDoesNotMatch", 403),
        ("iam", "SignatureDoesNotMatch", 403),
        ("ec2", "AuthFailure", 401),
        ("eks", "InvalidSignatureException", 403),
        ("s3", "SignatureDoesNotMatch", 403),
    ],
)
def test_wrong_secret(connect: Connect, identities: dict[str, Any], service: str, code: str, status: int) -> None:
    key = identities["customer"]["administrator"] | {"secret_access_key": "x" * 40}
    assert refusal(getattr(connect(service, key), HARMLESS[service])) == (code, status)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sts", "ExpiredToken", 403),
        ("iam", "ExpiredToken", 403),
        ("ec2", "RequestExpired", 400),
        ("eks", "ExpiredTokenException", 403),
        ("s3", "ExpiredToken", 400),
    ],
)
def test_expired_session(connect: Connect, identities: dict[str, Any], service: str, code: str, status: int) -> None:
    key = identities["customer"]["expired_session"]
    assert refusal(getattr(connect(service, key), HARMLESS[service])) == (code, status)


def test_session_that_is_made_to_expire_stops_working(
    simulator: Simulator, connect: Connect, identities: dict[str, Any]
) -> None:
    key = simulator.new_session(identities["customer"]["account"], 900)
    iam = connect("iam", key)
    iam.list_roles()
    simulator.expire(key["access_key_id"])
    assert refusal(iam.list_roles) == ("ExpiredToken", 403)


@pytest.mark.parametrize("token", ["", "IQoJwrong"])
def test_temporary_key_without_its_token(connect: Connect, identities: dict[str, Any], token: str) -> None:
    key = identities["customer"]["session"] | {"session_token": token}
    assert refusal(connect("sts", key).get_caller_identity) == ("InvalidClientTokenId", 403)


def test_long_term_key_with_a_token(connect: Connect, identities: dict[str, Any]) -> None:
    key = identities["customer"]["administrator"] | {"session_token": "IQoJwrong"}
    assert refusal(connect("sts", key).get_caller_identity) == ("InvalidClientTokenId", 403)


def test_session_without_mfa_knows_itself_and_may_assume_roles_but_may_not_use_iam(
    connect: Connect, identities: dict[str, Any]
) -> None:
    key = identities["customer"]["session_without_mfa"]
    assert connect("sts", key).get_caller_identity()["Account"] == identities["customer"]["account"]
    assert refusal(connect("iam", key).list_roles) == ("InvalidClientTokenId", 403)
    assert refusal(connect("sts", key).get_session_token) == ("AccessDenied", 403)
    connect("ec2", key).describe_vpcs()


def test_key_that_was_switched_off_or_deleted_is_unknown(connect: Connect, identities: dict[str, Any]) -> None:
    iam = connect("iam", identities["customer"]["administrator"])
    iam.create_user(UserName="leaver")
    made = iam.create_access_key(UserName="leaver")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": ""}
    sts = connect("sts", key)
    assert sts.get_caller_identity()["Arn"].endswith(":user/leaver")
    iam.update_access_key(UserName="leaver", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert refusal(sts.get_caller_identity) == ("InvalidClientTokenId", 403)
    iam.delete_access_key(UserName="leaver", AccessKeyId=made["AccessKeyId"])
    assert refusal(sts.get_caller_identity) == ("InvalidClientTokenId", 403)


def test_root_key_reports_root(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    answer = connect("sts", customer["root"]).get_caller_identity()
    assert answer["Arn"] == f"arn:aws:iam::{customer['account']}:root"


def test_accounts_do_not_see_one_another(connect: Connect, identities: dict[str, Any]) -> None:
    mine = connect("iam", identities["customer"]["administrator"])
    theirs = connect("iam", identities["other_customer"]["administrator"])
    made = mine.create_role(RoleName="only-mine", AssumeRolePolicyDocument='{"Statement": []}')["Role"]
    assert made["Arn"].split(":")[4] == identities["customer"]["account"]
    assert refusal(theirs.get_role, RoleName="only-mine")[0] == "NoSuchEntity"
    assert "only-mine" not in [role["RoleName"] for role in theirs.list_roles()["Roles"]]


# Requests made by hand


def send(url: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def signed(
    simulator: Simulator, key: dict[str, str], service: str, *, path: str = "/", body: bytes = b"", offset: timedelta
) -> dict[str, str]:
    """Sign a request with a clock that is `offset` ahead."""
    request = AWSRequest("POST" if body else "GET", simulator.endpoint + path, data=body)
    if body:
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    credentials = Credentials(key["access_key_id"], key["secret_access_key"], key["session_token"] or None)
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "us-west-2")
    moment = (datetime.now(UTC) + offset).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = moment
    signer._modify_request_before_signing(request)
    if "X-Amz-Date" in request.headers:
        del request.headers["X-Amz-Date"]
    request.headers["X-Amz-Date"] = moment
    signature = signer.signature(
        signer.string_to_sign(request, signer.canonical_request(request)),
        request,
    )
    signer._inject_signature_to_request(request, signature)
    return dict(request.headers.items())


WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
NOW = timedelta(0)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(-4, None), (4, None), (-6, "Signature expired: "), (6, "Signature not yet current: ")],
)
def test_clock_may_be_five_minutes_off(
    simulator: Simulator, identities: dict[str, Any], minutes: int, text: str | None
) -> None:
    key = identities["customer"]["administrator"]
    headers = signed(simulator, key, "sts", body=WHO, offset=timedelta(minutes=minutes))
    status, answer = send(simulator.endpoint, WHO, headers)
    assert status == (200 if text is None else 403)
    if text:
        assert "<Code>SignatureDoesNotMatch</Code>" in answer
        assert text in answer


@pytest.mark.parametrize(
    ("minutes", "code"), [(-14, None), (-16, "RequestTimeTooSkewed"), (16, "RequestTimeTooSkewed")]
)
def test_clock_may_be_fifteen_minutes_off_for_s3(
    simulator: Simulator, identities: dict[str, Any], minutes: int, code: str | None
) -> None:
    key = identities["customer"]["administrator"]
    headers = signed(simulator, key, "s3", offset=timedelta(minutes=minutes))
    status, answer = send(simulator.endpoint, None, headers)
    assert status == (200 if code is None else 403)
    assert code is None or f"<Code>{code}</Code>" in answer


def test_body_that_was_altered_after_signing_is_refused(simulator: Simulator, identities: dict[str, Any]) -> None:
    headers = signed(simulator, identities["customer"]["administrator"], "sts", body=WHO, offset=NOW)
    status, answer = send(simulator.endpoint, WHO.replace(b"Version", b"X=1&Version"), headers)
    assert status == 403
    assert "SignatureDoesNotMatch" in answer


def test_s3_body_that_is_not_the_signed_one_is_refused(simulator: Simulator, identities: dict[str, Any]) -> None:
    key = identities["customer"]["administrator"]
    headers = signed(simulator, key, "s3", path="/bucket/key", body=b"signed", offset=NOW)
    status, answer = send(simulator.endpoint + "/bucket/key", b"other!", headers)
    assert status == 400
    assert "XAmzContentSHA256Mismatch" in answer


@pytest.mark.parametrize(
    ("url", "body", "headers", "code"),
    [
        ("/", WHO, {}, "MissingAuthenticationToken"),
        ("/", b"Action=ListRoles&Version=2010-05-08", {}, "MissingAuthenticationToken"),
        ("/", b"Action=DescribeVpcs&Version=2016-11-15", {}, "MissingAuthenticationToken"),
        ("/clusters", None, {}, "MissingAuthenticationTokenException"),
        ("/bucket", None, {}, "AccessDenied"),
        ("/", WHO, {"Authorization": "AWS4-HMAC-SHA256 nonsense"}, "IncompleteSignature"),
        ("/", WHO, {"Authorization": "Basic YTpi"}, "IncompleteSignature"),
        # moto's own interface must not shine through.
        ("/moto-api/data.json", None, {}, "AccessDenied"),
        ("/moto-api/reset", b"", {}, "AccessDenied"),
        ("/latest/meta-data/", None, {}, "AccessDenied"),
    ],
)
def test_unsigned_calls_are_refused(
    simulator: Simulator, url: str, body: bytes | None, headers: dict[str, str], code: str
) -> None:
    status, answer = send(simulator.endpoint + url, body, headers)
    assert status in (400, 403)
    assert code in answer


def test_presigned_links_are_verified(connect: Connect, identities: dict[str, Any]) -> None:
    s3 = connect("s3", identities["customer"]["session"])
    s3.create_bucket(Bucket="presigned-links", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="presigned-links", Key="a b/ü+~(x).txt", Body=b"content")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned-links", "Key": "a b/ü+~(x).txt"})
    assert send(link, None, {}) == (200, "content")
    assert send(link.replace("%20b", "%20c"), None, {})[0] == 403
    assert send(link + "&response-content-type=text/html", None, {})[0] == 403
    sts = connect("sts", identities["customer"]["session"])
    link = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET", ExpiresIn=60)
    assert send(link, None, {})[0] == 200
    assert send(link.replace("Expires=60", "Expires=61"), None, {})[0] == 403


def test_control_plane_is_closed_without_the_token(simulator: Simulator) -> None:
    status, answer = send(simulator.endpoint + "/_simulator/identities", b"{}", {})
    assert status == 403
    assert "secret" not in answer
    with pytest.raises(ControlRefused):
        Simulator(simulator.endpoint, "wrong").actions()


def test_actions_are_recorded_with_their_caller(
    simulator: Simulator, connect: Connect, identities: dict[str, Any]
) -> None:
    before = len(simulator.actions())
    customer = identities["customer"]
    connect("iam", customer["administrator"]).list_roles(PathPrefix="/zilliz/")
    refusal(connect("iam", customer["administrator"]).get_role, RoleName="nobody")
    refusal(connect("iam", customer["administrator"] | {"secret_access_key": "x" * 40}).list_roles)
    first, second, third = simulator.actions(after=before)
    assert (first["action"], first["outcome"], first["caller"]) == (
        "iam:ListRoles",
        "ok",
        customer["administrator"]["arn"],
    )
    assert (second["action"], second["outcome"], second["status"]) == ("iam:GetRole", "NoSuchEntity", 404)
    assert second["resource"] == f"arn:aws:iam::{customer['account']}:role/nobody"
    assert (third["outcome"], third["caller"]) == ("SignatureDoesNotMatch", "")
    assert [row["number"] for row in (first, second, third)] == [before + 1, before + 2, before + 3]
    assert simulator.counts(after=before) == {"iam:ListRoles": 2, "iam:GetRole": 1}
    assert customer["administrator"]["secret_access_key"] not in json.dumps(simulator.actions())


def test_half_a_request_does_no_harm(simulator: Simulator, connect: Connect, identities: dict[str, Any]) -> None:
    host, port = simulator.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    connect("sts", identities["customer"]["administrator"]).get_caller_identity()


def test_client_that_asks_before_it_sends_its_body_is_told_to_go_on(simulator: Simulator) -> None:
    host, port = simulator.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"PUT /b/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_body_in_chunks_is_put_together(simulator: Simulator, identities: dict[str, Any]) -> None:
    headers = signed(simulator, identities["customer"]["administrator"], "sts", body=WHO, offset=NOW)
    host, port = simulator.endpoint.removeprefix("http://").split(":")
    lines = [f"{name}: {value}" for name, value in headers.items() if name.lower() != "content-length"]
    head = ["POST / HTTP/1.1", f"Host: {host}:{port}", "Transfer-Encoding: chunked", *lines]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (WHO[:7], WHO[7:])) + b"0\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + chunks)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
