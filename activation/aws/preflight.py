"""The checks before step 2's run: one line each, in the order in which they make sense.

They make the calls that tell; none of them changes anything in the account.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from activation.aws import names as iam_names
from activation.aws.identity import Identity, PrincipalKind, identify
from activation.aws.names import Finding, Owner, PackageNeeds
from activation.aws.permissions import Verdict, simulate
from activation.aws.sessions import Session, session, utc_now
from activation.domain.checks import Check, CheckState
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Problem, Refused

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"

TITLES = {
    "identity": "AWS recognizes the key",
    "not_root": "Not the root user",
    "temporary_key": "A key that expires by itself",
    "same_account": "The same AWS account as before",
    "iam_access": "IAM accepts this key",
    "permissions": "The permissions that the run needs",
    "names": "The names are free",
    "quotas": "Room for the roles and policies",
    "clock": "This server's clock",
}
_DOCS = {
    "identity": f"{_GUIDE}/id_credentials_access-keys.html",
    "not_root": f"{_GUIDE}/root-user-best-practices.html",
    "temporary_key": f"{_GUIDE}/id_credentials_temp_request.html",
    "same_account": "",
    "iam_access": "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html",
    "permissions": f"{_GUIDE}/access_policies_testing-policies.html",
    "names": f"{_GUIDE}/reference_iam-quotas.html",
    "quotas": f"{_GUIDE}/reference_iam-quotas.html",
    "clock": f"{_GUIDE}/reference_sigv-troubleshooting.html",
}
# AWS refuses a signature that is five minutes off (IAM User Guide, *Troubleshoot Signature Version 4*).
CLOCK_WARNING_SECONDS = 60
_NAMES_UNKNOWN = "This package chooses its own names. They are checked when the plan shows them."
# After these nothing else AWS says can be relied upon.
_STOPPING = frozenset(
    {"aws_key_unknown", "aws_token_unknown", "aws_secret_wrong", "aws_key_expired", "aws_clock_skew"}
    | {"aws_unreachable", "aws_untrusted", "aws_proxy"}
)


def titles(expected_account: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return code and title of every check in its order, for a page that shows the lines before they are filled."""
    return tuple((code, title) for code, title in TITLES.items() if code != "same_account" or expected_account)


def preflight(
    keys: AccessKeys,
    *,
    region: str,
    endpoint: str = "",
    expected_account: str | None = None,
    package: PackageNeeds,
    external_id: str,
    known_names: Collection[str] = (),
    own_activations: Collection[str] = (),
    adoptable_names: Collection[str] = (),
    ca_bundle: str = "",
    proxy: str = "",
    now: Callable[[], datetime] = utc_now,
) -> Iterator[Check]:
    """Yield the checks one by one, each as soon as it is done; always all of `titles`, in that order.

    Where a failure makes the rest senseless, the rest is "not checked" with the reason. `known_names` are the roles and
    policies that the package's state holds already, `own_activations` the values of the tag `byoc:activation` that
    belong to this cloud account, `adoptable_names` what this run is going to take over from one that was cut off.
    Raises nothing but what is a mistake of ours.
    """
    try:
        aws = session(keys, region, endpoint, ca_bundle=ca_bundle, proxy=proxy, now=now)
    except Refused as refused:
        yield _failed("identity", refused)
        yield from _not_checked(titles(expected_account)[1:], "because there is no key to check with")
        return
    plan = _Preflight(aws, keys, expected_account, package, external_id, known_names, own_activations, adoptable_names)
    steps: dict[str, Callable[[], Check]] = {
        "identity": plan.identity,
        "not_root": plan.not_root,
        "temporary_key": plan.temporary_key,
        "same_account": plan.same_account,
        "iam_access": plan.iam_access,
        "permissions": plan.permissions,
        "names": plan.names,
        "quotas": plan.quotas,
        "clock": plan.clock,
    }
    order = titles(expected_account)
    for place, (code, _) in enumerate(order):
        try:
            check = steps[code]()
        except Problem as problem:
            check = _problem(code, problem)
            if problem.code in _STOPPING or code == "identity":
                plan.stopped = f"because “{TITLES[code]}” failed"
        yield check
        if plan.stopped:
            yield from _not_checked(order[place + 1 :], plan.stopped)
            return


