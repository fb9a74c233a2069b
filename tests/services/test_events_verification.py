"""What somebody with the database in hands does to events is named, at the first number it touches."""

import base64
import json
import re
import stat
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as portal
from django.core.management import call_command
from django.db import connection, transaction

from activation import tasks
from activation.domain import chain, dsse
from activation.domain.events import Kind
from activation.models import ChainStatus, Checkpoint, Event, Organization, append_only
from activation.models.events import CHAINED_COLUMNS, chained
from activation.selectors import chains
from activation.services import checkpoints, events, signing
from activation.services.events import Actor
from tests.factories import make_organization

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY = Actor("7", "Ann Bell", "owner", "password", "192.0.2.7")


@pytest.fixture
def outside(tmp_path: Path, settings: Any) -> Path:
    """Keep checkpoints in a file of the test's own."""
    settings.CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    return tmp_path / "checkpoints.jsonl"


@pytest.fixture
def organization(transactional_db: None, outside: Path) -> Organization:
    """Return an organization with twelve events and checkpoints at 5 and 10."""
    made = make_organization()
    for number in range(1, 13):
        events.record(Kind.SIGNED_IN, actor=SOMEBODY, organization=made, reason=f"event {number}")
        if number % 5 == 0:
            checkpoints.add(made)
    return made


@pytest.fixture
def unguarded(organization: Organization) -> Iterator[None]:
    """Be somebody who owns the database and drops its triggers."""
    with connection.schema_editor() as schema:
        append_only.unguard(schema)
    yield
    with connection.schema_editor() as schema:
        append_only.guard(schema)


def verify(organization: Organization) -> chains.Report:
    """Return what verifying comes to."""
    return chains.verify(organization, public_keys=signing.public_keys(), outside=Path(portal.CHECKPOINT_FILE))


def rewrite(organization: Organization, first: int) -> None:
    """Write every hash anew from a number on, as somebody who knows the format would."""
    before = Event.objects.filter(organization=organization, sequence=first - 1).first()
    prev_hash = before.hash if before else chain.GENESIS
    for event in Event.objects.filter(organization=organization, sequence__gte=first).order_by("sequence"):
        event.prev_hash = prev_hash
        prev_hash = chain.event_hash(chained([getattr(event, name) for name in CHAINED_COLUMNS]))
        Event.objects.filter(pk=event.pk).update(prev_hash=event.prev_hash, hash=prev_hash)


def test_a_whole_chain_is_whole(organization: Organization) -> None:
    report = verify(organization)
    assert report.problem is None
    assert (report.events, report.last_sequence, report.checkpoints, report.outside) == (12, 12, 2, 2)
    assert report.remarks == []


def test_the_file_outside_is_for_its_owner_only(organization: Organization, outside: Path) -> None:
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600
    assert len(outside.read_bytes().splitlines()) == 2


def test_a_chain_that_did_not_go_on_gets_no_further_checkpoint(organization: Organization) -> None:
    assert checkpoints.add(organization) is not None
    assert checkpoints.add(organization) is None


def test_what_was_rolled_back_stands_in_no_file(organization: Organization, outside: Path) -> None:
    with transaction.atomic():
        checkpoints.add(organization)
        transaction.set_rollback(True)
    assert len(outside.read_bytes().splitlines()) == 2


Change = Callable[[Organization, Path], None]


def change_an_event(organization: Organization, outside: Path) -> None:
    Event.objects.filter(organization=organization, sequence=3).update(actor_name="Somebody else")


def change_an_event_and_all_hashes(organization: Organization, outside: Path) -> None:
    Event.objects.filter(organization=organization, sequence=3).update(actor_name="Somebody else")
    rewrite(organization, 3)


def change_the_last_event_and_its_hash(organization: Organization, outside: Path) -> None:
    checkpoints.add(organization)
    Event.objects.filter(organization=organization, sequence=12).update(actor_name="Somebody else")
    rewrite(organization, 12)


