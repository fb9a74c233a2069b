"""AWS keys as they are pasted, and that no answer repeats them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.domain import credentials

TEMPORARY = "ASIAIOSFODNN7EXAMPLE"
LONG_TERM = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLXdlc3QtMiJHMEUCIQ+w=="


def problems(key_id: str, secret: str, token: str = "") -> dict[str, str]:
    keys, found = credentials.check(key_id, secret, token)
    assert (keys is None) == bool(found)
    for name, problem in found.items():
        assert problem.field == name
        for value in (key_id, secret, token):
            assert len(value.strip()) < 8 or value.strip() not in str(problem)
    return {name: problem.code for name, problem in found.items()}


def test_temporary_keys_are_taken_without_the_blanks_around_them() -> None:
    keys, found = credentials.check(f" {TEMPORARY}\n", f"{SECRET}\r\n", f"\t{TOKEN} ")
    assert keys == credentials.AccessKeys(TEMPORARY, SECRET, TOKEN)
    assert found == {}
    assert not keys.is_long_term


def test_a_long_term_key_is_taken_and_known_as_one() -> None:
    keys, found = credentials.check(LONG_TERM, SECRET, "")
    assert keys is not None and keys.is_long_term
    assert found == {}


def test_keys_show_the_last_four_of_their_id_only() -> None:
    keys = credentials.AccessKeys(TEMPORARY, SECRET, TOKEN)
    assert repr(keys) == str(keys) == f"{keys}" == "AccessKeys(…MPLE)"


@pytest.mark.parametrize(
    ("key_id", "code"),
    [
        ("", "access_key_missing"),
        ("ASIA", "access_key_shape"),
        (TEMPORARY + "X", "access_key_shape"),
        (TEMPORARY.lower(), "access_key_shape"),
        ("\uff21SIAIOSFODNN7EXAMPLE", "access_key_shape"),
        ("AROAIOSFODNN7EXAMPLE", "access_key_other_kind"),
        ("AIDAIOSFODNN7EXAMPLE", "access_key_other_kind"),
        (f'"{TEMPORARY}"', "credential_quote"),
        (f"\u201c{TEMPORARY}\u201d", "credential_quote"),
        ("ASIA IOSFODNN7EXAMPLE", "credential_blank"),
        (f"export AWS_ACCESS_KEY_ID={TEMPORARY}", "credential_assignment"),
        (f"aws_access_key_id = {TEMPORARY}", "credential_assignment"),
        (f"set AWS_ACCESS_KEY_ID={TEMPORARY}", "credential_assignment"),
        (f'$Env:AWS_ACCESS_KEY_ID="{TEMPORARY}"', "credential_assignment"),
        ("x" * 2_000_000, "access_key_shape"),
    ],
)
def test_a_wrong_key_id_is_refused(key_id: str, code: str) -> None:
    assert problems(key_id, SECRET, TOKEN)["access_key_id"] == code


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("", "secret_key_missing"),
        (SECRET[:-1], "secret_key_length"),
        (SECRET + "A", "secret_key_length"),
        (SECRET[:20] + " " + SECRET[20:], "credential_blank"),
        (SECRET[:20] + "\n" + SECRET[20:], "credential_blank"),
        (f"'{SECRET}'", "credential_quote"),
        (f"\u2018{SECRET}\u2019", "credential_quote"),
        (SECRET[:-1] + "%", "secret_key_character"),
        (SECRET[:-1] + "\uff21", "secret_key_character"),
        (SECRET[:-1] + "\x00", "secret_key_character"),
        (f"export AWS_SECRET_ACCESS_KEY={SECRET}", "credential_assignment"),
        (f'aws_secret_key = "{SECRET}"', "credential_assignment"),
        ("s" * 2_000_000, "secret_key_length"),
    ],
)
def test_a_wrong_secret_is_refused(secret: str, code: str) -> None:
    assert problems(TEMPORARY, secret, TOKEN) == {"secret_access_key": code}


@pytest.mark.parametrize(
    ("key_id", "token", "code"),
    [
        (TEMPORARY, "", "session_token_missing"),
        (TEMPORARY, "  ", "session_token_missing"),
        (LONG_TERM, TOKEN, "session_token_unexpected"),
        (TEMPORARY, TOKEN + "\n" + TOKEN, "credential_blank"),
        (TEMPORARY, f'"{TOKEN}"', "credential_quote"),
        (TEMPORARY, TOKEN + "*", "session_token_character"),
        (TEMPORARY, "t" * 8193, "session_token_too_long"),
        (TEMPORARY, "t" * 2_000_000, "session_token_too_long"),
        (TEMPORARY, f"export AWS_SESSION_TOKEN={TOKEN}", "credential_assignment"),
    ],
)
def test_a_token_that_does_not_fit_is_refused(key_id: str, token: str, code: str) -> None:
    assert problems(key_id, SECRET, token) == {"session_token": code}


def test_the_longest_token_is_taken() -> None:
    assert problems(TEMPORARY, SECRET, "t" * 8192) == {}


def test_every_field_has_its_own_problem() -> None:
    assert set(problems("x", "y", '"')) == {"access_key_id", "secret_access_key", "session_token"}


def test_swapped_values_are_called_swapped() -> None:
    assert set(problems(SECRET, TEMPORARY, TOKEN).values()) == {"credential_swapped"}


@given(st.text(), st.text(), st.text())
def test_any_text_gets_an_answer(key_id: str, secret: str, token: str) -> None:
    for problem in credentials.check(key_id, secret, token).problems.values():
        assert str(problem).encode()


@given(st.text("aA/+ \"'\n=$%ü", min_size=8, max_size=45), st.sampled_from([TEMPORARY, LONG_TERM]))
def test_no_answer_repeats_a_secret(secret: str, key_id: str) -> None:
    problems(key_id, secret, secret)
