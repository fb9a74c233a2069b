"""Pages are held to their window; where somebody names a folder in PAGE_PICTURES, pictures of them are kept there."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = os.environ.get("PAGE_PICTURES", "")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
# Colors change by and by, milliseconds.
SETTLED = 400


def look(page: Page, name: str) -> None:
    """Demand that nothing of a page is cut off at the window's width; keep it at each width, in both themes."""
    window = page.viewport_size
    assert window
    assert page.evaluate("document.documentElement.scrollWidth") <= window["width"], f"{name} is wider than the window"
    if not FOLDER:
        return
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": window["height"]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(SETTLED)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=Path(FOLDER) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size(window)
    # As the window was opened: without a wish of its own.
    page.emulate_media(color_scheme="null")
