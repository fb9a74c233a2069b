"""Who may do what: four roles in an organization, the installation administrator beside them."""

from enum import StrEnum


class Role(StrEnum):
    """A member's role."""

    OWNER = "owner"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Right(StrEnum):
    """One thing that a role may do."""

    SEE_ACTIVATIONS = "see_activations"
    WALK_WIZARD = "walk_wizard"
    APPROVE_RUN = "approve_run"
    REVEAL_EXTERNAL_ID = "reveal_external_id"
    DOWNLOAD_STATE = "download_state"
    CONFIRM_ACTIVE = "confirm_active"
    SEE_LICENSE = "see_license"
    MANAGE_LICENSE = "manage_license"
    MANAGE_MEMBERS = "manage_members"
    SEE_MEMBERS = "see_members"
    SEE_EVENTS = "see_events"
    DOWNLOAD_RECORDS = "download_records"
    CHANGE_SETTINGS = "change_settings"


# Who decides for the organization, or takes its evidence away: an organization can ask them for a second factor.
SECOND_FACTOR_ROLES = frozenset({Role.OWNER, Role.ADMIN, Role.AUDITOR})

R = Right

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(
        {
            R.SEE_ACTIVATIONS,
            R.WALK_WIZARD,
            R.APPROVE_RUN,
            R.REVEAL_EXTERNAL_ID,
            R.DOWNLOAD_STATE,
            R.CONFIRM_ACTIVE,
            R.SEE_LICENSE,
            R.MANAGE_MEMBERS,
            R.SEE_MEMBERS,
            R.SEE_EVENTS,
            R.CHANGE_SETTINGS,
        }
    ),
    # An operator may not approve where the organization asks for four eyes; where it does not, `may_approve` says so.
    Role.OPERATOR: frozenset({R.SEE_ACTIVATIONS, R.WALK_WIZARD, R.APPROVE_RUN}),
    Role.ADMIN: frozenset(
        {
            R.SEE_ACTIVATIONS,
            R.SEE_LICENSE,
            R.MANAGE_LICENSE,
            R.MANAGE_MEMBERS,
            R.SEE_MEMBERS,
            R.SEE_EVENTS,
            R.DOWNLOAD_RECORDS,
            R.CHANGE_SETTINGS,
        }
    ),
    Role.AUDITOR: frozenset({R.SEE_ACTIVATIONS, R.SEE_MEMBERS, R.SEE_EVENTS, R.DOWNLOAD_RECORDS}),
}

ROLE_LABELS: dict[Role, str] = {
    Role.OWNER: "Owner",
    Role.OPERATOR: "Operator",
    Role.ADMIN: "Admin",
    Role.AUDITOR: "Auditor",
}

ROLE_PURPOSES: dict[Role, str] = {
    Role.OWNER: "Works through the wizard, approves runs, and sees the external ID and the License page.",
    Role.OPERATOR: "Works through the wizard. Does not see the external ID in full, and does not approve if four "
    "eyes are required.",
    Role.ADMIN: "Reviews the License page, installs the license and manages members.",
    Role.AUDITOR: "Reads activations, events and access, and downloads records. Never sees credentials or state.",
}


# In the order in which somebody reads them; four eyes narrow who approves.
RIGHT_LABELS: dict[Right, str] = {
    R.SEE_ACTIVATIONS: "See activations, runs and their masked logs",
    R.WALK_WIZARD: "Work through the wizard: enter keys, start, retry and cancel runs",
    R.APPROVE_RUN: "Approve a plan",
    R.REVEAL_EXTERNAL_ID: "See the external ID in full",
    R.CONFIRM_ACTIVE: "Confirm what the Zilliz Cloud console shows",
    R.DOWNLOAD_STATE: "Download Terraform’s state",
    R.SEE_LICENSE: "See the License page",
    R.MANAGE_LICENSE: "Install or enter a license",
    R.SEE_MEMBERS: "See members and their roles",
    R.MANAGE_MEMBERS: "Invite, change and remove members",
    R.SEE_EVENTS: "Read events",
    R.DOWNLOAD_RECORDS: "Download activation records",
    R.CHANGE_SETTINGS: "Change settings, such as four eyes",
}


def may_approve(role: Role, *, four_eyes: bool, started_by_same_person: bool) -> bool:
    """Return whether a member of `role` may approve a run.

    Where the organization asks for four eyes, only an owner other than the one who started the run may.
    """
    if not four_eyes:
        return Right.APPROVE_RUN in RIGHTS[role]
    return role is Role.OWNER and not started_by_same_person
