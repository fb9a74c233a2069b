from typing import Any

from django.db import migrations, models
from django.db.models import F


def sort(apps: Any, schema_editor: Any) -> None:
    """Tell from its description what a package makes, and take what was chosen for pinned; one of a kind stays chosen."""
    packages = apps.get_model("activation", "PackageVersion").objects
    for row in packages.defer("archive"):
        if row.description.get("phases"):
            packages.filter(pk=row.pk).update(kind="region")
    packages.update(pinned_at=F("added_at"), pinned_by_name=F("added_by_name"))
    seen = set()
    # The latest choice is the one that counted: choosing used to move `added_at`.
    for pk, kind, plane in (
        packages.exclude(chosen_for="").order_by("-added_at").values_list("pk", "kind", "chosen_for")
    ):
        if (kind, plane) in seen:
            packages.filter(pk=pk).update(chosen_for="")
        seen.add((kind, plane))


class Migration(migrations.Migration):
    dependencies = [
        ("activation", "0014_run_inputs"),
    ]

    operations = [
        migrations.AddField(
            model_name="packageversion",
            name="kind",
            field=models.CharField(choices=[("iam", "IAM"), ("region", "Region")], default="iam", max_length=10),
        ),
        migrations.AddField(
            model_name="packageversion",
            name="pinned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="packageversion",
            name="pinned_by_name",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.RemoveConstraint(model_name="packageversion", name="one_chosen_package"),
        migrations.RunPython(sort, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="packageversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("chosen_for", ""), _negated=True),
                fields=("kind", "chosen_for"),
                name="one_chosen_package",
            ),
        ),
    ]
