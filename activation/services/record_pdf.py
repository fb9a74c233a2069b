"""Write a report as PDF: the same report gives the same bytes."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import zip_longest
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from activation.domain.record.report import Block, Pairs, Report, Section, Table, Text

INK, FAINT, LINE, ACCENT, PAPER = (HexColor(each) for each in ("#1b1f24", "#5c6570", "#d8dde3", "#1f5fbf", "#f4f6f8"))
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
# So many names and values stay on one page.
SHORT = 9
# So high is a row at most, where a cell goes on in others; so many characters of a cell are wrapped at once; and so
# few are never too high, in whatever column.
HIGHEST, LONGEST, SURE = 90 * mm, 1500, 40
# Fonts that every reader of PDF brings for what Helvetica does not have; nothing needs to be embedded.
CHINESE, KOREAN = "STSong-Light", "HYSMyeongJo-Medium"
HANGUL = (range(0x1100, 0x1200), range(0x3130, 0x3190), range(0xAC00, 0xD7B0))

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12.5, textColor=INK, alignment=TA_LEFT)
NOTE = ParagraphStyle("note", parent=BODY, backColor=PAPER, borderPadding=5, spaceBefore=6, spaceAfter=8)
TITLE = ParagraphStyle("title", parent=BODY, fontName="Helvetica-Bold", fontSize=22, leading=27)
SUBTITLE = ParagraphStyle("subtitle", parent=BODY, fontSize=12, leading=16, textColor=FAINT, spaceAfter=6)
HEADINGS = {
    1: ParagraphStyle(
        "h1",
        parent=BODY,
        fontName="Helvetica-Bold",
        fontSize=13.5,
        leading=17,
        spaceBefore=16,
        spaceAfter=5,
    ),
    2: ParagraphStyle(
        "h2",
        parent=BODY,
        fontName="Helvetica-Bold",
        fontSize=10,
        leading=13,
        spaceBefore=9,
        spaceAfter=3,
    ),
}
CELL = ParagraphStyle("cell", parent=BODY, fontSize=8, leading=10.5)
CODE = ParagraphStyle("code", parent=CELL, fontName="Courier", fontSize=7.2, leading=9.5, splitLongWords=1)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold", textColor=FAINT)
LABEL = ParagraphStyle("label", parent=CELL, textColor=FAINT)

LEFT, RIGHT = 3, 5
SIDES = LEFT + RIGHT
GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), LEFT),
        ("RIGHTPADDING", (0, 0), (-1, -1), RIGHT),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)


def write(report: Report, advance: Callable[[int], None]) -> bytes:
    """Return the report as PDF, A4; without a clock and without chance in it. `advance` is told of parts and pages."""
    register_fonts()
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 4 * mm,
        title=f"{report.title}: {report.subtitle}",
        author="BYOC Portal",
        subject=report.foot,
        # Date and document ID are then the same each time.
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(MARGIN, MARGIN + 4 * mm, WIDTH, A4[1] - 2 * MARGIN - 4 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [frame])])
    document.build(list(story(report, advance)), canvasmaker=canvas_with_foot(report.foot, advance))
    return buffer.getvalue()


@cache
def register_fonts() -> None:
    """Make the fonts known that Helvetica needs beside it."""
    for name in (CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def story(report: Report, advance: Callable[[int], None]) -> Iterator[Flowable]:
    """Yield the report's parts in order."""
    yield paragraph(report.title, TITLE)
    yield paragraph(report.subtitle, SUBTITLE)
    for section in report.sections:
        advance(0)
        yield from section_parts(section)


def section_parts(section: Section) -> Iterator[Flowable]:
    """Yield a heading and what stands under it."""
    # A heading stands never alone at the foot of a page.
    yield CondPageBreak(26 * mm)
    yield paragraph(section.title, HEADINGS[section.level])
    for block in section.blocks:
        yield from block_parts(block)
        yield Spacer(0, 6)


def block_parts(block: Block) -> Iterator[Flowable]:
    """Yield one block."""
    if isinstance(block, Text):
        yield paragraph(block.text, NOTE if block.kind else BODY)
    elif isinstance(block, Pairs):
        rows = [(name, value or "–") for name, value in block.rows]
        if rows:
            lines = lined(rows, (LABEL, CELL), (0.24, 0.76))
            is_short = len(rows) <= SHORT and all(len(value) <= LONGEST for _, value in rows)
            yield KeepTogether([lines]) if is_short else lines
    elif block.rows:
        yield table(block)
    else:
        yield paragraph(block.empty, BODY)


