"""What the parts of step 3's page show: fields, map, checks, what is missing."""

from typing import Any

from django.http import QueryDict

from activation.domain import netmask as networks
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.domain.netmask import SubnetPlan
from activation.domain.roles import Right
from activation.forms.arns import PLACES, Entry, entries
from activation.forms.credentials import KeyFields
from activation.forms.region import ADDRESS, ArnForm, NetmaskForm, NetworkForm
from activation.models import Activation, Member, RegionSetup
from activation.selectors import region_lights as lights
from activation.selectors import region_setup as reads
from activation.selectors.activations import arns_as_text, source_run
from activation.services import packages, vendor

# Of 1000: what is narrower would not be seen.
NARROWEST = 5.0


def page(
    activation: Activation,
    member: Member,
    *,
    network: NetworkForm | NetmaskForm | None = None,
    arns: ArnForm | None = None,
    key: KeyFields | None = None,
    refused: Refused | None = None,
) -> dict[str, Any]:
    """Return everything that the page shows; the forms are those that came back with what is wrong."""
    account, setup = activation.cloud_account, reads.setup_of(activation)
    found = reads.obstacles(activation)
    may_edit = member.may(Right.WALK_WIZARD) and reads.can_be_changed(activation)
    form = network or network_form(activation)
    return {
        "activation": activation,
        "step": 3,
        "account": account,
        "groups": bool(reads.stored_arns(activation)),
        "stored_groups": stored_groups(activation),
        "as_text": arns_as_text(account) if account else "",
        "source_run": source_run(activation),
        "is_zilliz": activation.control_plane == ControlPlane.ZILLIZ,
        "may_edit": may_edit,
        "may_walk": member.may(Right.WALK_WIZARD),
        "region_run": reads.region_run_under_way(activation),
        "setup": setup,
        "network": form,
        "key": key or KeyFields(),
        "refused": refused,
        "obstacles": found,
        "ready": reads.readiness(activation, found),
        "arn_problem": next((each for each in found if each.field == "arns"), None),
        **map_of(activation, form, setup),
        **arns_of(activation, arns),
        **checks_of(activation, member, setup),
    }


# --- the ARNs


def arns_of(activation: Activation, form: ArnForm | None) -> dict[str, Any]:
    """Return the seven fields with what is wrong, and what of a paste was not understood."""
    form, came_back = form or ArnForm(), form is not None
    if came_back:
        form.is_valid()
    values = form.values() if came_back else reads.stored_arns(activation)
    account = activation.cloud_account
    rows = entries(
        values,
        pressed="take" in form.data,
        account=account.account_id if account else None,
        partition=account.partition if account else None,
        naming=reads.naming_of(activation),
    )
    right = sum(row.is_right for row in rows)
    return {
        "arn_form": form,
        "arns_open": came_back or not reads.stored_arns(activation),
        "arn_groups": in_groups(rows),
        "right": right,
        "right_words": f"{right} of 7 are correct",
        "unread": [(PLACES[name], line) for name, reading in form.readings.items() for line in reading.lines],
    }


def stored_groups(activation: Activation) -> list[tuple[str, list[Entry]]]:
    """Return the stored ARNs, each with what is wrong with it; nothing where none are stored."""
    arns, account = reads.stored_arns(activation), activation.cloud_account
    if not arns or account is None:
        return []
    known = {"account": account.account_id, "partition": account.partition}
    return in_groups(entries(arns, pressed=True, **known, naming=reads.naming_of(activation)))


