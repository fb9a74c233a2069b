"""Licenses: what documents are taken, and where one stands on a day with so many cores in use."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as other_jws
from joserfc.jwk import OKPKey

from activation.domain import jws
from activation.domain import license as domain
from activation.domain.dsse import key_id, raw_public_key
from activation.domain.errors import WORDING, Refused
from activation.domain.license import Color, CoreUse, License, LicenseStatus, cores_counted, state_of

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = raw_public_key(KEY)
KNOWN = {key_id(PUBLIC): PUBLIC}
GRANTED = License(
    id="lic-2026-0001",
    organization="org-abc",
    cloud_provider="aws",
    first_day=date(2026, 1, 1),
    last_day=date(2026, 12, 31),
    cores=100,
    issued_at=datetime(2025, 12, 20, 9, 30, tzinfo=UTC),
    key=key_id(PUBLIC),
)
DOCUMENT = domain.issue(GRANTED, KEY)
MIDDLE = date(2026, 6, 1)


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(header: Any, content: Any, key: Ed25519PrivateKey = KEY) -> str:
    """Sign whatever is given, as somebody would who writes documents by hand."""
    head = f"{part(header)}.{part(content)}"
    return f"{head}.{part(key.sign(head.encode()))}"


def header(**changes: Any) -> dict[str, Any]:
    return {"alg": "EdDSA", "kid": key_id(PUBLIC), "typ": "byoc-license"} | changes


def content(**changes: Any) -> dict[str, Any]:
    return {
        "license": "lic-2026-0001",
        "organization": "org-abc",
        "cloud_provider": "aws",
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "cores": 100,
        "issued_at": "2025-12-20T09:30:00Z",
    } | changes


def code_of(document: str, keys: dict[str, bytes] = KNOWN) -> str:
    with pytest.raises(Refused) as caught:
        domain.read(document, keys)
    assert caught.value.field == "document" or caught.value.code in {
        "license_id_shape",
        "license_cores_range",
        "license_term_reversed",
        "license_term_too_long",
    }
    assert str(caught.value)
    return caught.value.code


# --- documents


def test_what_was_issued_is_read_again_whole() -> None:
    assert domain.read(DOCUMENT, KNOWN) == GRANTED


def test_blanks_and_line_breaks_of_a_mail_do_no_harm() -> None:
    lines = "\r\n  ".join(DOCUMENT[at : at + 60] for at in range(0, len(DOCUMENT), 60))
    assert domain.read(f"\n{lines}\n\n", KNOWN) == GRANTED


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_another_implementation_of_jws_reads_and_writes_the_same() -> None:
    public = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": part(PUBLIC)})
    read = other_jws.deserialize_compact(DOCUMENT, public, algorithms=["EdDSA"])
    assert json.loads(read.payload)["license"] == GRANTED.id
    private = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": part(PUBLIC), "d": part(b"k" * 32)})
    canonical = json.dumps(content(), sort_keys=True, separators=(",", ":"))
    written = other_jws.serialize_compact(header(), canonical, private, algorithms=["EdDSA"])
    assert domain.read(written, KNOWN) == GRANTED


@given(at=st.integers(0, len(DOCUMENT) - 1), to=st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]))
def test_one_character_changed_anywhere_is_refused(at: int, to: str) -> None:
    changed = DOCUMENT[:at] + to + DOCUMENT[at + 1 :]
    if changed == DOCUMENT:
        return
    assert code_of(changed) in {
        "license_changed",
        "license_no_document",
        "license_algorithm",
        "license_key_unknown",
    }


def test_a_document_cut_short_is_refused() -> None:
    assert {code_of(DOCUMENT[:length]) for length in range(1, len(DOCUMENT))} <= {
        "license_changed",
        "license_no_document",
    }


def test_more_cores_written_into_a_document_are_refused() -> None:
    head, _, signature = DOCUMENT.split(".")
    assert code_of(f"{head}.{part(content(cores=100_000))}.{signature}") == "license_changed"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "", None, 0, ["EdDSA"], "HS256", "RS256", "ES256", "Ed25519"]
)
def test_no_other_algorithm_counts(algorithm: Any) -> None:
    assert code_of(signed(header(alg=algorithm), content())) == "license_algorithm"


def test_a_document_without_a_signature_is_refused() -> None:
    assert code_of(f"{part({'alg': 'none', 'typ': 'byoc-license'})}.{part(content())}.") == "license_algorithm"
    assert code_of(f"{part(header())}.{part(content())}.") == "license_changed"


def test_the_public_key_taken_for_a_shared_secret_is_refused() -> None:
    """HS256 over the public key: the classic confusion of algorithms."""
    head = f"{part(header(alg='HS256'))}.{part(content())}"
    mac = hmac.new(PUBLIC, head.encode(), hashlib.sha256).digest()
    assert code_of(f"{head}.{part(mac)}") == "license_algorithm"
    head = f"{part(header())}.{part(content())}"
    mac = hmac.new(PUBLIC, head.encode(), hashlib.sha512).digest()
    assert code_of(f"{head}.{part(mac)}") == "license_changed"


def test_a_key_that_nobody_told_of_is_refused() -> None:
    own = key_id(raw_public_key(STRANGER))
    assert code_of(domain.issue(GRANTED, STRANGER)) == "license_key_unknown"
    assert code_of(signed(header(kid=own), content(), STRANGER)) == "license_key_unknown"
    # Under the name of a known key.
    assert code_of(signed(header(), content(), STRANGER)) == "license_changed"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5c", "x5u", "crit", "b64", "cty"])
def test_a_head_that_brings_something_along_is_refused(name: str) -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": part(raw_public_key(STRANGER))}
    assert code_of(signed(header(**{name: jwk}), content())) == "license_no_document"


def test_a_document_of_another_kind_is_refused() -> None:
    assert code_of(signed(header(typ="JWT"), content())) == "license_no_document"
    assert code_of(jws.sign("byoc-invoice", content(), KEY)) == "license_no_document"


def test_one_document_has_one_spelling() -> None:
    head = f"{part(header())}.{part(content())}"
    signature = KEY.sign(head.encode())
    assert code_of(f"{head}.{base64.urlsafe_b64encode(signature).decode()}") == "license_changed"
    spaced = json.dumps(content()).encode()
    assert code_of(signed(header(), spaced)) == "license_no_document"
    twice = b'{"cores":1,"cores":100}'
    assert code_of(signed(header(), twice)) == "license_no_document"


@pytest.mark.parametrize(
    "text", ["", "   \n", "hello", "a.b", "a.b.c.d", "..", "\x00.\x00.\x00", "é.ü.ß", "x" * 9_000, "[].[].[]"]
)
def test_what_is_no_document_is_refused(text: str) -> None:
    assert code_of(text) in {"license_empty", "license_no_document"}


def test_no_key_at_all_lets_nothing_in() -> None:
    assert code_of(DOCUMENT, {}) == "license_key_unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"cores": 0},
        {"cores": -1},
        {"cores": True},
        {"cores": "100"},
        {"cores": 10_000_000},
        {"cloud_provider": "gcp"},
        {"first_day": "2027-01-01"},
        {"first_day": "yesterday"},
        {"last_day": "9999-12-31"},
        {"issued_at": "2025-12-20"},
        {"license": ""},
        {"license": "a b"},
        {"license": "<b>x</b>"},
        {"organization": ""},
        {"organization": None},
        {"more": "than that"},
    ],
)
def test_what_is_signed_and_yet_no_license_is_refused(changes: dict[str, Any]) -> None:
    code_of(signed(header(), content(**changes)))


def test_nothing_is_issued_that_could_not_be_installed() -> None:
    for changes in ({"cores": 0}, {"last_day": date(2025, 1, 1)}, {"id": "?"}, {"organization": ""}):
        with pytest.raises(Refused):
            domain.issue(replace(GRANTED, **changes), KEY)


# --- where it stands


@pytest.mark.parametrize(
    ("on", "status", "color", "days_left", "may"),
    [
        (date(2025, 12, 31), LicenseStatus.NOT_YET_VALID, Color.GREEN, 365, False),
        (date(2026, 1, 1), LicenseStatus.ACTIVE, Color.GREEN, 364, True),
        (date(2026, 10, 31), LicenseStatus.ACTIVE, Color.GREEN, 61, True),
        (date(2026, 11, 1), LicenseStatus.EXPIRING, Color.YELLOW, 60, True),
        (date(2026, 12, 30), LicenseStatus.EXPIRING, Color.YELLOW, 1, True),
        (date(2026, 12, 31), LicenseStatus.EXPIRING, Color.YELLOW, 0, True),
        (date(2027, 1, 1), LicenseStatus.GRACE, Color.RED, -1, True),
        (date(2027, 1, 31), LicenseStatus.GRACE, Color.RED, -31, True),
        (date(2027, 2, 1), LicenseStatus.FROZEN, Color.RED, -32, False),
        (date(2030, 1, 1), LicenseStatus.FROZEN, Color.RED, -1097, False),
    ],
)
def test_the_days_of_a_license(on: date, status: LicenseStatus, color: Color, days_left: int, may: bool) -> None:
    state = state_of(GRANTED, on, 10)
    assert (state.status, state.color, state.days_left, state.may_activate_region) == (status, color, days_left, may)


@pytest.mark.parametrize(
    ("used", "status", "color", "may"),
    [
        (0, LicenseStatus.ACTIVE, Color.GREEN, True),
        (69, LicenseStatus.ACTIVE, Color.GREEN, True),
        (70, LicenseStatus.ACTIVE, Color.YELLOW, True),
        (99, LicenseStatus.ACTIVE, Color.YELLOW, True),
        (100, LicenseStatus.FULLY_USED, Color.RED, False),
        (101, LicenseStatus.OVER_QUOTA, Color.RED, False),
        (None, LicenseStatus.ACTIVE, Color.GRAY, True),
    ],
)
def test_the_cores_of_a_license(used: int | None, status: LicenseStatus, color: Color, may: bool) -> None:
    state = state_of(GRANTED, MIDDLE, used)
    assert (state.status, state.color, state.may_activate_region) == (status, color, may)
    assert state.percent == used


def test_unknown_cores_are_not_green_and_the_days_still_count() -> None:
    assert state_of(GRANTED, MIDDLE, None).color is Color.GRAY
    assert state_of(GRANTED, MIDDLE, None).kind == "success", "the license itself is in order"
    assert state_of(GRANTED, GRANTED.last_day, None).color is Color.YELLOW
    assert state_of(GRANTED, GRANTED.last_day + timedelta(days=1), None).color is Color.RED


def test_a_share_between_two_percents_is_never_rounded_up() -> None:
    large = replace(GRANTED, cores=1000)
    assert state_of(large, MIDDLE, 699).color is Color.GREEN
    assert state_of(large, MIDDLE, 999).color is Color.YELLOW
    assert state_of(large, MIDDLE, 999).percent == 99


def test_without_a_license_nothing_is_measured_and_nothing_may_be_activated() -> None:
    state = state_of(None, MIDDLE, 12)
    assert (state.status, state.color, state.may_activate_region) == (LicenseStatus.NONE, Color.GRAY, False)
    assert (state.blocked_by, state.percent, state.words) == ("license_none", None, "none")


def test_in_the_month_of_grace_the_quota_still_counts() -> None:
    state = state_of(GRANTED, date(2027, 1, 10), 120)
    assert state.status is LicenseStatus.GRACE
    assert not state.may_activate_region
    assert state.blocked_by == "license_over_quota"


@pytest.mark.parametrize(
    ("last_day", "grace_ends"),
    [
        (date(2026, 11, 23), date(2026, 12, 23)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2026, 3, 31), date(2026, 4, 30)),
    ],
)
def test_grace_is_a_month_of_the_calendar(last_day: date, grace_ends: date) -> None:
    assert replace(GRANTED, last_day=last_day).grace_ends == grace_ends


def test_what_was_typed_in_says_so_in_every_word() -> None:
    state = state_of(replace(GRANTED, reported=True), MIDDLE, None)
    assert state.words == "active (as reported)"
    assert state.label == "Active (as reported)"
    assert state_of(GRANTED, MIDDLE, None).words == "active"


@given(
    days=st.integers(-800, 800), used=st.none() | st.integers(0, 300), reported=st.booleans(), term=st.integers(0, 700)
)
def test_every_state_has_words_and_agrees_with_itself(days: int, used: int | None, reported: bool, term: int) -> None:
    granted = replace(GRANTED, last_day=GRANTED.first_day + timedelta(days=term), reported=reported)
    state = state_of(granted, GRANTED.first_day + timedelta(days=days), used)
    assert state.reason[-1] == "."
    assert "{" not in state.reason
    assert state.may_activate_region is (state.blocked_by == "")
    assert not state.blocked_by or state.blocked_by in WORDING
    assert state.kind in {"success", "warning", "error", "pending"}
    if state.status in {LicenseStatus.GRACE, LicenseStatus.FROZEN}:
        assert state.color is Color.RED and state.days_left < 0


def test_the_control_planes_cores_are_not_deducted() -> None:
    uses = [
        CoreUse("Query nodes", "cluster-1", "us-west-2", "2 × m6id.4xlarge", 32),
        CoreUse("Core support", "", "us-west-2", "3 × m6i.2xlarge", 24, counted=False),
    ]
    assert cores_counted(uses) == 32
    assert [CoreUse.from_json(use.to_json()) for use in uses] == uses


@pytest.mark.parametrize("more", [0, 1])
def test_an_estimate_of_the_cores_is_shown_and_blocks_nothing(more: int) -> None:
    state = state_of(replace(GRANTED, reported=True), MIDDLE, GRANTED.cores + more, reported=True)
    assert state.may_activate_region
    assert state.color is Color.RED
    assert "blocks nothing by an estimate" in state.reason
    late = state_of(replace(GRANTED, reported=True), GRANTED.grace_ends + timedelta(days=1), GRANTED.cores)
    assert late.blocked_by == "license_frozen"
