"""Find out who can take the two roles: by trying, where the portal is whom they trust; else by reading.

A session that a try was given is asked who it is, and thrown away.
"""

import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from activation.aws.identity import identify
from activation.aws.sessions import Session, session
from activation.domain import external_id as external_ids
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Problem
from activation.domain.trust_policy import lint_trust
from activation.domain.trust_proof import Answer, Reading, RoleProof, TrustProof, Try, With

VISIBLE_SECONDS = 60
"""How long a new role may take until STS knows it. Source: IAM User Guide, *Changes that I make are not always
immediately visible*; a minute is this project's patience."""

# Seconds before each further try; each call has made three of its own by then.
PAUSES = (2.0, 4.0, 8.0)
_BETWEEN_LOOKS = 5.0
# The shortest that AWS gives.
_SESSION_SECONDS = 900
# What may pass by itself, or with the portal's next keys.
_PASSING = frozenset(
    {"aws_throttled", "aws_unreachable", "aws_unavailable", "aws_unreadable", "aws_proxy", "aws_unexpected"}
    | {"aws_key_expired", "aws_token_unknown", "aws_key_unknown"}
)

Say = Callable[[str], None]
Open = Callable[[], Session]


@dataclass(frozen=True)
class Patience:
    """How a proof waits: `now` counts seconds, `pause` lets some go by, `say` is told beforehand what is waited for.

    `pauses` are the seconds before each further try of what may pass by itself.
    """

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    say: Say = lambda text: None
    visible_seconds: int = VISIBLE_SECONDS
    pauses: tuple[float, ...] = PAUSES


def prove(
    vendor: Open,
    roles: Mapping[str, str],
    *,
    external_id: str,
    region: str,
    endpoint: str = "",
    ca_bundle: str = "",
    proxy: str = "",
    patience: Patience | None = None,
) -> TrustProof:
    """Try each role with the right external ID, without one and with wrong ones.

    `roles` are ARNs by output name. `vendor` opens a session of whom the roles trust, anew after every call that did
    not go well, so that keys which ended meanwhile are replaced. Raises nothing for what AWS answers: what is neither
    let in nor denied is inconclusive.
    """
    prover = _Prover(vendor, external_id, region, endpoint, ca_bundle, proxy, patience or Patience())
    return TrustProof(proofs=tuple(prover.role(output, arn) for output, arn in roles.items()))


@dataclass
class _Prover:
    vendor: Open
    external_id: str
    region: str
    endpoint: str
    ca_bundle: str
    proxy: str
    patience: Patience
    opened: Session | None = None

    def role(self, output: str, arn: str) -> RoleProof:
        # First: what is denied of a role that is not visible yet says nothing about its protection.
        right = self._until_visible(arn)
        tries = [right]
        for with_id, given in self._others():
            each = self._try(arn, with_id, given)
            if each.answer is Answer.DENIED and right.answer is not Answer.ADMITTED:
                reason = "a role that lets nobody in denies this too."
                each = replace(each, answer=Answer.INCONCLUSIVE, reason=reason)
            tries.append(each)
        return RoleProof(output, arn, tuple(tries), self.patience.visible_seconds)

    def _others(self) -> list[tuple[With, str | None]]:
        found: list[tuple[With, str | None]] = [(With.NONE, None), (With.WRONG, wrong_id(self.external_id))]
        exchanged = self.external_id.swapcase()
        return [*found, (With.OTHER_CASE, exchanged)] if exchanged != self.external_id else found

    def _until_visible(self, arn: str) -> Try:
        """Ask with the right ID, and again for a minute where AWS denies it."""
        start = self.patience.now()
        asked = 0
        while True:
            found = self._try(arn, With.RIGHT, self.external_id)
            asked += found.asked
            left = self.patience.visible_seconds - (self.patience.now() - start)
            if found.answer is not Answer.DENIED or left <= 0:
                return replace(found, asked=asked)
            name = arn.rpartition("/")[2]
            self.patience.say(f"AWS still denies {name}. A new role may take {left:.0f} more seconds to be known.")
            self.patience.pause(min(_BETWEEN_LOOKS, left))

    def _try(self, arn: str, with_id: With, given: str | None) -> Try:
        """Ask once, and again where the answer may pass by itself."""
        for asked, pause in enumerate((*self.patience.pauses, None), 1):
            try:
                landed = self._assume(arn, given)
            except Problem as problem:
                if problem.code == "aws_denied":
                    return Try(with_id, Answer.DENIED, asked=asked)
                if pause is None or problem.code not in _PASSING:
                    return Try(with_id, Answer.INCONCLUSIVE, reason=problem.text, asked=asked)
                self.patience.say(f"{problem.text} Trying again in {pause:.0f} s.")
                self.patience.pause(pause)
                self.opened = None
            else:
                return Try(with_id, Answer.ADMITTED, landed=landed, asked=asked)
        raise AssertionError("the last try returns")

    def _assume(self, arn: str, given: str | None) -> str:
        """Take the role, and return who AWS says that the session is."""
        named = {} if given is None else {"ExternalId": given}
        self.opened = self.opened or self.vendor()
        answer = self.opened.ask(
            "sts",
            "assume_role",
            RoleArn=arn,
            RoleSessionName=f"trust-proof-{secrets.token_hex(4)}",
            DurationSeconds=_SESSION_SECONDS,
            **named,
        )
        try:
            return self._who(answer["Credentials"])
        except Problem:
            # AWS let us in, which is the answer; that the session cannot be asked does not undo it.
            return str(answer["AssumedRoleUser"]["Arn"])

    def _who(self, made: Mapping[str, str]) -> str:
        keys = AccessKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        inside = session(keys, self.region, self.endpoint, ca_bundle=self.ca_bundle, proxy=self.proxy)
        return identify(inside, is_long_term=False).arn


def wrong_id(right: str) -> str:
    """Make an external ID that nobody has."""
    while (made := external_ids.issue()) == right:
        pass
    return made


def read(
    aws: Session,
    roles: Mapping[str, str],
    *,
    principal: str,
    external_id: str,
    extra_actions: Collection[str] = (),
) -> TrustProof:
    """Read the trust policy of each role with the customer's key, and lint it: only its principal could try it.

    `extra_actions` are allowed beside sts:AssumeRole. Raises nothing for what AWS answers.
    """
    return TrustProof(
        readings=tuple(_read(aws, output, arn, principal, external_id, extra_actions) for output, arn in roles.items())
    )


def _read(
    aws: Session, output: str, arn: str, principal: str, external_id: str, extra_actions: Collection[str]
) -> Reading:
    try:
        role = aws.ask("iam", "get_role", RoleName=arn.rpartition("/")[2])["Role"]
    except Problem as problem:
        return Reading(output, arn, problem=problem.text, absent=problem.code == "aws_absent")
    if str(role["Arn"]) != arn:
        # Of the same name, in another account or under another path.
        return Reading(output, arn, absent=True)
    document = role.get("AssumeRolePolicyDocument") or ""
    found = lint_trust(document, principal, external_id, extra_actions=extra_actions, address=arn)
    return Reading(output, arn, findings=found)
