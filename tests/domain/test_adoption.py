import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activation.domain.adoption import (
    ATTACHMENT,
    POLICY,
    ROLE,
    Found,
    Held,
    Import,
    Owner,
    Wanted,
    import_blocks,
    needs_replacing,
    not_ours,
    sentence,
    wanted_by_tag,
    wanted_of,
)
from activation.domain.plan import read_plan
from activation.domain.trust_policy import trust_policy

FIXTURES = Path(__file__).parent / "fixtures"
PRINCIPAL = "arn:aws:iam::111122223333:role/zilliz-byoc"
EXTERNAL_ID = "cid-abcdefghijklmnopqrstuvwxy"
ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 23, 14, 3, tzinfo=UTC)
TAG = f"7/{ACCOUNT}"
OWNER = Owner(TAG, EXTERNAL_ID, PRINCIPAL, since=NOW)
TRUST = trust_policy(PRINCIPAL, EXTERNAL_ID)
MARKED = {"byoc:activation": TAG, "byoc:address": "aws_iam_role.bootstrap_role", "Vendor": "zilliz-byoc"}
ROLE_WANTED = Wanted(
    "aws_iam_role.bootstrap_role", ROLE, name="zilliz-bootstrap-role", path="/zilliz/", tags=MARKED,
    document=json.dumps(TRUST),
)  # fmt: skip
ROLE_HELD = Held(
    ROLE, "zilliz-bootstrap-role", "/zilliz/", f"arn:aws:iam::{ACCOUNT}:role/zilliz/zilliz-bootstrap-role", NOW,
    MARKED, TRUST,
)  # fmt: skip
TEXT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
PLAIN = {"Vendor": "zilliz-byoc"}
POLICY_WANTED = Wanted(
    "aws_iam_policy.bootstrap_policy", POLICY, name="zilliz-bootstrap-policy", path="/zilliz/", tags=PLAIN,
    document=json.dumps(TEXT), description="Sets up.",
)  # fmt: skip
POLICY_HELD = Held(
    POLICY, "zilliz-bootstrap-policy", "/zilliz/", f"arn:aws:iam::{ACCOUNT}:policy/zilliz/zilliz-bootstrap-policy",
    NOW + timedelta(minutes=1), PLAIN, TEXT, "Sets up.",
)  # fmt: skip


def test_a_plan_tells_by_which_names_its_things_are_known() -> None:
    review = read_plan(json.loads((FIXTURES / "plan_create.json").read_text()))
    wanted = wanted_of(review, account=ACCOUNT, partition="aws")
    assert len(wanted) == 11
    role = wanted["aws_iam_role.bootstrap_role"]
    assert (role.name, role.path) == ("zilliz-bootstrap-role", "/zilliz/")
    assert EXTERNAL_ID in role.document
    attachments = [each for each in wanted.values() if each.type == ATTACHMENT]
    assert {each.role for each in attachments} == {"zilliz-bootstrap-role", "zilliz-management-role"}
    assert all(each.policy_arn.startswith(f"arn:aws:iam::{ACCOUNT}:policy/zilliz/") for each in attachments)


def test_a_plan_that_only_points_at_a_policy_is_understood() -> None:
    document = json.loads((FIXTURES / "plan_create.json").read_text())
    address = "aws_iam_role_policy_attachment.bootstrap_attachment"
    change = next(each for each in document["resource_changes"] if each["address"] == address)
    change["change"]["after"].pop("policy_arn", None)
    change["change"]["after_unknown"]["policy_arn"] = True
    for each in document["configuration"]["root_module"]["resources"]:
        if each["address"] == address:
            names = ["aws_iam_policy.bootstrap_policy.arn", "aws_iam_policy.bootstrap_policy"]
            each["expressions"]["policy_arn"] = {"references": names}
    wanted = wanted_of(read_plan(document), account=ACCOUNT, partition="aws")
    assert wanted[address].policy_arn == f"arn:aws:iam::{ACCOUNT}:policy/zilliz/zilliz-bootstrap-policy"


def test_what_carries_our_mark_and_trusts_as_we_asked_is_ours() -> None:
    assert not_ours(ROLE_WANTED, ROLE_HELD, OWNER) == ""


