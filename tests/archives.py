"""Archives that hold a record's files and something else besides, or say of them what not every program reads."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LOCAL, LISTED, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s2B5H3L5H2L"), struct.Struct("<4s4H2LH")
STREAMED, LINK, FOLDER = 0x0008, 0o120777 << 16, 0o040755 << 16


def deflated(content: bytes) -> bytes:
    """Return contents as they are packed."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def field_of(kind: int, content: bytes) -> bytes:
    """Return an extra field."""
    return struct.pack("<2H", kind, len(content)) + content


@dataclass
class Told:
    """What an archive says of a file, in one of the two places."""

    name: bytes
    crc: int
    packed: int
    size: int
    flags: int = 0
    method: int = 8
    extra: bytes = b""
    attributes: int = 0o100644 << 16
    comment: bytes = b""
    # Where it is said to begin, if not where it does.
    place: int | None = None


@dataclass
class Entry:
    """A file of an archive: what stands before it, its bytes, and what the list says."""

    before: Told
    packed: bytes
    listed: Told
    behind: bytes = b""

    @classmethod
    def of(cls, name: str, content: bytes) -> "Entry":
        """Return a file as a portal packs it."""
        packed, crc = deflated(content), zlib.crc32(content)
        told = [Told(name.encode(), crc, len(packed), len(content)) for _ in range(2)]
        return cls(told[0], packed, told[1])

    def put_behind(self, more: bytes) -> None:
        """Count bytes in as packed that stand behind the packed contents."""
        self.packed += more
        self.before.packed = self.listed.packed = len(self.packed)

    def say(self, **more: object) -> None:
        """Say the same in both places."""
        for told in (self.before, self.listed):
            for name, value in more.items():
                setattr(told, name, value)

    def start(self) -> bytes:
        """Return what stands before the file: its sizes in the larger form, but where they are to follow."""
        told = self.before
        elsewhere, sizes = 0xFFFFFFFF, field_of(1, struct.pack("<2Q", told.size, told.packed))
        crc, size, extra = (0, 0, b"") if told.flags & STREAMED else (told.crc, elsewhere, sizes)
        fixed = (b"PK\x03\x04", 45, told.flags, told.method, 0, 0x21, crc, size, size)
        return LOCAL.pack(*fixed, len(told.name), len(extra + told.extra)) + told.name + extra + told.extra

    def line(self, at: int) -> bytes:
        """Return its line in the list."""
        told = self.listed
        fixed = (b"PK\x01\x02", 45, 3, 45, told.flags, told.method, 0, 0x21, told.crc, told.packed, told.size)
        lengths = (len(told.name), len(told.extra), len(told.comment), 0, 0)
        place = at if told.place is None else told.place
        return LISTED.pack(*fixed, *lengths, told.attributes, place) + told.name + told.extra + told.comment


@dataclass
class Whole:
    """A whole archive."""

    entries: list[Entry]
    # The order of the list, if it is another one.
    order: list[int] = field(default_factory=list)
    between: bytes = b""
    end: dict[int, int] = field(default_factory=dict)
    comment: bytes = b""

    def content(self) -> bytes:
        """Return its bytes."""
        found, places = b"", []
        for entry in self.entries:
            places.append(len(found))
            found += entry.start() + entry.packed + entry.behind
        found += self.between
        order = self.order or range(len(self.entries))
        lines = b"".join(self.entries[at].line(places[at]) for at in order)
        end = [0, 0, len(self.entries), len(self.entries), len(lines), len(found), len(self.comment)]
        for place, value in self.end.items():
            end[place] += value
        return found + lines + END.pack(b"PK\x05\x06", *end) + self.comment

    def named(self, name: str) -> Entry:
        """Return one of its files."""
        return next(each for each in self.entries if each.listed.name == name.encode())


def read(path: Path) -> Whole:
    """Return an archive's files, packed as a portal does."""
    with zipfile.ZipFile(path) as archive:
        return Whole([Entry.of(name, archive.read(name)) for name in archive.namelist()])


