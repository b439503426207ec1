"""Answers to requests that named an Idempotency-Key: kept, so that the same request repeated is answered the same."""

from django.db import models
from django.db.models.functions import Now

from linkmgr.accounts.models import Membership

LONGEST_KEY = 255


class KeptAnswer(models.Model):
    """Of an account at a site. `request` is the digest of what was asked for; the body is in `pieces`."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=LONGEST_KEY)
    request = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    content_type = models.CharField(max_length=100)
    change_set = models.CharField(max_length=36, blank=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["membership", "key"], name="keptanswer_once"),)

    def __str__(self) -> str:
        return self.key


class KeptPiece(models.Model):
    """Part of the body, compressed by zlib."""

    answer = models.ForeignKey(KeptAnswer, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["answer", "number"], name="keptpiece_once"),)

    def __str__(self) -> str:
        return f"{self.answer_id} {self.number}"
