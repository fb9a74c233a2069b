"""The masker: nothing of a secret gets through, whatever its form and wherever the stream is cut."""

import base64
import html
import itertools
import json
import random
import time
import urllib.parse
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain.redaction import LONGEST_LINE, Masker, clean_line, variants

KEY_ID = "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = base64.b64encode(random.Random(5).randbytes(300)).decode()
SECRETS = (KEY_ID, SECRET, TOKEN, 'p&ss"w<rd>\\/ ü€+%')

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "raw": str.encode,
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "json utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    "json slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    "json of Go": lambda text: (
        json.dumps(text)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()
    ),
    "quote": lambda text: urllib.parse.quote(text, safe="").encode(),
    "quote path": lambda text: urllib.parse.quote(text).encode(),
    "quote_plus": lambda text: urllib.parse.quote_plus(text).encode(),
    "html": lambda text: html.escape(text).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after 1": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "base64 after 2": lambda text: base64.b64encode(b"xy" + text.encode() + b"z"),
    "base64 url": lambda text: base64.urlsafe_b64encode(text.encode()),
    "base64 url after 1": lambda text: base64.urlsafe_b64encode(b"x" + text.encode()),
    "base64 url after 2": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b":"),
}


def cuts(text: bytes, chance: random.Random, pieces: int) -> Iterator[bytes]:
    places = sorted(chance.randint(0, len(text)) for _ in range(pieces))
    for start, end in itertools.pairwise([0, *places, len(text)]):
        yield text[start:end]


def mask(masker: Masker, chunks: Iterator[bytes] | list[bytes]) -> bytes:
    return b"".join(masker.feed(chunk) for chunk in chunks) + masker.close()


def test_no_encoding_of_any_secret_survives_twenty_thousand_random_splits() -> None:
    chance = random.Random(20_000)
    masker = Masker(SECRETS)
    forms = {(secret, name): encode(secret) for secret in SECRETS for name, encode in ENCODINGS.items()}
    leaks = [form for secret in SECRETS for form in variants(secret)]
    for count in range(1, 20_001):
        (_, name), form = chance.choice(list(forms.items()))
        before, after = chance.randbytes(chance.randint(0, 12)), chance.randbytes(chance.randint(0, 12))
        text = before + form + after
        out = mask(masker, cuts(text, chance, chance.randint(0, 4)))
        assert not any(leak in out for leak in leaks), (name, text)
        assert out.startswith(before)
        assert out.endswith(after)
        assert masker.count == count


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_is_masked_byte_by_byte(name: str) -> None:
    for secret in SECRETS:
        text = b"start " + ENCODINGS[name](secret) + b" end\n"
        out = mask(Masker(SECRETS), [bytes([byte]) for byte in text])
        assert b"masked" in out
        assert len(out) < 40
        assert out.startswith(b"start ")
        assert out.endswith(b" end\n")


def test_the_split_makes_no_difference() -> None:
    chance = random.Random(3)
    text = b"".join(
        chance.choice(
            [b"plain words\n", b"\xff\x00", SECRET.encode(), SECRET[:20].encode(), TOKEN.encode(), b"secret = "]
        )
        for _ in range(200)
    )
    whole = mask(Masker(SECRETS), [text])
    for _ in range(200):
        assert mask(Masker(SECRETS), cuts(text, chance, 30)) == whole
    assert Masker(SECRETS).mask_text(text.decode("latin-1")).encode("latin-1") == whole


def test_a_key_id_keeps_its_last_four() -> None:
    masker = Masker([KEY_ID])
    assert masker.mask_text(f"key {KEY_ID} in use") == "key [masked …MPLE] in use"
    assert Masker([]).mask_text("other key AKIAI44QH8DHBEXAMPLE!") == "other key [masked …MPLE]!"


def test_a_secret_inside_another_secret_leaves_nothing_of_either() -> None:
    inner, outer = "bcdefghijk", "abcdefghijklmnop"
    for text in (outer, inner, outer + inner, outer[:-1] + outer, "ab" + inner + outer):
        for size in (1, 3, 100):
            chunks = [text.encode()[n : n + size] for n in range(0, len(text), size)]
            out = mask(Masker([inner, outer]), chunks)
            assert b"bcdefghijk" not in out
            assert b"lmnop" not in out


def test_overlapping_secrets_are_masked_together() -> None:
    masker = Masker(["abcdefgh12", "gh12345678"])
    assert mask(masker, [b"<abcdefgh", b"1234567", b"8>"]) == b"<[masked]>"
    assert masker.count == 1


