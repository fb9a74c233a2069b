"""The external ID: AWS's grammar, the vendor's usual shape, and one of our own."""

import re
import secrets
import string

from activation.domain.characters import BLANKS, CURLY_QUOTES, STRAIGHT_QUOTES, describe
from activation.domain.errors import Refused

SHORTEST = 2
LONGEST = 1224
_GRAMMAR = re.compile(r"[\w+=,.@:\/-]*", re.ASCII)
_USUAL = re.compile(r"cid-[a-z0-9]{25}", re.ASCII)
_ALPHABET = string.digits + string.ascii_lowercase


def check(text: str) -> str:
    r"""Return the external ID without the blanks around it.

    Source of the rule: AWS STS AssumeRole, `ExternalId`: 2 to 1224 characters of `[\w+=,.@:\/-]*`.
    Raises Refused with field `external_id`: external_id_empty, external_id_blank, external_id_quote,
    external_id_not_ascii, external_id_character, external_id_too_short, external_id_too_long.
    """
    value = text.strip(BLANKS)
    if not value:
        raise Refused("external_id_empty", field="external_id")
    if len(value) > LONGEST:
        raise Refused("external_id_too_long", field="external_id", length=f"{len(value):,}", limit=f"{LONGEST:,}")
    if not _GRAMMAR.fullmatch(value):
        _refuse_first_bad_character(value)
    if len(value) < SHORTEST:
        raise Refused("external_id_too_short", field="external_id", limit=SHORTEST)
    return value


def _refuse_first_bad_character(value: str) -> None:
    position, character = next((n, c) for n, c in enumerate(value, 1) if not _GRAMMAR.fullmatch(c))
    if character in BLANKS:
        code = "external_id_blank"
    elif character in STRAIGHT_QUOTES or character in CURLY_QUOTES:
        code = "external_id_quote"
    elif not character.isascii():
        code = "external_id_not_ascii"
    else:
        code = "external_id_character"
    raise Refused(code, field="external_id", character=describe(character), position=position)


def is_unusual(text: str) -> bool:
    """Tell whether it looks unlike the public example, `cid-` and 25 of `[a-z0-9]`; it may be right all the same."""
    return _USUAL.fullmatch(text) is None


def issue() -> str:
    """Make a new external ID: `cid-` and 25 characters of base36 from the system's random source (129 bits)."""
    return "cid-" + "".join(secrets.choice(_ALPHABET) for _ in range(25))


def mask(text: str) -> str:
    """Show enough of the ID to tell two apart: `cid-…` and its last 4; of a short one, nothing but the dots."""
    start = "cid-" if text.startswith("cid-") else ""
    return f"{start}…{text[-4:]}" if len(text) - len(start) >= 12 else f"{start}…"
