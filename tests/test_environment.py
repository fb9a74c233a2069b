"""Settings from the environment."""

from pathlib import Path

import pytest

from activation.management.environment import given_settings
from byoc_portal import env


def test_what_is_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VENDOR_PRINCIPAL_ARN", "RUN_SLOTS", "VENDOR_HOSTS_PORTAL"):
        monkeypatch.setenv(name, "")

    assert env.text("VENDOR_PRINCIPAL_ARN", "the default") == "the default"
    assert env.number("RUN_SLOTS", 4) == 4
    assert env.flag("VENDOR_HOSTS_PORTAL", True)


def test_a_file_counts_where_the_name_itself_is_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("LICENSE_SIGNING_KEY", "")
    monkeypatch.setenv("LICENSE_SIGNING_KEY_FILE", str(tmp_path / "key"))

    assert env.text("LICENSE_SIGNING_KEY", "") == "from the file"


def test_up_takes_nothing_empty_for_given() -> None:
    given = {"BROKER_URL": "", "REGIONS": "us-west-2"}

    assert given_settings(["BROKER_URL", "REGIONS"], given) == {"REGIONS": "us-west-2"}
