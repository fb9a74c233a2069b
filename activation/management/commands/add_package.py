"""Take in a configuration package and make new activations use it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Problem
from activation.services import package_sources, packages
from activation.services.events import Actor


class Command(BaseCommand):
    """`manage.py add_package FILE|URL [--sha256 …]`."""

    help = (
        "Take in a configuration package (a .tar.gz of a Terraform root module). With its --sha256 it is pinned and "
        "chosen for a control plane; without, its SHA-256 and contents are shown and nothing uses it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="a file, or an https address")
        parser.add_argument("--sha256", default="", help="of the archive: pins it")
        parser.add_argument("--name", default="terraform-aws-iam", help="for a package without a manifest")
        parser.add_argument("--iam-path", default="", help="IAM path of its roles and policies (default /zilliz/)")
        parser.add_argument("--name-prefix", default="", help="what their names begin with (default zilliz-)")
        parser.add_argument("--for", dest="control_plane", choices=[c.value for c in ControlPlane], default="zilliz")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what is in the package."""
        actor = Actor(name="manage.py add_package", role="installation administrator", signed_in_by="shell")
        try:
            row = packages.add_package(
                package_sources.read(options["source"]),
                source=options["source"],
                actor=actor,
                sha256=options["sha256"],
                name=options["name"],
                iam_path=options["iam_path"],
                name_prefix=options["name_prefix"],
            )
            if options["sha256"]:
                packages.choose(row, control_plane=ControlPlane(options["control_plane"]), actor=actor)
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{row.name} {row.version} · content SHA-256 {row.sha256}")
        self.stdout.write(f"  archive SHA-256 {row.archive_sha256}")
        for kind, count in row.description["resource_types"].items():
            self.stdout.write(f"  {count} × {kind}")
        for finding in row.description["findings"]:
            self.stdout.write(self.style.WARNING(f"  {finding['text']} {finding['next_step']}".rstrip()))
        if options["sha256"]:
            self.stdout.write(f"New activations with {options['control_plane']} take it from now on.")
        else:
            again = f"repeat with --sha256 {row.archive_sha256}"
            self.stdout.write(f"Nothing takes it yet. If it is the one you mean, {again}")
