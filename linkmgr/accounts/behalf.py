"""Acting in the name of another account."""

from linkmgr.accounts.caller import Caller
from linkmgr.accounts.models import Membership, User


class MayNotActOnBehalf(Exception):
    """The caller's membership does not have the right."""


class UnknownAccount(Exception):
    """No enabled account of the caller's site has this guid."""


def on_behalf(by: Caller, guid: str | None) -> Caller:
    """The caller, acting for the account of this guid; for itself without one, or with its own.

    Raises UnknownAccount or MayNotActOnBehalf.
    """
    if guid is None or (by.user and str(by.user.guid) == guid.lower()):
        return by
    other = User.objects.filter(guid=guid, is_active=True, memberships__site=by.site).first()
    if other is None:
        raise UnknownAccount(guid)
    if not Membership.objects.filter(user=by.user, site=by.site, may_act_on_behalf=True).exists():
        raise MayNotActOnBehalf(str(by.user))
    return by._replace(on_behalf_of=other)
