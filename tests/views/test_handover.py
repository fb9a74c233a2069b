"""The hand-over page: nine values, the key of the watch, each state in words, an owner's confirmation."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.events import Kind
from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Event, Handover, Member
from activation.services import handover, watching
from activation.services.events import Actor
from activation.simulator.client import Simulator
from tests.factories import make_member
from tests.services.consoles import REGIONS, build_by_hand, handed_over, keys_of, local_aws, name_of_plane, older
from tests.views.run_rows import TEMPORARY, address, client_of, text_of

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws")


@pytest.fixture(scope="module")
def console_aws(place: Path) -> Iterator[Simulator]:
    with local_aws(place) as simulator:
        yield simulator


@pytest.fixture
def aws(console_aws: Simulator, settings: Settings) -> Iterator[Simulator]:
    console_aws.clear()
    settings.AWS_ENDPOINT_URL = console_aws.endpoint
    settings.WATCH_SECONDS = 0
    yield console_aws
    console_aws.clear()


@pytest.fixture
def customer(aws: Simulator) -> dict[str, Any]:
    identities: dict[str, Any] = aws.identities()["customer"]
    return identities


@pytest.fixture
def handed() -> tuple[Activation, Member]:
    return handed_over("222233334444", next(REGIONS))


@pytest.fixture
def activation(handed: tuple[Activation, Member]) -> Activation:
    return handed[0]


@pytest.fixture
def owner(handed: tuple[Activation, Member]) -> Member:
    return handed[1]


def typed(identity: dict[str, str]) -> dict[str, str]:
    return {name: identity[name] for name in ("access_key_id", "secret_access_key", "session_token")}


def words(text: str) -> str:
    """Return a page as it reads, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(member: Member, activation: Activation) -> str:
    answer = client_of(member).get(address("activation_handover", activation))
    assert answer.status_code == 200
    return text_of(answer)


def begin_watch(activation: Activation, owner: Member, identity: dict[str, str]) -> None:
    handover.start_watch(activation, keys=keys_of(identity), actor=Actor.of(owner))
    watching.look(activation.pk)


# --- the sheet


def test_the_nine_values_stand_in_the_guides_order_each_to_copy(owner: Member, activation: Activation) -> None:
    text = page(owner, activation)

    shown = re.findall(r'<input type="checkbox" name="ticked" value="(\w+)"', text)
    assert shown == [*sorted(each.name for each in ARN_OUTPUTS), "netmask", "region"]
    copied = re.findall(r'class="sheet-value"><span class="copy" data-copy="([^"]+)"', text)
    assert copied[1] == "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"
    assert copied[7:] == ["/16", activation.region]
    assert "Active Cloud Region" in text


def test_ticks_are_saved_by_the_form_and_by_htmx(owner: Member, activation: Activation) -> None:
    here, client = address("activation_handover_ticks", activation), client_of(owner)

    plain = client.post(here, {"ticked": ["region", "netmask"]})
    live = client.post(here, {"ticked": ["region", "netmask", "bootstrap_role_arn"]}, **HTMX)

    assert plain["Location"] == f"{address('activation_handover', activation)}#sheet"
    assert "3 of 9 ticked off" in text_of(live)
    assert "<html" not in text_of(live)
    assert re.search(r'value="region"[^>]* checked', page(owner, activation))
    assert Event.objects.filter(kind=Kind.HANDOVER_TICKED.value).count() == 2


def test_a_box_sends_which_one_it_is_so_that_an_old_page_undoes_nothing(owner: Member, activation: Activation) -> None:
    here, client = address("activation_handover_ticks", activation), client_of(owner)
    assert """hx-vals='{"changed": "netmask"}'""" in page(owner, activation)

    client.post(here, {"changed": "region", "ticked": ["region"]}, **HTMX)
    other_tab = client.post(here, {"changed": "netmask", "ticked": ["netmask"]}, **HTMX)

    assert "2 of 9 ticked off" in text_of(other_tab)


def test_a_wrong_value_leads_back_to_step_3(owner: Member, activation: Activation) -> None:
    assert address("activation_handover_reopen", activation) in page(owner, activation)

    answer = client_of(owner).post(address("activation_handover_reopen", activation), follow=True)

    assert answer.redirect_chain[-1][0] == address("activation_region", activation)
    assert "Step 3 is open again" in text_of(answer)
    assert 'action="{}"'.format(address("region_continue", activation)) in text_of(answer)


