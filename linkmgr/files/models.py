"""What imports leave in the database for a while."""

from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Site

DIGEST_LENGTH = 64


class Progress(models.Model):
    """How far an import that commits batch by batch has come, written with each batch; gone when it is complete."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    layout = models.CharField(max_length=40)
    digest = models.CharField(max_length=DIGEST_LENGTH, help_text="SHA-256 of the file.")
    row = models.PositiveIntegerField(help_text="The last row of the file that is stored, or refused.")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["site", "layout", "digest"], name="progress_of_a_file"),)

    def __str__(self) -> str:
        return f"{self.layout} to row {self.row}"
