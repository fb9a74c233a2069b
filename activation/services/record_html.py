"""Write a report as HTML: one file that asks for nothing else."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.template.loader import render_to_string

from activation.domain.record.report import Block, Pairs, Report, Section, Table, Text


def write(report: Report, advance: Callable[[int], None]) -> bytes:
    """Return the report as a page in UTF-8; `advance` is told of each section."""

    def blocks(section: Section) -> list[dict[str, Any]]:
        """Return a section's blocks, at the moment at which the template comes to them."""
        advance(0)
        return [shown(block) for block in section.blocks]

    sections = [
        {"title": each.title, "heading": each.level + 1, "blocks": partial(blocks, each)} for each in report.sections
    ]
    return render_to_string("record/summary.html", {"report": report, "sections": sections}).encode()


def shown(block: Block) -> dict[str, Any]:
    """Return a block as the template takes it."""
    if isinstance(block, Text):
        return {"kind": block.kind, "text": block.text}
    if isinstance(block, Pairs):
        return {"kind": "pairs", "rows": block.rows}
    if not block.rows:
        return {"kind": "", "text": block.empty}
    return {"kind": "table", "headings": block.headings, "rows": [cells(block, row) for row in block.rows]}


def cells(table: Table, row: Any) -> list[dict[str, Any]]:
    """Return a row's cells."""
    return [{"text": text, "code": at in table.codes} for at, text in enumerate(row)]
