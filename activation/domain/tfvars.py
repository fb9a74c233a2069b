"""A terraform.tfvars: literal values by name, read with the grammar of HCL and without evaluating anything."""

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from activation.domain.characters import CURLY_QUOTES, decode
from activation.domain.errors import Refused

LIMIT = 64 * 1024
KNOWN = (
    "aws_region",
    "aws_access_key",
    "aws_secret_key",
    "aws_session_token",
    "external_id",
    "vendor_principal_arn",
)

_DEEPEST = 16
_LITERALS = {"int_lit", "float_lit", "literal_value", "string", "tuple", "object", "object_elem", "object_elem_key"}
_CONTAINERS = {
    "expr_term",
    "new_line_or_comment",
    "unary_op",
    "string_part",
    "heredoc_template",
    "heredoc_template_trim",
}
_KEY = re.compile(r"[\w-]+")
_ESCAPE = re.compile(r"\\(?:([nrt\"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))", re.DOTALL)
# `$${` and `%%{` stand for themselves; every other `${` and `%{` computes something, in strings and heredocs alike.
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class TfvarsFile:
    """The known values as they were written, the names nobody asked for, and what is wrong; values stay out of repr.

    `literals` are those that may be of any type, as JSON has them.
    """

    values: dict[str, str] = field(repr=False)
    unknown: tuple[str, ...]
    problems: tuple[Refused, ...]
    literals: dict[str, Any] = field(default_factory=dict, repr=False)


def parse(
    text: str | bytes, limit: int = LIMIT, known: Collection[str] = KNOWN, of_any_type: Collection[str] = ()
) -> TfvarsFile:
    """Read a tfvars file of at most `limit` bytes; never raises, and no problem repeats a value.

    `known` are variables that hold text, `of_any_type` others. A known one set to `null` or `""` counts as not set.
    The field of a problem is the variable's name, where there is one. Problems: tfvars_too_large, tfvars_not_text,
    tfvars_json, tfvars_smart_quotes, tfvars_not_hcl, tfvars_block, tfvars_duplicate, tfvars_interpolation,
    tfvars_expression, tfvars_not_string, tfvars_escape.
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        return _nothing(Refused("tfvars_too_large", limit=limit // 1024))
    try:
        source = decode(text).replace("\r\n", "\n").replace("\r", "\n")
    except Refused:
        return _nothing(Refused("tfvars_not_text"))
    if any(character < " " and character not in "\t\n" for character in source):
        return _nothing(Refused("tfvars_not_text"))
    if source.lstrip().startswith("{"):
        return _nothing(Refused("tfvars_json"))
    if _too_deep(source):
        return _nothing(Refused("tfvars_not_hcl", line=1))
    try:
        # Reading a deep tree recurses as making it does.
        return _collect(hcl2.parses_to_tree(source), frozenset(known), frozenset(of_any_type))
    except (LarkError, RecursionError) as error:
        return _nothing(_why_not(source, error))


def _nothing(problem: Refused) -> TfvarsFile:
    return TfvarsFile({}, (), (problem,))


def _too_deep(source: str) -> bool:
    """Count brackets roughly: honest files nest none, and the grammar's reader is slow on thousands."""
    depth = 0
    for character in re.findall(r"[\[({})\]]", source):
        depth += 1 if character in "[({" else -1
        if depth > _DEEPEST:
            return True
    return False


def _why_not(source: str, error: Exception) -> Refused:
    for number, line in enumerate(source.split("\n"), 1):
        after = line.partition("=")[2].lstrip()
        if after[:1] and after[0] in CURLY_QUOTES:
            return Refused("tfvars_smart_quotes", line=number)
    line_number = error.line if isinstance(error, UnexpectedInput) and error.line > 0 else source.count("\n") + 1
    return Refused("tfvars_not_hcl", line=min(line_number, source.count("\n") + 1))


def _collect(tree: Tree[Token], known: frozenset[str], of_any_type: frozenset[str]) -> TfvarsFile:
    values: dict[str, str] = {}
    literals: dict[str, Any] = {}
    seen: dict[str, None] = {}
    problems: list[Refused] = []
    body = tree.children[0]
    for child in body.children if isinstance(body, Tree) else []:
        if not isinstance(child, Tree) or child.data == "new_line_or_comment":
            continue
        name, line = _name_and_line(child)
        if child.data != "attribute":
            problems.append(Refused("tfvars_block", name=name, line=line))
            continue
        if name in seen:
            problems.append(Refused("tfvars_duplicate", field=name, name=name, line=line))
            continue
        seen[name] = None
        value, code = _literal(child.children[-1])
        if code is None and name in known and value is None and not _is_null(child.children[-1]):
            code = "tfvars_not_string"
        if code is not None:
            problems.append(Refused(code, field=name, name=name, line=line))
        elif name in known and value:
            values[name] = value
        elif name in of_any_type:
            try:
                found = _value(child.children[-1])
            except _NoLiteral:
                problems.append(Refused("tfvars_expression", field=name, name=name, line=line))
                continue
            if found is not None:
                literals[name] = found
    unknown = tuple(name for name in seen if name not in known and name not in of_any_type)
    return TfvarsFile(values, unknown, tuple(problems), literals)


