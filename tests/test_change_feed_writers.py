"""The change feed beside writers that commit in any order: who follows it misses nothing and ends with equal rows."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event
from zlib import crc32

import pytest
from django.db import DatabaseError, connection, transaction

from contacts.models import Contact
from linkmgr.accounts.caller import Caller
from linkmgr.history.feed import latest
from linkmgr.history.models import COMMITS_TAKE_TURNS
from linkmgr.history.signed import signed
from linkmgr.kinds import KINDS
from tests.feed import Copy, add_contact, beside, sql, started, stored, told
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, apartment, contact, estate, time_profile

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, ITEMS, SEEDS = 12, 8, (1, 2)
PATIENCE = 3_000
SLOW = 424_242
"""The advisory lock that a slow commit waits for."""


@pytest.fixture
def slow_commits() -> Iterator[None]:
    """Commits of transactions that say so stop after they have been numbered, as for a flush that takes long."""
    sql(
        f"CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF current_setting('tests.slow', true) = 'yes' THEN PERFORM pg_advisory_xact_lock({SLOW}); END IF; "
        f"RETURN NULL; END $$"
    )
    sql(
        "CREATE CONSTRAINT TRIGGER zzz AFTER INSERT ON history_commit DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait_here()"
    )
    yield
    sql("DROP TRIGGER zzz ON history_commit; DROP FUNCTION wait_here()")


def write_slowly(*sites: Estate) -> None:
    with transaction.atomic():
        sql("SELECT set_config('tests.slow', 'yes', true)")
        for each in sites:
            add_contact(each.site, "slow")


def test_who_began_first_and_commits_last_is_not_skipped(home: Estate) -> None:
    copy, ready, go = Copy(home.site), Event(), Event()

    def write() -> None:
        with transaction.atomic():
            add_contact(home.site, "began first")
            ready.set()
            go.wait()

    first = started(write)
    ready.wait()
    add_contact(home.site, "committed first")
    assert told(copy.follow()) == [("insert", "committed first")]
    go.set()
    first.join()
    assert told(copy.follow()) == [("insert", "began first")]


def test_a_commit_under_way_lets_no_other_of_its_site_go_first(home: Estate, away: Estate, slow_commits: None) -> None:
    """Numbered but not to be seen yet: who read a later number now would never look for this one again."""
    copy = Copy(home.site)
    with transaction.atomic():
        sql(f"SELECT pg_advisory_xact_lock({SLOW})")
        slow = started(lambda: write_slowly(home))
        wait_until(lambda: waiting() == 1)
        other = started(lambda: add_contact(home.site, "other"))
        wait_until(lambda: waiting() == 2)
        beside(lambda: add_contact(away.site, "away"))
        assert (copy.follow(), latest(away.site) > latest(home.site)) == ([], True)
    slow.join()
    other.join()
    assert told(copy.follow()) == [("insert", "slow"), ("insert", "other")]


def test_commits_of_several_sites_do_not_deadlock(home: Estate, away: Estate, slow_commits: None) -> None:
    with transaction.atomic():
        sql(f"SELECT pg_advisory_xact_lock({SLOW})")
        writers = [started(lambda: write_slowly(home, away)), started(lambda: write_slowly(away, home))]
        wait_until(lambda: waiting() == 2)
    for writer in writers:
        writer.join()
    assert [len(Copy(each.site).follow()) for each in (home, away)] == [2, 2]


def test_no_other_turn_is_that_of_commits() -> None:
    assert COMMITS_TAKE_TURNS not in {crc32(kind.name.encode()) - 2**31 for kind in KINDS}


def test_waiting_for_a_commit_ends(home: Estate, slow_commits: None, settings: object) -> None:
    settings.LOCK_TIMEOUT = 1  # type: ignore[attr-defined]
    with transaction.atomic():
        sql(f"SELECT pg_advisory_xact_lock({SLOW})")
        slow, answers = started(lambda: write_slowly(home)), []
        wait_until(lambda: waiting() == 1)
        beside(lambda: answers.append(home.post(CONTACTS_V0, contact())))
    slow.join()
    assert (answers[0].status_code, answers[0].content) == (503, b'{"error":"Service unavailable"}')
    assert told(Copy(home.site).follow()) == [("insert", "slow")]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_sees_an_old_state_is_told_last(home: Estate, level: str) -> None:
    with transaction.atomic():
        sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
        sql("SELECT count(*) FROM contacts_contact")
        beside(lambda: add_contact(home.site, "other"))
        add_contact(home.site, "own")
    assert told(Copy(home.site).follow()) == [("insert", "other"), ("insert", "own")]


@pytest.mark.parametrize("seed", SEEDS)
def test_who_follows_ends_with_the_same_rows(seed: int) -> None:
    """Writers of every sort at work, on two sites, while two read along in small pages."""
    homes = [estate(), estate()]
    work = [writer(homes[number % 2], random.Random(seed * 100 + number)) for number in range(4)]
    work.append(across(homes, random.Random(seed)))
    copies = [Copy(home.site, limit=limit) for home, limit in zip(homes, (1, 5), strict=True)]
    writers = [started(each) for each in work]
    while any(each.is_alive() for each in writers):
        for copy in copies:
            copy.follow()
    for copy in copies:
        copy.follow()
        again = Copy(copy.site, limit=50)
        again.follow()
        assert again.rows == copy.rows == stored(copy.site) != {}


def waiting() -> int:
    """How many wait for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return int(cursor.fetchone()[0])


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if true():
            return
        sql("SELECT pg_sleep(0.01)")
    pytest.fail("never came true")


