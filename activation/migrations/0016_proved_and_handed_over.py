"""When an account and its roles were proved, and when values were handed over."""

from typing import Any

from django.db import migrations, models
from django.db.models import F


def fill(apps: Any, schema_editor: Any) -> None:
    """Take over what is known of before: a key of the account was seen in step 2, roles were tried in step 3."""
    account, setup, handover = (
        apps.get_model("activation", name).objects.using(schema_editor.connection.alias)
        for name in ("CloudAccount", "RegionSetup", "Handover")
    )
    account.exclude(arns_source="pasted").update(proved_at=F("created_at"))
    setup.update(proved_at=F("checked_at"))
    handover.update(handed_over_at=F("started_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("activation", "0015_package_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="cloudaccount",
            name="proved_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="handover",
            name="handed_over_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="regionsetup",
            name="proved_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="cloudaccount",
            name="account_id",
            field=models.CharField(max_length=12),
        ),
        migrations.AddConstraint(
            model_name="cloudaccount",
            constraint=models.UniqueConstraint(
                fields=("organization", "account_id"), name="an_account_once_an_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="cloudaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("proved_at__isnull", False)),
                fields=("account_id",),
                name="an_account_is_proved_by_one",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
