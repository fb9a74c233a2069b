"""Read what an account has in IAM, with patience: a look that fails may not end in something made twice."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from activation.aws.sessions import Session
from activation.domain.adoption import POLICY, ROLE, Held
from activation.domain.errors import Faulted, Problem

# What passes by itself. Each call has made three tries of its own by then.
TRANSIENT = frozenset({"aws_throttled", "aws_unreachable", "aws_unavailable", "aws_unreadable"})
# Seconds before the second, third, fourth and fifth try.
PAUSES = (1.0, 2.0, 4.0, 8.0)
PAGE = 1000

Say = Callable[[str], None]


class Inventory:
    """Reads of roles, policies and attachments.

    `before` is called ahead of each call and may raise; `say` is told of each wait; `pauses` are the waits, in seconds.
    """

    def __init__(
        self,
        aws: Session,
        *,
        say: Say = lambda text: None,
        before: Callable[[], None] = lambda: None,
        pauses: tuple[float, ...] = PAUSES,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._aws, self._say, self._before, self._pauses, self._pause = aws, say, before, pauses, pause

    def listed(self, kind: str) -> dict[str, Held] | None:
        """Return all roles (`aws_iam_role`) or own policies by their names in small letters, without tags.

        None where the key may not list them. Raises as `ask` does.
        """
        operation, key = ("list_roles", "Roles") if kind == ROLE else ("list_policies", "Policies")
        parameters: dict[str, Any] = {"MaxItems": PAGE} | ({"Scope": "Local"} if kind == POLICY else {})
        found: dict[str, Held] = {}
        while True:
            try:
                page = self.ask(operation, **parameters)
            except Problem as problem:
                if problem.code == "aws_denied":
                    return None
                raise
            for each in page[key]:
                held = role_of(each) if kind == ROLE else _policy(each)
                found[held.name.casefold()] = held
            if not page.get("IsTruncated"):
                return found
            parameters["Marker"] = page["Marker"]

    def role(self, name: str) -> Held | None:
        """Return a role with tags and trust policy; None where there is none. Raises as `ask` does."""
        answer = self._present("get_role", RoleName=name)
        return role_of(answer["Role"]) if answer else None

    def policy(self, arn: str, *, with_text: bool = False) -> Held | None:
        """Return a policy with its tags, and its text where asked; None where there is none. Raises as `ask` does."""
        answer = self._present("get_policy", PolicyArn=arn)
        if not answer:
            return None
        raw = answer["Policy"]
        text: Mapping[str, Any] | str = ""
        if with_text:
            version = self._present("get_policy_version", PolicyArn=arn, VersionId=raw["DefaultVersionId"])
            text = version["PolicyVersion"]["Document"] if version else ""
        return _policy(raw, text)

    def attached(self, role: str) -> frozenset[str]:
        """Return the ARNs of the policies that are attached to a role. Raises as `ask` does."""
        found: set[str] = set()
        parameters: dict[str, Any] = {"RoleName": role, "MaxItems": PAGE}
        while True:
            page = self._present("list_attached_role_policies", **parameters)
            found |= {str(each["PolicyArn"]) for each in page.get("AttachedPolicies", ())}
            if not page.get("IsTruncated"):
                return frozenset(found)
            parameters["Marker"] = page["Marker"]

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask IAM; raises as `ask_of` does."""
        return self.ask_of("iam", operation, **parameters)

    def ask_of(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask a service, again and again with growing pauses where that may help.

        Raises the Refused and Faulted of `activation.aws.errors.read`; Faulted("recovery_inconclusive") where AWS could
        not be asked in the end.
        """
        for pause in (*self._pauses, None):
            self._before()
            try:
                return self._aws.ask(service, operation, **parameters)
            except Problem as problem:
                if problem.code not in TRANSIENT:
                    raise
                if pause is None:
                    raise Faulted("recovery_inconclusive", detail=problem.text) from problem
                self._say(f"{problem.text} Looking again in {pause:.0f} s.")
                self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def _present(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask for one thing; empty where it does not exist."""
        try:
            return self.ask(operation, **parameters)
        except Problem as problem:
            if problem.code == "aws_absent":
                return {}
            if problem.code == "aws_denied":
                # What may not be looked at cannot be told apart from what is not there.
                raise Faulted("recovery_inconclusive", detail=problem.text) from problem
            raise


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in raw.get("Tags") or ()}


def role_of(raw: Mapping[str, Any]) -> Held:
    """Return a role as `GetRole` or `ListRoles` has it."""
    return Held(
        type=ROLE,
        name=str(raw["RoleName"]),
        path=str(raw["Path"]),
        arn=str(raw["Arn"]),
        created=raw.get("CreateDate"),
        tags=_tags(raw),
        document=raw.get("AssumeRolePolicyDocument") or "",
        description=str(raw.get("Description") or ""),
    )


def _policy(raw: Mapping[str, Any], text: Mapping[str, Any] | str = "") -> Held:
    return Held(
        type=POLICY,
        name=str(raw["PolicyName"]),
        path=str(raw["Path"]),
        arn=str(raw["Arn"]),
        created=raw.get("CreateDate"),
        tags=_tags(raw),
        document=text,
        description=str(raw.get("Description") or ""),
    )
