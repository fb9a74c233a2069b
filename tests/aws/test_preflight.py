"""The checks before a run: every kind of key, every kind of trouble, one line each."""

import json
import socket
from datetime import timedelta
from typing import Any

import pytest

from activation.aws.iam_rights import APPLY_ACTIONS, caller_policy
from activation.aws.names import BUNDLED, PackageNeeds
from activation.aws.preflight import preflight, titles
from activation.aws.sessions import utc_now
from activation.domain.checks import Check as Line
from activation.domain.checks import CheckState, Report
from activation.domain.credentials import AccessKeys
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION, VENDOR, Check, MakeUser, TakeRole, allow, keys_of, trust
from tests.simulator.conftest import client

ALL = ["identity", "not_root", "temporary_key", "iam_access", "permissions", "names", "quotas", "clock"]
_READS = ("iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy")


def states(report: Report) -> dict[str, CheckState]:
    return {check.code: check.state for check in report.checks}


def line(report: Report, code: str) -> Line:
    found = report.find(code)
    assert found is not None
    return found


def not_checked_from(report: Report, code: str) -> bool:
    codes = [check.code for check in report.checks]
    return {check.state for check in report.checks[codes.index(code) :]} == {CheckState.NOT_CHECKED}


def test_a_good_temporary_key_passes_everything(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["session"]))
    assert states(report) == dict.fromkeys(ALL, CheckState.PASSED)
    identity = line(report, "identity")
    assert customer["session"]["arn"] in identity.detail
    assert customer["account"] in identity.detail


def test_checks_come_one_by_one_in_the_order_announced(simulator: Simulator, customer: dict[str, Any]) -> None:
    account = customer["account"]
    coming = preflight(
        keys_of(customer["session"]),
        region=REGION,
        endpoint=simulator.endpoint,
        expected_account=account,
        package=BUNDLED,
        external_id=EXTERNAL_ID,
    )
    before = len(simulator.actions())
    first = next(coming)
    assert simulator.counts(after=before) == {"sts:GetCallerIdentity": 1}
    rest = list(coming)
    assert [(each.code, each.title) for each in (first, *rest)] == list(titles(account))
    assert [code for code, _ in titles()] == ALL


def test_nothing_in_the_account_is_changed_by_looking(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    before = len(simulator.actions())
    check(keys_of(customer["least_rights"]))
    verbs = {action.partition(":")[2] for action in simulator.counts(after=before)}
    assert verbs
    assert all(verb.startswith(("Get", "List", "Simulate")) for verb in verbs)


def test_the_root_user_is_refused_and_nothing_more_is_asked(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    before = len(simulator.actions())
    report = check(keys_of(customer["root"]))
    assert line(report, "not_root").state is CheckState.FAILED
    assert line(report, "not_root").remedy
    assert not_checked_from(report, "temporary_key")
    assert simulator.counts(after=before) == {"sts:GetCallerIdentity": 1}


def test_a_long_term_key_is_a_warning_with_a_better_way(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["administrator"]))
    warned = line(report, "temporary_key")
    assert warned.state is CheckState.WARNING
    assert "hour" in warned.remedy
    assert not report.blocking


def test_another_account_than_before_stops_and_names_both(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["session"]), expected_account="333344445555")
    failed = line(report, "same_account")
    assert failed.state is CheckState.FAILED
    assert customer["account"] in failed.detail
    assert "333344445555" in failed.detail
    assert not_checked_from(report, "iam_access")


def test_a_session_without_mfa_is_explained_exactly(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["session_without_mfa"]))
    assert line(report, "identity").state is CheckState.PASSED
    failed = line(report, "iam_access")
    assert failed.state is CheckState.FAILED
    assert "get-session-token" in failed.detail
    assert "MFA" in failed.detail
    assert "--token-code" in failed.remedy
    assert not_checked_from(report, "permissions")


def test_a_federated_key_is_told_that_it_can_never_work(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    sts = client(simulator.endpoint, "sts", customer["administrator"])
    made = sts.get_federation_token(Name="ann", Policy=json.dumps(allow("*")))["Credentials"]
    report = check(AccessKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
    assert "get-federation-token" in line(report, "iam_access").detail
    assert report.blocking


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda key: AccessKeys("AKIAAAAAAAAAAAAAAAAA", key.secret_access_key), "does not recognize"),
        (lambda key: AccessKeys(key.access_key_id, "WrongSecretWrongSecretWrongSecretWrong12"), "secret access key"),
        (lambda key: AccessKeys(key.access_key_id, ""), "missing"),
    ],
)
def test_a_key_that_is_none_fails_the_first_check_with_a_remedy(
    check: Check, customer: dict[str, Any], change: Any, words: str
) -> None:
    report = check(change(keys_of(customer["administrator"])))
    failed = line(report, "identity")
    assert failed.state is CheckState.FAILED
    assert words in failed.detail
    assert failed.remedy
    assert not_checked_from(report, "not_root")


