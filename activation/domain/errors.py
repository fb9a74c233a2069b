"""What can go wrong, whose it is, and the one table of words for it."""

from activation.domain.wording import WORDING, Wording

__all__ = ["WORDING", "Faulted", "Problem", "Refused", "Wording"]


class Problem(Exception):
    """A failure with a stable code; the words come from `WORDING`."""

    def __init__(self, code: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values

    @property
    def text(self) -> str:
        """What happened, as a sentence."""
        return WORDING[self.code].text.format(**self.values)

    @property
    def next_step(self) -> str:
        """What the person can do now, as a sentence; may be empty."""
        return WORDING[self.code].next_step.format(**self.values)

    def __str__(self) -> str:
        return f"{self.text} {self.next_step}".strip()


class Refused(Problem):
    """The person who asked can mend it."""


class Faulted(Problem):
    """Ours, or the machine's: nothing the person typed would have helped."""
