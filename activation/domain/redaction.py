"""Keep secrets out of text: known values in every encoding, known shapes, and control characters.

`Masker` works on a stream of bytes in any chunks and gives out as much as is safe at once. First come the values it
was given, wherever and however encoded; then shapes that look like secrets (`redaction_patterns`). A masker that meets
text with escape sequences in it should see it cleaned (`clean_line`): a color inside a secret would hide it.
"""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any

from activation.domain.redaction_patterns import KEY_ID, PatternMasker, masked_key_id

MASKED = b"[masked]"
SHORTEST = 8
LONGEST_LINE = 16 * 1024

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colors, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and the other strings, with their end if it is there
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|[\x00-\x08\x0e-\x1f\x7f-\x9f]"
    # Signs that reorder or hide what stands beside them.
    r"|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def variants(secret: str) -> frozenset[bytes]:
    r"""Give every form, of at least 8 bytes, in which a secret may appear in a log.

    Raw, JSON (Python's, Go's, `\/`), URL (quote, quote_plus, either case), HTML, hexadecimal in either case, and
    Base64 at its three alignments in both alphabets, without the characters shared with its neighbors.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    spelled = json.dumps(secret)[1:-1]
    quoted = {
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote(raw, safe="/"),
        urllib.parse.quote_plus(raw),
    }
    forms = {
        spelled,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        # Go's encoding/json, which Terraform writes with, escapes these three as well.
        spelled.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        spelled.replace("/", "\\/"),
        secret.replace("/", "\\/"),
        html.escape(secret),
        html.escape(secret).replace("+", "&#43;"),
        html.escape(secret, quote=False),
        raw.hex(),
        raw.hex().upper(),
        *quoted,
        *(re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted),
    }
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        text = text[(0, 2, 3)[shift] : len(text) - (1 if (len(raw) + shift) % 3 else 0)]
        forms |= {text, text.replace("+", "-").replace("/", "_")}
    encoded = {form.encode("utf-8", "surrogatepass") for form in forms} | {raw}
    return frozenset(form for form in encoded if len(form) >= SHORTEST)


class Masker:
    """Replace secrets in a stream; never holds back more than could still become one.

    `count` is the number of replacements so far. Feed one stream per masker; `mask_text` is for whole values and may
    be called at any time.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._labels: dict[bytes, bytes] = {}
        for secret in secrets:
            for form in variants(secret):
                self._labels[form] = MASKED
            if KEY_ID.fullmatch(secret.encode("utf-8", "surrogatepass")):
                self._labels[secret.encode()] = masked_key_id(secret.encode())
        self._values = _ValueMasker(self._labels)
        self._patterns = PatternMasker()
        self._whole_values = _ValueMasker(self._labels)
        self._whole_patterns = PatternMasker()

    @property
    def count(self) -> int:
        """How many replacements were made, of both kinds."""
        return sum(layer.count for layer in (self._values, self._patterns, self._whole_values, self._whole_patterns))

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes, return those that are safe to show."""
        return self._patterns.feed(self._values.feed(chunk))

    def close(self) -> bytes:
        """Return what was held back; the masker can then be used for another stream."""
        return self._patterns.feed(self._values.close()) + self._patterns.close()

    def mask_text(self, text: str) -> str:
        """Mask a whole value, apart from the stream."""
        masked = self._whole_patterns.mask(self._whole_values.mask(text.encode("utf-8", "surrogatepass")))
        return masked.decode("utf-8", "surrogatepass")

    def mask_line(self, text: str) -> str:
        """Clean a line, mask it, then cap it: in this order, for a cut or a color inside a secret must not save it."""
        return _cap(self.mask_text(strip_controls(text)))

    def mask_json[T](self, value: T) -> T:
        """Mask every string in a JSON value, the keys too; those in which nothing is found stay to the letter.

        For what was read from text that was masked already: an escape sequence, or one encoding around another, may
        have hidden a secret then.
        """
        masked: T = self._mask_json(value, {})
        return masked

    def _mask_json(self, value: Any, seen: dict[str, str]) -> Any:
        if isinstance(value, str):
            # A plan says most things more than once.
            if value not in seen:
                seen[value] = self._mask_whole(value)
            return seen[value]
        if isinstance(value, dict):
            return {self._mask_json(key, seen): self._mask_json(each, seen) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._mask_json(each, seen) for each in value]
        return value

    def _mask_whole(self, text: str) -> str:
        if len(text) < SHORTEST:
            return text
        clean = text if text.isprintable() else _CONTROL.sub("", text)
        masked = self.mask_text(clean)
        return text if masked == clean else masked


class _ValueMasker:
    """The first layer: exact byte strings, overlapping ones too, at any split of the stream."""

    def __init__(self, labels: dict[bytes, bytes]) -> None:
        self._labels = labels
        self._forms = sorted(labels, key=len, reverse=True)
        self._alphabet = bytes(sorted(set(b"".join(self._forms))))
        self._pending = b""
        # So many bytes at the start of `_pending` belong to a secret whose mark has been given out already.
        self._covered = 0
        self.count = 0

    def feed(self, chunk: bytes) -> bytes:
        self._pending += chunk
        return self._release(self._first_unsettled(self._pending))

    def close(self) -> bytes:
        out = self._release(len(self._pending))
        self._covered = 0
        return out

    def mask(self, whole: bytes) -> bytes:
        """Mask bytes that are no part of a stream."""
        self._pending = whole
        return self.close()

    def _first_unsettled(self, buffer: bytes) -> int:
        """Find the first position from which the buffer, to its end, is the beginning of a secret."""
        first = len(buffer)
        # Most chunks end in a line break, which no secret holds: then there is nothing to look for.
        earliest = len(buffer.rstrip(self._alphabet))
        for form in self._forms if earliest < first else ():
            position = max(earliest, len(buffer) - len(form) + 1)
            while 0 <= position < first:
                # A search for four bytes is quick; the last three positions have fewer left.
                start = buffer.find(form[:4], position, first + 3)
                if start < 0:
                    start = max(position, len(buffer) - 3)
                if start >= first:
                    break
                if form.startswith(buffer[start:]):
                    first = start
                position = start + 1
        return first

    def _spans(self, buffer: bytes) -> list[tuple[int, int, bytes]]:
        """List where secrets stand, by start; overlapping ones are joined, since none of their bytes may be shown."""
        spans = [
            (start, start + len(form), self._labels[form])
            for form in self._forms
            for start in _occurrences(form, buffer)
        ]
        spans.sort(key=lambda span: (span[0], -span[1]))
        joined = [(0, self._covered, b"")] if self._covered else spans[:1]
        for start, end, label in spans if self._covered else spans[1:]:
            last_start, last_end, last_label = joined[-1]
            if start < last_end:
                if end > last_end:
                    joined[-1] = (last_start, end, last_label and MASKED)
            else:
                joined.append((start, end, label))
        return joined

    def _release(self, safe: int) -> bytes:
        buffer, out, position = self._pending, [], 0
        covered = max(0, self._covered - safe)
        for start, end, label in self._spans(buffer):
            if start >= safe:
                break
            out.append(buffer[position:start])
            out.append(label)
            self.count += bool(label)
            position = min(end, safe)
            covered = max(0, end - safe)
        out.append(buffer[position:safe])
        self._pending, self._covered = buffer[safe:], covered
        return b"".join(out)


def _occurrences(form: bytes, buffer: bytes) -> Iterable[int]:
    start = buffer.find(form)
    while start >= 0:
        yield start
        start = buffer.find(form, start + 1)


def strip_controls(text: str) -> str:
    """Remove escape sequences, control and direction characters except the tab; line breaks become one space."""
    if text.isprintable():
        return text
    text = _BREAK.sub(" ", text.rstrip("\r\n"))
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def clean_line(text: str) -> str:
    """Make one line safe to store and show: no escape sequences, no control characters, at most 16 KiB of UTF-8.

    A line that was longer ends in a mark which says how much is missing. With secrets about, use `Masker.mask_line`.
    """
    return _cap(strip_controls(text))


def _cap(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= LONGEST_LINE:
        return text
    kept = encoded[:LONGEST_LINE].decode("utf-8", "ignore")
    missing = len(encoded) - len(kept.encode())
    return f"{kept} … [line cut at 16 KiB, {missing:,} bytes left out]"
