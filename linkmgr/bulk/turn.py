"""Writers in bulk take turns, and what a clash with a writer outside the turn costs them: another try."""

from collections.abc import Callable
from typing import TypeVar
from zlib import crc32

from django.db import DatabaseError, connection
from psycopg import errors

from linkmgr.bulk.kind import Kind
from linkmgr.timing import spent

T = TypeVar("T")

MOST_TRIES = 3
CLASHES = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)


def take_turn(kind: Kind, site_id: int) -> None:
    """Wait until no other bulk writer of this kind and site is at work; the turn ends with the transaction.

    Assumes that a batch takes about 0.2 s, so that a queue of eight is still answered within two seconds.
    Readers, the admin and other sites are not held up.
    """
    with spent("turn"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [crc32(kind.name.encode()) - 2**31, site_id])


def retried(write: Callable[[], T]) -> T:
    """Do it again when another writer (the admin, psql) came between; after the last try the error stands."""
    for _ in range(MOST_TRIES - 1):
        try:
            return write()
        except DatabaseError as error:
            if not isinstance(error.__cause__, CLASHES):
                raise
    return write()
