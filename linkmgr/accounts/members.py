"""Accounts that programs use: made when they are first spoken of."""

from linkmgr.accounts.models import Membership, Site, User


def member(name: str, site: Site, role: str) -> Membership:
    """The membership of the account at the site; without one it is made, in this role, and so is the account.

    Such an account has no password. Raises ValidationError for a name that no account may have.
    """
    user = User.objects.filter(username=name).first() or _make(name)
    return Membership.objects.get_or_create(user=user, site=site, defaults={"role": role})[0]


def _make(name: str) -> User:
    user = User(username=name)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    return user