def remove_an_event(organization: Organization, outside: Path) -> None:
    Event.objects.filter(organization=organization, sequence=4).delete()


def exchange_two_events(organization: Organization, outside: Path) -> None:
    numbers = Event.objects.filter(organization=organization)
    numbers.filter(sequence=6).update(sequence=99)
    numbers.filter(sequence=7).update(sequence=6)
    numbers.filter(sequence=99).update(sequence=7)


def cut_off_the_end(organization: Organization, outside: Path) -> None:
    Event.objects.filter(organization=organization, sequence__gt=11).delete()


def cut_off_the_end_and_the_counter(organization: Organization, outside: Path) -> None:
    Event.objects.filter(organization=organization, sequence__gt=8).delete()
    Organization.objects.filter(pk=organization.pk).update(last_sequence=8)


def cut_off_everything_in_the_database(organization: Organization, outside: Path) -> None:
    cut_off_the_end_and_the_counter(organization, outside)
    Checkpoint.objects.filter(chain=organization.pk, last_sequence__gt=8).delete()


def remove_a_checkpoint(organization: Organization, outside: Path) -> None:
    Checkpoint.objects.filter(chain=organization.pk, number=2).delete()


def remove_the_first_checkpoint_everywhere(organization: Organization, outside: Path) -> None:
    Checkpoint.objects.filter(chain=organization.pk, number=1).delete()
    outside.write_bytes(outside.read_bytes().splitlines(keepends=True)[1])


def exchange_a_checkpoints_payload(organization: Organization, outside: Path) -> None:
    first, second = Checkpoint.objects.filter(chain=organization.pk).order_by("number")
    Checkpoint.objects.filter(pk=second.pk).update(envelope={**second.envelope, "payload": first.envelope["payload"]})


def sign_anew_with_another_key(organization: Organization, outside: Path) -> None:
    change_an_event_and_all_hashes(organization, outside)
    second = Checkpoint.objects.get(chain=organization.pk, number=2)
    envelope = dsse.sign(
        second.envelope["payloadType"],
        base64.b64decode(second.envelope["payload"]),
        Ed25519PrivateKey.generate(),
    )
    Checkpoint.objects.filter(chain=organization.pk, number=1).delete()
    Checkpoint.objects.filter(pk=second.pk).update(envelope=envelope)
    outside.unlink()


def sign_anew_with_the_own_key(organization: Organization, outside: Path) -> None:
    """Do all that somebody can who has the database and the key, but not the file outside."""
    kept = outside.read_bytes()
    let_the_portal_sign_what_was_rewritten(organization, outside)
    outside.write_bytes(kept)


def let_the_portal_sign_what_was_rewritten(organization: Organization, outside: Path) -> None:
    """Do all that somebody can who has the database only: rewrite it whole and wait until the portal signs again."""
    change_an_event_and_all_hashes(organization, outside)
    Checkpoint.objects.all().delete()
    assert checkpoints.add(organization) is not None


def let_the_portal_sign_up_to_the_same_event(organization: Organization, outside: Path) -> None:
    """Rewrite up to where a checkpoint vouches for the last event: its line and the new one tell of one event."""
    cut_off_everything_in_the_database(organization, outside)
    Event.objects.filter(organization=organization, sequence__gt=5).delete()
    Organization.objects.filter(pk=organization.pk).update(last_sequence=5)
    let_the_portal_sign_what_was_rewritten(organization, outside)


