"""Whose each thing is, asked of the simulator as it would be of AWS."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activation.aws.adoption import look
from activation.aws.inventory import Inventory
from activation.aws.sessions import session
from activation.domain.adoption import ATTACHMENT, POLICY, ROLE, Found, Owner, Wanted
from activation.domain.errors import Faulted, Refused
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION, VENDOR, MakeUser, allow, keys_of, trust

NAME, POLICY_NAME = "zilliz-bootstrap-role", "zilliz-bootstrap-policy"
ROLE_ADDRESS, POLICY_ADDRESS = "aws_iam_role.bootstrap_role", "aws_iam_policy.bootstrap_policy"
ATTACHMENT_ADDRESS = "aws_iam_role_policy_attachment.bootstrap_attachment"
TAG = "7/222233334444"


class Account:
    """The customer's account, in which a run left things."""

    def __init__(self, simulator: Simulator, customer: dict[str, Any], iam: Any) -> None:
        self.simulator, self.customer, self.iam = simulator, customer, iam
        self.waits: list[float] = []
        self.said: list[str] = []
        arn = f"arn:aws:iam::{customer['account']}:policy/zilliz/{POLICY_NAME}"
        self.wanted = {
            ROLE_ADDRESS: Wanted(ROLE_ADDRESS, ROLE, name=NAME, path="/zilliz/", tags=self.tags(ROLE_ADDRESS)),
            POLICY_ADDRESS: Wanted(
                POLICY_ADDRESS, POLICY, name=POLICY_NAME, path="/zilliz/", tags=self.tags(POLICY_ADDRESS)
            ),
            ATTACHMENT_ADDRESS: Wanted(ATTACHMENT_ADDRESS, ATTACHMENT, role=NAME, policy_arn=arn),
        }

    def tags(self, address: str) -> dict[str, str]:
        return {"byoc:activation": TAG, "byoc:address": address, "Vendor": "zilliz-byoc"}

    def make_role(self, *, tags: dict[str, str] | None = None, document: str = "", path: str = "/zilliz/") -> None:
        given = self.tags(ROLE_ADDRESS) if tags is None else tags
        self.iam.create_role(
            RoleName=NAME,
            Path=path,
            AssumeRolePolicyDocument=document or trust(EXTERNAL_ID, VENDOR),
            Tags=[{"Key": key, "Value": value} for key, value in given.items()],
        )

    def make_policy(self, *, tags: dict[str, str] | None = None, description: str = "", name: str = "") -> str:
        given = self.tags(POLICY_ADDRESS) if tags is None else tags
        return str(
            self.iam.create_policy(
                PolicyName=name or POLICY_NAME,
                Path="/zilliz/",
                Description=description,
                PolicyDocument=json.dumps(allow("s3:ListBucket")),
                Tags=[{"Key": key, "Value": value} for key, value in given.items()],
            )["Policy"]["Arn"]
        )

    def look(self, *, keys: Any = None, **more: Any) -> Found:
        keys = keys or keys_of(self.customer["administrator"])
        inventory = Inventory(
            session(keys, REGION, self.simulator.endpoint), say=self.said.append, pause=self.waits.append
        )
        values: dict[str, Any] = {
            "wanted": self.wanted,
            "recorded": (),
            "tainted": {},
            "addresses": list(self.wanted),
            "paths": ["/zilliz/"],
            "owner": Owner(TAG, EXTERNAL_ID, VENDOR, since=datetime.now(UTC) - timedelta(minutes=1)),
            "account": self.customer["account"],
        }
        return look(inventory, **values | more)


@pytest.fixture
def account(simulator: Simulator, customer: dict[str, Any], iam: Any) -> Account:
    return Account(simulator, customer, iam)


def test_an_account_in_which_nothing_was_left_brings_nothing_back(account: Account) -> None:
    assert account.look() == Found()


def test_what_was_left_comes_back_under_its_address(account: Account) -> None:
    account.make_role()
    arn = account.make_policy()
    account.iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    found = account.look()
    assert {(each.address, each.id) for each in found.imports} == {
        (ROLE_ADDRESS, NAME),
        (POLICY_ADDRESS, arn),
        (ATTACHMENT_ADDRESS, f"{NAME}/{arn}"),
    }
    assert not found.replaceable
    assert account.look(recorded=account.wanted) == Found()


def test_an_attachment_comes_back_also_where_its_role_is_in_the_state(account: Account) -> None:
    account.make_role()
    arn = account.make_policy()
    account.iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    found = account.look(recorded=[ROLE_ADDRESS, POLICY_ADDRESS])
    assert [each.address for each in found.imports] == [ATTACHMENT_ADDRESS]


