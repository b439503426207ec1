"""A unique key made anew, with its columns in another order, while rows are read and written."""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


def site_first(model: str, table: str) -> list[Operation]:
    """(link_id, site) becomes (site, link_id). For a migration that is not atomic; it may be run again."""
    name, made = f"{model}_link_id", f"{model}_link_id_of_site"
    key = models.UniqueConstraint(
        fields=("site", "link_id"), name=name, violation_error_message="This link_id is stored already."
    )
    return [
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {made}", migrations.RunSQL.noop),
        migrations.RunSQL(
            f"CREATE UNIQUE INDEX CONCURRENTLY {made} ON {table} (site_id, link_id)", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} UNIQUE USING INDEX {made}",
            migrations.RunSQL.noop,
            state_operations=[migrations.RemoveConstraint(model, name), migrations.AddConstraint(model, key)],
        ),
    ]
