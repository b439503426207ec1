"""What has been sorted: nothing in here is known only here. The tables are unlogged, so a crash of PostgreSQL empties
them, and what is asked for is sorted again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Sorted(models.Model):
    """The rows of some sites in one order, as they were after certain commits.

    `of` names table, sites and order; `as_of` is the number of the last commit of each of these sites.
    """

    of = models.TextField()
    as_of = models.TextField()
    total = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["of"], name="sorted_of"),)

    def __str__(self) -> str:
        return self.of


class Piece(models.Model):
    """So many ids in a row (`order.PIECE`), the last piece of a list less."""

    list = models.ForeignKey(Sorted, on_delete=models.CASCADE, db_index=False, related_name="pieces")
    number = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["list", "number"], name="piece_number"),)

    def __str__(self) -> str:
        return f"{self.list_id}/{self.number}"