def sign_a_checkpoint_again_over_the_same_events(organization: Organization, outside: Path) -> None:
    """Take a checkpoint back without changing an event: it is signed again over more of them."""
    Checkpoint.objects.filter(chain=organization.pk, number=2).delete()
    assert checkpoints.add(organization) is not None


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    ("change", "sequence", "word"),
    [
        (change_an_event, 3, "changed"),
        (change_an_event_and_all_hashes, 5, "written anew"),
        (change_the_last_event_and_its_hash, 12, "written anew"),
        (remove_an_event, 4, "here stands #5"),
        (exchange_two_events, 6, "does not follow|changed"),
        (cut_off_the_end, 12, "cut off here: the counter"),
        (cut_off_the_end_and_the_counter, 9, "cut off here: .*up to #10"),
        (cut_off_everything_in_the_database, 9, "cut off here: the file outside"),
        (remove_a_checkpoint, 10, "checkpoint 2 is missing in the database"),
        (remove_the_first_checkpoint_everywhere, 10, "does not follow"),
        (exchange_a_checkpoints_payload, 10, "signature does not match"),
        (sign_anew_with_another_key, 10, "not known here"),
        (sign_anew_with_the_own_key, 5, "file outside of the database"),
        (let_the_portal_sign_what_was_rewritten, 5, "file outside of the database"),
        (let_the_portal_sign_up_to_the_same_event, 5, "file outside of the database"),
        (sign_a_checkpoint_again_over_the_same_events, 10, "two different statements as checkpoint 2"),
    ],
)
def test_what_was_done_is_named_at_the_first_number(
    organization: Organization, outside: Path, change: Change, sequence: int, word: str
) -> None:
    change(organization, outside)
    problem = verify(organization).problem
    assert problem is not None
    assert problem.sequence == sequence
    assert re.search(word, problem.why), problem.why


@pytest.mark.usefixtures("unguarded")
def test_missing_triggers_are_remarked(organization: Organization) -> None:
    assert any("activation_event_no_delete is missing" in remark for remark in verify(organization).remarks)


@pytest.mark.usefixtures("unguarded")
def test_a_trigger_of_the_right_name_that_refuses_nothing_is_remarked(organization: Organization) -> None:
    exchange = {
        "sqlite": [
            "DROP TRIGGER activation_event_no_delete",
            "CREATE TRIGGER activation_event_no_delete BEFORE DELETE ON activation_event BEGIN SELECT 1; END",
        ],
        "postgresql": ["ALTER TABLE activation_event DISABLE TRIGGER activation_event_no_delete"],
    }
    with connection.schema_editor() as schema:
        append_only.guard(schema)
        for statement in exchange[connection.vendor]:
            schema.execute(statement)
    (remark,) = verify(organization).remarks
    assert "activation_event_no_delete is not the one that was made" in remark


@pytest.mark.usefixtures("unguarded")
def test_a_function_that_refuses_nothing_any_more_is_remarked_on_postgresql(organization: Organization) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's triggers call no function.")
    with connection.schema_editor() as schema:
        append_only.guard(schema)
        schema.execute(
            "CREATE OR REPLACE FUNCTION activation_only_added() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN OLD; END $$"
        )
    assert len(verify(organization).remarks) == 3 * len(append_only.TABLES)


@pytest.mark.usefixtures("unguarded")
def test_what_is_no_json_is_named_and_ends_no_verification(organization: Organization) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL itself refuses what is no JSON.")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = 1")
        cursor.execute("UPDATE activation_event SET after = '{' WHERE sequence = 3")
        cursor.execute("PRAGMA ignore_check_constraints = 0")
    problem = verify(organization).problem
    assert problem is not None
    assert problem.sequence == 3


@pytest.mark.usefixtures("unguarded")
def test_the_portal_signs_nothing_that_does_not_follow_from_what_it_signed_last(
    organization: Organization, outside: Path
) -> None:
    change_an_event_and_all_hashes(organization, outside)
    Checkpoint.objects.filter(chain=organization.pk, number=2).delete()
    assert checkpoints.add(organization) is None


@pytest.mark.usefixtures("unguarded")
def test_every_hour_the_portal_signs_only_what_it_verified(organization: Organization, outside: Path) -> None:
    kept = outside.read_bytes()
    Event.objects.filter(organization=organization, sequence=7).update(actor_name="Somebody else")
    rewrite(organization, 7)
    Checkpoint.objects.filter(chain=organization.pk, number=2).delete()
    tasks.verify_events()
    assert Checkpoint.objects.filter(chain=organization.pk).count() == 1
    assert outside.read_bytes() == kept
    assert ChainStatus.objects.get(chain=organization.pk).problem_sequence == 10


