from django.db import migrations, models

from activation.domain import chain
from activation.models import append_only
from activation.models.events import CHAINED_COLUMNS, chained


def chain_what_is_there(apps, schema_editor):
    """Give the events of before their hashes, in the order they were numbered."""
    Event = apps.get_model('activation', 'Event')
    prev_hash, present = chain.GENESIS, object()
    for event in Event.objects.order_by('organization_id', 'sequence').iterator():
        if event.organization_id != present:
            prev_hash, present = chain.GENESIS, event.organization_id
        event.prev_hash = prev_hash
        event.hash = prev_hash = chain.event_hash(chained([getattr(event, name) for name in CHAINED_COLUMNS]))
        Event.objects.filter(pk=event.pk).update(prev_hash=event.prev_hash, hash=event.hash)


def guard(apps, schema_editor):
    append_only.guard(schema_editor)


def unguard(apps, schema_editor):
    append_only.unguard(schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ('activation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChainStatus',
            fields=[
                ('chain', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('verified_at', models.DateTimeField()),
                ('last_sequence', models.BigIntegerField()),
                ('problem_sequence', models.BigIntegerField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chain', models.CharField(max_length=40)),
                ('number', models.BigIntegerField()),
                ('last_sequence', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('hash', models.CharField(max_length=64)),
                ('envelope', models.JSONField()),
            ],
            options={
                'indexes': [models.Index(fields=['chain', 'last_sequence'], name='checkpoints_along_a_chain')],
                'constraints': [models.UniqueConstraint(fields=('chain', 'number'), name='one_checkpoint_per_number')],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='hash',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='event',
            name='prev_hash',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(max_length=60),
        ),
        migrations.RunPython(chain_what_is_there, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
