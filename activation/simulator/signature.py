"""Verify AWS Signature Version 4, in the Authorization header and in presigned URLs.

Source: IAM User Guide, *Create a signed AWS API request*; S3 API Reference, *Signature Calculations*. Pure but for the
moment, which the caller passes.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-"
# How far a clock may be off: five minutes, fifteen for S3 (AWS General Reference).
CLOCK_TOLERANCE = timedelta(minutes=5)
CLOCK_TOLERANCE_S3 = timedelta(minutes=15)
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]+)\s*$"
)


class Problem(StrEnum):
    """Why a request is turned away; the wording depends on the service."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    INVALID_TOKEN = "invalid token"  # noqa: S105 - a name, no password
    EXPIRED_TOKEN = "expired token"  # noqa: S105 - a name, no password
    MISMATCH = "mismatch"
    PAYLOAD = "payload"
    TOO_OLD = "too old"
    TOO_NEW = "too new"
    LINK_EXPIRED = "link expired"


class Rejected(Exception):
    """A request whose signature does not hold. `details` fill the service's wording."""

    def __init__(self, problem: Problem, **details: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.details = details


@dataclass(frozen=True)
class RawRequest:
    """A request as it came over the wire: `target` with its query, header names in lower case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's values joined by commas, as the canonical request wants them; None where absent."""
        values = [" ".join(value.split()) for key, value in self.headers if key == name]
        return ",".join(values) if values else None

    @property
    def path(self) -> str:
        """Return the path as sent, percent-encoding untouched."""
        return self.target.partition("?")[0] or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        """Return the query's pairs, decoded, in order. A plus sign stays one: clients that sign send %20."""
        pairs = []
        for part in self.target.partition("?")[2].split("&"):
            if part:
                name, _, value = part.partition("=")
                pairs.append((unquote(name), unquote(value)))
        return pairs


@dataclass(frozen=True)
class Signed:
    """What a request says about its signature."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: datetime
    token: str | None
    presigned: bool
    lifetime: timedelta | None = None

    @property
    def scope(self) -> str:
        """Return the credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def _moment(text: str | None) -> datetime:
    try:
        return datetime.strptime(text or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Rejected(Problem.INCOMPLETE) from error


def _scope(credential: str) -> tuple[str, str, str, str]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise Rejected(Problem.INCOMPLETE)
    return parts[0], parts[1], parts[2], parts[3]


def read_signature(request: RawRequest) -> Signed:
    """Read who claims to have signed the request. Raises Rejected where nothing, or nothing whole, is said."""
    header = request.header("authorization")
    if header is not None:
        found = _AUTHORIZATION.match(header)
        if not found:
            raise Rejected(Problem.INCOMPLETE)
        key, date, region, service = _scope(found["credential"])
        signed = tuple(found["headers"].split(";"))
        moment = _moment(request.header("x-amz-date"))
        return Signed(
            key,
            date,
            region,
            service,
            signed,
            found["signature"],
            moment,
            request.header("x-amz-security-token"),
            False,
        )
    query = dict(request.query)
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise Rejected(Problem.MISSING)
    try:
        key, date, region, service = _scope(query["X-Amz-Credential"])
        return Signed(
            key,
            date,
            region,
            service,
            tuple(query["X-Amz-SignedHeaders"].split(";")),
            query["X-Amz-Signature"],
            _moment(query["X-Amz-Date"]),
            query.get("X-Amz-Security-Token"),
            True,
            timedelta(seconds=int(query.get("X-Amz-Expires", "0"))),
        )
    except (KeyError, ValueError) as error:
        raise Rejected(Problem.INCOMPLETE) from error


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":
        return quote(unquote(path), safe="/-_.~")
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    normal = "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")
    # Every service but S3 encodes the path that is already encoded once more.
    return quote(normal, safe="/-_.~")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical_request(request: RawRequest, signed: Signed) -> str:
    """Return the canonical request, whose hash is what was signed."""
    pairs = sorted((_encode(k), _encode(v)) for k, v in request.query if k != "X-Amz-Signature" or not signed.presigned)
    payload = request.header("x-amz-content-sha256")
    if payload is None:
        payload = UNSIGNED if signed.presigned and signed.service == "s3" else _hash(request.body)
    headers = "".join(f"{name}:{request.header(name) or ''}\n" for name in signed.signed_headers)
    return "\n".join(
        [
            request.method,
            _canonical_path(request.path, signed.service),
            "&".join(f"{k}={v}" for k, v in pairs),
            headers,
            ";".join(signed.signed_headers),
            payload,
        ]
    )


def signing_key(secret: str, signed: Signed) -> bytes:
    """Derive the day's key for a region and service."""
    key = f"AWS4{secret}".encode()
    for part in (signed.date, signed.region, signed.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _check_clock(signed: Signed, now: datetime) -> None:
    tolerance = CLOCK_TOLERANCE_S3 if signed.service == "s3" else CLOCK_TOLERANCE
    stamp = "%Y%m%dT%H%M%SZ"
    details = {"request": signed.moment.strftime(stamp), "server": now.strftime(stamp)}
    minutes = f"{int(tolerance.total_seconds() // 60)} min."
    if signed.lifetime is not None:
        if now > signed.moment + signed.lifetime:
            raise Rejected(Problem.LINK_EXPIRED, **details)
    elif signed.moment < now - tolerance:
        raise Rejected(Problem.TOO_OLD, **details, limit=(now - tolerance).strftime(stamp), tolerance=minutes)
    if signed.moment > now + tolerance:
        raise Rejected(Problem.TOO_NEW, **details, limit=(now + tolerance).strftime(stamp), tolerance=minutes)


def _check_payload(request: RawRequest, signed: Signed, key: bytes) -> None:
    claimed = request.header("x-amz-content-sha256")
    if claimed is None or claimed == UNSIGNED:
        return
    if claimed.startswith(STREAMING):
        if claimed.startswith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
            _check_chunks(request.body, signed, key)
        return
    if not hmac.compare_digest(claimed, _hash(request.body)):
        raise Rejected(Problem.PAYLOAD)


def _check_chunks(body: bytes, signed: Signed, key: bytes) -> None:
    """Verify the chain of chunk signatures of a body in `aws-chunked` coding."""
    previous, position = signed.signature, 0
    stamp = signed.moment.strftime("%Y%m%dT%H%M%SZ")
    while True:
        end = body.find(b"\r\n", position)
        found = re.fullmatch(rb"([0-9a-fA-F]+);chunk-signature=([0-9a-f]{64})", body[position:end]) if end > 0 else None
        if not found:
            raise Rejected(Problem.MISMATCH)
        size = int(found[1], 16)
        chunk = body[end + 2 : end + 2 + size]
        text = "\n".join([f"{ALGORITHM}-PAYLOAD", stamp, signed.scope, previous, _hash(b""), _hash(chunk)])
        previous = hmac.new(key, text.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(previous.encode(), found[2]):
            raise Rejected(Problem.MISMATCH)
        if size == 0:
            return
        position = end + 2 + size + 2


def verify(request: RawRequest, signed: Signed, secret: str, now: datetime) -> None:
    """Check clock, signature and payload. Raises Rejected with the first problem, in the order AWS finds them."""
    _check_clock(signed, now)
    unsigned_host = "host" not in signed.signed_headers
    text = "\n".join(
        [
            ALGORITHM,
            signed.moment.strftime("%Y%m%dT%H%M%SZ"),
            signed.scope,
            _hash(canonical_request(request, signed).encode()),
        ]
    )
    key = signing_key(secret, signed)
    right = hmac.new(key, text.encode(), "sha256").hexdigest()
    dated = signed.moment.strftime("%Y%m%d") == signed.date
    if unsigned_host or not dated or not hmac.compare_digest(right, signed.signature):
        raise Rejected(Problem.MISMATCH)
    _check_payload(request, signed, key)
