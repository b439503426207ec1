"""Idempotency-Key: a bulk request repeated under its key is answered as it was, and done once.

The answer is kept in the transaction that does the work, so there is no moment at which one is there without the other,
and a process that is killed leaves neither.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.request import Request

from linkmgr.accounts.models import Membership
from linkmgr.api.models import LONGEST_KEY, KeptAnswer, KeptPiece
from linkmgr.api.rest.answers import Prepared
from linkmgr.api.rest.problems import Error, Refusal

KEPT = timedelta(hours=48)
KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
HEADER = "Idempotency-Key"
BYTES_A_PIECE = 1024 * 1024
EXPIRED_AT_ONCE = 100
"""Answers that one request sweeps away; each adds one, so they do not pile up."""


def key_of(request: Request) -> str | None:
    """Raises Refusal for a key of other than 1 to 255 visible ASCII characters."""
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        text = f"must be 1 to {LONGEST_KEY} visible ASCII characters"
        raise Refusal(400, Error(HEADER, "not_allowed", text))
    return key


def digest_of(request: Request, body: bytes) -> bytes:
    """Of all that the answer depends on; `body` is the digest of the body."""
    asked = (request.method, request.get_full_path(), request.content_type, request.headers.get("Accept"))
    return sha256(repr(asked).encode() + body).digest()


def once(membership: Membership, key: str, digest: bytes, work: Callable[[], Prepared]) -> tuple[Prepared, bool]:
    """The answer, and whether it is a replay.

    Raises Refusal: 409 while the first request still runs, 422 for a key that another request was made under.
    """
    with transaction.atomic():
        if not _is_first(membership, key):
            raise Refusal(409, Error(HEADER, "running", "the first request under this key is not answered yet"))
        _sweep()
        kept = _kept(membership, key)
        if kept is None:
            answer = work()
            _keep(membership, key, digest, answer)
            return answer, False
    if bytes(kept.request) != digest:
        raise Refusal(422, Error(HEADER, "key_reused", "another request was made under this key"))
    return Prepared(kept.status, kept.content_type, kept.change_set, lambda: _read(kept)), True


def _is_first(membership: Membership, key: str) -> bool:
    """Take the key until the transaction ends, unless a request that still runs has it."""
    with connection.cursor() as cursor:
        name = f"linkmgr idempotency {membership.pk} {key}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _sweep() -> None:
    old = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:EXPIRED_AT_ONCE])
    if ids:
        _forget(ids)


def _forget(ids: list[int]) -> None:
    KeptPiece.objects.filter(answer__in=ids).delete()
    KeptAnswer.objects.filter(pk__in=ids).delete()


def _kept(membership: Membership, key: str) -> KeptAnswer | None:
    found = KeptAnswer.objects.filter(membership=membership, key=key).first()
    if found is not None and found.created_at < timezone.now() - KEPT:  # among too many to be swept away
        _forget([found.pk])
        return None
    return found


def _keep(membership: Membership, key: str, digest: bytes, answer: Prepared) -> None:
    kept = KeptAnswer.objects.create(
        membership=membership,
        key=key,
        request=digest,
        status=answer.status,
        content_type=answer.content_type,
        change_set=answer.change_set,
    )
    for number, piece in enumerate(_in_pieces(answer.chunks())):
        KeptPiece.objects.create(answer=kept, number=number, content=zlib.compress(piece))


def _in_pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) >= BYTES_A_PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _read(kept: KeptAnswer) -> Iterator[bytes]:
    number = 0
    while piece := KeptPiece.objects.filter(answer=kept, number=number).first():
        yield zlib.decompress(piece.content)
        number += 1
