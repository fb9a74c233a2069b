"""The help page."""

import re
from html import unescape

from django.test import Client
from pytest_django import Settings

from activation.domain.roles import RIGHT_LABELS, RIGHTS, Right, Role
from tests.factories import World


def page_of(user: object) -> str:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return unescape(client.get("/help/").content.decode())


def test_everybody_finds_help_in_the_bar(world: World) -> None:
    for user in (world.own.members[Role.AUDITOR].user, world.installation_administrator):
        assert 'href="/help/"' in page_of(user)


def test_the_table_of_roles_says_what_the_product_holds(world: World) -> None:
    text = page_of(world.own.members[Role.OPERATOR].user)

    for right in Right:
        row = text[text.index(f'<th scope="row">{RIGHT_LABELS[right]}</th>') :].partition("</tr>")[0]
        said = ["Yes" in cell for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        assert said == [right in RIGHTS[role] for role in Role], right
    assert re.findall(r'<th scope="col">(\w+) <span class="badge badge-accent">You</span>', text) == ["Operator"]


def test_how_long_a_key_is_kept_is_what_the_settings_say(world: World, settings: Settings) -> None:
    settings.CREDENTIAL_SECONDS = 1200

    assert "at the latest 20 minutes after you entered it" in page_of(world.own.members[Role.OWNER].user)
