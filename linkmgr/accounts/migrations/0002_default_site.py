"""A fresh install has one site, `default`."""

from django.db import migrations


def create(apps, schema_editor):
    apps.get_model("accounts", "Site").objects.get_or_create(slug="default", defaults={"name": "Default site"})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
