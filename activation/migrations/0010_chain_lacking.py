"""Keep, of a verified chain, what protects it and is not there."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column; the next verification fills it."""

    dependencies: ClassVar = [("activation", "0009_region_found")]

    operations: ClassVar = [
        migrations.AddField("chainstatus", "lacking", models.CharField(blank=True, default="", max_length=500)),
    ]