def forged(content: bytes = b"APPROVED", name: str = "events.jsonl") -> bytes:
    """Return a file with what stands before it, as a program takes it that reads from the first byte on."""
    entry = Entry.of(name, content)
    return entry.start() + entry.packed


def files_behind_a_streams_end(whole: Whole) -> None:
    """Hide files where one program takes packed contents to have ended, and another goes by the size in the list."""
    first = whole.entries[0]
    first.say(flags=STREAMED)
    crc, size = first.listed.crc, first.listed.size
    first.put_behind(struct.pack("<4s3L", b"PK\x07\x08", crc, len(first.packed), size) + forged() + b"PK\x01\x02")
    first.behind = struct.pack("<4s3L", b"PK\x07\x08", crc, len(first.packed), size)


def streamed(whole: Whole) -> None:
    """Let sizes stand behind a file."""
    first = whole.entries[0]
    first.say(flags=STREAMED)
    first.behind = struct.pack("<4s3L", b"PK\x07\x08", first.listed.crc, first.listed.packed, first.listed.size)


def cut_to_a_size(whole: Whole) -> None:
    """Let the archive tell a smaller size, with the checksum of so many bytes."""
    with_events = whole.named("events.jsonl")
    content = zlib.decompress(with_events.packed, -15)[:-1]
    with_events.say(size=len(content), crc=zlib.crc32(content))


def stored(whole: Whole) -> None:
    """Keep a file as it is."""
    first = whole.entries[0]
    content = zlib.decompress(first.packed, -15)
    first.packed = content
    first.say(method=0, packed=len(content))


def one_place_for_two(whole: Whole) -> None:
    """Let two lines of the list name the same bytes."""
    extra = Entry.of("APPROVED.html", b"")
    extra.listed.place = 0
    whole.entries.append(extra)


def unicode_name(name: bytes) -> bytes:
    """Return the field in which some programs look for a name."""
    return field_of(0x7075, struct.pack("<BL", 1, zlib.crc32(name)) + b"APPROVED.html")


def first_says(**more: object) -> Callable[[Whole], object]:
    """Return a change of what both places say of the first file."""
    return lambda whole: whole.entries[0].say(**more)


def before_first(**more: object) -> Callable[[Whole], object]:
    """Return a change of what stands before the first file."""
    return lambda whole: vars(whole.entries[0].before).update(more)


def list_says(**more: object) -> Callable[[Whole], object]:
    """Return a change of what the list says of the first file."""
    return lambda whole: vars(whole.entries[0].listed).update(more)


def with_file(name: str) -> Callable[[Whole], object]:
    """Return a change that adds a file."""
    return lambda whole: whole.entries.append(Entry.of(name, b""))


def end_says(place: int, more: int) -> Callable[[Whole], object]:
    """Return a change of a number in the archive's end: two disks, two counts, size and place of the list, comment."""
    return lambda whole: whole.end.update({place: more})


