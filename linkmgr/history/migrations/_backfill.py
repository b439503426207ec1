"""What a log had before commits were noted, as commits: for the migration that makes its triggers note them.

That migration has locked the logged table, so nothing is written meanwhile. In which order transactions committed is
not known. By their last entries is as good: who waited for another's row wrote its own entry after all of the other's.
"""

from zlib import crc32

from django.db import migrations

# MATERIALIZED: joined by loops, a subquery would make up another id for each entry
STATEMENTS = """
    WITH made_up AS MATERIALIZED (
        SELECT unsigned.pgh_created_at, gen_random_uuid() AS id
        FROM (SELECT DISTINCT pgh_created_at FROM {log} WHERE change_set_id IS NULL) AS unsigned
    )
    UPDATE {log} AS entry
    SET change_set_id = made_up.id
    FROM made_up
    WHERE entry.change_set_id IS NULL AND entry.pgh_created_at = made_up.pgh_created_at;

    SELECT pg_advisory_xact_lock({key}, waiting.id::integer) FROM (SELECT id FROM accounts_site ORDER BY id) AS waiting;

    INSERT INTO history_commit (site_id, log, change_sets, first, last, seq)
    SELECT site_id, '{log}', ARRAY[change_set_id], first, last, nextval('history_commit_seq')
    FROM (
        SELECT site_id, change_set_id, min(pgh_id) AS first, max(pgh_id) AS last
        FROM {log}
        GROUP BY site_id, change_set_id
        ORDER BY max(pgh_id)
    ) AS noted;
"""


def note_commits_of(log: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        STATEMENTS.format(log=log, key=crc32(b"commit") - 2**31),
        f"DELETE FROM history_commit WHERE log = '{log}'",
    )
