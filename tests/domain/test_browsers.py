"""Browsers, by what they say of themselves."""

import pytest

from activation.domain.browsers import family

MOZILLA = "Mozilla/5.0"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("said", "family_of_it"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME}", "Chrome on Windows"),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Edg/142.0.0.0", "Edge on Windows"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        (f"{MOZILLA} (Linux; Android 15) {CHROME}", "Chrome on Android"),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_its_person_knows_it(said: str, family_of_it: str) -> None:
    assert family(said) == family_of_it
