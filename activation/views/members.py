"""Members: who is here and as what; invitations, and joining by one."""

import csv

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import PortalRequest, demand_proof, member_with
from activation.domain.errors import Refused
from activation.domain.membership import grantable_roles
from activation.domain.roles import ROLE_LABELS, ROLE_PURPOSES, Right, Role
from activation.forms import refusal
from activation.forms.members import InvitationForm, JoinForm, RoleForm
from activation.http import address
from activation.models import Member, User
from activation.selectors.people import (
    find_invitation,
    find_user,
    invitations_of,
    members_of,
    open_invitations_of,
    pending_changes_of,
)
from activation.services import four_eyes
from activation.services import members as services

# Gone for good, or never there.
STATUS_OF_REFUSAL = {"invitation_unknown": 404, "invitation_foreign": 403}


def role_purposes() -> list[tuple[str, str, str]]:
    """Return each role's value, label and purpose."""
    return [(role.value, ROLE_LABELS[role], ROLE_PURPOSES[role]) for role in Role]


@require_safe
@member_with(Right.SEE_MEMBERS)
def members(request: PortalRequest) -> HttpResponse:
    """List the people and the open invitations."""
    context = {
        "members": members_of(request.organization),
        "invitations": open_invitations_of(request.organization),
        "changes": pending_changes_of(request.organization),
        "is_owner": request.member.role == Role.OWNER,
        "may_manage": request.member.may(Right.MANAGE_MEMBERS),
        "role_purposes": role_purposes(),
    }
    return render(request, "activation/members.html", context)


@require_safe
@member_with(Right.SEE_MEMBERS)
def members_download(request: PortalRequest) -> HttpResponse:
    """Hand out the list of who has access, for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="members-{request.organization.slug}.csv"'
    csv.writer(response).writerows(services.access_list(organization=request.organization, actor=request.actor))
    return response


@never_cache
@require_http_methods(["GET", "POST"])
@member_with(Right.MANAGE_MEMBERS)
def member_invite(request: PortalRequest) -> HttpResponse:
    """Invite a person; the answer shows the link, once."""
    if request.method == "POST":
        demand_proof(request)
    form = InvitationForm(
        request.POST or None, roles=grantable_roles(Role(request.member.role)), initial={"role": Role.OPERATOR.value}
    )
    if request.method == "POST" and form.is_valid():
        try:
            invited = services.invite(
                organization=request.organization,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                by=request.member,
                actor=request.actor,
            )
            return render(request, "activation/members_invited.html", {"invited": invited})
        except Refused as error:
            refusal.show(form, error)
    status = 200 if request.method == "GET" else 422
    return render(
        request, "activation/members_invite.html", {"form": form, "role_purposes": role_purposes()}, status=status
    )


@require_POST
@member_with(Right.MANAGE_MEMBERS)
def invitation_withdraw(request: PortalRequest, invitation: int) -> HttpResponse:
    """End an open invitation."""
    row = get_object_or_404(invitations_of(request.organization), pk=invitation)
    demand_proof(request)
    services.withdraw(invitation=row, by=request.member, actor=request.actor)
    messages.success(request, f"The invitation of {row.email} was withdrawn; its link no longer works.")
    return redirect("members", request.organization.slug)


@require_POST
@member_with(Right.MANAGE_MEMBERS)
def change_confirm(request: PortalRequest, change: int) -> HttpResponse:
    """Do what another owner asked for."""
    row = get_object_or_404(pending_changes_of(request.organization), pk=change)
    demand_proof(request)
    four_eyes.confirm(row, by=request.member, actor=request.actor)
    messages.success(request, f"{row}: done.")
    return redirect("members", request.organization.slug)


@require_POST
@member_with(Right.MANAGE_MEMBERS)
def change_withdraw(request: PortalRequest, change: int) -> HttpResponse:
    """Drop what waits for another owner."""
    row = get_object_or_404(pending_changes_of(request.organization), pk=change)
    four_eyes.withdraw(row, by=request.member, actor=request.actor)
    messages.success(request, "It was withdrawn; nothing changes.")
    return redirect("members", request.organization.slug)


@require_http_methods(["GET", "POST"])
@member_with(Right.MANAGE_MEMBERS)
def member_role(request: PortalRequest, member: int) -> HttpResponse:
    """Give a member another role."""
    row = get_object_or_404(members_of(request.organization), pk=member)
    if request.method == "POST":
        demand_proof(request)
    form = RoleForm(request.POST or None, roles=grantable_roles(Role(request.member.role)), initial={"role": row.role})
    if request.method == "POST" and form.is_valid():
        try:
            role = form.cleaned_data["role"]
            if services.change_role(member=row, role=role, by=request.member, actor=request.actor):
                messages.success(request, f"{row.user} is now {ROLE_LABELS[role]}.")
            else:
                messages.info(request, f"{row.user} becomes an owner once another owner confirms it on this page.")
            # Who gave up their own role may not be let in there any more.
            return redirect("home") if row.pk == request.member.pk else redirect("members", request.organization.slug)
        except Refused as error:
            refusal.show(form, error)
    context = {"row": row, "form": form, "role_purposes": role_purposes()}
    return render(request, "activation/members_role.html", context, status=200 if request.method == "GET" else 422)


@require_http_methods(["GET", "POST"])
@member_with(Right.MANAGE_MEMBERS)
def member_remove(request: PortalRequest, member: int) -> HttpResponse:
    """Ask, then take a member out."""
    row = get_object_or_404(members_of(request.organization), pk=member)
    if request.method == "GET":
        return render(request, "activation/members_remove.html", {"row": row})
    demand_proof(request)
    services.remove(member=row, by=request.member, actor=request.actor)
    if row.pk == request.member.pk:
        messages.success(request, f"You have left {request.organization.name}.")
        return redirect("home")
    messages.success(request, f"{row.user} is no longer a member; their access ended at once.")
    return redirect("members", request.organization.slug)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: by a button when signed in, with a new account otherwise."""
    user = request.user if isinstance(request.user, User) else None
    try:
        invitation = services.check_acceptable(find_invitation(token), email=user.email if user else None)
    except Refused as error:
        status = STATUS_OF_REFUSAL.get(error.code, 410)
        return render(request, "activation/join_refused.html", {"refusal": error}, status=status)
    has_account = user is None and find_user(invitation.email) is not None
    form = None if user or has_account else JoinForm(request.POST or None)
    if request.method == "POST" and (user or (form and form.is_valid())):
        try:
            return redirect("activations", accept(request, token, form).organization.slug)
        except Refused as error:
            if form is None:
                raise
            refusal.show(form, error)
    context = {"invitation": invitation, "form": form, "has_account": has_account}
    return render(request, "activation/join.html", context, status=200 if request.method == "GET" else 422)


def accept(request: HttpRequest, token: str, form: JoinForm | None) -> Member:
    """Join as the person who is signed in, or as a new one who is signed in thereby."""
    if form is None:
        assert isinstance(request.user, User)
        return services.join(token=token, user=request.user, address=address(request))
    member = services.join_as_new_person(
        token=token,
        name=form.cleaned_data["name"],
        password=form.cleaned_data["password"],
        address=address(request),
    )
    login(request, member.user)
    return member
