"""docs/configuration.md says what there is to set, no more and no less."""

import re

from django.conf import settings

from tests.management.running import ROOT


def test_every_setting_stands_in_the_table_once() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    assert sorted(rows) == settings.ENVIRONMENT_NAMES
