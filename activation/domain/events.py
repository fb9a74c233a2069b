"""The closed vocabulary of events."""

from enum import StrEnum


class Kind(StrEnum):
    """What happened. A kind is never renamed: records of years ago carry it."""

    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_SETTINGS_CHANGED = "organization.settings_changed"
    CHANGE_ASKED = "organization.change_asked"
    CHANGE_WITHDRAWN = "organization.change_withdrawn"
    SETUP_LINK_CREATED = "installation.setup_link_created"
    INSTALLATION_ADMINISTRATOR_ADDED = "installation.administrator_added"
    MASTER_KEYS_ROTATED = "installation.master_keys_rotated"
    PACKAGE_ADDED = "installation.package_added"
    PACKAGE_CHOSEN = "installation.package_chosen"
    PACKAGE_RULES_CHANGED = "installation.package_rules_changed"
    SIGNED_IN = "session.signed_in"
    SIGN_IN_FAILED = "session.sign_in_failed"
    SESSION_ENDED = "session.ended"
    SIGNED_OUT = "session.signed_out"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - the name of a kind
    PASSWORD_RESET = "account.password_reset"  # noqa: S105 - the name of a kind
    SECOND_FACTOR_ADDED = "account.second_factor_added"
    SECOND_FACTOR_REMOVED = "account.second_factor_removed"
    RECOVERY_CODES_RENEWED = "account.recovery_codes_renewed"
    ACCESS_REFUSED = "access.refused"
    MEMBER_INVITED = "member.invited"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    ACCESS_LIST_DOWNLOADED = "member.access_list_downloaded"
    INVITATION_WITHDRAWN = "member.invitation_withdrawn"
    EXTERNAL_ID_ISSUED = "external_id.issued"
    EXTERNAL_ID_ENTERED = "external_id.entered"
    EXTERNAL_ID_LOCKED = "external_id.locked"
    EXTERNAL_ID_SEEN = "external_id.seen"
    ACTIVATION_CREATED = "activation.created"
    ACTIVATION_MOVED = "activation.moved"
    PREREQUISITES_TICKED = "activation.prerequisites_ticked"
    PREFLIGHT_DONE = "credential.preflight_done"
    CREDENTIAL_ENTERED = "credential.entered"
    CREDENTIAL_DESTROYED = "credential.destroyed"
    CLOUD_ACCOUNT_ADDED = "cloud_account.added"
    CLOUD_ACCOUNT_PROVED = "cloud_account.proved"
    CLOUD_ACCOUNT_YIELDED = "cloud_account.yielded"
    ARNS_STORED = "cloud_account.arns_stored"
    RUN_CREATED = "run.created"
    RUN_STARTED = "run.started"
    RUN_PLANNED = "run.planned"
    RUN_APPROVED = "run.approved"
    RUN_APPLY_STARTED = "run.apply_started"
    RUN_APPLIED = "run.applied"
    RUN_NOTHING_TO_DO = "run.nothing_to_do"
    RUN_DISCARDED = "run.discarded"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"
    RUN_FORCE_REQUESTED = "run.force_requested"
    RUN_CANCELED = "run.canceled"
    RUN_ERRORED = "run.errored"
    RUN_INTERRUPTED = "run.interrupted"
    RUN_LOG_DOWNLOADED = "run.log_downloaded"
    RUN_PLAN_DOWNLOADED = "run.plan_downloaded"
    RUN_CONTINUED = "run.continued"
    RUN_NEEDS_APPROVAL = "run.needs_approval"
    RUN_FOUND_AGAIN = "run.found_again"
    RUN_LEFTOVERS_STORED = "run.leftovers_stored"
    STATE_DOWNLOADED = "run.state_downloaded"
    REGION_CHOSEN = "region.chosen"
    TRUST_CHECKED = "region.trust_checked"
    REGION_CHECKED = "region.checked"
    REGION_LATE = "region.late"
    HANDOVER_TICKED = "handover.ticked"
    WATCH_STARTED = "handover.watch_started"
    WATCH_ENDED = "handover.watch_ended"
    WATCH_COMPLETE = "handover.complete"
    ACTIVE_CONFIRMED = "handover.active_confirmed"
    AFTERCARE_DONE = "activation.aftercare_done"
    NOTICE_SENT = "activation.notice_sent"
    PACKAGE_DOWNLOADED = "package.downloaded"
    RECORD_REQUESTED = "record.requested"
    RECORD_DOWNLOADED = "record.downloaded"
    LICENSE_ISSUED = "license.issued"
    LICENSE_INSTALLED = "license.installed"
    LICENSE_REFUSED = "license.refused"
    LICENSE_REPORTED = "license.reported"
    CORES_COUNTED = "license.cores_counted"


