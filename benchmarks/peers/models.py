"""One table for each peer written with Django; the benchmark makes them."""

from django.db import models

from benchmarks.peers.rules import LONGEST


class Token(models.Model):
    digest = models.CharField(max_length=64, primary_key=True)
    site_id = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "peer_token"

    def __str__(self) -> str:
        return self.digest


class Contact(models.Model):
    site_id = models.BigIntegerField()
    link_id = models.UUIDField()
    name = models.CharField(max_length=LONGEST)
    type = models.CharField(max_length=10)
    number = models.CharField(max_length=LONGEST)
    is_favorite = models.BooleanField()
    is_default = models.BooleanField()
    auto_answer = models.BooleanField()
    in_black_list = models.BooleanField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class NinjaContact(Contact):
    class Meta:
        managed = False
        db_table = "peer_ninja"


class DrfContact(Contact):
    class Meta:
        managed = False
        db_table = "peer_drf"


class EachContact(Contact):
    class Meta:
        managed = False
        db_table = "peer_each"
