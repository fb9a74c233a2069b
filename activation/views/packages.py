"""Configuration packages, for the person who runs the server."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activation.decorators import demand_proof, installation_administrator
from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem
from activation.forms.packages import PackageForm
from activation.models import PackageVersion
from activation.services import package_sources, packages


@require_safe
@installation_administrator
def package_list(request: HttpRequest) -> HttpResponse:
    """Show the packages that are here, and which of them new activations take."""
    packages.ensure_bundled()
    rows = PackageVersion.objects.defer("archive").order_by("-added_at")
    return render(request, "activation/packages.html", {"packages": rows, "control_planes": list(ControlPlane)})


@require_safe
@installation_administrator
def package(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show what is in a package."""
    row = get_object_or_404(PackageVersion.objects.defer("archive"), sha256=sha256)
    return render(request, "activation/package.html", {"package": row, "control_planes": list(ControlPlane)})


@require_http_methods(["GET", "HEAD", "POST"])
@installation_administrator
def package_add(request: HttpRequest) -> HttpResponse:
    """Take in a package and choose it."""
    demand_proof(request)
    form = PackageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            uploaded = given["archive"]
            content = uploaded.read() if uploaded else package_sources.fetch(given["address"])
            row = packages.add_package(
                content,
                source=uploaded.name if uploaded else given["address"],
                actor=request.actor,  # type: ignore[attr-defined]
                **{name: given[name] for name in ("sha256", "name", "iam_path", "name_prefix")},
            )
            packages.choose(row, control_plane=ControlPlane(given["control_plane"]), actor=request.actor)  # type: ignore[attr-defined]
        except Problem as problem:
            source = "archive" if given["archive"] else "address"
            form.add_error(problem.field if problem.field in form.fields else source, str(problem))
        else:
            messages.success(request, f"{row.name} {row.version} was taken in; new activations use it.")
            return redirect("package", sha256=row.sha256)
    return render(request, "activation/package_add.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@installation_administrator
def package_choose(request: HttpRequest, sha256: str, control_plane: str) -> HttpResponse:
    """Make new activations of a control plane take this package."""
    if control_plane not in set(ControlPlane):
        raise Http404
    row = get_object_or_404(PackageVersion, sha256=sha256)
    demand_proof(request)
    packages.choose(row, control_plane=ControlPlane(control_plane), actor=request.actor)  # type: ignore[attr-defined]
    messages.success(request, f"New activations take {row.name} {row.version} from now on.")
    return redirect("package", sha256=row.sha256)