def unidentified(problem: Problem, expected_account: str | None = None) -> Iterator[Check]:
    """Yield all of `titles` for a key of which AWS would not tell whose it is: the first failed, the rest not made."""
    yield _problem("identity", problem)
    yield from _not_checked(titles(expected_account)[1:], f"because “{TITLES['identity']}” failed")


def _check(code: str, state: CheckState, detail: str, remedy: str = "", items: tuple[str, ...] = ()) -> Check:
    docs = "" if state is CheckState.PASSED else _DOCS[code]
    return Check(code, TITLES[code], state, detail, remedy, docs, items)


def _passed(code: str, detail: str) -> Check:
    return _check(code, CheckState.PASSED, detail)


def _failed(code: str, problem: Problem) -> Check:
    return _check(code, CheckState.FAILED, problem.text, problem.next_step)


def _not_checked(rest: Collection[tuple[str, str]], reason: str) -> Iterator[Check]:
    for code, _ in rest:
        yield _check(code, CheckState.NOT_CHECKED, f"Not checked, {reason}.")


def _problem(code: str, problem: Problem) -> Check:
    """Make a line of a call that did not go well: never "passed", and "failed" only where the run would fail too."""
    # Who am I is never left open: without an answer to that there is nothing to start.
    if code == "identity" or problem.code in _STOPPING:
        return _failed(code, problem)
    return _check(code, CheckState.NOT_CHECKED, problem.text, problem.next_step)


