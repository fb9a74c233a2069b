"""What the frame shows to whom, and what the pieces write into a page."""

from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, RequestContext, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from activation.domain.roles import Role
from activation.domain.steps import ActivationStatus
from activation.models import Activation, Member, User
from activation.templatetags.portal import activation_steps, initials, marked
from tests.factories import World, make_member, make_world


@pytest.fixture
def world(db: None) -> World:
    """Make two organizations and the people around them."""
    return make_world()


def frame(user: User, *, member: Member | None = None, path: str = "/") -> str:
    """Render the frame for somebody, as a page would."""
    request = RequestFactory().get(path)
    request.user = user
    request.member = member  # type: ignore[attr-defined]
    request.organization = member.organization if member else None  # type: ignore[attr-defined]
    request._messages = []  # type: ignore[attr-defined]
    template = Template('{% extends "base.html" %}{% block title %}T{% endblock %}{% block heading %}H{% endblock %}')
    return template.render(RequestContext(request))


def navigation_of(member: Member, path: str = "/") -> str:
    """Return the left navigation for a member."""
    page = frame(member.user, member=member, path=path)
    return page[page.index('<nav class="side"') : page.index("<main")]


def test_an_operator_finds_activations_and_nothing_that_the_role_may_not_open(world: World) -> None:
    navigation = navigation_of(world.own.members[Role.OPERATOR])
    assert "Activations" in navigation
    assert "Events" not in navigation
    assert "Members" not in navigation
    assert "Settings" not in navigation


def test_an_auditor_reads_events_and_members_but_no_settings(world: World) -> None:
    navigation = navigation_of(world.own.members[Role.AUDITOR])
    assert "Events" in navigation
    assert "Members" in navigation
    assert "Settings" not in navigation


def test_the_page_shown_is_marked_in_the_navigation(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    navigation = navigation_of(owner, path=f"/o/{owner.organization.slug}/events/")
    assert navigation.count('aria-current="page"') == 1
    assert navigation.index('aria-current="page"') < navigation.index("Events")


def test_only_the_installation_administrator_finds_the_server(world: World) -> None:
    assert "Installation" in frame(world.installation_administrator)
    assert "Installation" not in frame(world.own.members[Role.OWNER].user)


def test_the_switcher_names_only_ones_own_organizations(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    page = frame(owner.user, member=owner)
    assert "Own Company" in page
    assert "Other Company" not in page
    make_member(world.other.organization, Role.AUDITOR, owner.user)
    assert "Other Company" in frame(owner.user, member=owner)


def test_outside_an_organization_somebody_with_two_is_asked_which(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    make_member(world.other.organization, Role.AUDITOR, owner.user)
    page = frame(owner.user, path="/accounts/2fa/")
    assert f"/o/{world.own.organization.slug}/activations/" in page
    assert f"/o/{world.other.organization.slug}/activations/" in page
    assert "/events/" not in page


def test_a_name_is_escaped_in_the_frame(world: World) -> None:
    owner = world.own.members[Role.OWNER]
    owner.organization.name = "<script>alert(1)</script>"
    owner.organization.save()
    assert "<script>alert" not in frame(owner.user, member=owner)


def test_initials_are_two_letters_of_the_name_or_of_the_address() -> None:
    assert initials("Dana Whitfield") == "DW"
    assert initials("dana@example.com") == "DE"
    assert initials("") == ""


def test_marked_text_is_escaped_around_and_inside_the_mark() -> None:
    assert marked("<a> cid-1 &", "cid-1") == "&lt;a&gt; <mark>cid-1</mark> &amp;"
    assert marked("a <b> c", "<b>") == "a <mark>&lt;b&gt;</mark> c"
    assert marked("a < b", "") == "a &lt; b"


def test_a_failed_activation_shows_its_last_step_as_failed(world: World) -> None:
    activation: Activation = world.own.activation
    activation.status = ActivationStatus.FAILED.value
    assert [step["state"] for step in activation_steps(activation)] == ["done", "done", "done", "blocked"]
    activation.status = ActivationStatus.ACTIVE.value
    assert {step["state"] for step in activation_steps(activation)} == {"done"}


def test_a_step_ahead_has_no_address(world: World) -> None:
    activation: Activation = world.own.activation
    activation.status = ActivationStatus.PROVISIONING_IAM.value
    steps = activation_steps(activation, 1)
    assert [step["shown"] for step in steps] == [True, False, False, False]
    assert [step["url"] for step in steps[2:]] == ["", ""]


def test_a_line_of_the_log_is_escaped_and_can_be_linked() -> None:
    line = SimpleNamespace(number=7, at=None, level="error", text="<b>no</b>")
    html = render_to_string("activation/elements/log_lines.html", {"lines": [line]})
    assert 'id="L7"' in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html
    assert "line-error" in html


def test_a_log_that_has_ended_stops_asking() -> None:
    assert "hx-get" not in render_to_string("activation/elements/log_lines.html", {"lines": []})
    assert 'hx-get="/more?after=7"' in render_to_string(
        "activation/elements/log_lines.html", {"lines": [], "poll_url": "/more?after=7"}
    )


class KeyForm(forms.Form):
    """A form with a secret."""

    secret = forms.CharField(label="Secret access key", help_text="Shown once.", widget=forms.PasswordInput)


def field_html(form: forms.Form) -> str:
    """Render the secret's field."""
    template = Template('{% include "activation/elements/field.html" with field=form.secret secret=True %}')
    return template.render(Context({"form": form}))


def test_a_secret_is_kept_from_the_browsers_memory_and_never_repeated() -> None:
    html = field_html(KeyForm({"secret": "wJalrXUtnFEMI"}))
    assert 'autocomplete="off"' in html
    assert 'spellcheck="false"' in html
    assert "wJalrXUtnFEMI" not in html


def test_an_error_stands_beside_the_field_and_is_told_to_screen_readers() -> None:
    html = field_html(KeyForm({"secret": ""}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_secret_error id_secret_help"' in html
    assert 'id="id_secret_error"' in html
    assert 'id="id_secret_help"' in html


def test_a_pair_without_a_copy_button_gets_none() -> None:
    html = render_to_string(
        "activation/elements/key_values.html", {"pairs": [{"label": "Region", "value": "us-west-2"}]}
    )
    assert "data-copy-button" not in html


@pytest.mark.parametrize("name", ["time", "status", "copy"])
def test_a_piece_inside_a_sentence_adds_no_blank_behind_it(name: str) -> None:
    html = render_to_string(f"activation/elements/{name}.html", {"value": "x", "kind": "success"})
    assert html == html.strip()
