"""Keep in a run's row the values that its Terraform was given: what they are made of goes on changing."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column; of runs that were planned before, nothing is known any more."""

    dependencies: ClassVar = [("activation", "0017_record_facts")]

    operations: ClassVar = [migrations.AddField("run", "values", models.JSONField(blank=True, default=None, null=True))]