@dataclass
class _Preflight:
    """The checks, and what one of them finds for the next."""

    aws: Session
    keys: AccessKeys
    expected_account: str | None
    package: PackageNeeds
    external_id: str
    known_names: Collection[str]
    own_activations: Collection[str]
    adoptable_names: Collection[str] = ()
    stopped: str = ""
    who: Identity = field(init=False)
    missing: dict[str, int] | None = None

    def identity(self) -> Check:
        self.who = identify(self.aws, is_long_term=self.keys.is_long_term)
        return _passed("identity", f"{self.who.arn} in the AWS account {self.who.account_id}.")

    def not_root(self) -> Check:
        if self.who.kind is not PrincipalKind.ROOT:
            return _passed("not_root", f"The key belongs to {_owner(self.who)}.")
        self.stopped = "because the root user's key is not used"
        return _check(
            "not_root",
            CheckState.FAILED,
            "This is a key of the account's root user. It can do everything, nothing can limit it, and it is not "
            "needed for this.",
            "Delete the root user's key, and create a key for a role or user with the permissions shown beside the "
            "form.",
        )

    def temporary_key(self) -> Check:
        if not self.who.is_long_term:
            return _passed("temporary_key", "The key is temporary: it expires by itself.")
        if self.package.long_term_key_only:
            return _check(
                "temporary_key",
                CheckState.WARNING,
                "This key works until somebody deletes it. The package accepts no other kind.",
                "Deactivate it right after the run; the page of step 2 shows the command.",
            )
        return _check(
            "temporary_key",
            CheckState.WARNING,
            "This key works until somebody deletes it. If it leaks, it stays usable.",
            "A key that is valid for one hour is better (shown beside the form). If you continue with this one, "
            "deactivate it right after the run.",
        )

    def same_account(self) -> Check:
        if self.who.account_id == self.expected_account:
            return _passed("same_account", f"The AWS account is {self.expected_account}, as before.")
        self.stopped = "because the key belongs to another AWS account"
        return _check(
            "same_account",
            CheckState.FAILED,
            f"This key belongs to the AWS account {self.who.account_id}; this activation belongs to "
            f"{self.expected_account}.",
            f"Enter a key of {self.expected_account}, or start a new activation for {self.who.account_id}.",
        )

    def iam_access(self) -> Check:
        try:
            self.aws.ask("iam", "list_roles", PathPrefix=self._path, MaxItems=1)
        except Problem as problem:
            if problem.code == "aws_token_unknown":
                self.stopped = "because IAM refuses this key"
                return self._refused_by_iam()
            if problem.code != "aws_denied":
                raise
            # A refusal for want of a right is an answer: IAM took the key itself.
            return _check(
                "iam_access",
                CheckState.WARNING,
                "IAM accepts this key, but it cannot list roles (iam:ListRoles). The run does not need this, but the "
                "checks see less.",
                "Give the key the permissions shown beside the form to have everything checked.",
            )
        return _passed("iam_access", "IAM answered a real request.")

    def _refused_by_iam(self) -> Check:
        # Source: STS API Reference, GetSessionToken and GetFederationToken, "Permissions". Both kinds of key answer who
        # they are, and are refused by IAM with the code of a key that does not exist.
        if self.who.kind is PrincipalKind.FEDERATED:
            detail = (
                "The key was created with get-federation-token. AWS does not allow such a key to call IAM, "
                "whatever its policy."
            )
        elif self.who.kind is PrincipalKind.USER:
            detail = (
                "AWS recognizes the key, but IAM refuses it: it came from get-session-token without an MFA code. "
                "AWS does not allow such a key to call IAM, whatever the user's permissions."
            )
        else:
            detail = "AWS recognizes the key, but IAM refuses its session token."
        return _check(
            "iam_access",
            CheckState.FAILED,
            detail,
            "Create the key with aws sts assume-role, or with aws sts get-session-token and the --serial-number and "
            "--token-code of your MFA device.",
        )

    def permissions(self) -> Check:
        if not self.package.objects:
            return _check("permissions", CheckState.NOT_CHECKED, _NAMES_UNKNOWN)
        verdict = simulate(self.aws, self.who, self.package)
        if verdict.reason:
            return _check("permissions", CheckState.NOT_CHECKED, verdict.reason, verdict.remedy)
        if verdict.missing:
            return self._missing(verdict)
        if verdict.unsure:
            keys = ", ".join(verdict.unknown_keys) or "the request itself"
            return _check(
                "permissions",
                CheckState.NOT_CHECKED,
                f"Whether the key may call {', '.join(verdict.unsure)} depends on {keys}, which cannot be known in "
                "advance.",
                "Continue. If AWS refuses the run, it stops there and can be continued.",
                verdict.unsure,
            )
        return _passed(
            "permissions",
            f"The policies of {_owner(self.who)} allow all {len(self.package.actions)} actions that the run needs.",
        )

    def _missing(self, verdict: Verdict) -> Check:
        detail = f"The key is not allowed to call {', '.join(verdict.missing)}."
        remedy = f"Give {_owner(self.who)} the policy shown beside the form, or enter a key that has these permissions."
        if verdict.by_organization:
            detail += " A service control policy of your AWS organization prevents this."
            remedy = "Ask the administrators of your AWS organization to allow these actions in this account."
        elif verdict.by_boundary:
            detail += " A permissions boundary prevents this."
            remedy = f"Ask your AWS administrators to widen the permissions boundary of {_owner(self.who)}."
        elif verdict.explicitly:
            detail += " A policy explicitly denies this."
            remedy = f"Ask your AWS administrators to remove the deny for {_owner(self.who)}, or use another key."
        return _check("permissions", CheckState.FAILED, detail, remedy, verdict.missing)

    def names(self) -> Check:
        if not self.package.objects:
            return _check("names", CheckState.NOT_CHECKED, _NAMES_UNKNOWN)
        findings = iam_names.look_up(
            self.aws,
            self.who,
            self.package,
            external_id=self.external_id,
            known_names=self.known_names,
            own_activations=self.own_activations,
        )
        unknown = [finding for finding in findings if finding.owner is Owner.UNKNOWN]
        if not unknown:
            self.missing = {
                kind: sum(each.owner is Owner.FREE and each.named.kind == kind for each in findings)
                for kind in ("role", "policy")
            }
        left = [finding for finding in findings if finding.sentence and finding.named.name in self.adoptable_names]
        taken = [finding for finding in findings if finding.sentence and finding not in left]
        if taken:
            remedy = " ".join(dict.fromkeys(_remedy(finding) for finding in taken))
            listed = ", ".join(finding.named.name for finding in taken)
            count = "One name is" if len(taken) == 1 else f"{len(taken)} of {len(findings)} names are"
            detail = f"{count} taken: {listed}."
            return _check("names", CheckState.FAILED, detail, remedy, tuple(finding.sentence for finding in taken))
        if unknown:
            problem = unknown[0].problem
            listed = ", ".join(finding.named.name for finding in unknown)
            why, remedy = (problem.text, problem.next_step) if problem else ("", "")
            return _check("names", CheckState.NOT_CHECKED, f"Not known for {listed}. {why}", remedy)
        return _passed("names", _free(findings, len(left)))

    def quotas(self) -> Check:
        if not self.package.objects:
            return _check("quotas", CheckState.NOT_CHECKED, _NAMES_UNKNOWN)
        summary = self.aws.ask("iam", "get_account_summary")["SummaryMap"]
        short: list[str] = []
        room: list[str] = []
        for kind, held, quota in (("role", "Roles", "RolesQuota"), ("policy", "Policies", "PoliciesQuota")):
            needed = len(self.package.of_kind("role" if kind == "role" else "policy"))
            if self.missing is not None:
                needed = self.missing[kind]
            if held not in summary or quota not in summary:
                return _check(
                    "quotas", CheckState.NOT_CHECKED, f"AWS did not report how many {held.lower()} may exist."
                )
            available = max(0, int(summary[quota]) - int(summary[held]))
            what = kind if needed == 1 else held.lower()
            sentence = f"{needed} {what} needed, room for {available} of {summary[quota]}"
            (short if needed > available else room).append(sentence)
        if short:
            remedy = "Remove roles or policies that nobody uses, or ask AWS for a higher quota (Service Quotas, IAM)."
            return _check("quotas", CheckState.FAILED, f"{'; '.join(short)}.", remedy)
        return _passed("quotas", f"{'; '.join(room)}.")

    def clock(self) -> Check:
        ahead = self.aws.clock_ahead
        if ahead is None:
            return _check("clock", CheckState.NOT_CHECKED, "AWS's answers contained no time to compare with.")
        if abs(ahead) < CLOCK_WARNING_SECONDS:
            return _passed("clock", "It matches AWS's clock.")
        return _check(
            "clock",
            CheckState.WARNING,
            f"It is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} AWS's clock. AWS refuses all "
            f"requests from a difference of five minutes.",
            "Ask the installation administrator to set the clock (NTP).",
        )

    @property
    def _path(self) -> str:
        roles = self.package.of_kind("role")
        return roles[0].path if roles else "/"


