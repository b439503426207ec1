from django.db import migrations

from linkmgr.history.migrations._exchange import site_first


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('timeprofiles', '0004_note_what_was_logged'),
    ]

    operations = site_first('timeprofile', 'timeprofiles_timeprofile')
