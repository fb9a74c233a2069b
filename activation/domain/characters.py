"""Bytes to text, and a character named so that a person finds it."""

import codecs
import unicodedata

from activation.domain.errors import Refused

BLANKS = " \t\r\n\v\f"
STRAIGHT_QUOTES = "\"'`"
CURLY_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2032\u2033\uff02\uff07"

# Editors on Windows save "Unicode" as UTF-16, and PowerShell's `>` writes it.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(source: str | bytes) -> str:
    """Turn an upload or a paste into text without its byte order mark.

    Reads UTF-8, and UTF-16 or UTF-32 that says so. Raises Refused("text_encoding") for anything else.
    """
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    for mark, encoding in _MARKS:  # noqa: B007 - used after the loop
        if source.startswith(mark):
            break
    else:
        mark, encoding = b"", "utf-8"
    try:
        return source[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise Refused("text_encoding") from None


def shorten(text: str, limit: int = 60) -> str:
    """Cut what a person typed to a length that fits in a sentence; what cannot be shown becomes `?`."""
    shown = "".join(character if character.isprintable() else "?" for character in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def describe(character: str) -> str:
    """Name one character as part of a sentence: `a tab`, `the full-width letter “ａ” (U+FF41)`.

    Invisible, combining and broken characters are named but not repeated: they would spoil the sentence.
    """
    code = f"U+{ord(character):04X}"
    plain = {
        " ": "a space",
        "\t": "a tab",
        "\r": "a line break",
        "\n": "a line break",
        '"': 'a quotation mark (")',
        "'": "an apostrophe (')",
        "`": "a backtick (`)",
    }
    if character in plain:
        return plain[character]
    category = unicodedata.category(character)
    name = unicodedata.name(character, "").lower()
    if character in CURLY_QUOTES:
        return f"the curly quotation mark {character} ({code})"
    if name.startswith("fullwidth "):
        kind = {"L": "letter", "N": "digit"}.get(category[0], "sign")
        return f"the full-width {kind} “{character}” ({code})"
    if category == "Cf":
        return f"an invisible character ({name or 'unnamed'}, {code})"
    if category.startswith("Z"):
        return f"an unusual space ({name}, {code})"
    if category.startswith("M"):
        return f"a combining mark ({name}, {code})"
    if category.startswith("C"):
        return f"a character that cannot be shown ({code})"
    return f"the character “{character}” ({code})"