CREATES_A_RUN = frozenset({Kind.RUN_CREATED, Kind.RUN_CONTINUED})
ENDS_A_RUN = frozenset(
    {
        Kind.RUN_APPLIED,
        Kind.RUN_NOTHING_TO_DO,
        Kind.RUN_DISCARDED,
        Kind.RUN_CANCELED,
        Kind.RUN_ERRORED,
        Kind.RUN_INTERRUPTED,
    }
)


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


SENTENCES: dict[Kind, str] = {
    Kind.ORGANIZATION_CREATED: "created the organization",
    Kind.ORGANIZATION_SETTINGS_CHANGED: "changed the organization's settings",
    Kind.CHANGE_ASKED: "asked another owner to confirm a change",
    Kind.CHANGE_WITHDRAWN: "withdrew a change that was waiting for another owner",
    Kind.SETUP_LINK_CREATED: "created a setup link",
    Kind.INSTALLATION_ADMINISTRATOR_ADDED: "made somebody an installation administrator",
    Kind.MASTER_KEYS_ROTATED: "moved stored data to a new master key",
    Kind.PACKAGE_ADDED: "added a configuration package",
    Kind.PACKAGE_CHOSEN: "chose a configuration package",
    Kind.PACKAGE_RULES_CHANGED: "changed what the safety check allows for a configuration package",
    Kind.SIGNED_IN: "signed in",
    Kind.SIGN_IN_FAILED: "could not sign in",
    Kind.SIGNED_OUT: "signed out",
    Kind.SESSION_ENDED: "ended another session of theirs",
    Kind.PASSWORD_CHANGED: "changed their password",
    Kind.PASSWORD_RESET: "set a new password with a link from an e-mail",
    Kind.SECOND_FACTOR_ADDED: "set up a second factor for signing in",
    Kind.SECOND_FACTOR_REMOVED: "removed a second factor for signing in",
    Kind.RECOVERY_CODES_RENEWED: "generated new recovery codes",
    Kind.ACCESS_REFUSED: "was refused access",
    Kind.MEMBER_INVITED: "invited a member",
    Kind.MEMBER_JOINED: "joined the organization",
    Kind.MEMBER_ROLE_CHANGED: "changed a member's role",
    Kind.MEMBER_REMOVED: "removed a member",
    Kind.ACCESS_LIST_DOWNLOADED: "downloaded the list of who has access",
    Kind.INVITATION_WITHDRAWN: "withdrew an invitation",
    Kind.EXTERNAL_ID_ISSUED: "had an external ID issued",
    Kind.EXTERNAL_ID_ENTERED: "entered the external ID",
    Kind.EXTERNAL_ID_LOCKED: "locked the external ID",
    Kind.EXTERNAL_ID_SEEN: "saw the external ID",
    Kind.ACTIVATION_CREATED: "started an activation",
    Kind.ACTIVATION_MOVED: "moved the activation to another step",
    Kind.PREREQUISITES_TICKED: "ticked off prerequisites",
    Kind.PREFLIGHT_DONE: "had a key checked",
    Kind.CREDENTIAL_ENTERED: "entered a key",
    Kind.CREDENTIAL_DESTROYED: "had a key destroyed",
    Kind.CLOUD_ACCOUNT_ADDED: "added a cloud account",
    Kind.CLOUD_ACCOUNT_PROVED: "proved that a cloud account belongs to the organization",
    Kind.CLOUD_ACCOUNT_YIELDED: "lost a cloud account that another organization proved to be its own",
    Kind.ARNS_STORED: "had the seven ARNs stored",
    Kind.RUN_CREATED: "started a run",
    Kind.RUN_STARTED: "had the plan begun",
    Kind.RUN_PLANNED: "had the plan finished",
    Kind.RUN_APPROVED: "approved the plan",
    Kind.RUN_APPLY_STARTED: "had the apply begun",
    Kind.RUN_APPLIED: "had the plan applied",
    Kind.RUN_NOTHING_TO_DO: "had nothing to change",
    Kind.RUN_DISCARDED: "discarded the plan",
    Kind.RUN_CANCEL_REQUESTED: "asked the run to stop",
    Kind.RUN_FORCE_REQUESTED: "had the run stopped by force",
    Kind.RUN_CANCELED: "had the run canceled",
    Kind.RUN_ERRORED: "had the run fail",
    Kind.RUN_INTERRUPTED: "had the run interrupted",
    Kind.RUN_LOG_DOWNLOADED: "downloaded a run's log",
    Kind.RUN_PLAN_DOWNLOADED: "downloaded a run's plan",
    Kind.RUN_CONTINUED: "had the run continued with a new session",
    Kind.RUN_NEEDS_APPROVAL: "had the run wait for a new approval",
    Kind.RUN_FOUND_AGAIN: "found again what an earlier run left",
    Kind.RUN_LEFTOVERS_STORED: "stored what the run had left on its host",
    Kind.STATE_DOWNLOADED: "downloaded a Terraform state",
    Kind.REGION_CHOSEN: "chose the network of the region",
    Kind.TRUST_CHECKED: "had the trust of both roles checked",
    Kind.REGION_CHECKED: "had the region checked from outside",
    Kind.REGION_LATE: "was told that the region takes longer than usual",
    Kind.HANDOVER_TICKED: "ticked off values handed over",
    Kind.WATCH_STARTED: "had the account watched",
    Kind.WATCH_ENDED: "ended the watch of the account",
    Kind.WATCH_COMPLETE: "found all documented resources",
    Kind.ACTIVE_CONFIRMED: "confirmed that the console's License page shows the region",
    Kind.AFTERCARE_DONE: "completed a follow-up task",
    Kind.NOTICE_SENT: "sent a message about the activation",
    Kind.PACKAGE_DOWNLOADED: "downloaded the configuration package",
    Kind.RECORD_REQUESTED: "requested a record",
    Kind.RECORD_DOWNLOADED: "downloaded a record",
    Kind.LICENSE_ISSUED: "had a license issued",
    Kind.LICENSE_INSTALLED: "installed a license",
    Kind.LICENSE_REFUSED: "tried to install a license",
    Kind.LICENSE_REPORTED: "entered the license from the welcome email",
    Kind.CORES_COUNTED: "had the cores in use counted with a key that was not kept",
}

