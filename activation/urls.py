"""Every address of the portal."""

from django.urls import include, path

from activation.views import events, health, home, installation, members, packages, problems, settings, setup

# Nobody signs up here, and addresses are not changed by their owners: an invitation is bound to one.
closed_accounts = [
    path("signup/", problems.not_found, name="account_signup"),
    path("email/", problems.not_found, name="account_email"),
]

organization = [
    path("activations/", home.activations, name="activations"),
    path("members/", members.members, name="members"),
    path("members/list.csv", members.members_download, name="members_download"),
    path("members/invite/", members.member_invite, name="member_invite"),
    path("members/<int:member>/role/", members.member_role, name="member_role"),
    path("members/<int:member>/remove/", members.member_remove, name="member_remove"),
    path("members/invitations/<int:invitation>/withdraw/", members.invitation_withdraw, name="invitation_withdraw"),
    path("settings/", settings.settings, name="settings"),
    path("events/", events.events, name="events"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("setup/<str:token>/", setup.setup, name="setup"),
    path("join/<str:token>/", members.join, name="join"),
    path("o/<slug:organization>/", include(organization)),
    path("installation/", installation.installation, name="installation"),
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
