"""The lights of step 3: what was found of each role, one light a question, and the lines about the region's room."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from activation.aws.quotas import RegionReport
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.checks import Check, CheckState
from activation.domain.control_plane import ControlPlane
from activation.domain.trust_policy import Finding, trust_policy
from activation.domain.trust_proof import Answer, Reading, RoleProof, Try, With, leads_into
from activation.models import Activation, RegionSetup
from activation.selectors.region_setup import ROLES, Stage, room_of, stored_arns, trust_of

LABELS = {output.name: output.label for output in ARN_OUTPUTS}
# Stands in policies that are shown; whoever may see the real one finds it in step 1.
EXTERNAL_ID_UNKNOWN = "YOUR_EXTERNAL_ID"
TRIED = {
    With.RIGHT: ("With your external ID", "Assumed"),
    With.NONE: ("Without one", "Denied"),
    With.WRONG: ("With a wrong one", "Denied"),
    With.OTHER_CASE: ("With upper and lower case swapped", "Denied"),
}
# What a reading asks, and how the codes of the findings begin that answer it with no.
READ = (
    ("Trusts the vendor's one role", ("trust_principal", "trust_not_principal")),
    (
        "Only with your external ID",
        ("trust_condition", "trust_external_id", "trust_operator", "trust_extra_condition"),
    ),
    ("Nothing else", ("trust_",)),
)
MENDED_BY_TRUST = frozenset({"ROLE_NOT_PROTECTED", "ROLE_NOT_ASSUMABLE", "TRUST_POLICY_WEAK"})
KINDS = {
    CheckState.PASSED: ("success", "Protected"),
    CheckState.FAILED: ("error", "Not protected"),
    CheckState.NOT_CHECKED: ("unknown", "Could not be checked"),
    CheckState.WARNING: ("warning", "Check this"),
}


@dataclass(frozen=True)
class Light:
    """One question about a role: how it was answered, and in which color that shows."""

    title: str
    kind: str
    said: str
    detail: str = ""


@dataclass(frozen=True)
class RoleLights:
    """All lights of a role, and what follows from them; `code` is empty where all is well."""

    output: str
    arn: str
    kind: str
    word: str
    lights: tuple[Light, ...]
    text: str = ""
    remedy: str = ""
    code: str = ""

    @property
    def label(self) -> str:
        """Return the role's name on screen."""
        return LABELS[self.output]

    @property
    def name(self) -> str:
        """Return the role's name in IAM."""
        return self.arn.rpartition("/")[2]


def role_lights(activation: Activation, setup: RegionSetup | None, stage: Stage) -> list[RoleLights]:
    """Return both roles with their lights; those not answered yet wait, or are being worked on."""
    proof, arns = trust_of(setup), stored_arns(activation)
    known = {each.output: tried(each) for each in proof.proofs}
    known |= {each.output: was_read(each) for each in proof.readings}
    working = stage is Stage.WORKING
    found = []
    for output in ROLES:
        arn = arns.get(output, "")
        if output in known and known[output].arn == arn:
            found.append(known[output])
        elif arn:
            found.append(unanswered(output, arn, activation.control_plane, working=working))
            working = False
    return found


def unanswered(output: str, arn: str, control_plane: str, *, working: bool) -> RoleLights:
    """Return a role of which nothing is known yet."""
    if control_plane == ControlPlane.ZILLIZ:
        titles = [title for title, _ in READ]
    else:
        titles = [TRIED[each][0] for each in (With.RIGHT, With.NONE, With.WRONG)]
    kind, word = ("working", "Checking") if working else ("pending", "Not checked")
    return RoleLights(output, arn, kind, word, tuple(Light(title, kind, "") for title in titles))


def tried(proof: RoleProof) -> RoleLights:
    """Return a role that the portal itself tried."""
    check = proof.check()
    lights = tuple(light_of(each, proof.arn) for each in proof.tries)
    kind, word = KINDS[check.state]
    code = "" if check.state is CheckState.PASSED else proof.verdict.value
    word = {"ROLE_NOT_ASSUMABLE": "Closed to the portal", "ROLE_ELSEWHERE": "Leads elsewhere"}.get(code, word)
    return RoleLights(proof.output, proof.arn, kind, word, lights, check.detail, check.remedy, code)


def light_of(each: Try, arn: str) -> Light:
    """Return one try as a light."""
    title, wanted = TRIED[each.with_id]
    if each.answer is Answer.INCONCLUSIVE:
        return Light(title, "unknown", "Could not be checked", each.reason)
    if each.answer is Answer.ADMITTED:
        if each.with_id is With.RIGHT and not leads_into(each.landed, arn):
            return Light(title, "error", "Led elsewhere", each.landed)
        return Light(title, "success" if wanted == "Assumed" else "error", "Assumed", landing(each.landed))
    return Light(title, "success" if wanted == "Denied" else "error", "Denied")


def landing(landed: str) -> str:
    """Return where a session led, shorter than its ARN."""
    parts = landed.split(":", 5)
    return f"into {parts[5].split('/')[1]} of account {parts[4]}" if len(parts) == 6 and "/" in parts[5] else landed


def was_read(reading: Reading) -> RoleLights:
    """Return a role whose trust policy was read."""
    check = reading.check()
    kind, word = KINDS[check.state]
    word = {CheckState.PASSED: "As agreed", CheckState.FAILED: "Too weak"}.get(check.state, word)
    weak = bool(reading.findings)
    if reading.absent:
        word = "Does not exist"
    text = "" if weak else check.detail
    code = "TRUST_POLICY_WEAK" if weak else ""
    return RoleLights(reading.output, reading.arn, kind, word, tuple(read_lights(reading)), text, check.remedy, code)


def read_lights(reading: Reading) -> Iterator[Light]:
    """Yield what was read as three lights; each finding belongs to the first question that it answers."""
    left: list[Finding] = list(reading.findings)
    unreadable = any(each.code == "trust_unreadable" for each in left)
    known = not (reading.absent or reading.problem or unreadable)
    for title, beginnings in READ:
        here = [each for each in left if each.code.startswith(beginnings)]
        left = [each for each in left if each not in here]
        if not known:
            yield Light(title, "unknown", "Not read")
        else:
            yield Light(title, "error" if here else "success", "No" if here else "Yes", " ".join(e.text for e in here))


@dataclass(frozen=True)
class Mending:
    """The trust policy that was agreed, without the external ID, and the commands that give it to the weak roles."""

    policy: str
    commands: tuple[str, ...]


def mending(roles: Iterable[RoleLights], principal: str) -> Mending | None:
    """Return how to mend the roles whose trust is not as agreed; None where there are none."""
    commands = tuple(
        f"aws iam update-assume-role-policy --role-name {role.name} --policy-document file://trust.json"
        for role in roles
        if role.code in MENDED_BY_TRUST
    )
    return Mending(json.dumps(trust_policy(principal, EXTERNAL_ID_UNKNOWN), indent=2), commands) if commands else None


# --- room


def room_lines(setup: RegionSetup | None) -> tuple[RegionReport | None, list[dict[str, Any]]]:
    """Return the quotas for a table, and the rest as lines of `elements/checklist.html`."""
    room = room_of(setup)
    if room is None:
        return None, []
    return room, [line_of(check) for check in room.others]


def line_of(check: Check) -> dict[str, Any]:
    """Return a check as a line of `elements/checklist.html`."""
    return {
        "title": check.title,
        "state": check.state.value,
        "text": check.detail,
        "findings": check.items,
        "remedy": check.remedy,
        "url": check.docs_url if check.remedy else "",
        "url_text": "AWS's own page on this",
    }
