"""What holds for every template: nothing inline, and no icon or file that is not there."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"


def templates() -> Iterator[tuple[str, str]]:
    """Return each template's name and text, without its comments."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        yield str(path.relative_to(TEMPLATES)), text


@pytest.mark.parametrize("name", [name for name, _ in templates()])
def test_every_template_can_be_parsed(name: str) -> None:
    get_template(name)


def test_no_template_holds_what_the_content_security_policy_refuses() -> None:
    found = []
    for name, text in templates():
        if name.startswith("record/"):
            # A file that people take away and open without the portal: it brings its own style.
            continue
        found += [f"{name}: {hit}" for hit in re.findall(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text)]
        found += [f"{name}: {hit}" for hit in re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)]
        found += [f"{name}: {hit}" for hit in re.findall(r"hx-on|hx-vals=.js:|hx-vars", text)]
    assert not found


def test_every_icon_that_is_named_exists() -> None:
    root = ET.parse(STATIC / "icons.svg").getroot()
    known = {symbol.attrib["id"] for symbol in root}
    named = {
        (name, hit) for name, text in templates() for hit in re.findall(r'(?:{% icon|picture=)\s*"([a-z-]+)"', text)
    }
    code = (Path(settings.BASE_DIR) / "activation/templatetags/portal.py").read_text()
    icons = re.search(r"KIND_ICONS = {(.*?)}", code, flags=re.DOTALL)
    assert icons
    named |= {("portal.py", hit) for hit in re.findall(r': "([a-z-]+)"', icons[1])}
    assert not {(name, hit) for name, hit in named if hit not in known}


def test_every_static_file_that_is_named_exists() -> None:
    named = {(name, hit) for name, text in templates() for hit in re.findall(r"{% static ['\"]([^'\"]+)['\"]", text)}
    assert named
    assert not {(name, hit) for name, hit in named if finders.find(hit) is None}


def test_the_style_sheets_set_every_value_that_they_use() -> None:
    sheets = {path.name: path.read_text() for path in (STATIC / "css").glob("*.css")}
    known = {hit for text in sheets.values() for hit in re.findall(r"(--[a-z0-9-]+):", text)}
    used = {(name, hit) for name, text in sheets.items() for hit in re.findall(r"var\((--[a-z0-9-]+)", text)}
    assert not {(name, hit) for name, hit in used if hit not in known}