OTHERS = {
    "another activation": replace(ROLE_HELD, tags=MARKED | {"byoc:activation": "8/210987654321"}),
    "another external ID": replace(ROLE_HELD, document=trust_policy(PRINCIPAL, "cid-of-another-company")),
    "no external ID": replace(
        ROLE_HELD, document={"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                                    "Principal": {"AWS": PRINCIPAL}}]}
    ),
    "another principal": replace(ROLE_HELD, document=trust_policy("arn:aws:iam::999988887777:root", EXTERNAL_ID)),
    "unreadable trust": replace(ROLE_HELD, document="%7B"),
    "another path": replace(ROLE_HELD, path="/"),
    "other letters": replace(ROLE_HELD, name="Zilliz-Bootstrap-Role"),
    "no mark, though the run gives one": replace(ROLE_HELD, tags=PLAIN),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_one_sign_of_somebody_else_is_enough(case: str) -> None:
    why = not_ours(ROLE_WANTED, OTHERS[case], OWNER)
    assert why
    said = sentence(OTHERS[case], why)
    assert "since 2026-11-23 14:03 UTC" in said
    assert "cid-" not in said


def test_what_a_package_makes_without_a_mark_is_ours_by_time_tags_and_text() -> None:
    assert not_ours(POLICY_WANTED, POLICY_HELD, OWNER) == ""
    clock_behind = replace(POLICY_HELD, created=NOW - timedelta(minutes=4))
    assert not_ours(POLICY_WANTED, clock_behind, OWNER) == ""


@pytest.mark.parametrize(
    "held",
    [
        replace(POLICY_HELD, created=NOW - timedelta(minutes=6)),
        replace(POLICY_HELD, created=None),
        replace(POLICY_HELD, tags={}),
        replace(POLICY_HELD, document={"Version": "2012-10-17", "Statement": []}),
        replace(POLICY_HELD, document=""),
    ],
)
def test_without_a_mark_every_sign_must_agree(held: Held) -> None:
    assert not_ours(POLICY_WANTED, held, OWNER)
    assert not_ours(replace(POLICY_WANTED, document=""), POLICY_HELD, OWNER)
    assert not_ours(POLICY_WANTED, POLICY_HELD, replace(OWNER, since=None))


def test_a_mark_names_an_address_of_the_package_and_nothing_else() -> None:
    addresses = ["aws_iam_role.bootstrap_role", "aws_iam_policy.bootstrap_policy"]
    found = wanted_by_tag(ROLE_HELD, addresses=addresses, owner=OWNER)
    assert found is not None and found.address == "aws_iam_role.bootstrap_role"
    for tags in (
        MARKED | {"byoc:activation": "8/210987654321"},
        MARKED | {"byoc:address": "aws_iam_role.other"},
        MARKED | {"byoc:address": "aws_iam_policy.bootstrap_policy"},
        MARKED | {"byoc:address": 'aws_iam_role.bootstrap_role } resource "x" "y" {'},
        {"byoc:activation": TAG},
        {},
    ):
        assert wanted_by_tag(replace(ROLE_HELD, tags=tags), addresses=addresses, owner=OWNER) is None


def test_only_what_cannot_be_changed_in_place_is_made_anew() -> None:
    assert not needs_replacing(POLICY_WANTED, POLICY_HELD)
    assert needs_replacing(POLICY_WANTED, replace(POLICY_HELD, description="Something else."))
    assert not needs_replacing(ROLE_WANTED, replace(ROLE_HELD, description="Something else."))


def test_import_blocks_are_hcl_that_cannot_be_broken_out_of() -> None:
    imports = [
        Import("aws_iam_role.bootstrap_role", "zilliz-bootstrap-role", "zilliz-bootstrap-role", ROLE),
        Import('aws_iam_policy.x["a"]', 'arn:"${x}%{y}', "x", POLICY),
    ]
    text = import_blocks(imports)
    assert text.startswith('import {\n  to = aws_iam_role.bootstrap_role\n  id = "zilliz-bootstrap-role"\n}\n')
    assert r'id = "arn:\"$${x}%%{y}"' in text
    assert import_blocks(()) == ""


def test_what_was_found_survives_its_storing() -> None:
    one = Import("aws_iam_role.bootstrap_role", "zilliz-bootstrap-role", "zilliz-bootstrap-role", ROLE)
    found = Found((one,), (one,), ("aws_iam_policy.x",), ("The role exists.",))
    assert Found.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert Found.from_json({}) == Found()
