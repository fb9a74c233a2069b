"""What events may tell of the state before and after: for each kind a closed list of names.

An event is kept for years and leaves the installation in records, so nothing gets into it by chance: a service that
wants to tell more adds the name here, and whoever reads the change sees it. A kind that is missing tells nothing.
"""

from collections.abc import Mapping
from typing import Any

from activation.domain.events import Kind

FIELDS: dict[Kind, frozenset[str]] = {
    Kind.ORGANIZATION_CREATED: frozenset({"name", "control_plane"}),
    Kind.ORGANIZATION_SETTINGS_CHANGED: frozenset(
        {"name", "four_eyes", "requires_second_factor", "notification_addresses", "asked_by"}
    ),
    Kind.CHANGE_ASKED: frozenset({"change"}),
    Kind.CHANGE_WITHDRAWN: frozenset({"change"}),
    Kind.INSTALLATION_ADMINISTRATOR_ADDED: frozenset({"email"}),
    Kind.MASTER_KEYS_ROTATED: frozenset({"changed", "lost"}),
    Kind.PACKAGE_ADDED: frozenset({"name", "version", "source"}),
    Kind.PACKAGE_CHOSEN: frozenset({"control_plane"}),
    Kind.PACKAGE_RULES_CHANGED: frozenset({"paths", "name_prefixes"}),
    Kind.SIGN_IN_FAILED: frozenset({"email"}),
    # Whose, where the server set it.
    Kind.PASSWORD_RESET: frozenset({"email"}),
    Kind.SESSION_ENDED: frozenset({"address", "browser"}),
    Kind.SECOND_FACTOR_ADDED: frozenset({"factor"}),
    Kind.SECOND_FACTOR_REMOVED: frozenset({"factor"}),
    Kind.MEMBER_INVITED: frozenset({"email", "role"}),
    Kind.MEMBER_JOINED: frozenset({"member", "role", "invited_by"}),
    Kind.MEMBER_ROLE_CHANGED: frozenset({"name", "role", "asked_by"}),
    Kind.MEMBER_REMOVED: frozenset({"name", "role"}),
    Kind.ACCESS_LIST_DOWNLOADED: frozenset({"members"}),
    Kind.INVITATION_WITHDRAWN: frozenset({"email"}),
    # The external ID is masked before it gets here.
    Kind.EXTERNAL_ID_ISSUED: frozenset({"external_id"}),
    Kind.EXTERNAL_ID_LOCKED: frozenset({"external_id", "unusual"}),
    Kind.ACTIVATION_CREATED: frozenset({"region", "status"}),
    Kind.ACTIVATION_MOVED: frozenset({"status"}),
    Kind.PREREQUISITES_TICKED: frozenset({"ticked"}),
    Kind.PREFLIGHT_DONE: frozenset({"account", "principal"}),
    # Of the key only its last four characters.
    Kind.CREDENTIAL_ENTERED: frozenset({"account", "principal", "key"}),
    Kind.ARNS_STORED: frozenset({"arns", "source"}),
    Kind.RUN_CREATED: frozenset({"kind", "package"}),
    Kind.RUN_LOG_DOWNLOADED: frozenset({"lines"}),
    Kind.RUN_PLAN_DOWNLOADED: frozenset({"sha256"}),
    Kind.RUN_CONTINUED: frozenset({"continues", "approved_by", "plan"}),
    Kind.RUN_FOUND_AGAIN: frozenset({"imports", "untainted", "replaced"}),
    Kind.RUN_LEFTOVERS_STORED: frozenset({"lines", "states"}),
    Kind.STATE_DOWNLOADED: frozenset({"serial", "sha256"}),
    Kind.REGION_CHOSEN: frozenset({"vpc_cidr", "netmask", "region"}),
    Kind.TRUST_CHECKED: frozenset({"method", "roles", "code"}),
    Kind.REGION_CHECKED: frozenset({"passed", "failed"}),
    Kind.REGION_LATE: frozenset({"minutes"}),
    Kind.HANDOVER_TICKED: frozenset({"ticked"}),
    # Of the key only its last four characters.
    Kind.WATCH_STARTED: frozenset({"account", "principal", "key"}),
    Kind.WATCH_COMPLETE: frozenset({"resources"}),
    Kind.ACTIVE_CONFIRMED: frozenset({"status"}),
    Kind.AFTERCARE_DONE: frozenset({"what", "state"}),
    Kind.NOTICE_SENT: frozenset({"subject", "to"}),
    Kind.PACKAGE_DOWNLOADED: frozenset({"sha256", "with_external_id"}),
    Kind.RECORD_REQUESTED: frozenset({"scope", "first_day", "last_day", "first_sequence", "last_sequence"}),
    Kind.RECORD_DOWNLOADED: frozenset({"scope", "sha256", "size"}),
    Kind.LICENSE_ISSUED: frozenset({"license", "cores", "first_day", "last_day", "key"}),
    Kind.LICENSE_INSTALLED: frozenset({"license", "cores", "first_day", "last_day", "key"}),
    Kind.LICENSE_REPORTED: frozenset({"license", "cores", "first_day", "last_day"}),
    # Of the key only its last four characters.
    Kind.CORES_COUNTED: frozenset({"account", "principal", "key", "cores"}),
}


def unknown_fields(kind: Kind, *sides: Mapping[str, Any]) -> list[str]:
    """Return the names that events of this kind may not tell, in order."""
    allowed = FIELDS.get(kind, frozenset())
    return sorted({name for side in sides for name in side} - allowed)
