"""Records as they are asked for, made, kept and handed out; and what verifies them."""

import base64
import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from activation import dispatch
from activation.domain import chain
from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.domain.record import masking, verify
from activation.domain.record.manifest import Span
from activation.domain.record.status import RecordStatus
from activation.domain.roles import Role
from activation.management import parts
from activation.management.processes import Program
from activation.models import Checkpoint, Event, LogLine, Record, User
from activation.selectors import record_contents as contents
from activation.services import events, record_facts, record_html, record_pdf, record_report, records, signing
from activation.services.events import Actor
from tests.factories import Place, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(db: None) -> Place:
    """Return an organization in which an activation has gone some way."""
    place = make_place("Vectors and Company")
    for _ in range(6):
        happened(place)
    return place


def auditor(place: Place) -> tuple[User, Actor]:
    """Return who asks for records."""
    member = place.members[Role.AUDITOR]
    return member.user, Actor.of(member)


def happened(place: Place, **more: str) -> Event:
    """Let something happen to the activation, and something beside it."""
    _, actor = auditor(place)
    events.record(Kind.SIGNED_IN, actor=actor, organization=place.organization)
    return events.record(
        Kind.ACTIVATION_MOVED, actor=actor, organization=place.organization, activation_id=place.activation.pk, **more
    )


def record_of(place: Place) -> Record:
    """Ask for the activation's record."""
    by, actor = auditor(place)
    return records.request_of_activation(activation=place.activation, by=by, actor=actor)


def record_of_today(place: Place) -> Record:
    """Ask for the record of today."""
    by, actor = auditor(place)
    today = timezone.now().date()
    return records.request_of_period(
        organization=place.organization, first_day=today - timedelta(days=1), last_day=today, by=by, actor=actor
    )


def made(record: Record) -> Record:
    """Make a record as a worker does."""
    records.make(record.pk)
    record.refresh_from_db()
    assert record.is_ready, record.reason
    return record


