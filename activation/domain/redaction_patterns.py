"""The second layer of masking: text that looks like a secret, whoever it belongs to."""

import re
from collections.abc import Callable

KEY_ID = re.compile(rb"(?:AKIA|ASIA)[A-Z0-9]{16}")

_LABEL = b"[masked]"
# Of a line that does not end, so much may wait for its end.
_LONGEST_WAIT = 64 * 1024
# `=`, `:`, `=>`, their form in a URL, or the end of an XML tag; then what stands up to a quote, blank or separator.
_VALUE = rb"""[\\"']{0,4}[ \t]*(?:=>|[=:>]|%3D)[ \t]*[\\"']{0,4}([^\s\\"',;&<]{4,})"""


def masked_key_id(key_id: bytes) -> bytes:
    """Show the last four characters, by which people tell keys apart."""
    return b"[masked \xe2\x80\xa6" + key_id[-4:] + b"]"


def _after_name(match: re.Match[bytes]) -> bytes:
    kept = match[0][: match.start(1) - match.start()]
    # `secret = null`, a reference and Terraform's own `(sensitive value)` tell nothing, and are worth reading.
    harmless = match[1].startswith((b"(sensitive", b"(known", b"[masked", b"var.")) or match[1].rstrip(b"}]") == b"null"
    return match[0] if harmless else kept + _LABEL


# Each with a plain lower-case word without which it cannot match: looking for the word is much quicker.
_PATTERNS: tuple[tuple[tuple[bytes, ...], re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
    ((b"akia", b"asia"), KEY_ID, lambda match: masked_key_id(match[0])),
    (
        (b"secret",),
        re.compile(rb"(?i)(?:aws_secret\w*|secret_?access_?key|secret_key)" + _VALUE),
        _after_name,
    ),
    ((b"session",), re.compile(rb"(?i)(?:aws_)?session_?token" + _VALUE), _after_name),
    (
        (b"x-amz-",),
        re.compile(rb"(?i)x-amz-(?:security-token|signature)" + _VALUE),
        _after_name,
    ),
    (
        (b"aws4-hmac",),
        re.compile(rb"(?i)AWS4-HMAC-SHA256\s+([^\r\n\\\"]{8,})"),
        _after_name,
    ),
)
_PEM_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,40}-----")
_PEM_END = re.compile(rb"-----END [A-Z0-9 ]{1,40}-----")
_PEM_BODY = re.compile(rb"(?:[A-Za-z0-9+/=\s]|\\+[nr]|(?:Proc-Type|DEK-Info|Comment|Version):[^\r\n\\]*)*")
_WORDS = (b"-----begin", *(word for words, _, _ in _PATTERNS for word in words))


class PatternMasker:
    """Mask shapes in a stream, line by line; an unfinished line waits only from where something suspicious begins."""

    def __init__(self) -> None:
        self._pending = b""
        self._in_pem = False
        self.count = 0

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes, return those that are safe to show."""
        pending = self._pending + chunk
        cut = self._first_open(pending)
        if len(pending) - cut > _LONGEST_WAIT:
            cut = len(pending)
        self._pending = pending[cut:]
        return self._mask(pending[:cut])

    def close(self) -> bytes:
        """Return what was held back."""
        out = self._mask(self._pending)
        self._pending, self._in_pem = b"", False
        return out

    def mask(self, whole: bytes) -> bytes:
        """Mask bytes that are no part of a stream."""
        self._pending = whole
        return self.close()

    def _first_open(self, pending: bytes) -> int:
        line = pending.rfind(b"\n") + 1
        if self._in_pem or b"-----BEGIN" in pending:
            return line
        tail = pending[line:].lower()
        found = [position for word in _WORDS if (position := tail.find(word)) >= 0]
        if found:
            # A name in front belongs to its pattern: `aws_secret…`.
            return line + max(0, min(found) - 8)
        longest = max(map(len, _WORDS)) - 1
        for start in range(max(0, len(tail) - longest), len(tail)):
            if any(word.startswith(tail[start:]) for word in _WORDS):
                return line + max(0, start - 8)
        return len(pending)

    def _mask(self, block: bytes) -> bytes:
        if not block:
            return block
        lowered = block.lower()
        for words, pattern, replace in _PATTERNS:
            if any(word in lowered for word in words):
                block = self._substitute(pattern, replace, block)
        if self._in_pem or b"-----begin" in lowered:
            block = self._mask_pem(block)
        return block

    def _substitute(
        self, pattern: re.Pattern[bytes], replace: Callable[[re.Match[bytes]], bytes], block: bytes
    ) -> bytes:
        def counted(match: re.Match[bytes]) -> bytes:
            masked = replace(match)
            self.count += masked != match[0]
            return masked

        return pattern.sub(counted, block)

    def _mask_pem(self, block: bytes) -> bytes:
        out: list[bytes] = []
        position = 0
        while position < len(block):
            if not self._in_pem:
                begin = _PEM_BEGIN.search(block, position)
                if begin is None:
                    break
                out.append(block[position : begin.start()] + b"[masked PEM block]")
                self.count += 1
                self._in_pem, position = True, begin.end()
            body = _PEM_BODY.match(block, position)
            position = body.end() if body else position
            end = _PEM_END.match(block, position)
            # A block that is never closed ends where the text stops looking like one.
            if position < len(block):
                self._in_pem = False
            position = end.end() if end else position
        return b"".join(out) + block[position:]
