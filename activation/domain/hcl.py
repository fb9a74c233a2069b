"""Terraform's language, read as blocks and expressions without evaluating anything."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from activation.domain.errors import Refused

LIMIT: Final = 128 * 1024
"""Bytes of one file; the bundled ones have 8 KiB."""

type Expression = Tree[Token]

_DEEPEST = 40
_BRACKET = re.compile(r"[\[({})\]]")
# Anything else that is invisible could be a line end to one reader and a blank to the other.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Block:
    """One block: `resource "aws_iam_role" "x" { … }` has kind `resource` and two labels."""

    kind: str
    labels: tuple[str, ...]
    line: int
    attributes: Mapping[str, Expression] = field(repr=False)
    blocks: tuple["Block", ...] = field(repr=False)

    def walk(self) -> Iterator["Block"]:
        """Yield this block and all blocks inside it."""
        yield self
        for block in self.blocks:
            yield from block.walk()


@dataclass(frozen=True)
class Document:
    """One file: its blocks, and its tree for what stands anywhere in it."""

    blocks: tuple[Block, ...]
    tree: Expression = field(repr=False)


def read(source: bytes, file: str) -> Document:
    """Read one .tf file of at most 128 KiB in UTF-8.

    Raises Refused (field `archive`): package_file_too_large, package_not_text, package_not_hcl with `file` and `line`.
    """
    if len(source) > LIMIT:
        raise Refused("package_file_too_large", field="archive", file=file, limit=LIMIT // 1024)
    try:
        text = source.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused("package_not_text", field="archive", file=file) from None
    if _UNREADABLE.search(text):
        raise Refused("package_not_text", field="archive", file=file)
    if _too_deep(text):
        raise Refused("package_not_hcl", field="archive", file=file, line=1)
    try:
        tree = hcl2.parses_to_tree(text)
    except (LarkError, RecursionError) as error:
        line = error.line if isinstance(error, UnexpectedInput) and error.line > 0 else 1
        raise Refused("package_not_hcl", field="archive", file=file, line=line) from None
    attributes, blocks = _body(tree)
    if attributes:
        raise Refused("package_not_hcl", field="archive", file=file, line=_line(next(iter(attributes.values()))))
    return Document(blocks, tree)


def calls(tree: Expression) -> Iterator[tuple[str, tuple[Expression, ...], int]]:
    """Yield every function call: its name, its arguments, its line. Heredocs are not looked into: see `heredocs`."""
    for call in tree.find_data("function_call"):
        name = ""
        arguments: tuple[Expression, ...] = ()
        opened = False
        for child in call.children:
            if isinstance(child, Tree) and child.data == "arguments":
                arguments = tuple(item for item in _trees(child) if item.data != "new_line_or_comment")
            elif str(child) == "(":
                opened = True
            elif not opened:
                name += source_of(child) if isinstance(child, Tree) else str(child)
        yield name.strip(), arguments, _line(call)


def heredocs(tree: Expression) -> Iterator[tuple[str, int]]:
    """Yield the raw text of every heredoc, which the grammar leaves unread, with its line."""
    for found in tree.iter_subtrees():
        if str(found.data).startswith("heredoc_template"):
            # Line ends count: a comment in what it computes ends there.
            yield _raw(found), _line(found)


def source_of(node: Expression) -> str:
    """Return an expression as it was written, on one line."""
    return re.sub(r"\s+", " ", _raw(node)).strip()


def literal(node: Expression | None) -> str | None:
    """Return the text of a string or heredoc that computes nothing; None for everything else."""
    if node is None:
        return None
    node = _inner(node)
    raw = _raw(node)
    if re.search(r"(?<!\$)\$\{|(?<!%)%\{", raw):
        return None
    if node.data == "string":
        text = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), raw[1:-1])
        return text.replace("$${", "${").replace("%%{", "%{")
    if str(node.data).startswith("heredoc_template"):
        return textwrap.dedent(raw.rstrip().partition("\n")[2].rpartition("\n")[0]).strip()
    return None


def members(node: Expression) -> dict[str, Expression]:
    """Return the entries of an object expression by key; nothing for every other expression."""
    node = _inner(node)
    found: dict[str, Expression] = {}
    if node.data != "object":
        return found
    for element in _trees(node):
        parts = [child for child in _trees(element) if child.data != "new_line_or_comment"]
        if len(parts) == 2:
            found[source_of(parts[0]).strip('"')] = parts[1]
    return found


def _raw(node: Expression) -> str:
    return "".join(str(token) for token in node.scan_values(lambda item: isinstance(item, Token)))


def _inner(node: Expression) -> Expression:
    while node.data == "expr_term" and len(node.children) == 1 and isinstance(node.children[0], Tree):
        node = node.children[0]
    return node


def _too_deep(text: str) -> bool:
    """Count brackets roughly: the reader recurses, and is slow on thousands of them."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[({" else -1
        if depth > _DEEPEST:
            return True
    return False


def _body(tree: Expression) -> tuple[dict[str, Expression], tuple[Block, ...]]:
    attributes: dict[str, Expression] = {}
    blocks: list[Block] = []
    for body in tree.children:
        if not isinstance(body, Tree) or body.data != "body":
            continue
        for child in body.children:
            if isinstance(child, Tree) and child.data == "block":
                blocks.append(_block(child))
            elif isinstance(child, Tree) and child.data == "attribute":
                name = source_of(_trees(child)[0])
                attributes[name] = _trees(child)[-1]
    return attributes, tuple(blocks)


def _block(tree: Expression) -> Block:
    heads = [child for child in _trees(tree) if child.data in ("identifier", "keyword", "string")]
    attributes, blocks = _body(tree)
    labels = tuple(source_of(head).strip('"') for head in heads[1:])
    return Block(source_of(heads[0]), labels, _line(tree), attributes, blocks)


def _trees(tree: Expression) -> list[Expression]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _line(tree: Expression) -> int:
    first = next(iter(tree.scan_values(lambda item: isinstance(item, Token))), None)
    return (first.line or 1) if isinstance(first, Token) else 1
