from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activation", "0013_second_factor"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="inputs",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
