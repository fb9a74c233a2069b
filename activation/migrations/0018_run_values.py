"""Keep in a run's row the values that its Terraform was given: what they are made of goes on changing.

And count in a record's row the workers that were lost with it.
"""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns; of the values of runs that were planned before, nothing is known any more."""

    dependencies: ClassVar = [("activation", "0017_record_facts")]

    operations: ClassVar = [
        migrations.AddField("run", "values", models.JSONField(blank=True, default=None, null=True)),
        migrations.AddField("record", "lost", models.IntegerField(default=0)),
    ]