def _name_and_line(node: Tree[Token]) -> tuple[str, int]:
    tokens = node.scan_values(lambda item: isinstance(item, Token))
    first = next(tokens)
    return str(first), first.line or 0


def _literal(node: Tree[Token] | Token) -> tuple[str | None, str | None]:
    """Return the text of a plain string, or the code of what is wrong; neither for another literal."""
    if not isinstance(node, Tree):
        return None, "tfvars_expression"
    parts = {str(subtree.data) for subtree in node.iter_subtrees()}
    if _TEMPLATE.search(_raw(node)):
        return None, "tfvars_interpolation"
    string = _only_string(node)
    if string is not None:
        return _unescape(_raw(string)[1:-1])
    if parts - _LITERALS - _CONTAINERS - {"identifier"} or _has_reference(node):
        return None, "tfvars_expression"
    return None, None


class _NoLiteral(Exception):
    """Something that this reader does not evaluate, such as a heredoc."""


def _value(node: Tree[Token] | Token) -> Any:
    """Return what a literal stands for: text, number, true, false, null, a list or an object. Raises _NoLiteral."""
    if not isinstance(node, Tree):
        raise _NoLiteral
    inner = [child for child in node.children if isinstance(child, Tree) and child.data != "new_line_or_comment"]
    match str(node.data):
        case "expr_term" if len(inner) == 1:
            return _value(inner[0])
        case "string":
            text, code = _unescape(_raw(node)[1:-1])
            if code is not None:
                raise _NoLiteral
            return text
        case "int_lit" | "float_lit" | "unary_op":
            return _number("".join(_raw(node).split()))
        case "literal_value":
            return {"true": True, "false": False, "null": None}[_raw(node).strip()]
        case "tuple":
            return [_value(child) for child in inner]
        case "object":
            return dict(_entry(child) for child in inner)
    raise _NoLiteral


def _number(written: str) -> int | float:
    try:
        number = float(written)
    except ValueError:
        raise _NoLiteral from None
    if not math.isfinite(number):
        raise _NoLiteral
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _entry(node: Tree[Token]) -> tuple[str, Any]:
    key, value = (child for child in node.children if isinstance(child, Tree) and child.data != "new_line_or_comment")
    string = next((each for each in key.iter_subtrees() if each.data == "string"), None)
    name = str(_value(string)) if string is not None else _raw(key).strip()
    if string is None and not _KEY.fullmatch(name):
        raise _NoLiteral
    return name, _value(value)


def _raw(node: Tree[Token]) -> str:
    return "".join(str(token) for token in node.scan_values(lambda item: isinstance(item, Token)))


def _only_string(node: Tree[Token]) -> Tree[Token] | None:
    """See through `expr_term` to a string that stands alone."""
    while node.data == "expr_term" and len(node.children) == 1 and isinstance(node.children[0], Tree):
        node = node.children[0]
    return node if node.data == "string" else None


def _is_null(node: Tree[Token] | Token) -> bool:
    return isinstance(node, Tree) and _raw(node).strip() == "null"


def _has_reference(node: Tree[Token]) -> bool:
    """Find a name used as a value; a name may stand only as the key of an object."""
    if node.data == "object_elem_key":
        return False
    if node.data == "expr_term" and any(isinstance(c, Tree) and c.data == "identifier" for c in node.children):
        return True
    return any(isinstance(child, Tree) and _has_reference(child) for child in node.children)


def _unescape(raw: str) -> tuple[str | None, str | None]:
    """Decode the escapes of a quoted HCL string. Source: HCL native syntax, *Quoted template expressions*."""
    unknown = False

    def replace(match: re.Match[str]) -> str:
        nonlocal unknown
        simple, short, long, other = match.groups()
        if simple:
            return _SIMPLE[simple]
        number = int(short or long or "110000", 16)
        if other is not None or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            unknown = True
            return ""
        return chr(number)

    text = _ESCAPE.sub(replace, raw).replace("$${", "${").replace("%%{", "%{")
    return (None, "tfvars_escape") if unknown else (text, None)


def assignment(name: str, value: object) -> str:
    """Return `name = value` as a tfvars file has it: what JSON can hold.

    Source of the escapes: HCL native syntax, *Quoted template expressions*.
    """
    return f"{name} = {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_written(str(key))} = {_written(each)}' for key, each in sorted(value.items()))} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(each) for each in value)}]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{text.replace("${", "$${").replace("%{", "%%{")}"'
