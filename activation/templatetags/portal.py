"""What templates ask for: icons, navigation, words and kinds of statuses."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from activation.domain.roles import Right
from activation.domain.run_status import LABELS, RunStatus
from activation.domain.steps import ACTIVATION_LABELS, ActivationStatus
from activation.models import Activation, Member
from activation.selectors.activations import place_of, stepper

register = template.Library()

# A kind is what a person sees: color, icon and, where no other word is given, a word.
KIND_ICONS = {
    "success": "check-circle",
    "info": "info",
    "pending": "clock",
    "working": "working",
    "warning": "warning",
    "error": "error",
    "stopped": "stopped",
    "unknown": "unknown",
}
KIND_WORDS = {
    "success": "Done",
    "info": "Note",
    "pending": "Waiting",
    "working": "Working",
    "warning": "Warning",
    "error": "Failed",
    "stopped": "Stopped",
    "unknown": "Not checked",
}
RUN_KINDS = {
    RunStatus.PENDING: "pending",
    RunStatus.PLANNING: "working",
    RunStatus.PLANNED: "info",
    RunStatus.CONFIRMED: "pending",
    RunStatus.APPLYING: "working",
    RunStatus.APPLIED: "success",
    RunStatus.PLANNED_AND_FINISHED: "success",
    RunStatus.DISCARDED: "stopped",
    RunStatus.ERRORED: "error",
    RunStatus.CANCELED: "stopped",
    RunStatus.FORCE_CANCELED: "stopped",
    RunStatus.INTERRUPTED: "warning",
}
ACTIVATION_KINDS = {
    ActivationStatus.DRAFT: "pending",
    ActivationStatus.AUTHORIZING: "info",
    ActivationStatus.PROVISIONING_IAM: "info",
    ActivationStatus.CONFIGURING: "info",
    ActivationStatus.ACTIVATING: "working",
    ActivationStatus.ACTIVE: "success",
    ActivationStatus.FAILED: "error",
    ActivationStatus.DEACTIVATING: "working",
    ActivationStatus.DEACTIVATED: "stopped",
}


@dataclass(frozen=True)
class Link:
    """One entry of the navigation."""

    title: str
    icon: str
    url: str
    current: bool


# title, icon, URL name, right, further parts of an address that belong to the entry
ENTRIES = (
    (
        "Activations",
        "activations",
        "activations",
        Right.SEE_ACTIVATIONS,
        ("activations", "runs", "accounts"),
    ),
    ("License", "license", "license", Right.SEE_LICENSE, ("license",)),
    ("Events", "events", "events", Right.SEE_EVENTS, ("events",)),
    ("Records", "records", "records", Right.DOWNLOAD_RECORDS, ("records",)),
    ("Members", "members", "members", Right.SEE_MEMBERS, ("members",)),
    ("Settings", "settings", "settings", Right.CHANGE_SETTINGS, ("settings",)),
)
SERVER_ENTRIES = (
    ("Installation", "installation", "installation"),
    ("Packages", "packages", "packages"),
    ("Server events", "events", "installation_events"),
)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon of icons.svg; hidden from screen readers, so a word must stand beside it."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        name,
        static("icons.svg"),
        name,
    )


def member_of_frame(context: template.Context) -> Member | None:
    """Return the member whose organization the frame shows.

    Pages outside an organization (account, help) show the only organization of a person who has just one.
    """
    member = context.get("member")
    if isinstance(member, Member):
        return member
    memberships = memberships_of(context)
    return memberships[0] if len(memberships) == 1 else None


def memberships_of(context: template.Context) -> list[Member]:
    """Return the memberships of the person signed in; read once a page."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return []
    request = context.get("request")
    kept: list[Member] | None = getattr(request, "frame_memberships", None)
    if kept is None:
        kept = list(
            Member.objects.filter(user_id=user.pk).select_related("organization", "user").order_by("organization__name")
        )
        if request is not None:
            request.frame_memberships = kept
    return kept


