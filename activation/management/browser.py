"""A small browser: cookies, forms, redirections, what stands on a page. For walking through a running portal."""

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

SECONDS = 60
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass
class Element:
    """One element of a page: name, attributes, the text in it."""

    name: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    def walk(self) -> "Iterator[Element]":
        """Return this element and all below it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def text(self) -> str:
        """Return the text in it, blanks folded."""
        parts = [child if isinstance(child, str) else child.text() for child in self.children]
        return re.sub(r"\s+", " ", " ".join(parts)).strip()

    def has_class(self, name: str) -> bool:
        """Return whether the element is of a class."""
        return name in self.attributes.get("class", "").split()


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].name == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@dataclass
class Page:
    """What came back."""

    url: str
    status: int
    body: str
    root: Element

    def find(self, name: str = "", **attributes: str) -> list[Element]:
        """Return the elements of a name with these attributes (`data_arn` means `data-arn`; empty means: any value)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.root.walk()
            if (not name or element.name == name)
            and all(
                key in element.attributes and (not value or element.attributes[key] == value)
                for key, value in wanted.items()
            )
        ]

    def of_class(self, name: str) -> list[Element]:
        """Return the elements of a class."""
        return [element for element in self.root.walk() if element.has_class(name)]

    @property
    def title(self) -> str:
        """Return what stands in the browser's tab."""
        return next((element.text() for element in self.find("title")), "")

    @property
    def complaint(self) -> str:
        """Return what the page says went wrong; empty where it says nothing."""
        said = [element.text() for element in (*self.find(role="alert"), *self.of_class("field-error"))]
        return " ".join(dict.fromkeys(filter(None, said)))


class NoSuchForm(Exception):
    """The page has no form with those fields, or no such link."""


class Browser:
    """One person's browser on one portal."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.page = Page(self.address, 0, "", Element("document", {}))

    def get(self, path: str) -> Page:
        """Open an address of the portal."""
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.page.url or self.address, path)))

    def fetch(self, path: str) -> tuple[int, bytes, Mapping[str, str]]:
        """Return status, bytes and headers (names in small letters) of a download or a poll; the page stays."""
        request = urllib.request.Request(urllib.parse.urljoin(self.address, path), headers={"HX-Request": "true"})
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
        except urllib.error.HTTPError as error:
            return error.code, error.read(), {name.lower(): value for name, value in error.headers.items()}

    def form_with(self, *names: str, action: str = "") -> Element:
        """Return the first form that has all these fields, or whose action ends so; raises NoSuchForm."""
        for form in self.page.find("form"):
            fields = {
                e.attributes.get("name", "") for e in form.walk() if e.name in {"input", "select", "textarea", "button"}
            }
            target = urllib.parse.urlsplit(form.attributes.get("action", "")).path
            if set(names) <= fields and target.endswith(action):
                return form
        raise NoSuchForm(
            f"No form with {', '.join(names) or action} on {self.page.url} ({self.page.title}). {self.page.complaint}"
        )

    def submit(self, form: Element, **values: str | Sequence[str]) -> Page:
        """Send a form as it stands on the page, with some fields filled; several values of a name are several boxes."""
        filled = [(name, value) for name, value in standing(form) if name not in values]
        for name, given in values.items():
            filled += [(name, value) for value in ([given] if isinstance(given, str) else given)]
        target = urllib.parse.urljoin(self.page.url, form.attributes.get("action") or self.page.url)
        data = urllib.parse.urlencode(filled).encode()
        if form.attributes.get("method", "get").lower() == "get":
            return self._open(urllib.request.Request(f"{target}?{data.decode()}"))
        headers = {"Referer": self.page.url, "Origin": self.address}
        if form.attributes.get("enctype") == "multipart/form-data":
            data, headers["Content-Type"] = multipart(filled)
        return self._open(urllib.request.Request(target, data=data, headers=headers))

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read().decode("utf-8", "replace")
            tree = _Tree()
            tree.feed(body)
            self.page = Page(answer.geturl(), answer.getcode() or 0, body, tree.root)
        return self.page


def standing(form: Element) -> Iterator[tuple[str, str]]:
    """Return the names and values that a browser would send of an untouched form."""
    for element in form.walk():
        name, kind = element.attributes.get("name", ""), element.attributes.get("type", "text")
        if not name or "disabled" in element.attributes:
            continue
        if element.name == "input" and kind in {"checkbox", "radio"}:
            if "checked" in element.attributes:
                yield name, element.attributes.get("value", "on")
        elif element.name == "input" and kind not in {"file", "submit", "button"}:
            yield name, element.attributes.get("value", "")
        elif element.name == "textarea":
            yield name, html.unescape(element.text())
        elif element.name == "select":
            options = [e for e in element.walk() if e.name == "option"]
            chosen = next((o for o in options if "selected" in o.attributes), options[0] if options else None)
            if chosen is not None:
                yield name, chosen.attributes.get("value", chosen.text())


def multipart(values: Iterable[tuple[str, str]]) -> tuple[bytes, str]:
    """Return a body of fields, as a form with files is sent, and its content type."""
    boundary = "----------byoc-portal-walkthrough"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in values
    ]
    return f"{''.join(parts)}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
