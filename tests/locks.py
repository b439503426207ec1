"""What a migration would do to requests that are being answered while it runs, read from its SQL."""

import re
from collections.abc import Iterable, Iterator

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

NAME = r'(?:ONLY )?"?(?P<table>\w+)"?'
ALTER = rf"ALTER TABLE (?:IF EXISTS )?{NAME} .*?"
WITH_LOCK, ASKED_FOR = "reads all rows under a lock", "the version that still runs asks for it: a release later"
NOT_GIVEN, REWRITES = "the version that still runs does not give it: db_default", "writes all rows anew under a lock"
FAULTS = {
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {NAME}": "blocks writers: AddIndexConcurrently",
    r"DROP INDEX (?!CONCURRENTLY)(?P<table>.+)": "blocks everybody behind a reader: RemoveIndexConcurrently",
    rf"{ALTER}ADD CONSTRAINT \S+ (?:CHECK|FOREIGN KEY)(?!.*NOT VALID)": f"{WITH_LOCK}: NOT VALID, then VALIDATE",
    rf"{ALTER}ADD CONSTRAINT \S+ (?:UNIQUE|PRIMARY KEY|EXCLUDE)(?!.*USING INDEX)": f"{WITH_LOCK}: USING INDEX",
    rf"{ALTER}ALTER COLUMN \S+ SET NOT NULL": f"{WITH_LOCK}: a CHECK that is NOT VALID first",
    rf"{ALTER}ALTER COLUMN \S+ (?:SET DATA )?TYPE": REWRITES,
    rf"{ALTER}ADD COLUMN .*(?:GENERATED ALWAYS|random\(|clock_timestamp|gen_random)": REWRITES,
    rf"{ALTER}ADD COLUMN (?!.*DEFAULT).*NOT NULL": NOT_GIVEN,
    rf"{ALTER}ALTER COLUMN \S+ DROP DEFAULT": NOT_GIVEN,
    rf"{ALTER}(?:DROP COLUMN|RENAME)": ASKED_FOR,
    rf"DROP TABLE (?:IF EXISTS )?{NAME}": ASKED_FOR,
    rf"(?:TRUNCATE|CLUSTER|VACUUM FULL|LOCK(?: TABLE)?) {NAME}": "nobody else gets at it",
}
"""A statement → why it must not be. Tables that the migration itself makes are nobody's yet."""


def statements(migration: Migration, state: ProjectState) -> list[str]:
    """Its SQL, on the state of the models before it. What RunPython does is not in it."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
    return [" ".join(line.split()) for line in editor.collected_sql if not line.startswith("--")]


def faults(sql: Iterable[str]) -> Iterator[str]:
    """`reason: statement` of each that holds up requests, or breaks the version that still runs."""
    made: set[str] = set()
    for statement in sql:
        if new := re.match(rf"CREATE TABLE (?:IF NOT EXISTS )?{NAME}", statement, re.IGNORECASE):
            made.add(new["table"])
        for pattern, why in FAULTS.items():
            found = re.match(pattern, statement, re.IGNORECASE | re.DOTALL)
            if found and found["table"] not in made:
                yield f"{why}: {statement}"