def writer(home: Estate, chance: random.Random) -> Callable[[], None]:
    """Bulk calls and others by turns; what clashes with the other writers fails, and leaves nothing."""
    ring = [apartment(f"1-1-1-{room}") for room in range(ITEMS)]
    people, hours = [contact() for _ in range(ITEMS)], [time_profile() for _ in range(ITEMS)]

    def bulk() -> None:
        by = chance.randrange(ITEMS)
        addresses = [ring[(at + by) % ITEMS]["apartment_address"] for at in range(ITEMS)]
        home.post(APARTMENTS, *(item | {"apartment_address": to} for item, to in zip(ring, addresses, strict=True)))
        home.post(CONTACTS_V0, *(item | {"name": str(by)} for item in chance.sample(people, by)))
        home.post(TIME_PROFILES, *(item | {"name": f"N{by}"} for item in chance.sample(hours, by)))

    def delete() -> None:
        home.delete(CONTACTS_V0, [item["link_id"] for item in chance.sample(people, 3)])
        home.delete(APARTMENTS, [item["link_id"] for item in chance.sample(ring, 3)])

    def save() -> None:
        with signed(Caller(None, home.site, "admin")):
            for row in Contact.objects.select_for_update().filter(site=home.site, link_id=people[0]["link_id"]):
                row.name = str(chance.random())
                row.save()

    def psql() -> None:
        with transaction.atomic():
            add_contact(home.site, "psql")
            nested(home, undone=chance.random() < 0.5)
            sql("UPDATE contacts_contact SET is_favorite = NOT is_favorite WHERE site_id = %s", home.site.pk)
            transaction.set_rollback(chance.random() < 0.3)

    def work() -> None:
        for _ in range(ROUNDS):
            with suppress(DatabaseError):
                chance.choice((bulk, bulk, delete, save, psql))()

    return work


def nested(home: Estate, *, undone: bool) -> None:
    with transaction.atomic():
        add_contact(home.site, "nested")
        sql("DELETE FROM timeprofiles_timeprofile WHERE site_id = %s", home.site.pk)
        transaction.set_rollback(undone)


def across(homes: list[Estate], chance: random.Random) -> Callable[[], None]:
    """Somebody at a psql who writes to both sites at once."""

    def work() -> None:
        for _ in range(ROUNDS):
            with suppress(DatabaseError), transaction.atomic():
                for home in chance.sample(homes, 2):
                    add_contact(home.site, "across")
                sql("UPDATE apartments_apartment SET residents_count = residents_count + 1")
                sql("DELETE FROM contacts_contact WHERE name = 'across' AND id %% 2 = %s", chance.randrange(2))

    return work
