"""The control plane: what tests and the demo ask of the simulator itself, under /_simulator/, guarded by a token."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from activation.simulator.demo import SESSION_SECONDS, Demo, shown
from activation.simulator.directory import Directory
from activation.simulator.faults import Faults
from activation.simulator.recording import Recording
from activation.simulator.sts import Settings


class Refusal(Exception):
    """A question to the control plane that cannot be answered."""

    def __init__(self, text: str, status: int = 404) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Answers the control plane's questions."""

    def __init__(
        self,
        token: str,
        identities: dict[str, Any],
        recording: Recording,
        faults: Faults,
        directory: Directory,
        demo: Demo,
        settings: Settings,
    ) -> None:
        self.token = token
        self._identities = identities
        self._recording = recording
        self._faults = faults
        self._directory = directory
        self._demo = demo
        self._settings = settings
        self._questions: dict[str, Callable[[dict[str, Any]], Any]] = {
            "actions": lambda values: self._recording.since(int(values.get("after", 0))),
            "counts": lambda values: self._recording.counts(int(values.get("after", 0))),
            "identities": lambda values: self._identities,
            "fault": self._add_fault,
            "clear": self._clear,
            "release": self._release,
            "held": lambda values: self._faults.held(),
            "expire": self._expire,
            "new_session": self._new_session,
            "settings": self._change_settings,
        }

    def answer(self, question: str, values: dict[str, Any]) -> Any:
        """Answer a question with something that JSON can carry. Raises Refusal or ValueError."""
        asked = self._questions.get(question)
        if asked is None:
            raise Refusal(f"no question {question!r}")
        return asked(values)

    def _add_fault(self, values: dict[str, Any]) -> dict[str, Any]:
        self._faults.add(values)
        return {}

    def _clear(self, values: dict[str, Any]) -> dict[str, Any]:
        self._faults.clear()
        for name, value in asdict(Settings()).items():
            setattr(self._settings, name, value)
        return {}

    def _release(self, values: dict[str, Any]) -> dict[str, Any]:
        when = str(values.get("when", "before"))
        if when not in ("before", "after"):
            raise ValueError("when is 'before' or 'after'")
        self._faults.release(int(values.get("calls", 1)), when)
        return {}

    def _expire(self, values: dict[str, Any]) -> dict[str, Any]:
        if not self._directory.expire(str(values.get("access_key_id", ""))):
            raise Refusal("no such session")
        return {}

    def _new_session(self, values: dict[str, Any]) -> dict[str, str]:
        try:
            made = self._demo.new_session(
                str(values.get("account", "")),
                float(values.get("seconds", SESSION_SECONDS)),
                user=str(values.get("user", "administrator")),
                mfa=bool(values.get("mfa", True)),
            )
        except LookupError as error:
            raise Refusal(str(error)) from error
        return shown(made)

    def _change_settings(self, values: dict[str, Any]) -> dict[str, bool]:
        for name, value in values.items():
            if name not in asdict(self._settings) or not isinstance(value, bool):
                raise Refusal(f"no setting {name!r}", 400)
            setattr(self._settings, name, value)
        return asdict(self._settings)
