"""The report as PDF: whatever stands in a cell, it is made, and whole."""

import base64
import re
import zlib

import pytest

from activation.domain.record.report import Block, Pairs, Report, Table
from activation.services import record_pdf

WORDS = 13_107
FINDING = "aws_iam_role.cross_account_{0:02}: the name cross-account-{0:02} is not one of this package. "
WIDTHS = (0.35, 0.12, 0.53)


def pages_of(*blocks: Block) -> list[bytes]:
    """Return what is drawn on each page of a report."""
    report = Report("Activation record", "A", "foot")
    report.add("Asked", *blocks)
    written = record_pdf.write(report, lambda rows: None)
    found = re.findall(rb"/ASCII85Decode[^>]*>>\s*stream\s*(.*?)endstream", written, re.DOTALL)
    return [zlib.decompress(base64.a85decode(each.strip().removesuffix(b"~>"))) for each in found]


@pytest.mark.parametrize(
    "block",
    [
        Pairs([("before", "x"), ("value", "word " * WORDS), ("after", "y")]),
        Table(("Rule", "Result", "Found"), [("Names", "failed", "word " * WORDS)], WIDTHS),
        Table(("Rule", "Result", "Found"), [("Names", "word " * WORDS, "x")], WIDTHS, frozenset({1})),
    ],
)
def test_a_cell_of_64_kib_is_written_whole_over_many_pages(block: Block) -> None:
    pages = pages_of(block)
    assert len(pages) > 10
    assert sum(page.count(b"word") for page in pages) == WORDS


def test_a_long_word_without_a_blank_is_written_whole() -> None:
    pages = pages_of(Pairs([("value", "x" * 65_536)]))
    assert sum(page.count(b"x") for page in pages) >= 65_536


def test_a_refusal_of_forty_findings_is_written_under_one_heading_a_page() -> None:
    rows = [("Rule", "passed", "ok")] * 30 + [("Names", "failed", "".join(FINDING.format(n) for n in range(40)))]
    pages = pages_of(Table(("Heading", "Result", "Found"), rows, WIDTHS))
    assert len(pages) > 1
    assert all(page.count(b"(Heading)") == 1 for page in pages)
    assert sum(page.count(b"aws_iam_role.cross_account_") for page in pages) == 40