def test_without_any_plan_the_tags_alone_bring_things_back(account: Account) -> None:
    account.make_role()
    account.make_policy()
    account.make_policy(name="of-somebody-else", tags={"Owner": "data"})
    found = account.look(wanted={})
    assert {each.address for each in found.imports} == {ROLE_ADDRESS, POLICY_ADDRESS}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tags": {"Owner": "platform"}}, "Owner = platform"),
        ({"tags": {"byoc:activation": "8/999988887777"}}, "byoc:activation = 8/999988887777"),
        ({"document": trust("cid-of-another-company", VENDOR)}, "another external ID"),
        ({"path": "/other/"}, "/other/zilliz-bootstrap-role"),
    ],
)
def test_one_stranger_and_nothing_at_all_is_taken_over(account: Account, more: dict[str, Any], words: str) -> None:
    account.make_role(**more)
    account.make_policy()
    found = account.look()
    assert found.imports == ()
    (said,) = found.strangers
    assert words in said
    assert "since 20" in said
    assert "cid-of-another-company" not in said


def test_a_key_that_may_not_list_finds_things_by_their_names(account: Account, make_user: MakeUser) -> None:
    account.make_role()
    arn = account.make_policy()
    keys = make_user(allow("iam:GetRole", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListAttachedRolePolicies"))
    assert {each.id for each in account.look(keys=keys).imports} == {NAME, arn}


def test_what_may_not_be_looked_at_is_not_taken_for_absent(account: Account, make_user: MakeUser) -> None:
    account.make_role()
    keys = make_user(allow("iam:ListRoles", "iam:ListPolicies"))
    with pytest.raises(Faulted) as raised:
        account.look(keys=keys)
    assert raised.value.code == "recovery_inconclusive"
    assert "iam:Get" in raised.value.text


def test_a_look_that_is_turned_away_is_repeated_with_growing_pauses(account: Account) -> None:
    account.make_role()
    account.simulator.inject("iam:GetRole", error="Throttling", message="Rate exceeded", times=3 * 2)
    assert [each.address for each in account.look().imports] == [ROLE_ADDRESS]
    assert account.waits == [1.0, 2.0]
    assert len(account.said) == 2
    assert "Looking again in 1 s." in account.said[0]


def test_a_look_that_never_gets_an_answer_ends_in_nothing_being_started(account: Account) -> None:
    account.make_role()
    account.simulator.inject("iam:GetRole", cut=True, times=3 * 5)
    with pytest.raises(Faulted) as raised:
        account.look()
    assert raised.value.code == "recovery_inconclusive"
    assert account.waits == [1.0, 2.0, 4.0, 8.0]


def test_a_key_whose_session_has_ended_says_so(account: Account) -> None:
    keys = keys_of(account.simulator.new_session(account.customer["account"]))
    account.simulator.expire(keys.access_key_id)
    with pytest.raises(Refused) as raised:
        account.look(keys=keys)
    assert raised.value.code == "aws_key_expired"


def test_half_made_things_that_are_whole_are_kept(account: Account) -> None:
    account.make_role()
    arn = account.make_policy()
    account.iam.attach_role_policy(RoleName=NAME, PolicyArn=arn)
    tainted = {
        ROLE_ADDRESS: account.wanted[ROLE_ADDRESS],
        POLICY_ADDRESS: replace(account.wanted[POLICY_ADDRESS], policy_arn=arn),
        ATTACHMENT_ADDRESS: account.wanted[ATTACHMENT_ADDRESS],
    }
    found = account.look(recorded=list(tainted), tainted=tainted)
    assert {each.address for each in found.untaint} == set(tainted)
    assert not found.imports
    assert not found.replaceable


def test_half_made_things_that_cannot_be_put_right_are_made_anew_and_listed(account: Account) -> None:
    arn = account.make_policy(description="Half made.")
    planned = replace(account.wanted[POLICY_ADDRESS], description="Sets up.")
    tainted = {POLICY_ADDRESS: replace(planned, policy_arn=arn)}
    found = account.look(wanted=account.wanted | {POLICY_ADDRESS: planned}, recorded=list(tainted), tainted=tainted)
    assert found == Found(replaceable=(POLICY_ADDRESS,))


@pytest.mark.parametrize("exists", [True, False])
def test_half_made_things_that_are_gone_or_somebody_elses_are_left_to_the_safety_check(
    account: Account, exists: bool
) -> None:
    if exists:
        account.make_role(tags={"Owner": "platform"})
    tainted = {ROLE_ADDRESS: account.wanted[ROLE_ADDRESS]}
    assert account.look(recorded=list(tainted), tainted=tainted) == Found()
