"""Room on each page for the next version of its rows: updates then touch no index (HOT)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("timeprofiles", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE timeprofiles_timeprofile SET (fillfactor = 90)", "ALTER TABLE timeprofiles_timeprofile RESET (fillfactor)"
        )
    ]