# What is done, and what the answer must say.
NOT_OURS, NO_NAME, SAME_NAME = "the archive is not as a portal writes it", "a name that no record has", "two names in"
CHANGES: dict[str, tuple[Callable[[Whole], object], str]] = {
    "files hidden behind a stream's end": (files_behind_a_streams_end, NOT_OURS),
    "sizes behind a file": (streamed, NOT_OURS),
    "bytes behind packed contents": (
        lambda whole: whole.entries[0].put_behind(b"APPROVED"),
        "something stands behind its packed contents",
    ),
    "a file behind packed contents": (
        lambda whole: whole.entries[0].put_behind(forged()),
        "something stands behind its packed contents",
    ),
    "more packed than the size says": (cut_to_a_size, "its size or checksum is not the one"),
    "another checksum": (first_says(crc=1), "its size or checksum is not the one"),
    "a file that is not packed": (stored, NOT_OURS),
    "a way of packing that there is not": (first_says(method=99), NOT_OURS),
    "a name with an end in it": (lambda whole: whole.named("events.jsonl").say(name=b"events.jsonl\0.exe"), NO_NAME),
    "a name in other letters": (lambda whole: whole.named("events.jsonl").say(name=b"Events.jsonl"), "it was added"),
    "a name twice": (with_file("events.jsonl"), "it stands in the archive twice"),
    "a name twice but for its letters": (with_file("EVENTS.jsonl"), SAME_NAME),
    "a file that is a folder too": (with_file("events.jsonl/x"), SAME_NAME),
    "a name from the root": (with_file("/APPROVED.html"), NO_NAME),
    "a name above the folder": (with_file("../APPROVED.html"), NO_NAME),
    "a name within the folder by a way around": (with_file("runs/../events.jsonl"), NO_NAME),
    "a name of Windows": (with_file("C:\\APPROVED.html"), NO_NAME),
    "a name that Windows shortens": (with_file("events.jsonl."), NO_NAME),
    "a name that is no ASCII": (with_file("évents.jsonl"), NO_NAME),
    "a folder": (with_file("runs/"), NO_NAME),
    "a folder that is none": (with_file("APPROVED.html/"), NO_NAME),
    "fewer files counted": (end_says(2, -1), NOT_OURS),
    "fewer files counted in all": (end_says(3, -1), NOT_OURS),
    "more files counted": (end_says(3, 1), NOT_OURS),
    "another disk": (end_says(0, 1), NOT_OURS),
    "the list on another disk": (end_says(1, 1), NOT_OURS),
    "another place of the list": (end_says(5, -1), NOT_OURS),
    "a link": (list_says(attributes=LINK), NOT_OURS),
    "a folder by its attributes": (list_says(attributes=FOLDER), NOT_OURS),
    "encrypted": (first_says(flags=0x0001), NOT_OURS),
    "encrypted before the file": (before_first(flags=0x0001), NOT_OURS),
    "strongly encrypted": (first_says(flags=0x0041), NOT_OURS),
    "a name said to be in UTF-8": (first_says(flags=0x0800), NOT_OURS),
    "another name before the file": (before_first(name=b"APPROVED"), NOT_OURS),
    "another checksum before the file": (before_first(crc=1), NOT_OURS),
    "another size before the file": (before_first(size=1), NOT_OURS),
    "another packed size before the file": (before_first(packed=1), NOT_OURS),
    "another way of packing before the file": (before_first(method=0), NOT_OURS),
    "another name for some programs": (
        lambda whole: list_says(extra=unicode_name(whole.entries[0].listed.name))(whole),
        NOT_OURS,
    ),
    "another name for others": (
        lambda whole: before_first(extra=unicode_name(whole.entries[0].before.name))(whole),
        NOT_OURS,
    ),
    "another size for some programs": (list_says(extra=field_of(1, struct.pack("<Q", 1))), NOT_OURS),
    "a time for some programs": (list_says(extra=field_of(0x5455, b"\1\0\0\0\0")), NOT_OURS),
    "a comment of a file": (list_says(comment=b"APPROVED"), NOT_OURS),
    "a comment": (lambda whole: vars(whole).update(comment=b"APPROVED"), NOT_OURS),
    "the list in another order": (
        lambda whole: whole.order.extend(reversed(range(len(whole.entries)))),
        NOT_OURS,
    ),
    "a file that is not in the list": (lambda whole: vars(whole).update(between=forged()), NOT_OURS),
    "a file between two that is not in the list": (
        lambda whole: vars(whole.entries[0]).update(behind=forged()),
        NOT_OURS,
    ),
    "two names of the same bytes": (one_place_for_two, NOT_OURS),
}


def change(path: Path, what: str) -> str:
    """Change an archive; return what must be said of it."""
    whole = read(path)
    done, word = CHANGES[what]
    done(whole)
    path.write_bytes(whole.content())
    return word
