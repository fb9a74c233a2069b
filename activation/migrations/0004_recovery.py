from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("activation", "0002_event_chain"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="found_again",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
