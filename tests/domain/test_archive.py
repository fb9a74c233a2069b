"""Archives come from outside: what is unpacked, what is refused, and that packing is always the same."""

import gzip
import hashlib
import io
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.archive import MOST_BYTES, digest, pack, unpack
from activation.domain.errors import Refused

Entry = tuple[tarfile.TarInfo, bytes]


def plain(name: str, contents: bytes = b"x") -> Entry:
    member = tarfile.TarInfo(name)
    member.size = len(contents)
    return member, contents


def special(name: str, kind: bytes, target: str = "") -> Entry:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member, b""


def tar_gz(*entries: Entry, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=form) as tar:
        for member, contents in entries:
            tar.addfile(member, io.BytesIO(contents))
    return buffer.getvalue()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.tf", "")
    return buffer.getvalue()


def zeros(mebibytes: int) -> bytes:
    """A tar with one honest header and a body that is all zeros: kilobytes on the wire."""
    member = tarfile.TarInfo("main.tf")
    member.size = mebibytes * 1024 * 1024
    compressor = zlib.compressobj(9, wbits=31)
    pieces = [compressor.compress(member.tobuf())]
    pieces += [compressor.compress(bytes(1024 * 1024)) for _ in range(mebibytes)]
    return b"".join([*pieces, compressor.flush()])


def huge_pax_header() -> bytes:
    header = tarfile.TarInfo("pax")
    header.type = tarfile.XHDTYPE
    header.size = 300 * 1024 * 1024
    compressor = zlib.compressobj(9, wbits=31)
    pieces = [compressor.compress(header.tobuf())]
    pieces += [compressor.compress(bytes(1024 * 1024)) for _ in range(300)]
    return b"".join([*pieces, compressor.flush()])


