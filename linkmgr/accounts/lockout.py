"""Under which name wrong passwords are counted, so that a guesser is stopped and the owner is not.

What is counted is the account's name, at the door of operators or at that of devices, wherever tries come from: a
guesser has many addresses. That alone would let him keep the owner out for as long as he likes. So tries from an
address which the account has signed in from in the last days are counted by themselves.
"""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from linkmgr.accounts.address import address_of
from linkmgr.accounts.models import KnownAddress, User

OPERATORS, DEVICES = "admin", "device"
LONGEST_NAME = 150
REMEMBERED = timedelta(days=30)


def counted_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """`admin anna`, or `known admin 10.0.0.7 anna`: no name that somebody types makes the one into the other."""
    given = credentials or {}
    name = str(given.get("username") or (request and request.POST.get("username")) or "")[:LONGEST_NAME]
    door = DEVICES if "device_password" in given else OPERATORS
    address = request and address_of(request)
    return _counted(request, door, name, address) if request and address else _at(door, name)


def _at(door: str, name: str) -> str:
    return f"{door} {name}"


def _counted(request: HttpRequest, door: str, name: str, address: str) -> str:
    """Looked up once a request: what is counted must not change while it is judged."""
    kept: dict[str, str] = request.__dict__.setdefault("counted_names", {})
    at_door = _at(door, name)
    if at_door not in kept:
        since = timezone.now() - REMEMBERED
        known = KnownAddress.objects.filter(name=at_door, address=address, used_at__gte=since).exists()
        kept[at_door] = f"known {door} {address} {name}" if known else at_door
    return kept[at_door]


def remember(request: HttpRequest, door: str, user: User) -> None:
    """The right password came from this address: wrong ones before it are forgotten, and it is known from now on."""
    credentials = {"username": user.username} | ({"device_password": ""} if door == DEVICES else {})
    reset(username=counted_name(request, credentials))
    if address := address_of(request):
        now = timezone.now()
        KnownAddress.objects.filter(used_at__lt=now - REMEMBERED).delete()
        at_door = _at(door, user.username)
        KnownAddress.objects.update_or_create(name=at_door, address=address, defaults={"used_at": now})


def unlock(user: User) -> int:
    """Forget all wrong tries for this account, at both doors; how many there were."""
    doors = [_at(door, user.username) for door in (OPERATORS, DEVICES)]
    known = Q(username__startswith="known ", username__endswith=f" {user.username}")
    attempts = AccessAttempt.objects.filter(Q(username__in=doors) | known)
    tries = sum(attempts.values_list("failures_since_start", flat=True))
    attempts.delete()
    return tries
