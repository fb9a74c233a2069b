"""A run's log as pages show it: its end first, a window of it, what was searched for."""

from collections.abc import Iterator
from dataclasses import dataclass

from activation.models import LogLine, Organization, Run

# What one page shows: three elements a line, so the page keeps below 2,000.
WINDOW = 500
MOST_FOUND = 200
# A poll carries at most this many lines: a burst comes in several, each of them soon drawn.
MOST_AT_ONCE = 250
# Seconds between polls while lines come, and after so many empty ones.
WAITS = ((4, "500ms"), (10, "1s"))
LONGEST_WAIT = "2s"


@dataclass(frozen=True)
class LogView:
    """A part of a log: its lines, whether there is more before and behind, and how it is followed.

    `poll_url` is relative to the run's page; empty where nothing more comes to this view.
    """

    lines: list[LogLine]
    total: int
    before: int = 0
    later: int = 0
    query: str = ""
    poll_url: str = ""
    wait: str = WAITS[0][1]

    @property
    def found_all(self) -> bool:
        """Return whether the search shows everything that it found."""
        return len(self.lines) < MOST_FOUND


def open_log(run: Run, *, line: str = "", before: str = "", after: str = "", query: str = "") -> LogView:
    """Return the part of a log that an address asks for; without a wish its end, which is then followed."""
    rows = LogLine.objects.filter(run_id=run.pk)
    if query:
        found = rows.filter(text__icontains=query).order_by("number")
        return LogView(list(found[:MOST_FOUND]), run.lines, query=query)
    first = first_line(run, line=line, before=before, after=after)
    if first is not None:
        return window(run, first)
    return window(run, max(1, run.lines - WINDOW + 1), follow=not run.has_ended)


def first_line(run: Run, *, line: str, before: str, after: str) -> int | None:
    """Return with which line the wished window begins; None where no wish can be read."""
    for text, shift in ((line, -WINDOW // 2), (before, -WINDOW), (after, 1)):
        if text.isascii() and text.isdigit() and len(text) < 15:
            return max(1, min(int(text) + shift, run.lines))
    return None


def window(run: Run, first: int, *, follow: bool = False) -> LogView:
    """Return the lines from `first` on, as many as one page shows."""
    rows = LogLine.objects.filter(run_id=run.pk)
    lines = list(rows.filter(number__gte=first, number__lt=first + WINDOW).order_by("number"))
    last = lines[-1].number if lines else 0
    return LogView(
        lines,
        run.lines,
        before=first if first > 1 else 0,
        later=last if last < run.lines and not follow else 0,
        poll_url=poll_address(last, 0) if follow else "",
    )


@dataclass(frozen=True)
class Polled:
    """What a poll of the log answers; without `poll_url` the log has ended."""

    lines: list[LogLine]
    poll_url: str
    wait: str


def poll_log(organization: Organization, pk: str, *, after: int, idle: int) -> Polled | None:
    """Return the lines behind `after`, and the address of the next poll; None where there is no such run.

    Whether the run has ended is read before the lines: what is read then is all there is. The count of lines stands
    in the run's row, so a poll that finds nothing asks no other table.
    """
    run = Run.objects.for_organization(organization).filter(pk=pk).only("status", "lines").first()
    if run is None:
        return None
    lines = list(LogLine.objects.filter(run_id=pk).after(after, most=MOST_AT_ONCE)) if run.lines > after else []
    last = lines[-1].number if lines else after
    idle = 0 if lines else idle + 1
    ended = run.has_ended and last >= run.lines
    wait = "50ms" if len(lines) == MOST_AT_ONCE else wait_after(idle)
    return Polled(lines, "" if ended else poll_address(last, idle), wait)


def wait_after(idle: int) -> str:
    """Return how long a poller waits after so many answers that brought nothing."""
    return next((wait for most, wait in WAITS if idle < most), LONGEST_WAIT)


def poll_address(after: int, idle: int) -> str:
    """Return the address of the next poll, relative to the run's page."""
    return f"log/?after={after}&idle={idle}" if idle else f"log/?after={after}"


def raw_log(run: Run) -> Iterator[str]:
    """Yield the whole log as text, a piece at a time, whatever its length."""
    rows = LogLine.objects.filter(run_id=run.pk).order_by("number").values_list("at", "text")
    for at, text in rows.iterator(chunk_size=2000):
        yield f"{at:%Y-%m-%dT%H:%M:%S}Z {text}\n"
