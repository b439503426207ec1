"""A site of a hundred thousand rows of every kind with their records, and some of all the rest, made within seconds.

The n-th row of each kind, from 0, has `link_id(n)`. Each hundred of them came in one change set, `change_set(0)` and so
on; the first thousand were changed once more, in others, which are counted from the other end.
"""

from typing import Any

from django.db import connection

from tests.make import Estate

ROWS, TOGETHER, CHANGED = 100_000, 100, 1_000
ROW = "(lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid"
SET = "(lpad(to_hex({}), 8, '0') || '-1111-4111-8111-111111111111')::uuid"
KINDS = {
    "apartments_apartment": (
        "building, unit, floor, room, apartment_name, state_id, residents_count, photo_path, route_path",
        "1 + n / 10000, n / 100 % 100, n / 10 % 10, n % 10, 'Flat', 4, 2, '', ''",
    ),
    "timeprofiles_timeprofile": (
        "name, is_all_day, date_from, date_to, repeat_options",
        """'Hours', false, 0, 3600, '{"repeat_enable": false}'::jsonb""",
    ),
    "contacts_contact": (
        "name, type, number, is_favorite, is_default, auto_answer, in_black_list, ringtone, is_p2p",
        "'Anna', 'regular', '0001-01-01-01', false, false, false, false, 'ring1.wav', false",
    ),
}
"""Table → (columns, their values)"""
RECORDS = """
    INSERT INTO history_changeset (id, site_id, by_id, via, request_id, note, counts, spans, created_at)
    SELECT set_n, site, account, 'api', 'r' || n, '', '{"apartment": {"insert": 100}}',
        jsonb_build_object('apartment', jsonb_build_array(coalesce(first, 1), coalesce(last, 0))),
        now() - n * interval '1 second'
    FROM numbered;

    INSERT INTO history_commit (site_id, log, change_sets, first, last, seq)
    SELECT site, 'apartments_apartmentchange', ARRAY[set_n], first, last, n + 1
    FROM numbered WHERE first IS NOT NULL;

    SELECT setval('history_commit_seq', greatest(last_value, 100000)) FROM history_commit_seq;

    CREATE TEMP TABLE fewer AS SELECT * FROM numbered WHERE n < 20000;

    INSERT INTO apartments_recipient (apartment_id, channel, address)
    SELECT apartments_apartment.id, 'email', 'a@example.com'
    FROM apartments_apartment JOIN numbered ON row_n = link_id AND site = site_id;

    INSERT INTO notifications_notification (site_id, change_set, link_id, channel, address, facts, state, next_at)
    SELECT site, set_n, row_n, 'email', 'a@example.com', '{"subject": "", "lines": [], "data": {}}',
        CASE WHEN n % 2 = 0 THEN 'pending' ELSE 'sent' END, CASE WHEN n % 2 = 0 THEN now() END
    FROM fewer;

    INSERT INTO accounts_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active,
        date_joined)
    SELECT 'many-' || n, '!', false, '', '', '', false, true, now() FROM fewer;

    INSERT INTO accounts_membership (site_id, user_id, role, device_password, may_act_on_behalf)
    SELECT site, accounts_user.id, 'viewer', 'some', false
    FROM accounts_user, (SELECT site FROM fewer LIMIT 1) AS here
    WHERE username LIKE 'many-%';

    INSERT INTO accounts_token (digest, token_key, created, user_id, membership_id, role, label)
    SELECT 'many-' || id, id, now(), user_id, id, 'viewer', '' FROM accounts_membership WHERE device_password = 'some';

    INSERT INTO api_keptanswer (membership_id, key, request, status, content_type, change_set)
    SELECT membership, 'key-' || n, '', 200, '', '' FROM fewer;

    INSERT INTO api_keptpiece (answer_id, number, content) SELECT id, 0, '' FROM api_keptanswer;
"""
TABLES = [
    *KINDS,
    *(f"{table}change" for table in KINDS),
    *("history_changeset", "history_commit", "notifications_notification", "apartments_recipient"),
    *("accounts_user", "accounts_membership", "accounts_token", "api_keptanswer", "api_keptpiece"),
]


def link_id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def change_set(number: int) -> str:
    return f"{number:08x}-1111-4111-8111-111111111111"


def fill(home: Estate) -> None:
    """Without triggers, which would take longer than all the rest. Analysed; see `forget`."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, (columns, values) in KINDS.items():
            cursor.execute(_kind(table, columns, values), {"site": home.site.pk})
        cursor.execute(_numbered(), _ids(home))
        cursor.execute(RECORDS)
        cursor.execute("DROP TABLE numbered, fewer")
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def forget() -> None:
    """What PostgreSQL knows of the tables: as if autovacuum had not yet come since they were filled."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM pg_statistic WHERE starelid = ANY (%(tables)s::regclass[]);
            UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = ANY (%(tables)s::regclass[]);
            UPDATE pg_class SET reltuples = 0, relpages = 1
            WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY (%(tables)s::regclass[]))
            """,
            {"tables": TABLES},
        )


def _kind(table: str, columns: str, values: str) -> str:
    """Rows, and entries of the log of when they came, and of when they were changed."""
    entry = "INSERT INTO {0}change (pgh_created_at, pgh_label, pgh_obj_id, change_set_id, site_id, link_id, {1})"
    rest = "SELECT now(), '{2}', id, {3}, site_id, link_id, {1} FROM filled ORDER BY n"
    inserted = f"{entry} {rest}".format(table, columns, "insert", SET.format(f"n / {TOGETHER}"))
    changed = f"{entry} {rest} LIMIT {CHANGED}".format(
        table, columns, "update", SET.format(f"{ROWS} - 1 - n / {TOGETHER}")
    )
    return f"""
        INSERT INTO {table} (site_id, link_id, {columns})
        SELECT %(site)s, {ROW}, {values.replace("%", "%%")}
        FROM generate_series(0, {ROWS} - 1) AS n;
        CREATE TEMP TABLE filled AS
        SELECT *, row_number() OVER (ORDER BY link_id) - 1 AS n FROM {table} WHERE site_id = %(site)s;
        {inserted};
        {changed};
        DROP TABLE filled
    """


def _numbered() -> str:
    return f"""
        CREATE TEMP TABLE numbered AS
        SELECT n, {ROW} AS row_n, {SET.format("n")} AS set_n, %(site)s AS site, %(account)s AS account,
            %(membership)s AS membership, first, last
        FROM generate_series(0, {ROWS} - 1) AS n LEFT JOIN (
            SELECT change_set_id, min(pgh_id) AS first, max(pgh_id) AS last
            FROM apartments_apartmentchange GROUP BY change_set_id
        ) AS span ON span.change_set_id = {SET.format("n")}
    """


def _ids(home: Estate) -> dict[str, Any]:
    return {"site": home.site.pk, "account": home.membership.user_id, "membership": home.membership.pk}