def test_an_expired_key_fails_the_first_check(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["expired_session"]))
    assert "ended" in line(report, "identity").detail
    assert report.blocking


def test_a_key_that_expires_in_the_middle_stops_there(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    simulator.inject("iam:GetAccountSummary", "ExpiredToken", status=403)
    report = check(keys_of(customer["session"]))
    assert line(report, "quotas").state is CheckState.FAILED
    assert not_checked_from(report, "clock")


def test_missing_actions_are_named_one_by_one(check: Check, make_user: MakeUser) -> None:
    rights = [action for action in APPLY_ACTIONS if action not in ("iam:CreateRole", "iam:TagPolicy")]
    report = check(make_user(allow(*rights, *_READS)))
    failed = line(report, "permissions")
    assert failed.state is CheckState.FAILED
    assert failed.items == ("iam:TagPolicy", "iam:CreateRole")
    assert all(action in failed.detail for action in failed.items)
    assert "policy shown beside the form" in failed.remedy


def test_rights_on_other_names_do_not_count(check: Check, make_user: MakeUser) -> None:
    elsewhere = allow(*APPLY_ACTIONS, resource="arn:aws:iam::222233334444:role/elsewhere/*")
    elsewhere["Statement"] += allow(*_READS)["Statement"]
    failed = line(check(make_user(elsewhere)), "permissions")
    assert "iam:CreateRole" in failed.items
    assert "iam:CreatePolicy" in failed.items


def test_a_denial_and_a_boundary_are_called_what_they_are(
    check: Check, make_user: MakeUser, take_role: TakeRole, iam: Any
) -> None:
    denying = allow("iam:*")
    denying["Statement"].append({"Effect": "Deny", "Action": "iam:CreatePolicy", "Resource": "*"})
    denied = line(check(make_user(denying)), "permissions")
    assert denied.items == ("iam:CreatePolicy",)
    assert "explicitly denies this" in denied.detail
    document = allow(*_READS, *(action for action in APPLY_ACTIONS if action != "iam:DeleteRole"))
    boundary = iam.create_policy(PolicyName="ceiling", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    bounded = line(check(take_role(allow("iam:*"), PermissionsBoundary=boundary)), "permissions")
    assert bounded.items == ("iam:DeleteRole",)
    assert "boundary" in bounded.detail


def test_what_hangs_on_an_unknown_condition_is_neither_passed_nor_failed(check: Check, make_user: MakeUser) -> None:
    document = allow("iam:*")
    document["Statement"].append(
        {
            "Effect": "Allow",
            "Action": "iam:CreateRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "cloud"}},
        }
    )
    document["Statement"][0] = {"Effect": "Allow", "NotAction": "iam:CreateRole", "Resource": "*"}
    unsure = line(check(make_user(document)), "permissions")
    assert unsure.state is CheckState.NOT_CHECKED
    assert "iam:CreateRole" in unsure.detail
    assert "aws:PrincipalTag/team" in unsure.detail


def test_the_least_policy_passes_every_check(check: Check, make_user: MakeUser, customer: dict[str, Any]) -> None:
    report = check(make_user(caller_policy(customer["account"])))
    assert states(report) == dict.fromkeys(ALL, CheckState.PASSED) | {"temporary_key": CheckState.WARNING}


def test_simulation_refused_is_not_checked_and_never_passed(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["too_few_rights"]))
    unchecked = line(report, "permissions")
    assert unchecked.state is CheckState.NOT_CHECKED
    assert "iam:SimulatePrincipalPolicy" in unchecked.detail
    assert not report.blocking


def test_a_role_session_is_judged_by_its_role_wherever_its_path_is(check: Check, take_role: TakeRole) -> None:
    rights = allow(*_READS, *(action for action in APPLY_ACTIONS if action != "iam:TagRole"))
    report = check(take_role(rights, Path="/teams/cloud/"))
    assert ":assumed-role/deployer-" in line(report, "identity").detail
    assert line(report, "permissions").items == ("iam:TagRole",)
    assert "the role deployer-" in line(report, "permissions").remedy


def test_a_role_that_may_not_look_itself_up_is_not_judged(check: Check, take_role: TakeRole) -> None:
    blind = line(check(take_role(allow("iam:List*"))), "permissions")
    assert blind.state is CheckState.NOT_CHECKED
    assert "iam:GetRole" in blind.remedy


def test_a_key_that_may_not_even_list_is_known_to_iam_all_the_same(check: Check, make_user: MakeUser) -> None:
    report = check(make_user(allow("iam:CreateRole")))
    assert line(report, "iam_access").state is CheckState.WARNING
    assert line(report, "names").state is CheckState.NOT_CHECKED
    assert "iam:GetPolicy" in line(report, "names").detail
    assert line(report, "quotas").state is CheckState.NOT_CHECKED
    assert "iam:GetAccountSummary" in line(report, "quotas").detail


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("iam:ListRoles", "iam_access"),
        ("iam:SimulatePrincipalPolicy", "permissions"),
        ("iam:GetAccountSummary", "quotas"),
    ],
)
def test_throttling_leaves_a_check_open_and_the_others_go_on(
    check: Check, simulator: Simulator, customer: dict[str, Any], action: str, code: str
) -> None:
    simulator.inject(action, "Throttling", times=3, message="Rate exceeded")
    report = check(keys_of(customer["session"]))
    open_line = line(report, code)
    assert open_line.state is CheckState.NOT_CHECKED
    assert action in open_line.detail
    assert open_line.remedy
    assert line(report, "clock").state is CheckState.PASSED


