"""An index of the notifications that were given up, for those who count them. It is made without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('notifications', '0002_turns_of_sites'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='notification',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['id'], name='notification_failed'),
        ),
    ]
