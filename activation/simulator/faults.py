"""Faults on demand: errors, throttling, delays and cut connections, per action and number of calls."""

from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

from activation.simulator.calls import Call
from activation.simulator.conditions import matches_wildcard


@dataclass
class Fault:
    """What happens to the calls of an action (`*` and `?` allowed), `times` times after the first `skip`.

    `error` is answered with `status` and `message`, with or without `cut` the connection is closed instead. `when` is
    "before" (nothing was done) or "after" (it was done, and the caller does not learn of it).
    """

    action: str
    times: int = 1
    skip: int = 0
    caller: str = "*"
    error: str = ""
    status: int = 400
    message: str = ""
    cut: bool = False
    seconds: float = 0.0
    when: str = "before"


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = Lock()
        self._stopped = Event()

    def add(self, values: dict[str, Any]) -> None:
        """Add a fault from its fields. Raises ValueError where they are not a fault's."""
        try:
            fault = Fault(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if fault.when not in ("before", "after"):
            raise ValueError("when is 'before' or 'after'")
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def take(self, call: Call, caller: str) -> list[Fault]:
        """Return the faults that apply to this call, each counted down: delays all, of the others the first."""
        taken: list[Fault] = []
        with self._lock:
            for fault in list(self._waiting):
                if not (
                    matches_wildcard(fault.action, call.action, fold_case=True)
                    and matches_wildcard(fault.caller, caller)
                ):
                    continue
                if not fault.seconds and any(not other.seconds for other in taken):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                taken.append(fault)
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
        return taken

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the end of the simulator."""
        self._stopped.wait(seconds)

    def stop(self) -> None:
        """Wake all who wait."""
        self._stopped.set()