# The same as a noun, for lists of kinds: who did it does not stand there.
LABELS: dict[Kind, str] = {
    Kind.ORGANIZATION_CREATED: "Organization created",
    Kind.ORGANIZATION_SETTINGS_CHANGED: "Settings changed",
    Kind.CHANGE_ASKED: "Change requested",
    Kind.CHANGE_WITHDRAWN: "Change withdrawn",
    Kind.SETUP_LINK_CREATED: "Setup link created",
    Kind.INSTALLATION_ADMINISTRATOR_ADDED: "Installation administrator added",
    Kind.MASTER_KEYS_ROTATED: "Master keys rotated",
    Kind.PACKAGE_ADDED: "Package added",
    Kind.PACKAGE_RULES_CHANGED: "Rules of a package changed",
    Kind.PACKAGE_CHOSEN: "Package chosen",
    Kind.SIGNED_IN: "Sign-in",
    Kind.SIGN_IN_FAILED: "Failed sign-in",
    Kind.SIGNED_OUT: "Sign-out",
    Kind.SESSION_ENDED: "Session ended",
    Kind.PASSWORD_CHANGED: "Password changed",
    Kind.PASSWORD_RESET: "Password set by a link",
    Kind.SECOND_FACTOR_ADDED: "Second factor set up",
    Kind.SECOND_FACTOR_REMOVED: "Second factor removed",
    Kind.RECOVERY_CODES_RENEWED: "Recovery codes renewed",
    Kind.ACCESS_REFUSED: "Refused access",
    Kind.MEMBER_INVITED: "Invitation",
    Kind.MEMBER_JOINED: "Member joined",
    Kind.MEMBER_ROLE_CHANGED: "Role changed",
    Kind.MEMBER_REMOVED: "Member removed",
    Kind.ACCESS_LIST_DOWNLOADED: "Access list downloaded",
    Kind.INVITATION_WITHDRAWN: "Invitation withdrawn",
    Kind.EXTERNAL_ID_ISSUED: "External ID issued",
    Kind.EXTERNAL_ID_ENTERED: "External ID entered",
    Kind.EXTERNAL_ID_LOCKED: "External ID locked",
    Kind.EXTERNAL_ID_SEEN: "External ID seen",
    Kind.ACTIVATION_CREATED: "Activation started",
    Kind.ACTIVATION_MOVED: "Activation moved on",
    Kind.PREREQUISITES_TICKED: "Prerequisites ticked off",
    Kind.PREFLIGHT_DONE: "Key checked",
    Kind.CREDENTIAL_ENTERED: "Key entered",
    Kind.CREDENTIAL_DESTROYED: "Key destroyed",
    Kind.CLOUD_ACCOUNT_ADDED: "Cloud account added",
    Kind.CLOUD_ACCOUNT_PROVED: "Cloud account proved",
    Kind.CLOUD_ACCOUNT_YIELDED: "Cloud account yielded",
    Kind.ARNS_STORED: "ARNs stored",
    Kind.RUN_CREATED: "Run started",
    Kind.RUN_STARTED: "Plan begun",
    Kind.RUN_PLANNED: "Plan finished",
    Kind.RUN_APPROVED: "Plan approved",
    Kind.RUN_APPLY_STARTED: "Apply begun",
    Kind.RUN_APPLIED: "Plan applied",
    Kind.RUN_NOTHING_TO_DO: "Nothing to change",
    Kind.RUN_DISCARDED: "Plan discarded",
    Kind.RUN_CANCEL_REQUESTED: "Stop requested",
    Kind.RUN_FORCE_REQUESTED: "Stop by force requested",
    Kind.RUN_CANCELED: "Run canceled",
    Kind.RUN_ERRORED: "Run failed",
    Kind.RUN_INTERRUPTED: "Run interrupted",
    Kind.RUN_LOG_DOWNLOADED: "Log downloaded",
    Kind.RUN_PLAN_DOWNLOADED: "Plan downloaded",
    Kind.RUN_CONTINUED: "Run continued",
    Kind.RUN_NEEDS_APPROVAL: "Run waits for a new approval",
    Kind.RUN_FOUND_AGAIN: "Found again",
    Kind.RUN_LEFTOVERS_STORED: "Leftovers stored",
    Kind.STATE_DOWNLOADED: "State downloaded",
    Kind.REGION_CHOSEN: "Network chosen",
    Kind.TRUST_CHECKED: "Trust checked",
    Kind.REGION_CHECKED: "Region checked from outside",
    Kind.REGION_LATE: "Region late",
    Kind.HANDOVER_TICKED: "Hand-over ticked off",
    Kind.WATCH_STARTED: "Watch begun",
    Kind.WATCH_ENDED: "Watch ended",
    Kind.WATCH_COMPLETE: "All resources found",
    Kind.ACTIVE_CONFIRMED: "Region confirmed",
    Kind.AFTERCARE_DONE: "Follow-up done",
    Kind.NOTICE_SENT: "Message sent",
    Kind.PACKAGE_DOWNLOADED: "Package downloaded",
    Kind.RECORD_REQUESTED: "Record requested",
    Kind.RECORD_DOWNLOADED: "Record downloaded",
    Kind.LICENSE_ISSUED: "License issued",
    Kind.LICENSE_INSTALLED: "License installed",
    Kind.LICENSE_REFUSED: "License refused",
    Kind.LICENSE_REPORTED: "License reported",
    Kind.CORES_COUNTED: "Cores counted",
}

