"""Who may do what where: sites, accounts, their memberships, and the tokens bound to one of them."""

import secrets
from typing import Any, ClassVar
from zoneinfo import available_timezones

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager

DEFAULT_SITE = "default"
BUILDINGS = (1, 9999)
"""The first and the last there can be (contract §2)."""
MOST_REQUESTS = 100_000
"""A minute, of one token. Counting is exact for up to 7 000, and above by a thousandth."""


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is no time zone of the IANA database, such as Europe/Prague.")


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """An account: of an operator (the admin), of a device, or of an integration."""

    guid = models.UUIDField(
        unique=True,
        editable=False,
        db_default=RandomUUID(),
        help_text="By which change_state names an account on whose behalf it is called (user_id).",
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "account"
        verbose_name_plural = "accounts"


def new_webhook_key() -> str:
    return secrets.token_hex(32)


class SiteQuerySet(models.QuerySet["Site"]):
    def of_user(self, user: Any) -> "SiteQuerySet":
        return self if user.is_superuser else self.filter(memberships__user=user)

    def administered_by(self, user: Any) -> "SiteQuerySet":
        own = Q(memberships__user=user, memberships__role=Role.ADMINISTRATOR)
        return self if user.is_superuser else self.filter(own)


class Site(models.Model):
    """The tenant: an estate with its own addresses, accounts and time zone. Nothing ever crosses between two."""

    slug = models.SlugField(unique=True, help_text="Its short name in commands: letters, digits, hyphens.")
    name = models.CharField(max_length=255)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="IANA name, such as Europe/Prague: the wall clock of this site's time profiles.",
    )
    webhook_key = models.CharField(
        max_length=64,
        default=new_webhook_key,
        editable=False,
        help_text="Signs what is sent to webhooks of this site (HMAC-SHA256). Give it to whoever receives them.",
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        triggers = (pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", "administrator: reads and writes"
    VIEWER = "viewer", "viewer: reads"


class Right(models.TextChoices):
    READ = "read", "read: lists, records, history of states"
    WRITE = "write", "write: create, update and delete"
    CHANGE_STATE = "change_state", "change_state: bring apartments into another state"
    DRY_RUN_ONLY = "dry_run_only", "dry_run_only: whatever would write has to say dry_run=true"


WRITING = frozenset({Right.WRITE, Right.CHANGE_STATE})
RIGHTS_OF = {
    Role.ADMINISTRATOR: frozenset({Right.READ, *WRITING}),
    Role.VIEWER: frozenset({Right.READ}),
}
"""What a role may at most."""


def all_rights() -> list[str]:
    """Those of an administrator; a viewer's role takes away what is too much."""
    return sorted(RIGHTS_OF[Role.ADMINISTRATOR])


class Membership(models.Model):  # type: ignore[django-manager-missing]
    """An account's role at one site, and whether it may sign in there as a device does (contract §6)."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name="account")
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    device_password = models.CharField(
        max_length=255,
        blank=True,
        default="",
        editable=False,
        help_text="Hash of the MD5 of the password; empty: no right.",
    )
    may_act_on_behalf = models.BooleanField(
        "may act on behalf of others",
        default=False,
        help_text="May change the state of apartments in the name of another account of this site (user_id).",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "site"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
            # a device names no site when it signs in, so an account can do that at one site only
            models.UniqueConstraint(
                fields=["user"], condition=~Q(device_password=""), name="membership_one_device_site"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.site} ({self.role})"


class AllBuildings(models.Func):
    """Is every building of an array within the bound, such as `1 <=`?"""

    template = "%(bound)s ALL (%(expressions)s)"
    output_field = models.BooleanField()


class TokenQuerySet(models.QuerySet["Token"]):
    def usable(self) -> "TokenQuerySet":
        return self.filter(Q(expiry=None) | Q(expiry__gt=timezone.now()), revoked_at=None, user__is_active=True)

    def of_user(self, user: Any) -> "TokenQuerySet":
        """The tokens this account may see: those of the sites it administers."""
        return self.filter(membership__site__in=Site.objects.administered_by(user))


VALID = "valid"


class Token(AbstractAuthToken):
    """A bearer token: bound to one membership, so to one account and site. Only its hash is kept."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    role = models.CharField(max_length=16, choices=Role, help_text="At most what the account itself may do.")
    rights = ArrayField(models.CharField(max_length=16, choices=Right), default=all_rights, db_default=all_rights())
    buildings = ArrayField(
        models.SmallIntegerField(validators=[MinValueValidator(BUILDINGS[0]), MaxValueValidator(BUILDINGS[1])]),
        default=list,
        db_default=[],
        blank=True,
        help_text="It sees and touches apartments of these buildings only. Empty: all.",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_REQUESTS)],
        help_text="Empty: as LINKMGR_RATE_LIMIT says. 0: as many as it likes.",
    )
    label = models.CharField(max_length=100, blank=True, help_text="What it is for.")
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)

    objects: ClassVar[Any] = AuthTokenManager.from_queryset(TokenQuerySet)()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(role__in=Role.values), name="token_role"),
            models.CheckConstraint(condition=Q(rights__contained_by=Right.values), name="token_rights"),
            *(
                models.CheckConstraint(condition=Q(AllBuildings("buildings", bound=bound)), name=f"token_{name}")
                for name, bound in (("buildings_low", f"{BUILDINGS[0]} <="), ("buildings_high", f"{BUILDINGS[1]} >="))
            ),
            models.CheckConstraint(condition=Q(requests_per_minute__lte=MOST_REQUESTS), name="token_requests"),
        )

    def __str__(self) -> str:
        return f"{self.label or 'token'} ({self.token_key}…)"

    @property
    def held(self) -> frozenset[str]:
        """Its rights, as far as its own role and that of its account allow. DRY_RUN_ONLY takes, so it always stays."""
        most = RIGHTS_OF[Role(self.role)] & RIGHTS_OF[Role(self.membership.role)]
        return frozenset(self.rights) & (most | {Right.DRY_RUN_ONLY})

    def may(self, right: str) -> bool:
        return right in self.held

    @property
    def may_write(self) -> bool:
        return self.role == Role.ADMINISTRATOR and self.membership.role == Role.ADMINISTRATOR

    @property
    def limits(self) -> str:
        """`buildings 3, 4; 600 a minute`; empty for a token that has none of its own."""
        named = f"buildings {', '.join(map(str, self.buildings))}" if self.buildings else ""
        often = {None: "", 0: "any number a minute"}
        asked = often.get(self.requests_per_minute, f"{self.requests_per_minute} a minute")
        return "; ".join(filter(None, (named, asked)))

    @property
    def state(self) -> str:
        """valid, expired, revoked, or of a disabled account."""
        if self.revoked_at:
            return "revoked"
        if self.expiry and self.expiry <= timezone.now():
            return "expired"
        return VALID if self.user.is_active else "account disabled"

    def revoke(self) -> None:
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class Spending(models.Model):
    """What a token has used of its requests a minute: all of them are its own again at `whole_at`.

    The table is unlogged: after a crash of PostgreSQL everybody begins anew. A row whose time has come says nothing any
    more, so no foreign key has to keep it.
    """

    digest = models.CharField(max_length=128, primary_key=True)
    whole_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:8]}… until {self.whole_at:%H:%M:%S}"


class KnownAddress(models.Model):
    """From where an account has signed in. `name` is that under which its wrong tries are counted elsewhere."""

    name = models.CharField(max_length=160)
    address = models.GenericIPAddressField()
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "address"], name="known_address_once"),)

    def __str__(self) -> str:
        return f"{self.name} from {self.address}"