def test_neighboring_secrets_are_masked_each() -> None:
    masker = Masker(["abcdefgh12"])
    assert mask(masker, [b"abcdefgh12abcdefgh12"]) == b"[masked][masked]"
    assert masker.count == 2


def test_a_secret_that_repeats_itself_is_masked_without_a_rest() -> None:
    for size in (1, 7, 1000):
        assert mask(Masker(["a" * 12]), [b"a" * size] * (5000 // size)) == b"[masked]"


def plainly_masked(text: bytes, secrets: list[bytes]) -> bytes:
    """Mask with no regard for speed or streams: what the masker must agree with."""
    spans = sorted(
        (start, start + len(secret))
        for secret in secrets
        for start in range(len(text))
        if text.startswith(secret, start)
    )
    out, position, joined = b"", 0, list[list[int]]()
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    for start, end in joined:
        out += text[position:start] + b"[masked]"
        position = end
    return out + text[position:]


@given(st.lists(st.text("ab", min_size=8, max_size=12), min_size=1, max_size=3), st.data())
def test_secrets_much_alike_are_masked_as_one_reading_the_whole_would(secrets: list[str], draw: st.DataObject) -> None:
    slices = st.sampled_from(secrets).flatmap(
        lambda secret: st.tuples(st.integers(0, 6), st.integers(4, 12)).map(lambda ends: secret[ends[0] : ends[1]])
    )
    text = "".join(
        draw.draw(st.lists(st.one_of(st.sampled_from(secrets), slices, st.sampled_from("c\n")), max_size=12))
    )
    places = sorted(draw.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    masker = Masker(secrets)
    masked = mask(masker, [text[a:b].encode() for a, b in itertools.pairwise([0, *places, len(text)])])
    assert masked == plainly_masked(text.encode(), [secret.encode() for secret in secrets])
    assert masker.count == masked.count(b"[masked]")


def test_signs_of_regular_expressions_are_plain_characters() -> None:
    assert Masker(["a.b*c[d]+(e)"]).mask_text("a.b*c[d]+(e) axb*c[d]+(e)") == "[masked] axb*c[d]+(e)"


def test_a_secret_too_short_is_left_alone() -> None:
    assert Masker(["abcdefg", ""]).mask_text("the abcdefg stays") == "the abcdefg stays"


def test_what_cannot_become_a_secret_is_given_out_at_once() -> None:
    masker = Masker(SECRETS)
    assert masker.feed(b"Enter a value: ") == b"Enter a value: "
    assert masker.feed(b"line\n" + SECRET[:10].encode()) == b"line\n"
    assert masker.feed(b" no") == SECRET[:10].encode() + b" no"
    assert masker.close() == b""


def test_a_masker_is_ready_for_another_stream_after_close() -> None:
    masker = Masker([SECRET])
    assert mask(masker, [SECRET[:10].encode()]) == SECRET[:10].encode()
    assert mask(masker, [SECRET[10:].encode()]) == SECRET[10:].encode()


@given(st.binary(), st.integers(1, 9))
def test_bytes_without_a_secret_pass_unchanged(text: bytes, size: int) -> None:
    if not any(word in text.lower() for word in (b"akia", b"asia", b"secret", b"session", b"x-amz", b"aws4", b"-----")):
        masker = Masker(SECRETS)
        assert mask(masker, [text[n : n + size] for n in range(0, len(text), size)]) == text
        assert masker.count == 0


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    masker = Masker(SECRETS)
    assert SECRET not in masker.mask_text(text + SECRET + text)
    assert SECRET not in masker.mask_line(text + SECRET + text)


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83vEjRWeJCrze8\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("aws_secret_access_key=hunter2hunter2", "aws_secret_access_key=[masked]"),
        ('aws_secret_key = "hunter2hunter2"', 'aws_secret_key = "[masked]"'),
        ("AWS_SECRET_ACCESS_KEY: hunter2hunter2", "AWS_SECRET_ACCESS_KEY: [masked]"),
        ('{"SecretAccessKey":"hunter2/hunter2","x":1}', '{"SecretAccessKey":"[masked]","x":1}'),
        ('{\\"SecretAccessKey\\": \\"hunter2/hunter2\\"}', '{\\"SecretAccessKey\\": \\"[masked]\\"}'),
        ("<SecretAccessKey>hunter2hunter2</SecretAccessKey>", "<SecretAccessKey>[masked]</SecretAccessKey>"),
        ("aws_session_token='IQoJb3JpZ2lu'", "aws_session_token='[masked]'"),
        ("?X-Amz-Security-Token=IQo%2Fb3J&X-Amz-Date=1", "?X-Amz-Security-Token=[masked]&X-Amz-Date=1"),
        ("&X-Amz-Signature=abcdef0123456789 GET", "&X-Amz-Signature=[masked] GET"),
        ("x-amz-security-token: IQoJb3Jp", "x-amz-security-token: [masked]"),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature=abc\nnext",
            "Authorization: AWS4-HMAC-SHA256 [masked]\nnext",
        ),
        (f"before\n{PEM}\nafter", "before\n[masked PEM block]\nafter"),
        (f'{{"key":{json.dumps(PEM)}}}', '{"key":"[masked PEM block]"}'),
        ("aws_secret_key is required", "aws_secret_key is required"),
        ("aws_secret_key = null", "aws_secret_key = null"),
        ("aws_secret_key = (sensitive value)", "aws_secret_key = (sensitive value)"),
        ("aws_secret_key = var.aws_secret_key", "aws_secret_key = var.aws_secret_key"),
        ("the secret: nobody knows", "the secret: nobody knows"),
    ],
)
def test_what_looks_like_a_secret_is_masked_at_any_split(text: str, masked: str) -> None:
    assert Masker([]).mask_text(text) == masked
    for place in range(len(text)):
        chunks = [text[:place].encode(), text[place:].encode()]
        assert mask(Masker([]), chunks).decode() == masked
    assert mask(Masker([]), [bytes([byte]) for byte in text.encode()]).decode() == masked


