from django.db import migrations

from linkmgr.history.migrations._exchange import site_first


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('apartments', '0006_note_what_was_logged'),
    ]

    operations = site_first('apartment', 'apartments_apartment')
