"""Every address of the portal."""

from django.urls import include, path

from activation.views import (
    activations,
    arns,
    credentials,
    done,
    events,
    external_id,
    handover,
    health,
    help_pages,
    home,
    installation,
    licenses,
    members,
    packages,
    problems,
    records,
    region,
    region_runs,
    review,
    runs,
    settings,
    setup,
    states,
)

# Nobody signs up here, and addresses are not changed by their owners: an invitation is bound to one.
closed_accounts = [
    path("signup/", problems.not_found, name="account_signup"),
    path("email/", problems.not_found, name="account_email"),
]

organization = [
    path("activations/", activations.activations, name="activations"),
    path("activations/new/", activations.activation_new, name="activation_new"),
    path("activations/<str:activation>/", activations.activation, name="activation"),
    path("activations/<str:activation>/before/", activations.activation_before, name="activation_before"),
    path(
        "activations/<str:activation>/external-id/", external_id.activation_external_id, name="activation_external_id"
    ),
    path(
        "activations/<str:activation>/external-id/reveal/",
        external_id.activation_external_id_reveal,
        name="activation_external_id_reveal",
    ),
    path(
        "activations/<str:activation>/external-id/continue/",
        external_id.activation_external_id_continue,
        name="activation_external_id_continue",
    ),
    path("activations/<str:activation>/arns/", arns.activation_arns, name="activation_arns"),
    path("activations/<str:activation>/arns/yourself/", arns.activation_run_yourself, name="activation_run_yourself"),
    path("activations/<str:activation>/arns/check/", arns.activation_paste_check, name="activation_paste_check"),
    path(
        "activations/<str:activation>/arns/package/",
        arns.activation_package_download,
        name="activation_package_download",
    ),
    path("activations/<str:activation>/region/", region.activation_region, name="activation_region"),
    path("activations/<str:activation>/region/map/", region.activation_region_map, name="activation_region_map"),
    path("activations/<str:activation>/region/arns/", region.activation_region_arns, name="activation_region_arns"),
    path(
        "activations/<str:activation>/region/arns/check/",
        region.activation_region_arns_check,
        name="activation_region_arns_check",
    ),
    path("activations/<str:activation>/region/check/", region.activation_region_check, name="activation_region_check"),
    path(
        "activations/<str:activation>/region/checks/", region.activation_region_checks, name="activation_region_checks"
    ),
    path("activations/<str:activation>/region/continue/", region.region_continue, name="region_continue"),
    path("activations/<str:activation>/hand-over/", handover.activation_handover, name="activation_handover"),
    path(
        "activations/<str:activation>/hand-over/status/",
        handover.activation_handover_status,
        name="activation_handover_status",
    ),
    path(
        "activations/<str:activation>/hand-over/ticks/",
        handover.activation_handover_ticks,
        name="activation_handover_ticks",
    ),
    path(
        "activations/<str:activation>/hand-over/watch/",
        handover.activation_handover_watch,
        name="activation_handover_watch",
    ),
    path(
        "activations/<str:activation>/hand-over/stop/",
        handover.activation_handover_stop,
        name="activation_handover_stop",
    ),
    path(
        "activations/<str:activation>/hand-over/confirm/",
        handover.activation_handover_confirm,
        name="activation_handover_confirm",
    ),
    path(
        "activations/<str:activation>/hand-over/play/",
        handover.activation_handover_play,
        name="activation_handover_play",
    ),
    path("activations/<str:activation>/done/", done.activation_done, name="activation_done"),
    path("activations/<str:activation>/done/key/", done.activation_key_check, name="activation_key_check"),
    path("activations/<str:activation>/done/role/", done.activation_role_check, name="activation_role_check"),
    path("activations/<str:activation>/done/role/status/", done.activation_done_role, name="activation_done_role"),
    path("activations/<str:activation>/done/cluster/", done.activation_cluster_noted, name="activation_cluster_noted"),
    path("activations/<str:activation>/resume/", region_runs.activation_resume, name="activation_resume"),
    path("activations/<str:activation>/arns/run/", credentials.activation_run_here, name="activation_run_here"),
    path(
        "activations/<str:activation>/arns/run/checks/", credentials.activation_preflight, name="activation_preflight"
    ),
    path("runs/<str:run>/", runs.run, name="run"),
    path("runs/<str:run>/status/", runs.run_status, name="run_status"),
    path("runs/<str:run>/log/", runs.run_log, name="run_log"),
    path("runs/<str:run>/log.txt", runs.run_log_raw, name="run_log_raw"),
    path("runs/<str:run>/state/", states.run_state, name="run_state"),
    path("runs/<str:run>/review/", review.run_review, name="run_review"),
    path("runs/<str:run>/plan.json", review.run_plan, name="run_plan"),
    path("runs/<str:run>/approve/", review.run_approve, name="run_approve"),
    path("runs/<str:run>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<str:run>/discard/", runs.run_discard, name="run_discard"),
    path("runs/<str:run>/force/", runs.run_force, name="run_force"),
    path("members/", members.members, name="members"),
    path("members/list.csv", members.members_download, name="members_download"),
    path("members/invite/", members.member_invite, name="member_invite"),
    path("members/<int:member>/role/", members.member_role, name="member_role"),
    path("members/<int:member>/remove/", members.member_remove, name="member_remove"),
    path("members/invitations/<int:invitation>/withdraw/", members.invitation_withdraw, name="invitation_withdraw"),
    path("members/changes/<int:change>/confirm/", members.change_confirm, name="change_confirm"),
    path("members/changes/<int:change>/withdraw/", members.change_withdraw, name="change_withdraw"),
    path("license/", licenses.license_page, name="license"),
    path("license/license.json", licenses.license_json, name="license_json"),
    path("license/details/", licenses.license_details, name="license_details"),
    path("license/regions/<str:activation>/", licenses.license_region, name="license_region"),
    path("license/regions/<str:activation>/look/", licenses.license_look, name="license_look"),
    path("license/install/", licenses.license_install, name="license_install"),
    path("records/", records.records, name="records"),
    path("records/<str:record>/", records.record, name="record"),
    path("records/<str:record>/status/", records.record_status, name="record_status"),
    path("records/<str:record>/again/", records.record_again, name="record_again"),
    path("records/<str:record>/download/", records.record_download, name="record_download"),
    path("settings/", settings.settings, name="settings"),
    path("events/", events.events, name="events"),
    path("events/<str:sequence>/", events.event, name="event"),
    path("activations/<str:activation>/events/", events.activation_events, name="activation_events"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", help_pages.help_page, name="help"),
    path("setup/<str:token>/", setup.setup, name="setup"),
    path("join/<str:token>/", members.join, name="join"),
    path("o/<slug:organization>/", include(organization)),
    path("installation/", installation.installation, name="installation"),
    path("installation/events/", events.installation_events, name="installation_events"),
    path("installation/events/<str:sequence>/", events.installation_event, name="installation_event"),
    path("installation/packages/", packages.package_list, name="packages"),
    path("installation/packages/add/", packages.package_add, name="package_add"),
    path("installation/packages/<str:sha256>/", packages.package, name="package"),
    path(
        "installation/packages/<str:sha256>/choose/<str:control_plane>/", packages.package_choose, name="package_choose"
    ),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("accounts/", include(closed_accounts)),
    path("accounts/", include("allauth.urls")),
]
