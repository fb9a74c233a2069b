"""What the documents name exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
# `tests/real/test_x.py::test_y`, `activation/domain/x.py`, `tests/faults`
NAMED = re.compile(r"(?<![\w/.-])((?:tests|activation|byoc_portal|benchmarks|docker|docs|\.ci)/[\w./-]*\w)(?:::(\w+))?")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def named() -> Iterator[tuple[str, str, str]]:
    """Return document, path and test of everything in code that a document names."""
    for document in DOCUMENTS:
        for code in re.findall(r"`([^`\n]+)`", document.read_text()):
            for path, test in NAMED.findall(code):
                yield document.name, path, test


def test_paths_and_tests_that_are_named_exist() -> None:
    assert sum(bool(test) for _, _, test in named())
    for document, path, test in named():
        assert (ROOT / path).exists(), f"{document} names {path}"
        if test:
            assert f"def {test}(" in (ROOT / path).read_text(), f"{document} names {path}::{test}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_command_stands_in_the_table() -> None:
    ours = {name for name, app in get_commands().items() if app == "activation"}
    text = (ROOT / "docs" / "operating.md").read_text()
    table = text[text.index("### Commands") :].partition("\n### ")[0]
    listed = {name for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)", row)}

    assert ours == listed
