"""Keep of a run's key, where a later one replaces it, whether it was one that ends by no clock."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column; of keys replaced before nothing is known."""

    dependencies: ClassVar = [("activation", "0018_run_values")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="credential",
            name="replaced",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