@register.inclusion_tag("frame/navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    """Return the pages that the role may open."""
    request = context.get("request")
    path = request.path if request is not None else ""
    links = []
    member = member_of_frame(context)
    if member is not None:
        slug = member.organization.slug
        for title, picture, name, right, parts in ENTRIES:
            if member.may(right):
                url = reverse(name, args=[slug])
                current = any(path.startswith(f"/o/{slug}/{part}/") for part in parts)
                links.append(Link(title, picture, url, current))
    else:
        links = [Link(each["name"], "organization", each["url"], False) for each in organizations(context)["all"]]
    installation = []
    if getattr(context.get("user"), "is_installation_administrator", False):
        known = [(title, picture, reverse(name)) for title, picture, name in SERVER_ENTRIES]
        # The longest address that the path begins with is the one the person is on.
        here = max((url for _, _, url in known if path.startswith(url)), key=len, default="")
        installation = [Link(title, picture, url, url == here) for title, picture, url in known]
    return {"links": links, "places": member is None and bool(links), "installation": installation}


@register.simple_tag(takes_context=True)
def organizations(context: template.Context) -> dict[str, Any]:
    """Return the organizations for the switcher: `current`, `all` (name, url, current) and whether there are others."""
    member = member_of_frame(context)
    current = member.organization if member else None
    places = [
        {
            "name": each.organization.name,
            "url": reverse("activations", args=[each.organization.slug]),
            "current": current is not None and each.organization_id == current.pk,
        }
        for each in memberships_of(context)
    ]
    return {"current": current, "all": places, "others": len(places) > 1}


@register.filter
def initials(user: object) -> str:
    """Return up to two capital letters of a name."""
    words = [word for word in str(user).replace("@", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def kind_icon(kind: str) -> str:
    """Return the icon of a kind of status."""
    return KIND_ICONS.get(kind, "dot")


@register.filter
def kind_word(kind: str) -> str:
    """Return the word of a kind of status, where the page gives none."""
    return KIND_WORDS.get(kind, kind)


@register.filter
def message_kind(message: Message) -> str:
    """Return the kind of a message of django.contrib.messages."""
    known = {"error": "error", "warning": "warning", "success": "success"}
    return known.get(message.level_tag, "info")


@register.filter
def message_word(message: Message) -> str:
    """Return the word that a message begins with."""
    words = {"error": "Not done", "warning": "Check this", "success": "Done"}
    return words.get(message.level_tag, "Note")


@register.filter
def run_kind(status: str) -> str:
    """Return the kind of a run's status."""
    return RUN_KINDS.get(RunStatus(status), "info")


@register.filter
def run_label(status: str) -> str:
    """Return the words of a run's status."""
    return LABELS[RunStatus(status)]


@register.filter
def activation_kind(status: str) -> str:
    """Return the kind of an activation's status."""
    return ACTIVATION_KINDS.get(ActivationStatus(status), "info")


@register.filter
def activation_label(status: str) -> str:
    """Return the words of an activation's status."""
    return ACTIVATION_LABELS[ActivationStatus(status)]


@register.filter
def activation_words(activation: Activation) -> str:
    """Return the words of an activation's status; what only the vendor's console says is marked."""
    return activation.told_label


@register.simple_tag
def activation_steps(activation: Activation, current: int | None = None) -> list[dict[str, Any]]:
    """Return the four steps of an activation for `elements/stepper.html`; see `selectors.activations.stepper`."""
    return stepper(activation, current)


@register.filter
def without_links(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps for somebody who may not open their pages."""
    return [step | {"url": ""} for step in steps]


@register.filter
def place(region: str) -> str:
    """Return a region with its city."""
    return place_of(region)


@register.filter
def field_describes(field: Any) -> str:
    """Return the ids that describe a form field: its error first, then its help."""
    ids = [f"{field.auto_id}_error"] if field.errors else []
    if field.help_text:
        ids.append(f"{field.auto_id}_help")
    return " ".join(ids)


@register.simple_tag
def widget(field: Any, secret: bool = False, mono: bool = False, rows: int | None = None) -> SafeString:
    """Return a form field's input with what screen readers need; a secret is kept from the browser's memory."""
    attributes: dict[str, Any] = {}
    if described := field_describes(field):
        attributes["aria-describedby"] = described
    if field.errors:
        attributes["aria-invalid"] = "true"
    if secret:
        attributes |= {
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "off",
            "autocorrect": "off",
        }
        attributes["data-1p-ignore"] = ""
    placeholder = str(field.field.widget.attrs.get("placeholder", ""))
    if placeholder.lower().startswith(str(field.label).lower()):
        # It would say what the label says already.
        attributes["placeholder"] = ""
    classes = [str(field.field.widget.attrs.get("class", ""))]
    if mono or secret:
        classes.append("mono")
        attributes["spellcheck"] = "false"
    if rows:
        attributes["rows"] = rows
    if name := " ".join(part for part in classes if part):
        attributes["class"] = name
    return SafeString(field.as_widget(attrs=attributes))


@register.filter
def input_kind(field: Any) -> str:
    """Return what kind of input a form field is: `checkbox`, `choices`, `file`, `hidden` or `text`."""
    kinds = {
        "CheckboxInput": "checkbox",
        "RadioSelect": "choices",
        "CheckboxSelectMultiple": "choices",
        "ClearableFileInput": "file",
        "FileInput": "file",
        "HiddenInput": "hidden",
    }
    return kinds.get(type(field.field.widget).__name__, "text")


@register.filter
def all_done(steps: list[dict[str, Any]]) -> bool:
    """Return whether every step is done."""
    return all(step["state"] == "done" for step in steps)


CHECK_KINDS = {
    "passed": ("success", "Passed"),
    "failed": ("error", "Failed"),
    "warning": ("warning", "Check this"),
    "not_checked": ("unknown", "Not checked"),
    "working": ("working", "Checking"),
    "waiting": ("pending", "Waiting"),
}


@register.filter
def check_kind(state: str) -> str:
    """Return the kind of a check's state."""
    return CHECK_KINDS.get(state, ("unknown", state))[0]


@register.filter
def check_word(state: str) -> str:
    """Return the words of a check's state."""
    return CHECK_KINDS.get(state, ("unknown", state))[1]


@register.filter
def marked(text: object, part: object) -> SafeString:
    """Return the text, escaped, with each occurrence of a part marked."""
    wanted = str(part)
    if not wanted:
        return escape(str(text))
    return format_html_join(
        format_html("<mark>{}</mark>", wanted),
        "{}",
        ((piece,) for piece in str(text).split(wanted)),
    )


ACTIONS = {
    "create": ("Create", "success"),
    "update": ("Change", "warning"),
    "replace": ("Replace", "error"),
    "delete": ("Delete", "error"),
    "import": ("Found again", "info"),
    "forget": ("Stop managing", "warning"),
}


@register.filter
def action_word(action: str) -> str:
    """Return the word for what a plan does to a resource."""
    return ACTIONS.get(action, (action, ""))[0]


@register.filter
def action_kind(action: str) -> str:
    """Return the kind of what a plan does to a resource."""
    return ACTIONS.get(action, ("", "info"))[1]