def table(block: Table) -> Flowable:
    """Return a table whose headings stand again on each page."""
    styles = [CODE if at in block.codes else CELL for at in range(len(block.headings))]
    return lined(block.rows, styles, block.widths, headings=block.headings)


def lined(
    rows: Sequence[Sequence[str]],
    styles: Sequence[ParagraphStyle],
    widths: Sequence[float],
    *,
    headings: Sequence[str] = (),
) -> Flowable:
    """Return rows with a line under each; a cell that is too high for a page goes on in further rows without one."""
    columns = [WIDTH * share for share in widths]
    cells = [[paragraph(each, HEAD) for each in headings]] if headings else []
    ends = [0] if headings else []
    for row in rows:
        parts = [parted(text, style, width) for text, style, width in zip(row, styles, columns, strict=True)]
        cells += [list(each) for each in zip_longest(*parts, fillvalue="")]
        ends.append(len(cells) - 1)
    style = TableStyle([("LINEBELOW", (0, at), (-1, at), 0.4, LINE) for at in ends], parent=GRID)
    if headings:
        style.add("BACKGROUND", (0, 0), (-1, 0), PAPER)
    return LongTable(cells, colWidths=columns, repeatRows=1 if headings else 0, style=style)


def parted(text: str, style: ParagraphStyle, width: float) -> list[Flowable]:
    """Return a text as paragraphs for a column, none of them higher than part of a page.

    A long one is parted between words first: wrapping it whole, again and again, takes ever longer.
    """
    found: list[Flowable] = []
    while text or not found:
        end = len(text) if len(text) <= LONGEST else text.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        rest, text = paragraph(text[:end], style), text[end:]
        while end > SURE and len(split := rest.split(width - SIDES, HIGHEST)) > 1:
            found.append(split[0])
            rest = split[1]
        found.append(rest)
    return found


def paragraph(text: str, style: ParagraphStyle) -> Flowable:
    """Return a text as a paragraph; nothing in it is taken for markup."""
    return Paragraph("".join(marked(text)), style)


def marked(text: str) -> Iterator[str]:
    """Yield a text with the fonts its characters need."""
    plain, font = "", ""
    for character in text:
        needed, shown = font_for(character)
        if needed != font:
            yield run(plain, font)
            plain, font = "", needed
        plain += shown
    yield run(plain, font)


def run(text: str, font: str) -> str:
    """Return characters of one font as markup."""
    return f'<font name="{font}">{escape(text)}</font>' if font and text else escape(text)


def font_for(character: str) -> tuple[str, str]:
    """Return the font that has a character (empty: the style's own) and how it is shown.

    What no font at hand has is written as its number; summary.html has it as it is.
    """
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        if any(ord(character) in each for each in HANGUL):
            return KOREAN, character
        try:
            character.encode("gb2312" if ord(character) < 0x2E80 else "gbk")
        except UnicodeEncodeError:
            return "", f"[U+{ord(character):04X}]"
        return CHINESE, character
    return "", character if character >= " " or character == "\n" else " "


def canvas_with_foot(foot: str, advance: Callable[[int], None]) -> type[Any]:
    """Return a canvas that writes the foot and the number of pages, which is known at the end."""

    class FootedCanvas(Canvas):  # type: ignore[misc]
        """Keeps each page until all are there."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            """Keep the page."""
            advance(0)
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Write all pages, each with its foot."""
            for number, page in enumerate(self.kept, 1):
                advance(0)
                self.__dict__.update(page)
                self.draw_foot(number, len(self.kept))
                super().showPage()
            super().save()

        def draw_foot(self, number: int, pages: int) -> None:
            """Draw the foot of one page."""
            self.setStrokeColor(LINE)
            self.line(MARGIN, MARGIN, MARGIN + WIDTH, MARGIN)
            self.setStrokeColor(ACCENT)
            self.setLineWidth(2)
            self.line(MARGIN, A4[1] - MARGIN / 2, MARGIN + 24 * mm, A4[1] - MARGIN / 2)
            line = paragraph(foot, FOOT)
            _, height = line.wrap(WIDTH - 30 * mm, MARGIN)
            line.drawOn(self, MARGIN, MARGIN - 2 - height)
            self.setFillColor(FAINT)
            self.setFont("Helvetica", 7.5)
            self.drawRightString(MARGIN + WIDTH, MARGIN - 10, f"Page {number} of {pages}")

    return FootedCanvas


FOOT = ParagraphStyle("foot", parent=BODY, fontSize=7.5, leading=9, textColor=FAINT)
