"""Who can take the two roles: tried against a simulator that judges trust policies, and read."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from activation.aws.sessions import Session, session
from activation.aws.trust import Patience, prove, read, wrong_id
from activation.domain.checks import CheckState
from activation.domain.credentials import AccessKeys
from activation.domain.external_id import issue
from activation.domain.trust_proof import Answer, RoleProof, TrustProof, Try, Verdict, With, leads_into
from activation.simulator.client import Simulator
from tests.aws.conftest import EXTERNAL_ID, REGION, VENDOR, keys_of, trust

OTHER = "arn:aws:iam::111122223333:role/somebody-else"
ROLES = {"bootstrap_role_arn": "zilliz-bootstrap-role", "management_role_arn": "zilliz-management-role"}

Prove = Callable[..., TrustProof]


@dataclass
class Waiting:
    """A clock that moves only while somebody waits, and what was said meanwhile; `then` happens at the first wait."""

    then: Callable[[], None] = lambda: None
    seconds: float = 0
    said: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.seconds += seconds
        if len(self.paused) == 1:
            self.then()

    @property
    def patience(self) -> Patience:
        return Patience(now=lambda: self.seconds, pause=self.pause, say=self.said.append, pauses=(2.0,))


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def vendor(simulator: Simulator) -> Callable[[], Session]:
    keys = keys_of(simulator.identities()["vendor"]["role"])
    return lambda: session(keys, REGION, simulator.endpoint)


@pytest.fixture
def roles(iam: Any) -> Callable[..., dict[str, str]]:
    """Make both roles with a trust policy, and return their ARNs by output."""

    def make(document: str, **other: str) -> dict[str, str]:
        found = {}
        for output, name in ROLES.items():
            given = other.get(output, document)
            made = iam.create_role(RoleName=name, Path="/zilliz/", AssumeRolePolicyDocument=given)
            found[output] = str(made["Role"]["Arn"])
        return found

    return make


@pytest.fixture
def tried(simulator: Simulator, vendor: Callable[[], Session], waiting: Waiting) -> Prove:
    def run(arns: Mapping[str, str], *, by: Callable[[], Session] = vendor) -> TrustProof:
        where = {"region": REGION, "endpoint": simulator.endpoint}
        return prove(by, arns, external_id=EXTERNAL_ID, patience=waiting.patience, **where)

    return run


def statement(**parts: object) -> str:
    """Return a trust policy of one statement, which is the right one but for `parts`; None takes one away."""
    right: dict[str, object] = json.loads(trust())["Statement"][0]
    merged = {key: value for key, value in (right | parts).items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [merged]})


# --- tried


def test_roles_that_ask_for_the_external_id_are_proven_protected(
    tried: Prove, roles: Callable[..., dict[str, str]], waiting: Waiting, customer: dict[str, Any]
) -> None:
    proof = tried(roles(trust()))
    assert proof.passed
    assert proof.code == ""
    for each, name in zip(proof.proofs, ROLES.values(), strict=True):
        assert each.verdict is Verdict.PROTECTED
        assert [one.answer for one in each.tries] == [Answer.ADMITTED, *[Answer.DENIED] * 3]
        assert each.tries[0].landed.startswith(f"arn:aws:sts::{customer['account']}:assumed-role/{name}/")
    assert waiting.said == []


@pytest.mark.parametrize(
    ("document", "open_to"),
    [
        (statement(Condition=None), {With.NONE, With.WRONG, With.OTHER_CASE}),
        (statement(Condition={"StringLike": {"sts:ExternalId": "*"}}), {With.WRONG, With.OTHER_CASE}),
        (statement(Condition={"StringLike": {"sts:ExternalId": "cid-*"}}), {With.WRONG}),
        (statement(Condition={"StringEqualsIgnoreCase": {"sts:ExternalId": EXTERNAL_ID}}), {With.OTHER_CASE}),
        (statement(Condition={"StringEqualsIfExists": {"sts:ExternalId": EXTERNAL_ID}}), {With.NONE}),
        (
            statement(Condition={"StringNotEquals": {"sts:ExternalId": "nobody"}}),
            {With.NONE, With.WRONG, With.OTHER_CASE},
        ),
        (statement(Principal="*", Condition=None), {With.NONE, With.WRONG, With.OTHER_CASE}),
    ],
)
def test_a_role_that_lets_in_without_the_right_id_is_not_protected(
    tried: Prove, roles: Callable[..., dict[str, str]], document: str, open_to: set[With]
) -> None:
    proof = tried(roles(trust(), management_role_arn=document))
    good, bad = proof.proofs
    assert good.verdict is Verdict.PROTECTED
    assert bad.verdict is Verdict.NOT_PROTECTED
    admitted = {each.with_id for each in bad.tries if each.answer is Answer.ADMITTED}
    assert admitted - {With.RIGHT} == open_to
    assert not proof.passed
    assert proof.code == "ROLE_NOT_PROTECTED"
    line = bad.check()
    assert line.state is CheckState.FAILED
    assert "StringEquals" in line.remedy


def test_a_simulator_that_ignores_external_ids_shows_both_roles_open(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator
) -> None:
    simulator.change_settings(ignore_external_ids=True)
    proof = tried(roles(trust()))
    assert {each.verdict for each in proof.proofs} == {Verdict.NOT_PROTECTED}
    assert proof.code == "ROLE_NOT_PROTECTED"


def test_a_role_of_another_external_id_is_not_assumable_after_a_minute(
    tried: Prove, roles: Callable[..., dict[str, str]], waiting: Waiting
) -> None:
    arns = roles(trust(), bootstrap_role_arn=trust("cid-another"))
    proof = tried({"bootstrap_role_arn": arns["bootstrap_role_arn"]})
    (each,) = proof.proofs
    assert each.verdict is Verdict.NOT_ASSUMABLE
    assert waiting.seconds == 60
    assert "zilliz-bootstrap-role" in waiting.said[0]
    assert "60 more seconds" in waiting.said[0]
    # What is denied of a role that lets nobody in proves nothing.
    assert {one.answer for one in each.tries[1:]} == {Answer.INCONCLUSIVE}
    assert each.check().state is CheckState.FAILED
    assert "cid-" not in str(each.check())


@pytest.mark.parametrize("role", ["arn:aws:iam::222233334444:role/zilliz/absent", "arn:aws:iam::999988887777:role/x"])
def test_a_role_that_does_not_exist_is_not_assumable(tried: Prove, role: str) -> None:
    proof = tried({"bootstrap_role_arn": role})
    assert proof.code == "ROLE_NOT_ASSUMABLE"


def test_a_role_that_becomes_visible_in_time_is_protected(
    tried: Prove, iam: Any, customer: dict[str, Any], waiting: Waiting
) -> None:
    waiting.then = lambda: iam.create_role(
        RoleName="zilliz-bootstrap-role", Path="/zilliz/", AssumeRolePolicyDocument=trust()
    )
    proof = tried({"bootstrap_role_arn": f"arn:aws:iam::{customer['account']}:role/zilliz/zilliz-bootstrap-role"})
    assert proof.passed
    assert proof.proofs[0].tries[0].asked == 2
    assert len(waiting.said) == 1


def test_throttling_is_waited_out_and_never_taken_for_a_denial(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator, waiting: Waiting
) -> None:
    arns = roles(trust())
    # The right ID is the first call; the three tries of one call are botocore's own.
    simulator.inject("sts:AssumeRole", "Throttling", skip=1, times=3, message="Rate exceeded")
    proof = tried({"bootstrap_role_arn": arns["bootstrap_role_arn"]})
    assert proof.passed
    assert proof.proofs[0].tries[1].asked == 2
    assert "limiting" in waiting.said[0]


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize(
    ("error", "status"),
    [("Throttling", 400), ("ServiceUnavailable", 503), ("ExpiredToken", 403), ("RegionDisabledException", 403)],
)
def test_what_is_not_a_plain_denial_passes_no_test(
    tried: Prove,
    roles: Callable[..., dict[str, str]],
    simulator: Simulator,
    error: str,
    status: int,
    skip: int,
) -> None:
    arns = roles(trust())
    simulator.inject("sts:AssumeRole", error, status=status, skip=skip, times=1000)
    proof = tried({"bootstrap_role_arn": arns["bootstrap_role_arn"]})
    assert proof.proofs[0].verdict is Verdict.NOT_PROVEN
    assert not proof.passed
    line = proof.checks[0]
    assert line.state is CheckState.NOT_CHECKED
    assert line.detail
    assert line.remedy


def test_an_answer_that_never_comes_is_inconclusive(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator
) -> None:
    arns = roles(trust())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        keys = keys_of(simulator.identities()["vendor"]["role"])
        proof = tried(arns, by=lambda: session(keys, REGION, nowhere))
    assert {each.verdict for each in proof.proofs} == {Verdict.NOT_PROVEN}
    assert "does not answer" in proof.checks[0].detail


def test_keys_that_ended_are_replaced_by_the_portals_next_ones(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator, customer: dict[str, Any]
) -> None:
    arns = roles(trust())
    ended = session(keys_of(customer["expired_session"]), REGION, simulator.endpoint)
    fresh = session(keys_of(simulator.identities()["vendor"]["role"]), REGION, simulator.endpoint)
    opened = iter([ended, *[fresh] * 20])
    assert tried(arns, by=lambda: next(opened)).passed


def test_keys_of_somebody_whom_the_role_does_not_trust_prove_nothing_good(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator
) -> None:
    arns = roles(trust())
    stranger = session(keys_of(simulator.identities()["vendor"]["user"]), REGION, simulator.endpoint)
    assert tried(arns, by=lambda: stranger).code == "ROLE_NOT_ASSUMABLE"


def test_proof_survives_json_and_holds_no_external_id_and_no_key(
    tried: Prove, roles: Callable[..., dict[str, str]], simulator: Simulator
) -> None:
    proof = tried(roles(trust(), management_role_arn=statement(Condition=None)))
    text = json.dumps(proof.to_json())
    assert TrustProof.from_json(json.loads(text)) == proof
    assert EXTERNAL_ID not in text
    assert EXTERNAL_ID not in "".join(str(check) for check in proof.checks)
    vendor = simulator.identities()["vendor"]["role"]
    assert vendor["secret_access_key"] not in text
    assert "ASIA" not in text


def test_a_wrong_id_is_one_that_sts_takes_and_never_the_right_one() -> None:
    assert wrong_id(EXTERNAL_ID) != EXTERNAL_ID
    assert len(wrong_id(EXTERNAL_ID)) == len(issue())


# --- judged


@pytest.mark.parametrize(
    ("landed", "right"),
    [
        ("arn:aws:sts::222233334444:assumed-role/zilliz-bootstrap-role/x", True),
        ("arn:aws:sts::222233334444:assumed-role/zilliz-bootstrap-role-2/x", False),
        ("arn:aws:sts::222233334445:assumed-role/zilliz-bootstrap-role/x", False),
        ("arn:aws-cn:sts::222233334444:assumed-role/zilliz-bootstrap-role/x", False),
        ("arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role", False),
        ("arn:aws:sts::222233334444:federated-user/zilliz-bootstrap-role", False),
        ("", False),
    ],
)
def test_a_session_belongs_to_the_role_only_where_account_and_name_agree(landed: str, right: bool) -> None:
    role = "arn:aws:iam::222233334444:role/zilliz/zilliz-bootstrap-role"
    assert leads_into(landed, role) is right
    denied = [Try(each, Answer.DENIED) for each in (With.NONE, With.WRONG)]
    proof = RoleProof("bootstrap_role_arn", role, (Try(With.RIGHT, Answer.ADMITTED, landed), *denied))
    assert proof.verdict is (Verdict.PROTECTED if right else Verdict.ELSEWHERE)


@pytest.mark.parametrize("missing", [With.RIGHT, With.NONE, With.WRONG])
def test_a_test_that_was_not_made_is_not_passed(missing: With) -> None:
    role = "arn:aws:iam::222233334444:role/a"
    landed = "arn:aws:sts::222233334444:assumed-role/a/x"
    tries = (Try(With.RIGHT, Answer.ADMITTED, landed), Try(With.NONE, Answer.DENIED), Try(With.WRONG, Answer.DENIED))
    proof = RoleProof("bootstrap_role_arn", role, tuple(each for each in tries if each.with_id is not missing))
    assert proof.verdict is Verdict.NOT_PROVEN
    assert not TrustProof().passed


# --- read, where only somebody else could try


@pytest.fixture
def reader(simulator: Simulator, customer: dict[str, Any]) -> Session:
    return session(keys_of(customer["session"]), REGION, simulator.endpoint)


def test_the_agreed_trust_policy_passes_as_read_and_says_that_nothing_was_tried(
    reader: Session, roles: Callable[..., dict[str, str]], simulator: Simulator
) -> None:
    arns = roles(trust())
    before = len(simulator.actions())
    proof = read(reader, arns, principal=VENDOR, external_id=EXTERNAL_ID)
    assert proof.passed
    assert all("not tried" in check.detail for check in proof.checks)
    assert simulator.counts(after=before) == {"iam:GetRole": 2}
    assert TrustProof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        (statement(Condition=None), "trust_condition_missing"),
        (statement(Condition={"StringLike": {"sts:ExternalId": "cid-*"}}), "trust_operator"),
        (statement(Condition={"StringEquals": {"sts:ExternalId": "cid-another"}}), "trust_external_id_other"),
        (statement(Principal={"AWS": OTHER}), "trust_principal_other"),
        (statement(Principal={"AWS": "arn:aws:iam::111122223333:root"}), "trust_principal_root"),
        (statement(Principal="*"), "trust_principal_wildcard"),
        (statement(Action=["sts:AssumeRole", "sts:TagSession"]), "trust_action"),
        (
            json.dumps({"Version": "2012-10-17", "Statement": [json.loads(trust())["Statement"][0]] * 2}),
            "trust_statements",
        ),
    ],
)
def test_a_weak_trust_policy_is_found_by_reading(
    reader: Session, roles: Callable[..., dict[str, str]], document: str, finding: str
) -> None:
    proof = read(reader, roles(trust(), bootstrap_role_arn=document), principal=VENDOR, external_id=EXTERNAL_ID)
    weak, good = proof.readings
    assert finding in {each.code for each in weak.findings}
    assert good.findings == ()
    assert proof.code == "TRUST_POLICY_WEAK"
    line = proof.checks[0]
    assert line.state is CheckState.FAILED
    assert line.items
    assert EXTERNAL_ID not in str(line)


def test_actions_that_were_agreed_beside_are_allowed(reader: Session, roles: Callable[..., dict[str, str]]) -> None:
    arns = roles(statement(Action=["sts:AssumeRole", "sts:TagSession"]))
    given = {"principal": VENDOR, "external_id": EXTERNAL_ID, "extra_actions": ("sts:TagSession",)}
    assert read(reader, arns, **given).passed  # type: ignore[arg-type]


def test_a_role_under_another_path_or_in_another_account_is_absent(
    reader: Session, roles: Callable[..., dict[str, str]]
) -> None:
    arns = roles(trust())
    moved = {output: arn.replace("/zilliz/", "/") for output, arn in arns.items()}
    proof = read(reader, moved, principal=VENDOR, external_id=EXTERNAL_ID)
    assert proof.code == "TRUST_ROLE_ABSENT"
    gone = read(
        reader, {"bootstrap_role_arn": "arn:aws:iam::222233334444:role/none"}, principal=VENDOR, external_id="x"
    )
    assert gone.code == "TRUST_ROLE_ABSENT"


def test_what_may_not_be_read_is_not_checked(
    roles: Callable[..., dict[str, str]], simulator: Simulator, make_user: Callable[..., AccessKeys]
) -> None:
    arns = roles(trust())
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
    blind = session(make_user(nothing), REGION, simulator.endpoint)
    proof = read(blind, arns, principal=VENDOR, external_id=EXTERNAL_ID)
    assert {check.state for check in proof.checks} == {CheckState.NOT_CHECKED}
    assert not proof.passed
    assert proof.code == "TRUST_POLICY_UNREAD"