def _owner(who: Identity) -> str:
    kinds = {
        PrincipalKind.USER: "the user",
        PrincipalKind.ASSUMED_ROLE: "the role",
        PrincipalKind.FEDERATED: "the federated user",
        PrincipalKind.ROOT: "the root user",
    }
    return "the root user" if who.kind is PrincipalKind.ROOT else f"{kinds[who.kind]} {who.name}"


def _free(findings: Collection[Finding], left: int) -> str:
    ours = sum(finding.owner is Owner.STATE for finding in findings)
    free = len(findings) - ours - left
    if left:
        saved = f"{ours} exist and are in this portal's state, " if ours else ""
        return f"{saved}{left} were left by the interrupted run and were found again, {free} do not exist yet."
    if not ours:
        return f"None of the {free} names exists yet."
    if not free:
        return f"All {ours} exist and are in this portal's state: Terraform continues with them."
    return f"{ours} exist and are in this portal's state, {free} do not exist yet."


def _remedy(finding: Finding) -> str:
    if finding.owner is Owner.LEFT_OVER:
        return (
            "For what an interrupted run of this portal left behind: recover that run, or delete the objects listed "
            "and start again."
        )
    if finding.owner is Owner.SAME_PACKAGE:
        return (
            "For what the same package created outside this portal: choose “Run it yourself” and paste the Terraform "
            "output, or remove it there with terraform destroy."
        )
    return (
        "What belongs to somebody else is never taken over. Ask its owner in your company to rename or delete it, or "
        "use another AWS account."
    )
