"""Configuration packages, for the person who runs the server."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import demand_proof, installation_administrator
from activation.domain.control_plane import CONTROL_PLANE_LABELS, ControlPlane
from activation.domain.errors import Problem, Refused
from activation.forms.packages import PackageForm
from activation.models import PackageVersion
from activation.selectors import packages as reads
from activation.services import package_sources, packages


@require_safe
@installation_administrator
def package_list(request: HttpRequest) -> HttpResponse:
    """Show the packages that are here, and which of them new activations take."""
    packages.ensure_bundled()
    context = {"packages": reads.package_list(), "control_planes": list(ControlPlane)}
    return render(request, "activation/packages.html", context)


@require_safe
@installation_administrator
def package(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show what is in a package, so that it can be pinned."""
    context = {
        "package": demand(sha256),
        "control_planes": [(plane.value, CONTROL_PLANE_LABELS[plane]) for plane in ControlPlane],
    }
    return render(request, "activation/package.html", context)


def demand(sha256: str) -> PackageVersion:
    """Return the package whose content has this SHA-256; raises Http404."""
    row = reads.find_package(sha256)
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@installation_administrator
def package_add(request: HttpRequest) -> HttpResponse:
    """Fetch or take in a package, and lead to where it is looked at and pinned."""
    demand_proof(request)
    form = PackageForm(request.POST or None, request.FILES or None, initial={"address": settings.ZILLIZ_PACKAGE_URL})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        uploaded = given["archive"]
        try:
            content = uploaded.read() if uploaded else package_sources.fetch(given["address"])
            row = packages.add_package(
                content,
                source=uploaded.name if uploaded else given["address"],
                actor=request.actor,  # type: ignore[attr-defined]
                **{name: given[name] for name in ("sha256", "name", "iam_path", "name_prefix")},
            )
        except Problem as problem:
            source = "archive" if uploaded else "address"
            form.add_error(problem.field if problem.field in form.fields else source, str(problem))
        else:
            return redirect("package", sha256=row.sha256)
    return render(request, "activation/package_add.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@installation_administrator
def package_choose(request: HttpRequest, sha256: str, control_plane: str) -> HttpResponse:
    """Pin a package, and make new activations of a control plane take it."""
    if control_plane not in set(ControlPlane):
        raise Http404
    row = demand(sha256)
    demand_proof(request)
    try:
        packages.choose(row, control_plane=ControlPlane(control_plane), actor=request.actor)  # type: ignore[attr-defined]
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"New activations take {row.name} {row.version} from now on.")
    return redirect("package", sha256=row.sha256)