def sparse() -> bytes:
    header = bytearray(tarfile.TarInfo("main.tf").tobuf(format=tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[483:495] = b"777777777777"
    header[148:156] = b"        "
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return gzip.compress(bytes(header) + bytes(1024))


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "archive_empty"),
    "no file": (lambda: tar_gz(special("folder", tarfile.DIRTYPE)), "archive_empty"),
    "zip": (zipped, "archive_format"),
    "text": (lambda: b"resource {}", "archive_format"),
    "gzip of something else": (lambda: gzip.compress(b"hello" * 500), "archive_damaged"),
    "cut in half": (lambda: tar_gz(plain("a.tf", bytes(5000)))[:-60], "archive_damaged"),
    "one byte changed": (lambda: tar_gz(plain("a.tf"))[:-8] + b"\0" * 8, "archive_damaged"),
    "magic only": (lambda: b"\x1f\x8b", "archive_damaged"),
    "symbolic link": (lambda: tar_gz(special("a.tf", tarfile.SYMTYPE, "/etc/passwd")), "archive_link"),
    "hard link": (lambda: tar_gz(plain("b.tf"), special("a.tf", tarfile.LNKTYPE, "b.tf")), "archive_link"),
    "character device": (lambda: tar_gz(special("a.tf", tarfile.CHRTYPE)), "archive_link"),
    "block device": (lambda: tar_gz(special("a.tf", tarfile.BLKTYPE)), "archive_link"),
    "pipe": (lambda: tar_gz(special("a.tf", tarfile.FIFOTYPE)), "archive_link"),
    "sparse": (sparse, "archive_link"),
    "root as a file": (lambda: tar_gz(plain(".")), "archive_link"),
    "parent": (lambda: tar_gz(plain("../a.tf")), "archive_name"),
    "parent inside": (lambda: tar_gz(plain("a/../../b.tf")), "archive_name"),
    "parent as a folder": (lambda: tar_gz(special("..", tarfile.DIRTYPE), plain("a.tf")), "archive_name"),
    "absolute": (lambda: tar_gz(plain("/etc/cron.d/x")), "archive_name"),
    "backslash": (lambda: tar_gz(plain("..\\a.tf")), "archive_name"),
    "drive": (lambda: tar_gz(plain("C:a.tf")), "archive_name"),
    "line break": (lambda: tar_gz(plain("a\nb.tf")), "archive_name"),
    "NUL in a pax name": (lambda: tar_gz(plain("a\0b" + "c" * 120 + ".tf")), "archive_name"),
    "right-to-left": (lambda: tar_gz(plain("a\u202eft.tf")), "archive_name"),
    "not UTF-8": (lambda: tar_gz(plain("a\udcff.tf"), form=tarfile.GNU_FORMAT), "archive_damaged"),
    "empty part": (lambda: tar_gz(plain("a//b.tf")), "archive_name"),
    "long": (lambda: tar_gz(plain("a" * 300)), "archive_name"),
    "twice": (lambda: tar_gz(plain("a.tf"), plain("a.tf")), "archive_name_twice"),
    "twice but for case": (lambda: tar_gz(plain("a.tf"), plain("A.tf")), "archive_name_twice"),
    "file and folder": (lambda: tar_gz(plain("a"), plain("a/b.tf")), "archive_name_twice"),
    "many files": (lambda: tar_gz(*(plain(f"{number}.tf") for number in range(201))), "archive_too_many"),
    "many folders": (
        lambda: tar_gz(*(special(f"d{number}", tarfile.DIRTYPE) for number in range(500))),
        "archive_too_many",
    ),
    "many bytes": (lambda: tar_gz(*(plain(f"{n}", bytes(2 * 1024 * 1024)) for n in range(11))), "archive_too_large"),
    "bomb": (lambda: zeros(400), "archive_too_large"),
    "bomb in a header": (huge_pax_header, "archive_too_large"),
    "bomb in the second stream": (
        lambda: tar_gz(plain("a.tf")) + gzip.compress(bytes(30_000_000)),
        "archive_too_large",
    ),
    "large as it is": (lambda: b"\x1f\x8b" + bytes(MOST_BYTES), "archive_too_large"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_archive_is_refused_with_its_reason(case: str) -> None:
    make, code = BAD[case]
    with pytest.raises(Refused) as refused:
        unpack(make())
    assert refused.value.code == code
    assert refused.value.field == "archive"
    assert refused.value.text


def test_size_that_a_header_only_claims_is_not_believed() -> None:
    member = tarfile.TarInfo("main.tf")
    member.size = 1024 * 1024
    with pytest.raises(Refused) as refused:
        unpack(gzip.compress(member.tobuf() + bytes(1024)))
    assert refused.value.code == "archive_damaged"


def test_folder_that_holds_everything_is_stripped() -> None:
    data = tar_gz(
        special("./iam", tarfile.DIRTYPE), plain("./iam/main.tf", b"1"), plain("./iam/modules/x/main.tf", b"2")
    )
    assert unpack(data) == {"main.tf": b"1", "modules/x/main.tf": b"2"}


def test_folders_stay_where_there_is_more_than_one() -> None:
    data = tar_gz(plain("a/main.tf", b"1"), plain("b/main.tf", b"2"))
    assert unpack(data) == {"a/main.tf": b"1", "b/main.tf": b"2"}


def test_two_hundred_files_and_hidden_names_pass() -> None:
    files = {f"f{number}.tf": b"x" for number in range(199)} | {".terraform.lock.hcl": b"y"}
    assert unpack(tar_gz(*(plain(name, contents) for name, contents in files.items()))) == files


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_but_a_refusal(noise: bytes) -> None:
    for data in (noise, gzip.compress(noise), gzip.compress(tarfile.TarInfo("a").tobuf() + noise)):
        try:
            unpack(data)
        except Refused:
            pass


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.tf", fullmatch=True), st.binary(max_size=100_000), min_size=1))
def test_packed_files_come_back(files: dict[str, bytes]) -> None:
    assert unpack(pack(files, "folder")) == files


def test_packing_gives_the_same_bytes_whatever_the_order() -> None:
    first = pack({"a.tf": b"1", "b.tf": b"2" * 200_000}, "iam")
    assert first == pack({"b.tf": b"2" * 200_000, "a.tf": b"1"}, "iam")


def test_packed_bytes_are_those_of_every_other_machine() -> None:
    expected = "fb35111d1c702f7cc977600c2e22f694d4419e1c92bcf8d83c9c8fe019d9128e"
    assert hashlib.sha256(pack({"main.tf": b"# one\n"}, "iam")).hexdigest() == expected


def test_tar_of_the_system_unpacks_what_was_packed(tmp_path: Path) -> None:
    archive = tmp_path / "package.tar.gz"
    archive.write_bytes(pack({"main.tf": b"x" * 70_000, "modules/x/main.tf": b"y"}, "iam"))
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path], check=True)
    assert (tmp_path / "iam/main.tf").read_bytes() == b"x" * 70_000
    assert (tmp_path / "iam/modules/x/main.tf").read_bytes() == b"y"
    assert (tmp_path / "iam/main.tf").stat().st_mode & 0o777 == 0o644


def test_digest_tells_contents_and_names_apart() -> None:
    assert digest({"a": b"bc"}) != digest({"ab": b"c"})
    assert digest({"a": b"1", "b": b"2"}) != digest({"a": b"12"})
    assert digest({"b": b"2", "a": b"1"}) == digest({"a": b"1", "b": b"2"})
    assert digest({"a": b"1"}) == hashlib.sha256(struct.pack(">Q", 1) + b"a" + struct.pack(">Q", 1) + b"1").hexdigest()
