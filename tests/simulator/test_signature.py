"""Signature Version 4 against the worked examples of Amazon's S3 API Reference."""

from datetime import UTC, datetime, timedelta

import pytest

from activation.simulator.signature import Problem, RawRequest, Rejected, read_signature, verify

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
THEN = datetime(2013, 5, 24, tzinfo=UTC)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def authorization(headers: str, signature: str) -> tuple[str, str]:
    return (
        "authorization",
        f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={headers},Signature={signature}",
    )


def problem(request: RawRequest, secret: str = SECRET, now: datetime = THEN) -> Problem | None:
    """Return what is wrong with a request, or None."""
    try:
        verify(request, read_signature(request), secret, now)
    except Rejected as rejected:
        return rejected.problem
    return None


def get_object(range_header: str = "bytes=0-9", target: str = "/test.txt") -> RawRequest:
    return RawRequest(
        "GET",
        target,
        [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", range_header),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
            authorization(
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
        ],
        b"",
    )


def test_signed_header_example_holds_and_any_change_breaks_it() -> None:
    assert problem(get_object()) is None
    assert problem(get_object(), secret=SECRET[:-1] + "X") is Problem.MISMATCH
    assert problem(get_object(range_header="bytes=0-10")) is Problem.MISMATCH
    assert problem(get_object(target="/other.txt")) is Problem.MISMATCH
    assert problem(get_object(target="/test.txt?acl=")) is Problem.MISMATCH


def test_blanks_in_header_values_do_not_count() -> None:
    assert problem(get_object(range_header="  bytes=0-9 ")) is None


def test_presigned_example_holds_for_its_day() -> None:
    target = (
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        f"{SCOPE.replace('/', '%2F')}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = RawRequest("GET", target, [("host", "examplebucket.s3.amazonaws.com")], b"")
    assert problem(request) is None
    assert problem(request, now=THEN + timedelta(hours=24)) is None
    assert problem(request, now=THEN + timedelta(hours=24, seconds=1)) is Problem.LINK_EXPIRED
    altered = RawRequest("GET", target.replace("86400", "86401"), request.headers, b"")
    assert problem(altered) is Problem.MISMATCH


def chunked(
    last: str = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", letter: bytes = b"a"
) -> bytes:
    """Return the body of the example: 65 KiB of the letter a in two chunks, and an empty one."""
    parts = [
        (letter * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (b"", last),
    ]
    return b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), sign.encode(), data) for data, sign in parts)


def streamed(body: bytes) -> RawRequest:
    return RawRequest(
        "PUT",
        "/examplebucket/chunkObject.txt",
        [
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("content-length", "66824"),
            authorization(
                "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
                "x-amz-storage-class",
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            ),
        ],
        body,
    )


def test_streamed_example_holds_and_an_altered_chunk_breaks_it() -> None:
    assert len(chunked()) == 66824
    assert problem(streamed(chunked())) is None
    assert problem(streamed(chunked(letter=b"b"))) is Problem.MISMATCH
    assert problem(streamed(chunked(last="0" * 64))) is Problem.MISMATCH
    assert problem(streamed(chunked()[:-100])) is Problem.MISMATCH
    assert problem(streamed(b"")) is Problem.MISMATCH


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Problem.MISSING),
        ([("authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00")], Problem.INCOMPLETE),
        ([("authorization", f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host")], Problem.INCOMPLETE),
        ([("x-amz-date", "yesterday"), authorization("host", "00")], Problem.INCOMPLETE),
        ([("x-amz-date", "20130524T000000Z"), authorization("x-amz-date", "00")], Problem.MISMATCH),
        ([("x-amz-date", "20130525T000000Z"), authorization("host", "00")], Problem.TOO_NEW),
    ],
)
def test_incomplete_signatures(headers: list[tuple[str, str]], expected: Problem) -> None:
    assert problem(RawRequest("GET", "/", headers, b"")) is expected
