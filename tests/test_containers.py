"""The compose file: it passes what an installation may need, under names that are settings."""

import re
from pathlib import Path

from django.conf import settings

DOCKER = Path(settings.BASE_DIR) / "docker"
# Set by the image, or by the compose file itself for its own network.
ITS_OWN = {"DATABASE_URL", "BROKER_URL", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"}


def passed() -> dict[str, str]:
    """Return the portal's settings in the compose file, and what they are made of."""
    text = (DOCKER / "compose.yaml").read_text()
    block = text[text.index("environment: &settings") : text.index("    volumes:")]
    return dict(re.findall(r"^    ([A-Z_]+): (.*)$", block, re.MULTILINE))


def test_what_is_passed_are_settings() -> None:
    assert set(passed()) <= set(settings.ENVIRONMENT_NAMES)


def test_this_portal_can_be_the_control_plane_by_env_alone() -> None:
    wanted = {name for name in settings.ENVIRONMENT_NAMES if name.startswith(("VENDOR_", "LICENSE_"))}

    assert wanted
    assert wanted <= set(passed())


def test_the_example_names_exactly_what_is_passed() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE))

    assert named | ITS_OWN == set(passed()) | ITS_OWN


def test_what_may_stay_empty_has_an_empty_default() -> None:
    example = (DOCKER / ".env.example").read_text().partition("may stay empty")[2]
    optional = re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE)

    assert optional
    assert {passed()[name] for name in optional} == {f"${{{name}:-}}" for name in optional}


def test_the_web_server_is_started_with_the_same_log_as_everywhere() -> None:
    log = "--log-config", "byoc_portal/granian_log.json"

    assert " ".join(f'"{word}"' for word in log).replace(" ", ", ") in (DOCKER / "Dockerfile").read_text()
    assert " ".join(log) in (Path(settings.BASE_DIR) / "docs" / "operating.md").read_text()
    assert (Path(settings.BASE_DIR) / log[1]).is_file()
