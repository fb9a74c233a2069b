"""The shape of one entry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """What a person reads: what happened, and what to do next."""

    text: str
    next_step: str = ""
