"""A report: what the PDF and the HTML of a record show, so that both say the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """A paragraph; `kind` is empty or `note`."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Pairs:
    """Names and values; a value that is empty is shown as a dash."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows under headings; `widths` are shares of the page's width, `codes` the columns of identifiers."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    codes: frozenset[int] = frozenset()
    empty: str = "None."


Block = Text | Pairs | Table


def moment(time: str | None) -> str:
    """Return a time as the report writes it, from how events hold it; nothing where there is none."""
    return f"{time[:10]} {time[11:19]} UTC" if time else ""


@dataclass
class Section:
    """A part of a report with a heading; `level` 2 stands under the one of level 1 before it."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    level: int = 1


@dataclass
class Report:
    """A whole report."""

    title: str
    subtitle: str
    # Repeated at the foot of every page.
    foot: str
    sections: list[Section] = field(default_factory=list)

    def add(self, title: str, *blocks: Block, level: int = 1) -> None:
        """Add a section."""
        self.sections.append(Section(title, list(blocks), level))
