"""Package archives: untrusted bytes in, named files out, and back into the same bytes every time."""

import hashlib
import io
import re
import struct
import tarfile
import zlib
from collections.abc import Mapping
from typing import Final

from activation.domain.errors import Refused

MOST_FILES: Final = 200
MOST_BYTES: Final = 20 * 1024 * 1024
"""Of all files together, unpacked; the archive itself may not be larger either."""

# Headers, padding and long names come on top of the contents.
_MOST_TAR_BYTES = MOST_BYTES + 2 * 1024 * 1024
# Folders are entries too, but not files.
_MOST_ENTRIES = 2 * MOST_FILES
_LONGEST_NAME = 200
_CHUNK = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
# Plain names only: what one file system takes for another name, or for no name, cannot come up.
_NAME = re.compile(r"[A-Za-z0-9_.@+=,~#() -]+")


def unpack(data: bytes) -> dict[str, bytes]:
    """Read a .tar.gz into its files: path with `/` → contents, sorted, without a folder that holds them all.

    At most 200 files and 20 MiB; unpacking stops as soon as there is more. Raises Refused (field `archive`):
    archive_empty, archive_format, archive_damaged, archive_too_large, archive_too_many, archive_link, archive_name,
    archive_name_twice.
    """
    if not data:
        raise _refused("archive_empty")
    if len(data) > MOST_BYTES:
        raise _too_large()
    if not data.startswith(_GZIP_MAGIC):
        raise _refused("archive_format")
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflate(data)), mode="r:", errors="strict") as tar:
            files = _read(tar)
    except Refused:
        raise
    # Whatever a crafted header makes of the reader, it is the archive that is wrong.
    except (tarfile.TarError, OSError, ValueError, OverflowError, RecursionError):
        raise _refused("archive_damaged") from None
    if not files:
        raise _refused("archive_empty")
    return _without_leading_folder(files)


def pack(files: Mapping[str, bytes], folder: str) -> bytes:
    """Write a .tar.gz with every file below `folder`: the same bytes for the same files, on every machine.

    Sorted, owner root, mode 0644, no times (RFC 1952: MTIME 0 means none). Raises ValueError for a path longer than
    a ustar header takes.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size = len(files[path])
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(files[path]))
    return _gzip_stored(buffer.getvalue())


def digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of paths and contents in hexadecimal: how they were packed does not matter."""
    total = hashlib.sha256()
    for path in sorted(files):
        # Lengths in front: no two sets of files run together into the same bytes.
        for part in (path.encode(), files[path]):
            total.update(struct.pack(">Q", len(part)))
            total.update(part)
    return total.hexdigest()


def _inflate(data: bytes) -> bytes:
    """Decompress piece by piece, so that a bomb costs no more than the limit."""
    out = bytearray()
    place = 0
    inflater = zlib.decompressobj(wbits=31)
    try:
        while True:
            fed = data[place : place + _CHUNK]
            place += len(fed)
            # An empty feed still yields what the inflater has in hand.
            while True:
                piece = inflater.decompress(fed, _CHUNK)
                out += piece
                if len(out) > _MOST_TAR_BYTES:
                    raise _too_large()
                fed = inflater.unconsumed_tail
                if inflater.eof or (not fed and len(piece) < _CHUNK):
                    break
            if inflater.eof:
                place -= len(inflater.unused_data)
                # gzip allows several streams one after the other; what else follows is padding, and no archive.
                if not data.startswith(_GZIP_MAGIC, place):
                    return bytes(out)
                inflater = zlib.decompressobj(wbits=31)
            elif place >= len(data):
                raise _refused("archive_damaged")
    except zlib.error:
        raise _refused("archive_damaged") from None


def _read(tar: tarfile.TarFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    total = 0
    for entries, member in enumerate(tar, 1):
        if entries > _MOST_ENTRIES:
            raise _refused("archive_too_many", limit=MOST_FILES)
        path = _checked_name(member.name)
        if member.isdir():
            continue
        # By type, not by isreg(): that one takes sparse files in, whose size is whatever their header says.
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.sparse is not None or not path:
            raise _refused("archive_link", name=_shown(member.name))
        if path.lower() in seen:
            raise _refused("archive_name_twice", name=_shown(path))
        seen.add(path.lower())
        total += member.size
        if len(seen) > MOST_FILES:
            raise _refused("archive_too_many", limit=MOST_FILES)
        if member.size < 0 or total > MOST_BYTES:
            raise _too_large()
        contents = tar.extractfile(member)
        files[path] = contents.read(member.size) if contents is not None else b""
        if len(files[path]) != member.size:
            raise _refused("archive_damaged")
    _refuse_file_as_folder(files)
    return files


def _checked_name(name: str) -> str:
    """Return the path without `./`; empty for the archive's own root."""
    parts = [part for part in name.removesuffix("/").split("/") if part != "."]
    if name.startswith("/") or len(name) > _LONGEST_NAME:
        raise _refused("archive_name", name=_shown(name))
    for part in parts:
        if part == ".." or not _NAME.fullmatch(part):
            raise _refused("archive_name", name=_shown(name))
    return "/".join(parts)


def _refuse_file_as_folder(files: Mapping[str, bytes]) -> None:
    lowered = {path.lower() for path in files}
    for path in lowered:
        parts = path.split("/")
        if any("/".join(parts[:depth]) in lowered for depth in range(1, len(parts))):
            raise _refused("archive_name_twice", name=_shown(path))


def _without_leading_folder(files: Mapping[str, bytes]) -> dict[str, bytes]:
    folders = {path.partition("/")[0] for path in files}
    cut = len(next(iter(folders))) + 1 if len(folders) == 1 and all("/" in path for path in files) else 0
    return {path[cut:]: files[path] for path in sorted(files)}


def _gzip_stored(data: bytes) -> bytes:
    """Frame bytes as gzip without compressing: compressors differ from machine to machine, this does not.

    Source: RFC 1952 (gzip), RFC 1951 §3.2.4 (stored blocks).
    """
    out = bytearray(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
    for start in range(0, len(data), 0xFFFF):
        block = data[start : start + 0xFFFF]
        last = start + 0xFFFF >= len(data)
        out += struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block
    out += struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return bytes(out)


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name[:80])


def _too_large() -> Refused:
    return _refused("archive_too_large", limit=MOST_BYTES // (1024 * 1024))


def _refused(code: str, **values: object) -> Refused:
    return Refused(code, field="archive", **values)
