"""Tables for spreadsheets: RFC 4180, and no cell that a spreadsheet takes for a formula."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from activation.domain.chain import MEMBERS

# OWASP, CSV injection.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless_cell(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula: with `'` before it where it looks like one."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def row_of(event: Mapping[str, Any]) -> list[str]:
    """Return an event as a row, in the order of `chain.MEMBERS`; what is not a text stands there as JSON."""
    return [cell_of(event[name]) for name in MEMBERS]


def cell_of(value: Any) -> str:
    """Return any value of JSON as a harmless cell; an empty object is an empty cell."""
    if isinstance(value, str):
        return harmless_cell(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value != {} else ""


def encode(rows: Iterable[Sequence[str]], *, at_once: int = 500) -> Iterator[bytes]:
    """Yield rows as CSV in UTF-8, many at a time; lines end with CR LF (RFC 4180 §2)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % at_once == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
