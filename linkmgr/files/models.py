"""What imports leave in the database for a while."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Site, User

DIGEST_LENGTH = 64
LIFE_OF_AN_UPLOAD = timedelta(hours=24)
LONGEST_FILE_NAME = 200


class Progress(models.Model):
    """How far an import that commits batch by batch has come, written with each batch; gone when it is complete."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    layout = models.CharField(max_length=40)
    digest = models.CharField(max_length=DIGEST_LENGTH, help_text="SHA-256 of the file.")
    row = models.PositiveIntegerField(help_text="The last row of the file that is stored, or refused.")
    refused = models.PositiveIntegerField(default=0, help_text="Rows that were refused up to there.")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["site", "layout", "digest"], name="progress_of_a_file"),)

    def __str__(self) -> str:
        return f"{self.layout} to row {self.row}"


class UploadQuerySet(models.QuerySet["Upload"]):
    def expired(self) -> "UploadQuerySet":
        return self.filter(expires_at__lte=Now())

    def of_operator(self, user: Any) -> "UploadQuerySet":
        """What this account has uploaded itself, and may still store where it wanted to."""
        return self.filter(operator=user, expires_at__gt=Now(), site__in=Site.objects.administered_by(user))


class Upload(models.Model):
    """A file that an operator is about to load: how it is to be read, and how many rows would become what.

    Once it is applied its content and its plan are gone; the rest stays until it expires, to say so.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    operator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    layout = models.CharField(max_length=40)
    name = models.CharField(max_length=LONGEST_FILE_NAME)
    encoding = models.CharField(max_length=20, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    sheet = models.CharField(max_length=31, blank=True, default="")
    columns = models.JSONField(default=list, help_text="[name, a few of its values] of each column of a table.")
    renamed = models.JSONField(default=dict, help_text="Column of the file → ours, empty if it is not read.")
    counts = models.JSONField(
        default=dict, help_text="Rows by what would happen to them; empty before there is a plan."
    )
    change_set = models.UUIDField(null=True, help_text="Of what it changed, once it is applied.")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_default=Now() + LIFE_OF_AN_UPLOAD, db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class Piece(models.Model):
    """A part of the content of an upload: a large file is never in memory as a whole."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["upload", "number"], name="piece_of_an_upload"),)

    def __str__(self) -> str:
        return f"piece {self.number}"


class Happens(models.TextChoices):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class PlannedPage(models.Model):
    """As many rows of an upload to which the same would happen as a preview shows at once; outlook.py reads them.

    A row of a table for each row of the file would take as long again as finding out what happens to them.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="pages", db_index=False)
    happened = models.CharField(max_length=16, choices=Happens)
    number = models.PositiveIntegerField(help_text="From 1.")
    content = models.BinaryField(help_text="JSON, a list for each row.")

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["upload", "happened", "number"], name="page_of_an_upload"),)

    def __str__(self) -> str:
        return f"{self.happened}, page {self.number}"
