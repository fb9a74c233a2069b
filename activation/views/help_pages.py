"""Help, for everybody who is signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from activation.domain.glossary import GLOSSARY
from activation.domain.prerequisites import AWS_PAGES
from activation.domain.roles import RIGHT_LABELS, RIGHTS, ROLE_LABELS, Role
from activation.selectors.people import roles_of


@require_safe
@login_required
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain steps, keys, roles and words, and how to get support."""
    mine = roles_of(request.user)
    context = {
        "roles": [(ROLE_LABELS[role], role in mine) for role in Role],
        "rights": [
            (label, [(ROLE_LABELS[role], right in RIGHTS[role]) for role in Role])
            for right, label in RIGHT_LABELS.items()
        ],
        "glossary": GLOSSARY,
        "aws_pages": AWS_PAGES,
    }
    return render(request, "activation/help.html", context)