def in_groups(rows: list[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return the seven as two roles and five policies."""
    titles = {"role": "Two roles", "policy": "Five policies"}
    return [(title, [row for row in rows if row.output.kind == kind]) for kind, title in titles.items()]


# --- the network


def network_form(activation: Activation, posted: QueryDict | None = None) -> NetworkForm | NetmaskForm:
    """Return the form of the activation's control plane, filled with what was chosen before."""
    setup = reads.setup_of(activation)
    if activation.control_plane == ControlPlane.ZILLIZ:
        chosen = setup.netmask if setup and setup.netmask else networks.LARGEST
        return NetmaskForm(posted, initial={"netmask": f"/{chosen}"})
    cidr = setup.vpc_cidr if setup and setup.vpc_cidr else networks.EXAMPLE
    address, _, mask = cidr.partition("/")
    return NetworkForm(posted, initial={"vpc_cidr": address or ADDRESS, "netmask": mask})


def chosen_network(posted: QueryDict) -> QueryDict:
    """Return what was posted, with a suggested network in place of the fields where that button was pressed."""
    suggested = posted.get("use", "")
    if not suggested:
        return posted
    address, _, mask = suggested.partition("/")
    copy = posted.copy()
    copy["vpc_cidr"], copy["netmask"] = address, mask
    return copy


def without_own_mask(posted: QueryDict) -> QueryDict:
    """Return what was posted, without the mask behind the address."""
    copy = posted.copy()
    copy["vpc_cidr"] = copy.get("vpc_cidr", "").partition("/")[0]
    return copy


def choice_in(form: NetworkForm | NetmaskForm) -> dict[str, Any]:
    """Return what a valid form chose, as the service takes it."""
    if isinstance(form, NetmaskForm):
        return {"netmask": form.value}
    assert form.plan is not None
    return {"netmask": form.plan.netmask, "vpc_cidr": form.plan.cidr}


def map_of(activation: Activation, form: NetworkForm | NetmaskForm, setup: RegionSetup | None = None) -> dict[str, Any]:
    """Return the drawn map of what a form holds, and what in the account stands in its way."""
    setup = setup or reads.setup_of(activation)
    plan = plan_in(form)
    standing = reads.networks_of(setup)
    taken = reads.overlaps(setup, plan.cidr) if plan and not plan.is_estimate else ()
    return {
        "network": form,
        "is_zilliz": activation.control_plane == ControlPlane.ZILLIZ,
        "plan": plan,
        "masks": [(str(each), networks.plan_subnets(f"{ADDRESS}/{each}").usable) for each in networks.netmasks()],
        "mask": form.mask if isinstance(form, NetworkForm) else str(form["netmask"].value() or ""),
        "shapes": shapes(plan) if plan else [],
        "standing": standing,
        "standing_problem": setup.networks_problem if setup else "",
        "overlap": reads.overlap(plan.cidr, taken) if plan and taken else None,
        "suggestion": networks.suggest(plan.netmask, standing or []) if plan and taken else "",
    }


def plan_in(form: NetworkForm | NetmaskForm) -> SubnetPlan | None:
    """Return how the form's network is cut up; of one that was not sent, what it shows at first."""
    if form.is_bound:
        return form.plan
    if isinstance(form, NetmaskForm):
        return networks.estimate(networks.read_netmask(str(form["netmask"].value())))
    return networks.plan_subnets(f"{form['vpc_cidr'].value()}/{form['netmask'].value()}")


def shapes(plan: SubnetPlan) -> list[dict[str, Any]]:
    """Return the parts of a network as the map draws them: a place from 0 to 1000, wide enough to be seen."""
    return [
        {"part": part, "x": f"{part.start * 1000:.2f}", "width": f"{max(part.share * 1000, NARROWEST):.2f}"}
        for part in plan.parts
        if part.kind != "free"
    ]


# --- trust and room


def checks_of(activation: Activation, member: Member, setup: RegionSetup | None = None) -> dict[str, Any]:
    """Return both roles' lights and what was found in the region."""
    setup = setup or reads.setup_of(activation)
    stage = reads.stage_of(activation, setup)
    room, lines = lights.room_lines(setup)
    principal = packages.principal_for(activation.control_plane)
    roles = lights.role_lights(activation, setup, stage)
    return {
        "stage": stage.value,
        "setup": setup,
        "roles": roles,
        "mending": lights.mending(roles, principal),
        "principal": principal,
        "room": room,
        "room_lines": lines,
        "room_matters": activation.control_plane != ControlPlane.ZILLIZ,
        "short_kind": "warning" if activation.control_plane == ControlPlane.ZILLIZ else "error",
        "has_identity": vendor.is_configured(),
        "is_zilliz": activation.control_plane == ControlPlane.ZILLIZ,
        "may_edit": member.may(Right.WALK_WIZARD) and reads.can_be_changed(activation),
    }
