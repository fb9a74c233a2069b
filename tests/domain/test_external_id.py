"""The external ID: what AWS allows, what is refused in which words, and what is issued."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain import external_id
from activation.domain.errors import Refused

USUAL = "cid-c88368a7164f15ad9e1fa9068"


@pytest.mark.parametrize("text", [USUAL, f"  {USUAL}\r\n", "ab", "x" * 1224, "a_+=,.@:/-Z9"])
def test_what_aws_allows_is_taken_without_the_blanks_around_it(text: str) -> None:
    assert external_id.check(text) == text.strip()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "external_id_empty", "missing"),
        (" \t\r\n", "external_id_empty", "missing"),
        ("cid-abc def", "external_id_blank", "a space at position 8"),
        ("cid-abc\ndef", "external_id_blank", "a line break"),
        ('"cid-abc"', "external_id_quote", 'a quotation mark (")'),
        ("'cid-abc'", "external_id_quote", "an apostrophe"),
        ("\u201ccid-abc\u201d", "external_id_quote", "the curly quotation mark \u201c"),
        ("cid-\uff41bc", "external_id_not_ascii", "the full-width letter “\uff41” (U+FF41) at position 5"),
        ("cid-\u0661", "external_id_not_ascii", "U+0661"),
        ("cid-abc\u200b", "external_id_not_ascii", "an invisible character (zero width space"),
        ("cid-abc\u00a0", "external_id_not_ascii", "an unusual space"),
        ("cid-äbc", "external_id_not_ascii", "“ä”"),
        ("cid-\ud800", "external_id_not_ascii", "U+D800"),
        ("cid-a#b", "external_id_character", "“#”"),
        ("cid-a\\b", "external_id_character", "“\\”"),
        ("cid-a\x00b", "external_id_character", "U+0000"),
        ("{external_id}", "external_id_character", "“{”"),
        ("x", "external_id_too_short", "fewer than 2"),
        ("x" * 1225, "external_id_too_long", "1,225 characters; AWS allows at most 1,224"),
        (" " * 5 + "é" * 2_000_000, "external_id_too_long", "2,000,000"),
    ],
)
def test_what_aws_does_not_allow_is_refused_with_a_reason(text: str, code: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        external_id.check(text)
    assert (refused.value.code, refused.value.field) == (code, "external_id")
    assert words in str(refused.value)
    assert str(refused.value).encode()


@given(st.text(max_size=60))
def test_an_answer_is_the_aws_grammar_or_a_sentence(text: str) -> None:
    try:
        assert re.fullmatch(r"[A-Za-z0-9_+=,.@:/-]{2,1224}", external_id.check(text))
    except Refused as refused:
        assert len(str(refused)) < 400


def test_an_unusual_id_is_only_unusual() -> None:
    assert not external_id.is_unusual(USUAL)
    assert not external_id.is_unusual(external_id.issue())
    for text in ("abc", USUAL[:-1], USUAL + "0", USUAL.upper(), USUAL + "\n"):
        assert external_id.is_unusual(text)


def test_issued_ids_differ_and_use_the_whole_alphabet() -> None:
    issued = {external_id.issue() for _ in range(20_000)}
    assert len(issued) == 20_000
    assert all(external_id.check(text) == text for text in issued)
    assert set("".join(text[4:] for text in issued)) == set("0123456789abcdefghijklmnopqrstuvwxyz")


def test_the_mask_shows_the_last_four_of_a_long_id_and_nothing_of_a_short_one() -> None:
    assert external_id.mask(USUAL) == "cid-…9068"
    assert external_id.mask("acme-production-1") == "…on-1"
    assert external_id.mask("ab") == "…"
    assert external_id.mask("cid-abcd") == "cid-…"
