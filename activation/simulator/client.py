"""Speak to a running simulator's control plane. Standard library only.

The simulator itself is started by its command line, `python -m activation.simulator --directory DIR`; it then writes
DIR/simulator.json, from which `Simulator.from_directory` reads where it is.
"""

import json
from pathlib import Path
from typing import Any, Self, cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

# The simulator is on the loopback: a proxy from the environment must not stand between.
_OPENER = build_opener(ProxyHandler({}))


class ControlRefused(Exception):
    """The simulator did not do what it was asked; the text says why."""


class Simulator:
    """The control plane of one simulator."""

    def __init__(self, endpoint: str, control_token: str) -> None:
        self.endpoint = endpoint
        self._token = control_token

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Return the simulator that runs in `directory`. Raises FileNotFoundError where none was ever ready."""
        content = json.loads((directory / "simulator.json").read_text())
        return cls(content["endpoint"], content["control_token"])

    def _ask(self, question: str, **values: Any) -> Any:
        request = Request(
            f"{self.endpoint}/_simulator/{question}",
            data=json.dumps(values).encode(),
            headers={"X-Simulator-Token": self._token, "Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ControlRefused(json.load(error).get("error", "")) from error

    def actions(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the AWS calls after number `after`, oldest first: number, time, service, action, caller, account,
        region, outcome ("ok", an error code or "cut"), status, resource, access_key, milliseconds."""
        return cast(list[dict[str, Any]], self._ask("actions", after=after))

    def counts(self, *, after: int = 0) -> dict[str, int]:
        """Return how often each action was called, as {"iam:CreateRole": 2, …}, failed calls included."""
        return cast(dict[str, int], self._ask("counts", after=after))

    def identities(self) -> dict[str, Any]:
        """Return the demo accounts with their keys: vendor, customer, other_customer."""
        return cast(dict[str, Any], self._ask("identities"))

    def inject(
        self,
        action: str,
        error: str = "",
        *,
        status: int = 400,
        message: str = "",
        times: int = 1,
        skip: int = 0,
        caller: str = "*",
        cut: bool = False,
        when: str = "before",
    ) -> None:
        """Let the next `times` calls of `action` (wildcards allowed) after the first `skip` fail with `error`, or cut
        their connection. With `when="after"` the call is carried out and only its answer is lost."""
        self._ask(
            "fault",
            action=action,
            error=error,
            status=status,
            message=message,
            times=times,
            skip=skip,
            caller=caller,
            cut=cut,
            when=when,
        )

    def delay(self, action: str, seconds: float, times: int = 1, *, when: str = "before") -> None:
        """Hold the next `times` calls of `action` for `seconds`, before or after they are carried out."""
        self._ask("fault", action=action, seconds=seconds, times=times, when=when)

    def hold(self, action: str, *, times: int = 1, skip: int = 0, when: str = "before") -> None:
        """Let the next `times` calls of `action` after the first `skip` stand still until `release` or `clear`; before
        they are carried out (one whose caller hangs up never is) or after."""
        self._ask("fault", action=action, times=times, skip=skip, when=when, hold=True)

    def release(self, calls: int = 1, *, when: str = "before") -> None:
        """Let so many calls go on that are held before or after they are carried out, also such as are to come."""
        self._ask("release", calls=calls, when=when)

    def held(self) -> list[dict[str, str]]:
        """Return `action` and `when` of the calls that stand still now."""
        return cast(list[dict[str, str]], self._ask("held"))

    def clear(self) -> None:
        """Forget all faults and set the settings back; what is held goes on, actions and resources stay."""
        self._ask("clear")

    def expire(self, access_key_id: str) -> None:
        """Let a session's credentials end now."""
        self._ask("expire", access_key_id=access_key_id)

    def new_session(
        self, account: str, seconds: float = 12 * 3600, *, user: str = "administrator", mfa: bool = True
    ) -> dict[str, str]:
        """Return fresh session credentials of a user: arn, access_key_id, secret_access_key, session_token, expires."""
        return cast(dict[str, str], self._ask("new_session", account=account, seconds=seconds, user=user, mfa=mfa))

    def change_settings(self, **settings: bool) -> dict[str, bool]:
        """Switch `ignore_external_ids` (STS passes over external IDs), `enforce_identity_policies` (on at first) or
        `check_principals` (trust policies may name only who exists); return them all."""
        return cast(dict[str, bool], self._ask("settings", **settings))