def test_a_pem_block_without_an_end_hides_its_body_only() -> None:
    assert Masker([]).mask_text("-----BEGIN CERTIFICATE-----\nMIIEowIBAAK\n[1] next") == "[masked PEM block][1] next"


def test_an_endless_line_is_not_kept_for_ever() -> None:
    masker = Masker([])
    given_out = sum(len(masker.feed(b"secret " + b"x" * 1000)) for _ in range(1000))
    assert given_out > 900_000


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain é\ttab", "plain é\ttab"),
        ("\x1b[1m\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r\x1b\\a\x1b(Bb\x1b=c", "abc"),
        ("\x9b31mred", "red"),
        ("a\x00b\x07c\x7fd\x85", "abcd "),
        ("50%\r100%\r\n", "50% 100%"),
        ("one\ntwo\x0bthree", "one two three"),
        ("\u202eevil\u2066\u200b", "evil"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("\x1b", ""),
        ("\x1b[", ""),
    ],
)
def test_a_clean_line_has_nothing_but_text(text: str, clean: str) -> None:
    assert clean_line(text) == clean


@given(st.text(st.characters(codec=None)))
def test_any_line_becomes_text_that_can_be_stored(text: str) -> None:
    clean = clean_line(text)
    assert clean.encode() is not None
    assert not [c for c in clean if (c < " " and c != "\t") or "\x7f" <= c <= "\x9f"]
    assert clean_line(clean) == clean


def test_a_long_line_is_cut_at_a_character_and_says_so() -> None:
    assert clean_line("x" * LONGEST_LINE) == "x" * LONGEST_LINE
    clean = clean_line("x" + "é" * 20_000)
    assert clean.endswith("é … [line cut at 16 KiB, 23,618 bytes left out]")
    assert len(clean.encode()) < LONGEST_LINE + 60


def test_a_secret_behind_colors_and_at_the_cut_is_masked() -> None:
    masker = Masker([SECRET])
    assert masker.mask_line(f"a {SECRET[:9]}\x1b[1m{SECRET[9:]}\x1b[0m b") == "a [masked] b"
    cut = masker.mask_line("x" * (LONGEST_LINE - 10) + SECRET + "y" * 100)
    assert SECRET[:5] not in cut


def test_a_log_passes_at_twenty_megabytes_a_second() -> None:
    line = (
        b'2026-11-23T22:00:00.123Z aws_iam_role.bootstrap: Creating... [id=zilliz-bootstrap-role] {"@level":"info",'
        b'"@message":"aws_iam_policy.x: Still creating... [9s]","hook":{"resource":{"addr":"aws_iam_role.x"}}}\n'
    )
    block = line * 300
    masker = Masker(SECRETS)
    rates = []
    for _ in range(5):
        # The processor's time, for other work on the machine should not count.
        started = time.process_time()
        for _ in range(40):
            masker.feed(block)
        rates.append(40 * len(block) / (time.process_time() - started) / 1e6)
    assert max(rates) > 20
