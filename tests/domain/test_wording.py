"""The table of words and the code that uses it hold together."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from activation.domain.wording import ROOMS, WORDING

ACTIVATION = Path(__file__).resolve().parents[2] / "activation"
PROBLEMS = {"Refused", "Faulted", "Problem"}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Return the product's modules beside the table itself."""
    for path in sorted(ACTIVATION.rglob("*.py")):
        if ACTIVATION / "domain" / "wording" not in path.parents:
            yield path, ast.parse(path.read_text())


MODULES = tuple(modules())


def texts() -> tuple[set[str], list[tuple[str, str]]]:
    """Return every text constant, and the constant beginning and end of every text put together."""
    whole: set[str] = set()
    joined: list[tuple[str, str]] = []
    for _, module in MODULES:
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                ends = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
                joined.append((str(ends[0]), str(ends[-1])))
    return whole, joined


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Return each problem that is raised with a code written out: where, the code, the names of its values."""
    for path, module in MODULES:
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PROBLEMS):
                continue
            given = {keyword.arg for keyword in node.keywords}
            code = node.args[0] if node.args else None
            if isinstance(code, ast.Constant) and None not in given:
                where = f"{path.relative_to(ACTIVATION)}:{node.lineno}"
                yield where, str(code.value), {name for name in given if name}


def placeholders(code: str) -> set[str]:
    """Return the names that the words of a code leave open."""
    words = WORDING[code]
    return {name for text in (words.text, words.next_step) for _, name, _, _ in Formatter().parse(text) if name}


def test_every_code_occurs_in_the_code() -> None:
    whole, joined = texts()
    made = [(head, tail) for head, tail in joined if head.endswith("_") or tail.startswith("_")]

    unused = [
        code
        for code in WORDING
        if code not in whole and not any(code.startswith(head) and code.endswith(tail) for head, tail in made)
    ]

    assert not unused


def test_a_code_stands_in_one_room_only() -> None:
    counted = Counter(code for room in ROOMS for code in room)
    assert [code for code, times in counted.items() if times > 1] == []


def test_what_happened_is_a_sentence() -> None:
    assert [code for code, wording in WORDING.items() if wording.text.rstrip()[-1] not in '.!?:}”)"'] == []


@pytest.mark.parametrize(("where", "code", "given"), [pytest.param(*call, id=call[0]) for call in calls()])
def test_whoever_raises_a_code_gives_what_its_words_leave_open(where: str, code: str, given: set[str]) -> None:
    assert placeholders(code) <= given, where