def files_of(record: Record) -> dict[str, bytes]:
    """Return what is in a record."""
    with zipfile.ZipFile(records.path_of(record)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_record_of_an_activation_is_intact_and_holds_all_events_between_its_first_and_its_last(
    place: Place,
) -> None:
    happened(place)
    record = made(record_of(place))

    verdict = verify.verify(verify.Archive(records.path_of(record)), fingerprint=signing.fingerprint())
    lines = [json.loads(line) for line in files_of(record)["events.jsonl"].splitlines()]

    assert verdict.problems == []
    assert verdict.author_established
    assert [each["sequence"] for each in lines] == list(range(record.first_sequence, record.last_sequence + 1))
    assert verdict.manifest["events"]["matching"] == 7
    assert verdict.manifest["filter"] == {"activation": place.activation.pk}


def test_the_same_request_gives_the_same_bytes_apart_from_the_manifest(place: Place) -> None:
    record = made(record_of(place))
    first = files_of(record)
    records.expire(record)
    _, actor = auditor(place)
    record.refresh_from_db()
    records.request_again(record=record, actor=actor)
    second = files_of(made(record))
    third = files_of(made(record_of(place)))

    for again in (second, third):
        assert list(again) == list(first)
        assert {name for name in first if first[name] != again[name]} <= {"manifest.json"}


def test_a_record_made_again_after_the_signing_key_was_changed_says_which_files_differ(
    place: Place, client: Client, settings: Settings
) -> None:
    record = made(record_of(place))
    first, retired = record.sha256, signing.public_keys()[signing.fingerprint()]
    key = f"keys/{signing.fingerprint()}.pem"
    assert record.differing == []
    settings.SIGNING_KEY = base64.b64encode(b"k" * 32).decode()
    settings.SIGNING_KEYS_RETIRED = [base64.b64encode(retired).decode()]
    records.expire(record)
    record.refresh_from_db()
    records.request_again(record=record, actor=auditor(place)[1])
    record = made(record)

    assert record.first["sha256"] == first != record.sha256
    assert record.differing == [key, "public_key.pem", "summary.html", "summary.pdf"]
    client.force_login(auditor(place)[0])
    page = client.get(reverse("record", args=[place.organization.slug, record.pk])).content.decode()
    assert first in page
    assert f"{key}</code>, <code>public_key.pem</code>, <code>summary.html" in page


def test_a_record_of_a_period_ends_before_its_own_request_and_download(place: Place) -> None:
    record = made(record_of_today(place))
    _, actor = auditor(place)
    b"".join(records.download(record=record, actor=actor))
    kinds = [json.loads(line)["kind"] for line in files_of(record)["events.jsonl"].splitlines()]

    assert not any(kind.startswith("record.") for kind in kinds)
    assert Event.objects.filter(kind=Kind.RECORD_DOWNLOADED, object_id=record.pk).count() == 1
    names = [row[0] for row in csv.reader(io.StringIO(files_of(record)["access.csv"].decode()))]
    assert names[0] == "Name"
    assert len(names) == 1 + place.organization.members.count()


def test_asking_twice_for_the_same_gives_one_record(place: Place) -> None:
    first = record_of(place)
    assert record_of(place).pk == first.pk
    made(first)
    assert record_of(place).pk == first.pk
    happened(place)
    assert record_of(place).pk != first.pk


def test_asking_twice_for_a_period_that_goes_on_gives_one_record(place: Place) -> None:
    first = record_of_today(place)
    assert record_of_today(place).pk == first.pk
    b"".join(records.download(record=made(first), actor=auditor(place)[1]))
    assert record_of_today(place).pk == first.pk
    assert Event.objects.filter(kind=Kind.RECORD_REQUESTED, object_id=first.pk).count() == 1
    happened(place)
    assert record_of_today(place).pk != first.pk


def test_the_last_day_that_there_is_cannot_be_asked_for(place: Place, client: Client) -> None:
    client.force_login(auditor(place)[0])
    days = {"scope": "period", "first_day": "2026-01-01", "last_day": "9999-12-31"}
    answer = client.post(reverse("records", args=[place.organization.slug]), days)
    assert answer.status_code == 422
    assert "Choose a day before the year 9999" in answer.content.decode()


def test_a_period_that_is_over_holds_its_last_events_whatever_they_are(place: Place) -> None:
    record_of_today(place)
    newest = Event.objects.filter(organization=place.organization).latest("sequence")
    assert newest.kind == Kind.RECORD_REQUESTED
    now = timezone.now()
    over = contents.stretch_of_period(place.organization, now - timedelta(days=1), now)
    going_on = contents.stretch_of_period(place.organization, now - timedelta(days=1), now + timedelta(days=1))
    assert over is not None
    assert going_on is not None
    assert (over.last, going_on.last) == (newest.sequence, newest.sequence - 1)


def test_days_without_events_and_days_in_the_wrong_order_are_refused(place: Place) -> None:
    by, actor = auditor(place)
    today = timezone.now().date()
    long_ago = today - timedelta(days=400)
    for first_day, last_day, code in (
        (long_ago, long_ago, "record_empty"),
        (today, long_ago, "record_days_reversed"),
    ):
        with pytest.raises(Refused) as refused:
            records.request_of_period(
                organization=place.organization, first_day=first_day, last_day=last_day, by=by, actor=actor
            )
        assert refused.value.code == code
    assert not Record.objects.exclude(pk=place.record.pk).exists()


@pytest.mark.parametrize(("sequence", "rewritten"), [(5, False), (5, True), (1, True)])
def test_a_broken_chain_makes_no_record(place: Place, sequence: int, rewritten: bool) -> None:
    record = record_of(place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
    Event.objects.filter(organization=place.organization, sequence=sequence).update(actor_name="Somebody else")
    rows = Event.objects.filter(organization=place.organization, sequence__gte=sequence if rewritten else 10**9)
    prev_hash = ""
    for event in rows.order_by("sequence"):
        event.prev_hash = prev_hash or event.prev_hash
        prev_hash = chain.event_hash(event.chained())
        Event.objects.filter(pk=event.pk).update(prev_hash=event.prev_hash, hash=prev_hash)
    records.make(record.pk)
    record.refresh_from_db()

    assert record.status == RecordStatus.FAILED
    signed = Checkpoint.objects.get(chain=place.organization.pk).last_sequence
    assert f"#{signed if rewritten else sequence}" in record.reason
    assert list(records.folder().glob(f"*{record.pk}*")) == []


def test_the_external_id_is_nowhere_in_a_record_in_full(place: Place) -> None:
    place.organization.external_id = "cid-0123456789abcdefghijklmno"
    place.organization.save(update_fields=["external_id"])
    place.run.reason = "Role trusts cid-0123456789abcdefghijklmno"
    place.run.activation = place.activation
    place.run.save()
    LogLine.objects.create(run=place.run, number=1, at=timezone.now(), text="with cid-0123456789abcdefghijklmno here")
    place.run.lines = 1
    place.run.save(update_fields=["lines"])
    happened(place, run_id=place.run.pk)
    files = files_of(made(record_of(place)))

    assert f"runs/{place.run.pk}/log.txt" in files
    assert b"with cid-\xe2\x80\xa6lmno here" in files[f"runs/{place.run.pk}/log.txt"]
    for name, content in files.items():
        assert b"0123456789abcdef" not in content.replace(b"sha256", b""), name


def test_the_reports_timeline_says_what_nobody_did_as_a_whole_sentence(place: Place) -> None:
    events.record(
        Kind.RUN_ERRORED, actor=events.PORTAL, organization=place.organization, activation_id=place.activation.pk
    )
    report = files_of(made(record_of(place)))["summary.html"].decode()
    assert "The run failed" in report
    assert "had the run fail" not in report


def test_lines_that_are_missing_are_said_to_be(place: Place) -> None:
    run = place.run
    run.started_at = run.apply_started_at = timezone.now()
    run.emitted = {"plan": {"lines": 1, "masked": 0}, "apply": {"lines": 2, "masked": 3}}
    run.save()
    for number, level in enumerate(("phase", "", "", "notice"), 1):
        LogLine.objects.create(run=run, number=number, at=timezone.now(), level=level, text="=cmd")
    happened(place, run_id=run.pk)
    record = made(record_of(place))
    said = json.loads(files_of(record)[f"runs/{run.pk}/run.json"])["log"]

    assert (said["lines_emitted"], said["lines_of_terraform"], said["lines_stored"]) == (3, 2, 4)
    assert "LINES ARE MISSING: 2 lines stored, 3 emitted" in files_of(record)["summary.html"].decode()


def test_spreadsheets_find_no_formula(place: Place) -> None:
    for start in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", 'a"b,\r\nc'):
        happened(place, reason=start)
    content = files_of(made(record_of(place)))["events.csv"].decode()
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]

    assert content.count("\r\n") >= 20
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert "'=1+1" in cells
    assert 'a"b,\r\nc' in cells


def test_a_record_expires_and_is_said_to_have(place: Place) -> None:
    record = made(record_of(place))
    path = records.path_of(record)
    assert path.stat().st_mode & 0o777 == 0o600
    Record.objects.filter(pk=record.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    records.sweep()
    record.refresh_from_db()

    assert record.status == RecordStatus.EXPIRED
    assert not path.exists()
    with pytest.raises(Refused):
        records.download(record=record, actor=auditor(place)[1])


def test_a_worker_that_is_gone_is_followed_by_another_and_refused_if_it_comes_back(place: Place) -> None:
    record = record_of(place)
    lost = Record.objects.begin(record.pk)
    assert lost is not None
    Record.objects.filter(pk=record.pk).update(changed_at=timezone.now() - records.SILENT_FOR * 2)
    records.sweep()
    made(record)

    assert not Record.objects.progress(record.pk, attempt=lost, done=1, total=2)
    assert not Record.objects.move(record.pk, to=RecordStatus.READY, attempt=lost)


def test_a_record_that_loses_one_worker_after_the_other_fails_with_a_reason_and_can_be_asked_for_again(
    place: Place,
) -> None:
    record = record_of(place)
    for _ in range(records.MOST_LOST):
        assert Record.objects.begin(record.pk) is not None
        Record.objects.filter(pk=record.pk).update(changed_at=timezone.now() - records.SILENT_FOR * 2)
        records.sweep()
    record.refresh_from_db()
    assert record.status == RecordStatus.FAILED
    assert "3 times in a row" in record.reason

    records.request_again(record=record, actor=auditor(place)[1])
    assert made(record).lost == 0


def test_a_worker_is_heard_of_while_it_reads_runs_and_writes_the_report(place: Place) -> None:
    for _ in range(5):
        happened(place, run_id=place.run.pk)
    record = record_of(place)
    hide, heard = masking.hide(None), []

    def advance(rows: int) -> None:
        """Count what is heard."""
        heard.append(rows)

    def since() -> int:
        """Return how often something was heard since the last time."""
        number = len(heard)
        heard.clear()
        return number

    facts = record_facts.read(record, hide, advance)
    assert since() == 1
    span = Span(place.organization.pk, 1, 1, 1, "0" * 64, "0" * 64)
    report = record_report.write(record, facts, span=span, key_id="0" * 64, advance=advance)
    assert since() == 1
    record_html.write(report, advance)
    assert since() == len(report.sections)
    written = record_pdf.write(report, advance)
    assert since() >= len(report.sections) + 2 * written.count(b"/Type /Page\n")


def queues_of(program: Program) -> list[str]:
    """Return what a worker takes its work from."""
    return program.argv[program.argv.index("--queues") + 1].split(",")


def test_records_and_verified_chains_take_no_place_from_what_follows_a_run(
    place: Place, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sent: dict[str, str] = {}
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda task, arguments, *, queue: sent.update({task: queue}), raising=False
    )
    with django_capture_on_commit_callbacks(execute=True):
        record_of(place)
        dispatch.verify_events()
    assert set(sent) == {dispatch.MAKE_RECORD, dispatch.VERIFY_EVENTS}
    assert set(sent.values()) == set(queues_of(parts.audit("host")))
    assert not set(sent.values()) & {*queues_of(parts.runs("host")), *queues_of(parts.control("host"))}


def test_the_pages_lead_from_asking_to_the_file(place: Place, client: Client) -> None:
    client.force_login(auditor(place)[0])
    slug = place.organization.slug
    answer = client.post(reverse("records", args=[slug]), {"scope": "activation", "activation": place.activation.pk})
    record = Record.objects.exclude(pk=place.record.pk).get()
    assert answer.headers["Location"] == reverse("record", args=[slug, record.pk])
    assert "hx-get" in client.get(answer.headers["Location"]).content.decode()
    made(record)
    page = client.get(answer.headers["Location"]).content.decode()
    address = reverse("record_download", args=[slug, record.pk])
    assert f'data-record-url="{address}"' in page
    assert record.sha256 in page
    assert f"--fingerprint {signing.fingerprint()} --organization {place.organization.pk}" in page
    assert hashlib.sha256(files_of(record)["verify.py"]).hexdigest() in page

    downloaded = client.get(address)

    assert b"".join(downloaded.streaming_content) == records.path_of(record).read_bytes()
    assert place.members[Role.AUDITOR].user.name in client.get(reverse("records", args=[slug])).content.decode()
    wrong = client.post(reverse("records", args=[slug]), {"scope": "period", "first_day": "x", "last_day": ""})
    assert wrong.status_code == 422


@pytest.fixture
def unpacked(place: Place, tmp_path: Path) -> Path:
    """Return a record of a period as it was unpacked."""
    with zipfile.ZipFile(records.path_of(made(record_of_today(place)))) as archive:
        archive.extractall(tmp_path / "record")
    return tmp_path / "record"


def run_bundled(folder: Path, *more: str) -> tuple[int, str]:
    """Run the record's own verify.py, as somebody does who has nothing of ours."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "verify.py", *more], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_bundled_verifier_says_the_same_as_ours(unpacked: Path) -> None:
    code, said = run_bundled(unpacked)
    assert (code, said.strip()) == (0, verify.verify(verify.Folder(unpacked)).text())
    assert "author not established" in said
    assert run_bundled(unpacked, "--fingerprint", signing.fingerprint())[0] == 0

    (unpacked / "summary.pdf").write_bytes(b"")
    code, said = run_bundled(unpacked)
    assert (code, said.strip()) == (1, verify.verify(verify.Folder(unpacked)).text())
    assert "summary.pdf: it was changed" in said


def test_a_record_that_was_packed_again_with_its_folders_is_told_apart(unpacked: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(unpacked.rglob("*")):
            archive.write(path, path.relative_to(unpacked))
        assert [name for name in archive.namelist() if name.endswith("/")]
    assert not verify.verify(verify.Archive(again)).holds
    assert verify.verify(verify.Folder(unpacked)).problems == []


def test_the_readmes_openssl_commands_verify_it(unpacked: Path) -> None:
    text = (unpacked / "README.txt").read_text()
    begin, end = text.index("  sed 's/"), text.index("Each event's hash is")
    prose = ("The key's", "The files")
    commands = "\n".join(line for line in text[begin:end].splitlines() if not line.strip().startswith(prose))

    done = subprocess.run(["bash", "-ec", commands], cwd=unpacked, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert signing.fingerprint() in done.stdout
    assert "verify.py: OK" in done.stdout

    shutil.copy(unpacked / "events.csv", unpacked / "events.jsonl")
    assert subprocess.run(["bash", "-ec", commands], cwd=unpacked, capture_output=True, check=False).returncode != 0