# What nobody does: the portal itself, or the course of things. Whole sentences, without the full stop.
SENTENCES_OF_THE_PORTAL: dict[Kind, str] = {
    Kind.ORGANIZATION_SETTINGS_CHANGED: "The organization's settings were changed on the server",
    Kind.SETUP_LINK_CREATED: "A setup link was created on the server",
    Kind.MASTER_KEYS_ROTATED: "Stored data was moved to a new master key",
    Kind.PASSWORD_RESET: "A new password was set on the server",
    Kind.PACKAGE_ADDED: "A configuration package was added on the server",
    Kind.PACKAGE_CHOSEN: "A configuration package was chosen on the server",
    Kind.PACKAGE_RULES_CHANGED: "What the safety check allows for a configuration package was changed on the server",
    Kind.CREDENTIAL_DESTROYED: "A key was destroyed",
    Kind.ACTIVATION_MOVED: "The activation moved to another step",
    Kind.ARNS_STORED: "The seven ARNs were stored",
    Kind.CLOUD_ACCOUNT_PROVED: "The roles proved that the cloud account belongs to the organization",
    Kind.CLOUD_ACCOUNT_YIELDED: "Another organization proved that the cloud account is its own",
    Kind.RUN_STARTED: "The plan was begun",
    Kind.RUN_PLANNED: "The plan was finished",
    Kind.RUN_APPLY_STARTED: "The apply was begun",
    Kind.RUN_APPLIED: "The plan was applied",
    Kind.RUN_NOTHING_TO_DO: "There was nothing to change",
    Kind.RUN_DISCARDED: "The plan was discarded",
    Kind.RUN_CANCELED: "The run was canceled",
    Kind.RUN_ERRORED: "The run failed",
    Kind.RUN_INTERRUPTED: "The run was interrupted",
    Kind.RUN_CONTINUED: "The run was continued with a new session, under the same approval",
    Kind.RUN_NEEDS_APPROVAL: "The run waits for a new approval: its plan is more than what was approved",
    Kind.RUN_FOUND_AGAIN: "What an earlier run left in AWS was found again",
    Kind.RUN_LEFTOVERS_STORED: "What the run had left on its host was stored",
    Kind.TRUST_CHECKED: "The trust of both roles was checked",
    Kind.REGION_CHECKED: "The region was checked from outside",
    Kind.REGION_LATE: "The region takes longer than usual",
    Kind.WATCH_ENDED: "The watch of the account ended",
    Kind.WATCH_COMPLETE: "All documented resources were found",
    Kind.NOTICE_SENT: "A message was sent about the activation",
    Kind.LICENSE_ISSUED: "A license was issued on the server",
    Kind.LICENSE_INSTALLED: "A license was installed on the server",
    Kind.LICENSE_REFUSED: "An attempt was made to install a license on the server",
}
