"""Who a key is, and what each way of not being anybody is called."""

import socket
from typing import Any

import pytest

from activation.aws.identity import PrincipalKind, read_caller, who_am_i
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Faulted, Problem, Refused
from activation.simulator.client import Simulator
from tests.aws.conftest import REGION, keys_of

OTHER_SECRET = "WrongSecretWrongSecretWrongSecretWrong12"


def refusal(simulator: Simulator, keys: AccessKeys) -> Problem:
    with pytest.raises(Problem) as raised:
        who_am_i(keys, REGION, simulator.endpoint)
    return raised.value


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("arn:aws:iam::222233334444:root", PrincipalKind.ROOT, "root"),
        ("arn:aws:iam::222233334444:user/division/team/ann", PrincipalKind.USER, "ann"),
        ("arn:aws-us-gov:iam::222233334444:user/ann", PrincipalKind.USER, "ann"),
        ("arn:aws-cn:sts::222233334444:assumed-role/Deployer/session@1", PrincipalKind.ASSUMED_ROLE, "Deployer"),
        ("arn:aws:sts::222233334444:federated-user/ann", PrincipalKind.FEDERATED, "ann"),
    ],
)
def test_every_shape_of_caller_is_read(arn: str, kind: PrincipalKind, name: str) -> None:
    identity = read_caller(arn, is_long_term=False)
    assert (identity.kind, identity.name, identity.account_id) == (kind, name, "222233334444")
    assert identity.partition == arn.split(":")[1]
    assert identity.arn == arn


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "nonsense",
        "arn:aws:iam::222233334444:group/ann",
        "arn:aws:sts::222233334444:assumed-role/Deployer",
        "arn:aws:iam::222233334444:user/",
        "arn:aws:s3:::user/ann",
        "arn:aws-iso:iam::222233334444:user/ann",
    ],
)
def test_an_unknown_shape_of_caller_is_not_guessed_at(arn: str) -> None:
    with pytest.raises(Faulted) as faulted:
        read_caller(arn, is_long_term=False)
    assert faulted.value.code == "aws_unexpected"


@pytest.mark.parametrize(
    ("name", "kind", "is_long_term"),
    [
        ("administrator", PrincipalKind.USER, True),
        ("session", PrincipalKind.USER, False),
        ("root", PrincipalKind.ROOT, True),
    ],
)
def test_a_good_key_names_its_owner(
    simulator: Simulator, customer: dict[str, Any], name: str, kind: PrincipalKind, is_long_term: bool
) -> None:
    identity = who_am_i(keys_of(customer[name]), REGION, simulator.endpoint)
    assert (identity.account_id, identity.arn) == (customer["account"], customer[name]["arn"])
    assert (identity.kind, identity.is_long_term) == (kind, is_long_term)


def test_a_role_session_names_its_role(simulator: Simulator) -> None:
    identity = who_am_i(keys_of(simulator.identities()["vendor"]["role"]), REGION, simulator.endpoint)
    assert (identity.kind, identity.name) == (PrincipalKind.ASSUMED_ROLE, "byoc-vendor")


def test_an_unknown_key_is_told_from_a_wrong_secret(simulator: Simulator, customer: dict[str, Any]) -> None:
    good = keys_of(customer["administrator"])
    assert refusal(simulator, AccessKeys("AKIAAAAAAAAAAAAAAAAA", good.secret_access_key)).code == "aws_key_unknown"
    assert refusal(simulator, AccessKeys(good.access_key_id, OTHER_SECRET)).code == "aws_secret_wrong"


def test_a_session_whose_token_is_another_ones_is_told_so(simulator: Simulator, customer: dict[str, Any]) -> None:
    good = keys_of(customer["session"])
    other = keys_of(customer["session_without_mfa"])
    mixed = AccessKeys(good.access_key_id, good.secret_access_key, other.session_token)
    assert refusal(simulator, mixed).code == "aws_token_unknown"


def test_an_expired_session_is_told_so(simulator: Simulator, customer: dict[str, Any]) -> None:
    problem = refusal(simulator, keys_of(customer["expired_session"]))
    assert isinstance(problem, Refused)
    assert problem.code == "aws_key_expired"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    ],
)
def test_a_clock_that_is_off_is_not_blamed_on_the_secret(
    simulator: Simulator, customer: dict[str, Any], error: str, message: str
) -> None:
    simulator.inject("sts:GetCallerIdentity", error, status=403, message=message)
    problem = refusal(simulator, keys_of(customer["session"]))
    assert isinstance(problem, Faulted)
    assert problem.code == "aws_clock_skew"


def test_throttling_is_waited_out_twice_and_then_told(simulator: Simulator, customer: dict[str, Any]) -> None:
    keys = keys_of(customer["session"])
    simulator.inject("sts:GetCallerIdentity", "Throttling", times=2)
    assert who_am_i(keys, REGION, simulator.endpoint).name == "administrator"
    before = len(simulator.actions())
    simulator.inject("sts:GetCallerIdentity", "Throttling", times=3)
    problem = refusal(simulator, keys)
    assert isinstance(problem, Faulted)
    assert problem.code == "aws_throttled"
    assert simulator.counts(after=before) == {"sts:GetCallerIdentity": 3}


def test_a_failure_of_awss_own_is_told_from_a_refusal(simulator: Simulator, customer: dict[str, Any]) -> None:
    simulator.inject("sts:GetCallerIdentity", "ServiceUnavailable", status=503, times=3)
    assert refusal(simulator, keys_of(customer["session"])).code == "aws_unavailable"
    simulator.inject("sts:GetCallerIdentity", "RegionDisabledException", status=403)
    problem = refusal(simulator, keys_of(customer["session"]))
    assert problem.code == "aws_refused"
    assert "RegionDisabledException" in problem.text


def test_an_address_where_nobody_answers_is_a_fault_and_named(customer: dict[str, Any]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Faulted) as faulted:
            who_am_i(keys_of(customer["session"]), REGION, endpoint)
    assert faulted.value.code == "aws_unreachable"
    assert "127.0.0.1" in faulted.value.text


def test_no_refusal_repeats_a_secret_or_keeps_awss_own_words(simulator: Simulator, customer: dict[str, Any]) -> None:
    good = keys_of(customer["session"])
    wrong = AccessKeys(good.access_key_id, OTHER_SECRET, good.session_token)
    simulator.inject("sts:GetCallerIdentity", "Peculiar", message=f"{good.session_token} {OTHER_SECRET}")
    for problem in (refusal(simulator, wrong), refusal(simulator, wrong)):
        assert problem.next_step
        assert problem.__cause__ is None
        assert problem.__suppress_context__
        for secret in (OTHER_SECRET, good.session_token, good.access_key_id):
            assert secret not in str(problem)
            assert secret not in repr(problem.values)
