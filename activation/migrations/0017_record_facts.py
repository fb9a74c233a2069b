"""Keep in a record what rows that go on changing said when it was asked for."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column; for records asked for before, it is filled when they are made next."""

    dependencies: ClassVar = [("activation", "0016_proved_and_handed_over")]

    operations: ClassVar = [migrations.AddField("record", "facts", models.JSONField(blank=True, default=dict))]
