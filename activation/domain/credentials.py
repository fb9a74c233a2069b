"""AWS access keys as a person pastes them: the shape of each part, and of the parts together."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from activation.domain.characters import BLANKS, CURLY_QUOTES, STRAIGHT_QUOTES, describe
from activation.domain.errors import Refused

SECRET_LENGTH = 40
LONGEST_TOKEN = 8 * 1024

_KEY_ID = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}", re.ASCII)
# Other unique identifiers of IAM. Source: AWS IAM, *IAM identifiers*, the table of prefixes.
_OTHER_ID = re.compile(r"(A3T|ABIA|ACCA|AGPA|AIDA|AIPA|ANPA|ANVA|APKA|AROA|ASCA)[A-Z0-9]+", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9/+]*", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9/+=_-]*", re.ASCII)
_ASSIGNMENT = re.compile(r"(?:export|set)\s+\w|(?i:\$env:)\w|\w*(?:aws|AWS)_\w+\s*[=:]", re.ASCII)

_LABELS = {
    "access_key_id": "The access key ID",
    "secret_access_key": "The secret access key",
    "session_token": "The session token",
}


@dataclass(frozen=True)
class AccessKeys:
    """A key pair, with the session token where it is temporary; never shows more than 4 characters of the ID."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"AccessKeys(…{self.access_key_id[-4:]})"

    @property
    def is_long_term(self) -> bool:
        """Tell whether the key works until somebody deletes it (AKIA), unlike a temporary one (ASIA)."""
        return self.access_key_id.startswith("AKIA")


class CredentialsCheck(NamedTuple):
    """The keys if nothing is wrong, and by field what is."""

    keys: AccessKeys | None
    problems: dict[str, Refused]


def check(access_key_id: str, secret_access_key: str, session_token: str = "") -> CredentialsCheck:
    """Check three pasted values, with the blanks around each trimmed; no message repeats any of them.

    Source of the rules: AWS IAM identifiers (AKIA long-term, ASIA temporary and only with a token). Problems:
    access_key_missing, access_key_shape, access_key_other_kind, secret_key_missing, secret_key_length,
    secret_key_character, session_token_missing, session_token_unexpected, session_token_too_long,
    session_token_character, credential_blank, credential_quote, credential_assignment, credential_swapped.
    """
    key_id, secret, token = (text.strip(BLANKS) for text in (access_key_id, secret_access_key, session_token))
    if _SECRET.fullmatch(key_id) and len(key_id) == SECRET_LENGTH and _KEY_ID.fullmatch(secret):
        swapped = {name: Refused("credential_swapped", field=name) for name in ("access_key_id", "secret_access_key")}
        return CredentialsCheck(None, swapped)
    found = {
        "access_key_id": _check_key_id(key_id),
        "secret_access_key": _check_secret(secret),
        "session_token": _check_token(token, key_id),
    }
    problems = {name: problem for name, problem in found.items() if problem is not None}
    if problems:
        return CredentialsCheck(None, problems)
    return CredentialsCheck(AccessKeys(key_id, secret, token), {})


def _check_key_id(value: str) -> Refused | None:
    name = "access_key_id"
    if not value:
        return Refused("access_key_missing", field=name)
    if _KEY_ID.fullmatch(value):
        return None
    other = _OTHER_ID.fullmatch(value)
    if other:
        return Refused("access_key_other_kind", field=name, prefix=other[1])
    return _pasted_with_more(value, name) or Refused("access_key_shape", field=name)


def _check_secret(value: str) -> Refused | None:
    name = "secret_access_key"
    if not value:
        return Refused("secret_key_missing", field=name)
    if not _SECRET.fullmatch(value):
        return _pasted_with_more(value, name) or Refused(
            "secret_key_character", field=name, character=_first_outside(value, _SECRET)
        )
    if len(value) != SECRET_LENGTH:
        return Refused("secret_key_length", field=name, length=f"{len(value):,}")
    return None


def _check_token(value: str, key_id: str) -> Refused | None:
    name = "session_token"
    if not value:
        return Refused("session_token_missing", field=name) if key_id.startswith("ASIA") else None
    if key_id.startswith("AKIA"):
        return Refused("session_token_unexpected", field=name)
    if len(value) > LONGEST_TOKEN:
        return Refused("session_token_too_long", field=name, length=f"{len(value):,}", limit=f"{LONGEST_TOKEN:,}")
    if not _TOKEN.fullmatch(value):
        return _pasted_with_more(value, name) or Refused(
            "session_token_character", field=name, character=_first_outside(value, _TOKEN)
        )
    return None


def _pasted_with_more(value: str, name: str) -> Refused | None:
    """Recognize what comes along when more than the value is copied."""
    label = _LABELS[name]
    if _ASSIGNMENT.match(value):
        return Refused("credential_assignment", field=name, label=label)
    for character in value:
        if character in STRAIGHT_QUOTES or character in CURLY_QUOTES:
            return Refused("credential_quote", field=name, label=label, character=describe(character))
        if character.isspace():
            return Refused("credential_blank", field=name, label=label, character=describe(character))
    return None


def _first_outside(value: str, allowed: re.Pattern[str]) -> str:
    # An ordinary letter of a secret may not be repeated, but the sign that does not belong there is no part of it.
    return describe(next(character for character in value if not allowed.fullmatch(character)))
