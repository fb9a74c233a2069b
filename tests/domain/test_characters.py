"""Bytes to text, and characters named in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain import characters
from activation.domain.errors import WORDING, Refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_editors_save_is_read(encoding: str) -> None:
    assert characters.decode('name = "é"'.encode(encoding)) == 'name = "é"'


def test_big_endian_text_with_its_mark_is_read() -> None:
    assert characters.decode("\ufeffabc".encode("utf-16-be")) == "abc"


@pytest.mark.parametrize("source", [b"\xff\xfe\x00", b"\x80abc", b"\x89PNG\r\n", "é".encode("latin-1")])
def test_what_is_no_text_is_refused(source: bytes) -> None:
    with pytest.raises(Refused) as refused:
        characters.decode(source)
    assert refused.value.code == "text_encoding"


@pytest.mark.parametrize(
    ("character", "words"),
    [
        (" ", "a space"),
        ("\n", "a line break"),
        ("\uff21", "the full-width letter “\uff21” (U+FF21)"),
        ("\uff11", "the full-width digit “\uff11” (U+FF11)"),
        ("\u200b", "an invisible character (zero width space, U+200B)"),
        ("\u202e", "an invisible character (right-to-left override, U+202E)"),
        ("\u00a0", "an unusual space (no-break space, U+00A0)"),
        ("\u201c", "the curly quotation mark \u201c (U+201C)"),
        ("\u0301", "a combining mark (combining acute accent, U+0301)"),
        ("\x00", "a character that cannot be shown (U+0000)"),
        ("\ud800", "a character that cannot be shown (U+D800)"),
        ("é", "the character “é” (U+00E9)"),
    ],
)
def test_a_character_is_named_so_that_a_person_finds_it(character: str, words: str) -> None:
    assert characters.describe(character) == words


@given(st.characters(codec=None))
def test_every_character_has_a_name_that_can_be_sent(character: str) -> None:
    assert characters.describe(character).encode()


def test_what_a_person_typed_is_repeated_short_and_printable() -> None:
    assert characters.shorten("a\x00\u202eb") == "a??b"
    assert characters.shorten("x" * 2_000_000) == "x" * 59 + "…"


def test_every_wording_is_a_sentence_with_an_end() -> None:
    # Those of other parts of the domain as well: the table is one.
    assert [
        code for code, wording in WORDING.items() if not wording.text.strip() or wording.text != wording.text.strip()
    ] == []
