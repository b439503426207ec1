"""The run: a server of its own, linkmgr on it, and each measure after the other."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import serving
from benchmarks.clients import measure_clients
from benchmarks.course import Course
from benchmarks.ground import EMPTY, PASSWORD, SUPERUSER, Ground, ground
from benchmarks.items import KINDS
from benchmarks.machine import machine
from benchmarks.million import measure_import
from benchmarks.peers.rules import digest
from benchmarks.plan import Plan
from benchmarks.reads import measure_reads
from benchmarks.results import Results
from benchmarks.single import measure_single
from benchmarks.upserts import measure_kind
from linkmgr.postgres.server import DATABASE

SEED = 20_261_121
MEASURES: dict[str, Callable[[Course], None]] = {
    **{kind.name: partial(measure_kind, kind) for kind in KINDS},
    "single": measure_single,
    "clients": measure_clients,
    "import": measure_import,
    "reads": measure_reads,
}
"""In the order in which they are taken."""


def run(plan: Plan, where: Path | None, say: Callable[[str], None]) -> Results:
    """Raises BenchError and postgres.PostgresError."""
    with ExitStack() as stack:
        say("starting PostgreSQL and linkmgr")
        own = stack.enter_context(ground(where))
        results = Results(machine(own, peers=plan.peers), plan.amounts())
        token = prepare(own)
        own.write_wal(plan.wal)
        port = stack.enter_context(serving.linkmgr(own))
        course = Course(own, plan, results, random.Random(SEED), token, port, stack, say)  # noqa: S311 no secrets
        for name in plan.only:
            MEASURES[name](course)
        return results


def prepare(own: Ground) -> str:
    """An empty linkmgr with an integration, whose token it is, and an operator; kept also as a template."""
    own.linkmgr("migrate", "--verbosity", "0")
    token = own.linkmgr("token", "create", "--account", "integration")
    own.linkmgr(
        "createsuperuser", "--noinput", "--username", SUPERUSER, "--email", "", DJANGO_SUPERUSER_PASSWORD=PASSWORD
    )
    own.copy_database(DATABASE, EMPTY)
    with own.connect() as connection:
        connection.execute("CREATE TABLE peer_token (digest varchar(64) PRIMARY KEY, site_id bigint NOT NULL)")
        connection.execute(
            "INSERT INTO peer_token SELECT %s, id FROM accounts_site WHERE slug = 'default'", [digest(token)]
        )
    return token