def test_a_file_that_is_gone_is_remarked_and_written_again(organization: Organization, outside: Path) -> None:
    outside.unlink()
    assert checkpoints.verify_everywhere()
    status = ChainStatus.objects.get(chain=organization.pk)
    assert "has no copy of 2 checkpoints, the first of them 1" in status.lacking
    assert verify(organization).remarks == []
    assert verify(organization).outside == 3
    assert checkpoints.verify_everywhere()
    status.refresh_from_db()
    assert status.lacking == ""


def test_a_line_that_was_never_written_is_remarked_and_written_later(organization: Organization, outside: Path) -> None:
    first, second = outside.read_bytes().splitlines(keepends=True)
    outside.write_bytes(first)
    (remark,) = verify(organization).remarks
    assert "has no copy of checkpoint 2." in remark
    assert checkpoints.verify_everywhere()
    assert outside.read_bytes().splitlines(keepends=True)[:2] == [first, second]


def test_a_broken_chain_is_not_copied_into_the_file(organization: Organization, outside: Path, unguarded: None) -> None:
    outside.unlink()
    change_an_event(organization, outside)
    checkpoints.verify_everywhere()
    assert not outside.exists() or organization.pk not in outside.read_text()


def test_a_line_that_a_crash_cut_short_counts_for_nothing_and_the_next_one_begins_anew(
    organization: Organization, outside: Path
) -> None:
    with outside.open("ab") as file:
        file.write(b'{"payload":"eyJ')
    assert verify(organization).problem is None
    assert verify(organization).remarks == []
    checkpoints.add(organization)
    report = verify(organization)
    assert report.problem is None
    assert report.outside == 3
    assert any("line 3, proves nothing" in remark for remark in report.remarks)


def test_the_command_names_the_first_bad_number_and_exits_with_1(organization: Organization, unguarded: None) -> None:
    out = StringIO()
    call_command("verify_events", stdout=out)
    assert f"{organization.name}: whole to #12" in out.getvalue()
    change_an_event(organization, Path())
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_events", organization=organization.slug, json=True, stdout=out)
    assert ended.value.code == 1
    (report,) = json.loads(out.getvalue())
    assert (report["whole"], report["first_bad_sequence"]) == (False, 3)


def test_the_hourly_verification_keeps_what_it_found(organization: Organization, unguarded: None) -> None:
    assert checkpoints.verify_everywhere()
    assert Checkpoint.objects.filter(chain=organization.pk).count() == 3
    status = ChainStatus.objects.get(chain=organization.pk)
    assert (status.last_sequence, status.problem_sequence, status.problem) == (12, None, "")
    change_an_event(organization, Path())
    assert not checkpoints.verify_everywhere()
    status.refresh_from_db()
    assert (status.last_sequence, status.problem_sequence) == (2, 3)
    assert "changed" in status.problem


def test_a_retired_key_still_counts(organization: Organization, settings: Any) -> None:
    retired = dsse.raw_public_key(signing.signing_key())
    settings.SIGNING_KEY = base64.b64encode(b"k" * 32).decode()
    assert verify(organization).problem is not None
    settings.SIGNING_KEYS_RETIRED = [base64.b64encode(retired).decode()]
    assert verify(organization).problem is None


def test_without_a_usable_key_a_run_can_still_end(organization: Organization, settings: Any) -> None:
    settings.SIGNING_KEY = "no key"
    assert checkpoints.add(organization) is None


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "keys" / "signing.key"
    signing.make_key_file(place)
    first = place.read_text()
    signing.make_key_file(place)
    assert place.read_text() == first
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["signing.key"]
    assert isinstance(signing.read_key(first), Ed25519PrivateKey)


def test_the_fingerprint_is_printed(db: None) -> None:
    out = StringIO()
    call_command("signing_key", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == signing.fingerprint()
    assert lines[1] == "-----BEGIN PUBLIC KEY-----"
