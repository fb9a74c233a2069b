"""Make room for the name of a sandbox that holds all but the network and was allowed: PostgreSQL refused it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Widen the column."""

    dependencies: ClassVar = [("activation", "0001_portal")]

    operations: ClassVar = [
        migrations.AlterField("run", "sandbox", models.CharField(blank=True, max_length=100)),
    ]
