"""Faults on demand: errors, throttling, delays and cut connections, per action and number of calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Event, Lock
from typing import Any

from activation.simulator.calls import Call
from activation.simulator.conditions import matches_wildcard

# How often a call that stands still looks whether its caller is there.
_LOOK_SECONDS = 0.05


@dataclass
class Fault:
    """What happens to the calls of an action (`*` and `?` allowed), `times` times after the first `skip`.

    `error` is answered with `status` and `message`, with or without `cut` the connection is closed instead. `when` is
    "before" (nothing was done) or "after" (it was done, and the caller does not learn of it). With `hold` the call
    stands still until it is released, or all faults are forgotten.
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
    hold: bool = False
    # How often all faults had been forgotten when this one came.
    generation: int = field(default=0, init=False)

    @property
    def delays(self) -> bool:
        """Return whether the call is only late, not failed."""
        return bool(self.seconds) or self.hold


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = Lock()
        self._stopped = Event()
        self._gate = Condition()
        self._held: list[dict[str, str]] = []
        self._passes = {"before": 0, "after": 0}
        self._forgotten = 0

    def add(self, values: dict[str, Any]) -> None:
        """Add a fault from its fields. Raises ValueError where they are not a fault's."""
        try:
            fault = Fault(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if fault.when not in ("before", "after"):
            raise ValueError("when is 'before' or 'after'")
        with self._lock:
            fault.generation = self._forgotten
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults; what is held goes on."""
        with self._lock:
            self._waiting.clear()
        with self._gate:
            self._forgotten += 1
            self._passes = {"before": 0, "after": 0}
            self._gate.notify_all()

    def hold(self, fault: Fault, action: str, is_gone: Callable[[], bool]) -> bool:
        """Wait until a call may go on; return False where its caller has hung up before."""
        with self._gate:
            entry = {"action": action, "when": fault.when}
            self._held.append(entry)
            try:
                while not self._stopped.is_set() and self._forgotten == fault.generation:
                    if is_gone():
                        return False
                    if self._passes[fault.when]:
                        self._passes[fault.when] -= 1
                        return True
                    self._gate.wait(_LOOK_SECONDS)
                return True
            finally:
                self._held.remove(entry)

    def release(self, calls: int, when: str) -> None:
        """Let so many calls go on that are held before or after they are carried out, also such as are to come."""
        with self._gate:
            self._passes[when] += calls
            self._gate.notify_all()

    def held(self) -> list[dict[str, str]]:
        """Return `action` and `when` of the calls that stand still."""
        with self._gate:
            return list(self._held)

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
                if not fault.delays and any(not other.delays for other in taken):
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