# --- states, in words


def test_before_a_key_the_page_asks_for_one_and_says_which_rights_it_needs(
    owner: Member, activation: Activation
) -> None:
    text = page(owner, activation)

    assert "Start watching" in text
    assert '"ec2:DescribeVpcs"' in text
    assert "aws sts assume-role --role-arn arn:aws:iam::222233334444:role/byoc-watch" in text
    assert "A long-term key (AKIA…) is accepted too and destroyed after that time" in words(text)
    assert "data-poll" not in text


def test_a_wrong_key_gets_a_sentence_and_is_not_shown_again(
    aws: Simulator, owner: Member, activation: Activation
) -> None:
    for sent, sentence in (
        ({**TEMPORARY, "access_key_id": "nonsense"}, "This is not an access key ID"),
        (TEMPORARY, "AWS does not accept this session token"),
        (typed(aws.identities()["other_customer"]["session"]), "This key belongs to the AWS account 333344445555"),
    ):
        answer = client_of(owner).post(address("activation_handover_watch", activation), sent)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
        assert sent["secret_access_key"] not in text_of(answer)
        assert sent["session_token"] not in text_of(answer)
    assert Handover.objects.get(activation=activation).sealed is None


def test_a_good_key_starts_the_watch_and_the_page_polls(
    owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    answer = client_of(owner).post(address("activation_handover_watch", activation), typed(customer["session"]))
    watching.look(activation.pk)

    assert answer["Location"] == f"{address('activation_handover', activation)}#status"
    text = page(owner, activation)
    assert "Watching your account" in text
    assert "0 of 11 documented kinds" in words(text)
    assert text.count("Not there yet") == 11
    assert customer["session"]["access_key_id"][-4:] in text
    for name in ("access_key_id", "secret_access_key", "session_token"):
        assert customer["session"][name] not in text
    assert "data-poll" in text


def test_partly_there_says_what_and_since_when_and_polls_change_only_what_changed(
    place: Path, owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    begin_watch(activation, owner, customer["session"])
    poll = re.findall(r'hx-get="([^"]+/hand-over/status/[^"]+)"', page(owner, activation))[0]
    same = text_of(client_of(owner).get(poll, **HTMX))
    name = name_of_plane()
    build_by_hand(place, activation.region, name, "--until", "subnets")
    watching.look(activation.pk)

    changed = text_of(client_of(owner).get(poll, **HTMX))

    assert len(same) < 400
    assert "handover-poll" in same
    assert 'id="status"' in changed
    assert f"{name}-vpc" in changed
    assert "2 of 11 documented kinds" in words(changed)
    assert 'id="sheet"' not in changed, "what somebody ticks off is left alone"
    assert 'id="confirm"' not in changed


def test_complete_says_found_and_not_active(
    place: Path, owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    begin_watch(activation, owner, customer["session"])
    poll = re.findall(r'hx-get="([^"]+/hand-over/status/[^"]+)"', page(owner, activation))[0]
    build_by_hand(place, activation.region, name_of_plane())
    watching.look(activation.pk)

    turned = text_of(client_of(owner).get(poll, **HTMX))
    text = page(owner, activation)

    assert "Resources found" in turned
    assert 'id="confirm"' in turned
    assert "data-poll" not in turned
    assert "11 of 11 documented kinds" in words(text)
    assert "Only the console can show" in text
    assert "Active (as reported)</span>" not in text
    assert "although this portal has not seen" not in text


def test_a_key_that_is_over_is_asked_for_again_and_what_was_seen_stays(
    place: Path, owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    begin_watch(activation, owner, customer["session"])
    build_by_hand(place, activation.region, name_of_plane(), "--until", "vpc")
    watching.look(activation.pk)
    Handover.objects.update(key_expires_at=timezone.now() - timedelta(seconds=1))
    watching.sweep()

    text = page(owner, activation)

    assert "The key has expired: enter one again" in text
    assert "Enter a key again" in text
    assert "1 of 11 documented kinds" in words(text)
    assert "data-poll" not in text


def test_a_look_that_fails_is_said_with_its_time_and_its_reason(
    aws: Simulator, owner: Member, activation: Activation, customer: dict[str, Any], settings: Settings
) -> None:
    begin_watch(activation, owner, customer["session"])
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    watching.look(activation.pk)

    text = words(page(owner, activation))

    assert "Could not check since" in text
    assert "AWS does not answer at 127.0.0.1" in text
    assert text.count("Not there yet") == 11, "as it was known before"


def test_what_the_key_may_not_read_is_cannot_see(
    owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    begin_watch(activation, owner, customer["too_few_rights"])

    text = page(owner, activation)

    assert text.count("Cannot see") == 11
    assert "Not there yet" not in text
    assert "<code>ec2:DescribeNatGateways</code>" in text


@pytest.mark.parametrize(
    ("minutes", "says"), [(29, ""), (31, "longer than the usual 30 minutes"), (121, "120 minutes have passed")]
)
def test_lateness_is_said_with_likely_causes(
    owner: Member, activation: Activation, customer: dict[str, Any], minutes: int, says: str
) -> None:
    begin_watch(activation, owner, customer["session"])
    older(activation, minutes)

    text = page(owner, activation)

    assert (says in text) if says else ("30 minutes</b>" not in text)
    assert ("did not accept a value" in text) is bool(says)
    assert ("What to write to Zilliz support" in text) is (minutes > 120)


def test_unmarked_things_are_shown_as_not_counted(
    place: Path, owner: Member, activation: Activation, customer: dict[str, Any]
) -> None:
    begin_watch(activation, owner, customer["session"])
    build_by_hand(place, activation.region, f"production-{activation.pk[-5:]}", "--plain", "--until", "subnets")
    watching.look(activation.pk)

    text = words(page(owner, activation))

    assert "Seen, and not counted" in text
    assert "has neither the tags nor the name of what Zilliz builds" in text
    assert "0 of 11 documented kinds" in text


# --- ended


def test_the_watch_can_be_ended(owner: Member, activation: Activation, customer: dict[str, Any]) -> None:
    begin_watch(activation, owner, customer["session"])

    client_of(owner).post(address("activation_handover_stop", activation))

    assert "The watch was ended" in page(owner, activation)
    assert Handover.objects.get(activation=activation).sealed is None


def test_confirming_asks_for_a_tick_and_for_a_second_one_where_not_everything_was_seen(
    owner: Member, activation: Activation
) -> None:
    here, client = address("activation_handover_confirm", activation), client_of(owner)

    nothing, one = client.post(here), client.post(here, {"seen": "on"})
    both = client.post(here, {"seen": "on", "unseen": "on"})

    assert (nothing.status_code, one.status_code) == (422, 422)
    assert "This box is not ticked" in text_of(nothing)
    assert "so it asks twice" in text_of(one)
    assert both["Location"] == address("activation_done", activation)
    activation.refresh_from_db()
    assert activation.status == ActivationStatus.ACTIVE
    text = page(owner, activation)
    assert "Active (as reported)" in text
    assert "The portal had not checked; it cannot ask Zilliz Cloud itself." in words(text)
    assert "<form" not in text.partition('id="sheet"')[2].replace('<form method="post" action="', "", 1)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_who_only_reads_sees_everything_and_gets_nothing_to_press(
    activation: Activation, owner: Member, customer: dict[str, Any], role: Role
) -> None:
    begin_watch(activation, owner, customer["session"])
    reader = make_member(activation.organization, role)

    text = page(reader, activation)

    assert "Watching your account" in text
    assert "An owner confirms it" in text
    for absent in ('id="stop"', 'id="watch"', 'id="confirm-button"', "<noscript>"):
        assert absent not in text
    assert text.count(" disabled") == 9


def test_an_operator_watches_and_does_not_confirm(activation: Activation, owner: Member) -> None:
    operator = make_member(activation.organization, Role.OPERATOR)

    text = page(operator, activation)

    assert 'id="watch"' in text
    assert 'id="confirm-button"' not in text
    answer = client_of(operator).post(address("activation_handover_confirm", activation), {"seen": "on"})
    assert answer.status_code == 403


def test_the_stand_in_of_the_console_is_the_demos_alone(owner: Member, activation: Activation) -> None:
    assert 'id="play"' not in page(owner, activation)
    assert client_of(owner).post(address("activation_handover_play", activation)).status_code == 404
