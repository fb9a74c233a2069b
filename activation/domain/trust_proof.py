"""What is known of who can take the two roles: tried by the portal itself, or read from their trust policies.

A role counts as protected only when the right external ID leads into it and AWS denies everything else in so many
words. Whatever is neither is inconclusive, and never counts as denied. Source of the risk: IAM User Guide, *The
confused deputy problem*.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from activation.domain.checks import Check, CheckState
from activation.domain.errors import Refused
from activation.domain.trust_policy import Finding

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"
_LABELS = {"bootstrap_role_arn": "Bootstrap role", "management_role_arn": "Management role"}


class With(StrEnum):
    """What a try gave as external ID."""

    RIGHT = "right"
    NONE = "none"
    WRONG = "wrong"
    # The right one with its letters' case exchanged: some conditions do not tell the two apart.
    OTHER_CASE = "other_case"


WITH_LABELS = {
    With.RIGHT: "with the right external ID",
    With.NONE: "without an external ID",
    With.WRONG: "with a wrong external ID",
    With.OTHER_CASE: "with upper and lower case of the external ID swapped",
}


class Answer(StrEnum):
    """What AWS said to a try."""

    ADMITTED = "admitted"
    DENIED = "denied"
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """What follows for a role; the failures are codes of the table of words."""

    PROTECTED = "ROLE_PROTECTED"
    NOT_PROTECTED = "ROLE_NOT_PROTECTED"
    NOT_ASSUMABLE = "ROLE_NOT_ASSUMABLE"
    ELSEWHERE = "ROLE_ELSEWHERE"
    NOT_PROVEN = "ROLE_NOT_PROVEN"


@dataclass(frozen=True)
class Try:
    """One way to ask for a role, and what came of it.

    `landed` is the ARN that the session had, where there was one; `reason` why nothing was found out; `asked` how many
    times AWS was asked.
    """

    with_id: With
    answer: Answer
    landed: str = ""
    reason: str = ""
    asked: int = 1

    @property
    def label(self) -> str:
        """Say what was tried and what AWS said, as a line of a list."""
        said = {
            Answer.ADMITTED: f"assumed as {self.landed}" if self.landed else "let in",
            Answer.DENIED: "denied",
            Answer.INCONCLUSIVE: f"could not be checked: {self.reason}",
        }
        return f"{WITH_LABELS[self.with_id][0].upper()}{WITH_LABELS[self.with_id][1:]}: {said[self.answer]}"


@dataclass(frozen=True)
class RoleProof:
    """All tries of one role. `output` is the name of its ARN among the seven, `seconds` how long it was waited for."""

    output: str
    arn: str
    tries: tuple[Try, ...]
    seconds: int = 0

    @property
    def verdict(self) -> Verdict:
        """Judge the tries; a role that lets somebody in without the right ID is unprotected, whatever else it does."""
        answers = {each.with_id: each for each in self.tries}
        others = [each for each in self.tries if each.with_id is not With.RIGHT]
        if any(each.answer is Answer.ADMITTED for each in others):
            return Verdict.NOT_PROTECTED
        right = answers.get(With.RIGHT)
        if right is not None and right.answer is Answer.DENIED:
            return Verdict.NOT_ASSUMABLE
        if right is not None and right.answer is Answer.ADMITTED and not leads_into(right.landed, self.arn):
            return Verdict.ELSEWHERE
        complete = {With.RIGHT, With.NONE, With.WRONG} <= set(answers)
        if not complete or any(each.answer is Answer.INCONCLUSIVE for each in self.tries):
            return Verdict.NOT_PROVEN
        return Verdict.PROTECTED

    @property
    def problem(self) -> Refused | None:
        """Say what keeps the role from counting as protected; None where nothing does."""
        verdict = self.verdict
        if verdict is Verdict.PROTECTED:
            return None
        admitted = [each for each in self.tries if each.answer is Answer.ADMITTED and each.with_id is not With.RIGHT]
        return Refused(
            verdict.value,
            role=self.arn,
            how=" and ".join(WITH_LABELS[each.with_id] for each in admitted),
            landed=next((each.landed for each in self.tries if each.with_id is With.RIGHT), ""),
            seconds=self.seconds,
            reason=next((each.reason for each in self.tries if each.reason), "nothing was tried."),
        )

    def check(self) -> Check:
        """Return the proof as a line of a report; what was not found out is *not checked*."""
        title = f"{_LABELS.get(self.output, self.output)}: can be assumed only with the external ID"
        items = tuple(each.label for each in self.tries)
        problem = self.problem
        if problem is None:
            detail = (
                "The role can be assumed with the right external ID. Without one and with a wrong one, AWS denies it."
            )
            return Check(self.output, title, CheckState.PASSED, detail, items=items)
        state = CheckState.NOT_CHECKED if self.verdict is Verdict.NOT_PROVEN else CheckState.FAILED
        return Check(self.output, title, state, problem.text, problem.next_step, _GUIDE, items)


@dataclass(frozen=True)
class Reading:
    """A role's trust policy as it was read and linted; `problem` where it could not be."""

    output: str
    arn: str
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    absent: bool = False

    def check(self) -> Check:
        """Return the reading as a line of a report; it says that nothing was tried."""
        title = f"{_LABELS.get(self.output, self.output)}: trust policy"
        if self.absent:
            return self._line(title, CheckState.FAILED, Refused("TRUST_ROLE_ABSENT", role=self.arn))
        if self.problem:
            unread = Refused("TRUST_POLICY_UNREAD", role=self.arn, reason=self.problem)
            return self._line(title, CheckState.NOT_CHECKED, unread)
        if self.findings:
            listed = " ".join(each.text for each in self.findings)
            return self._line(title, CheckState.FAILED, Refused("TRUST_POLICY_WEAK", role=self.arn, findings=listed))
        detail = "Read, not tried: it trusts the vendor's one role, and only with your organization's external ID."
        return Check(self.output, title, CheckState.PASSED, detail)

    def _line(self, title: str, state: CheckState, problem: Refused) -> Check:
        items = tuple(each.text for each in self.findings)
        return Check(self.output, title, state, problem.text, problem.next_step, _GUIDE, items)


