"""Keep of a record what it was when it was first made, so that its page can say what differs in a later one."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column; of records made before, nothing is known."""

    dependencies: ClassVar = [("activation", "0010_chain_lacking")]

    operations: ClassVar = [migrations.AddField("record", "first", models.JSONField(blank=True, default=dict))]
