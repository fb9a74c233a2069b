"""AWS's own error answers, in the protocol and the words of each service."""

import json
import secrets
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from activation.simulator.signature import Problem, Rejected

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
QUERY_NAMESPACES = {"sts": STS_NAMESPACE, "iam": IAM_NAMESPACE}
XML_QUERY_SERVICES = frozenset(
    {"iam", "sts", "autoscaling", "elasticloadbalancing", "cloudformation", "rds", "sns", "monitoring", "elasticache"}
)


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    # What is written into the record of actions: empty where the call went well.
    error: str = ""


class AwsError(Exception):
    """An error that AWS itself would answer with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


def request_id() -> str:
    """Return an identifier shaped like AWS's."""
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def xml_reply(status: int, body: str, error: str = "") -> Reply:
    """Return an XML answer."""
    return Reply(status, body.encode(), [("Content-Type", "text/xml")], error)


def error_reply(service: str, error: AwsError, *, method: str = "POST") -> Reply:
    """Say `error` in the protocol of `service`."""
    identifier = request_id()
    code, message = escape(error.code), escape(error.message)
    if service == "s3":
        body = f"<Code>{code}</Code><Message>{message}</Message><RequestId>{identifier}</RequestId>"
        text = "" if method == "HEAD" else f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}</Error>'
        headers = [("Content-Type", "application/xml"), ("x-amz-request-id", identifier)]
        return Reply(error.status, text.encode(), headers, error.code)
    if service == "ec2":
        body = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return xml_reply(
            error.status,
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{body}<RequestID>{identifier}</RequestID></Response>',
            error.code,
        )
    if service in XML_QUERY_SERVICES:
        namespace = QUERY_NAMESPACES.get(service, f"http://{service}.amazonaws.com/doc/")
        kind = "Sender" if error.status < 500 else "Receiver"
        body = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return xml_reply(
            error.status,
            f'<ErrorResponse xmlns="{namespace}">{body}<RequestId>{identifier}</RequestId></ErrorResponse>',
            error.code,
        )
    content = json.dumps({"__type": error.code, "message": error.message}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-ErrorType", error.code),
        ("x-amzn-RequestId", identifier),
    ]
    return Reply(error.status, content, headers, error.code)


_MISMATCH = "The request signature we calculated does not match the signature you provided."
_QUERY_MISMATCH = (
    f"{_MISMATCH} Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

_S3 = {
    Problem.MISSING: ("AccessDenied", "Access Denied", 403),
    Problem.INCOMPLETE: (
        "AuthorizationHeaderMalformed",
        "The authorization header that you provided is not valid.",
        400,
    ),
    Problem.UNKNOWN_KEY: (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    Problem.INVALID_TOKEN: ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
    Problem.EXPIRED_TOKEN: ("ExpiredToken", "The provided token has expired.", 400),
    Problem.MISMATCH: ("SignatureDoesNotMatch", f"{_MISMATCH} Check your key and signing method.", 403),
    Problem.PAYLOAD: (
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
    Problem.TOO_OLD: (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    Problem.LINK_EXPIRED: ("AccessDenied", "Request has expired", 403),
}
_EC2_FAILURE = ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
_EC2 = {
    Problem.MISSING: ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    Problem.INCOMPLETE: ("IncompleteSignature", "The request signature does not conform to AWS standards.", 400),
    Problem.UNKNOWN_KEY: _EC2_FAILURE,
    Problem.INVALID_TOKEN: _EC2_FAILURE,
    Problem.MISMATCH: _EC2_FAILURE,
    Problem.EXPIRED_TOKEN: ("RequestExpired", "Request has expired.", 400),
    Problem.TOO_OLD: ("RequestExpired", "Request has expired.", 400),
}
_QUERY = {
    Problem.MISSING: ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    Problem.INCOMPLETE: ("IncompleteSignature", "The request signature does not conform to AWS standards.", 400),
    Problem.UNKNOWN_KEY: ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    Problem.INVALID_TOKEN: ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    Problem.EXPIRED_TOKEN: ("ExpiredToken", "The security token included in the request is expired", 403),
    Problem.MISMATCH: ("SignatureDoesNotMatch", _QUERY_MISMATCH, 403),
    Problem.TOO_OLD: (
        "SignatureDoesNotMatch",
        "Signature expired: {request} is now earlier than {limit} ({server} - {tolerance})",
        403,
    ),
    Problem.TOO_NEW: (
        "SignatureDoesNotMatch",
        "Signature not yet current: {request} is still later than {limit} ({server} + {tolerance})",
        403,
    ),
}
_JSON = {
    Problem.MISSING: ("MissingAuthenticationTokenException", "Missing Authentication Token", 403),
    Problem.INCOMPLETE: (
        "IncompleteSignatureException",
        "The request signature does not conform to AWS standards.",
        403,
    ),
    Problem.UNKNOWN_KEY: ("UnrecognizedClientException", "The security token included in the request is invalid.", 403),
    Problem.INVALID_TOKEN: (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        403,
    ),
    Problem.EXPIRED_TOKEN: ("ExpiredTokenException", "The security token included in the request is expired", 403),
    Problem.MISMATCH: ("InvalidSignatureException", _QUERY_MISMATCH, 403),
    Problem.TOO_OLD: ("InvalidSignatureException", _QUERY[Problem.TOO_OLD][1], 403),
    Problem.TOO_NEW: ("InvalidSignatureException", _QUERY[Problem.TOO_NEW][1], 403),
}


def rejection(service: str, rejected: Rejected) -> AwsError:
    """Return the service's own error for a request whose signature does not hold."""
    if service == "s3":
        table, fallback = _S3, _S3[Problem.TOO_OLD]
    elif service == "ec2":
        table, fallback = _EC2, _EC2_FAILURE
    elif service in XML_QUERY_SERVICES:
        table, fallback = _QUERY, _QUERY[Problem.MISMATCH]
    else:
        table, fallback = _JSON, _JSON[Problem.MISMATCH]
    problem = rejected.problem
    if problem is Problem.LINK_EXPIRED and service != "s3":
        problem = Problem.TOO_OLD
    code, message, status = table.get(problem, fallback)
    details = {"limit": "", "tolerance": "", **rejected.details}
    return AwsError(code, message.format(**details) if "{" in message else message, status)