@dataclass(frozen=True)
class TrustProof:
    """What is known of both roles: tried (`proofs`), or read (`readings`)."""

    proofs: tuple[RoleProof, ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return a line for each role."""
        return (*(proof.check() for proof in self.proofs), *(reading.check() for reading in self.readings))

    @property
    def passed(self) -> bool:
        """Whether every role is known to be protected: nothing less lets an activation go on."""
        return bool(self.checks) and all(check.state is CheckState.PASSED for check in self.checks)

    @property
    def code(self) -> str:
        """The code of the worst that was found; empty where all is well."""
        found = [each.verdict.value for each in self.proofs if each.verdict is not Verdict.PROTECTED]
        for reading in self.readings:
            if reading.absent:
                found.append("TRUST_ROLE_ABSENT")
            elif reading.problem:
                found.append("TRUST_POLICY_UNREAD")
            elif reading.findings:
                found.append("TRUST_POLICY_WEAK")
        return min(found, key=_SEVERITY.index, default="")

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON values; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave, also after it went through JSON text."""
        return cls(
            tuple(
                RoleProof(**{**each, "tries": tuple(_try(one) for one in each["tries"])})
                for each in stored.get("proofs", ())
            ),
            tuple(
                Reading(**{**each, "findings": tuple(Finding(**one) for one in each["findings"])})
                for each in stored.get("readings", ())
            ),
        )


_SEVERITY = (
    *("ROLE_NOT_PROTECTED", "ROLE_ELSEWHERE", "TRUST_POLICY_WEAK", "ROLE_NOT_ASSUMABLE", "TRUST_ROLE_ABSENT"),
    *("ROLE_NOT_PROVEN", "TRUST_POLICY_UNREAD"),
)


def _try(stored: Mapping[str, Any]) -> Try:
    return Try(**{**stored, "with_id": With(stored["with_id"]), "answer": Answer(stored["answer"])})


def leads_into(landed: str, role: str) -> bool:
    """Return whether a session's ARN is one of this role: same partition, account and name.

    Shapes: `arn:P:sts::A:assumed-role/NAME/SESSION` and `arn:P:iam::A:role/PATH/NAME`; a session's ARN lacks the path,
    and names are unique in an account whatever their path. Source: IAM User Guide, *IAM identifiers*.
    """
    session, wanted = landed.split(":", 5), role.split(":", 5)
    if len(session) != 6 or len(wanted) != 6 or session[2] != "sts" or not session[4]:
        return False
    kind, _, rest = session[5].partition("/")
    name = rest.partition("/")[0]
    same_place = (session[1], session[4]) == (wanted[1], wanted[4])
    return kind == "assumed-role" and same_place and bool(name) and name == wanted[5].rpartition("/")[2]