def test_throttled_at_the_first_question_nothing_may_start(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    simulator.inject("sts:GetCallerIdentity", "Throttling", times=3)
    report = check(keys_of(customer["session"]))
    assert report.blocking
    assert not_checked_from(report, "not_root")


def test_a_network_that_is_cut_stops_with_the_network_named(
    check: Check, simulator: Simulator, customer: dict[str, Any]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        report = check(keys_of(customer["session"]), endpoint=nowhere)
    assert "does not answer" in line(report, "identity").detail
    assert "firewall" in line(report, "identity").remedy
    simulator.inject("iam:ListRoles", cut=True, times=3)
    later = check(keys_of(customer["session"]))
    assert line(later, "iam_access").state is CheckState.FAILED
    assert not_checked_from(later, "permissions")


def test_too_little_room_is_counted_in_what_is_still_missing(check: Check, iam: Any, customer: dict[str, Any]) -> None:
    room = line(check(keys_of(customer["session"])), "quotas")
    assert room.detail.startswith("2 roles needed")
    iam.create_role(RoleName="zilliz-bootstrap-role", Path="/zilliz/", AssumeRolePolicyDocument=trust())
    known = check(keys_of(customer["session"]), known_names={"zilliz-bootstrap-role"})
    assert line(known, "quotas").detail.startswith("1 role needed")


def test_of_a_package_whose_names_are_unknown_nothing_is_claimed(check: Check, customer: dict[str, Any]) -> None:
    report = check(keys_of(customer["session"]), package=PackageNeeds(()))
    for code in ("permissions", "names", "quotas"):
        assert line(report, code).state is CheckState.NOT_CHECKED
        assert "when the plan shows them" in line(report, code).detail
    assert line(report, "iam_access").state is CheckState.PASSED


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [(20, CheckState.PASSED, "matches"), (90, CheckState.WARNING, "ahead of"), (-90, CheckState.WARNING, "behind")],
)
def test_a_clock_that_drifts_is_warned_of(
    check: Check, customer: dict[str, Any], seconds: int, state: CheckState, words: str
) -> None:
    report = check(keys_of(customer["session"]), now=lambda: utc_now() + timedelta(seconds=seconds))
    assert line(report, "clock").state is state
    assert words in line(report, "clock").detail


def test_every_failed_or_open_line_says_why_and_every_failed_one_what_to_do(
    check: Check, simulator: Simulator, customer: dict[str, Any], make_user: MakeUser, iam: Any
) -> None:
    iam.create_role(RoleName="zilliz-bootstrap-role", AssumeRolePolicyDocument=trust("cid-another", VENDOR))
    reports = [check(keys_of(customer[name])) for name in customer if name != "account"]
    reports.append(check(make_user(allow("iam:List*"))))
    for report in reports:
        for each in report.checks:
            assert each.detail
            if each.state is CheckState.FAILED:
                assert each.remedy
                assert each.docs_url.startswith("https://docs.aws.amazon.com/") or each.code == "same_account"
        text = json.dumps(report.to_json())
        for identity in (value for name, value in customer.items() if name != "account"):
            assert identity["secret_access_key"] not in text
            assert not identity["session_token"] or identity["session_token"] not in text
