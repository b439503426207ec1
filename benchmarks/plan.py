"""How much is measured, and what of it."""

from typing import Any, NamedTuple, Self

from linkmgr.management.commands.bench import MEASURES


class Plan(NamedTuple):
    """`items` in a request, `rows` stored beforehand, `many` rows of the import and the lists; each figure is taken in
    `rounds` rounds after `warmups` that are not counted; MiB of `wal` are written before all."""

    rounds: int = 11
    rows: int = 100_000
    items: int = 10_000
    many: int = 1_000_000
    imports: int = 3
    singles: int = 100
    clients: int = 8
    warmups: int = 2
    wal: int = 2_048
    peers: bool = True
    only: tuple[str, ...] = MEASURES

    @classmethod
    def of(cls, *, quick: bool, rounds: int | None, rows: int | None, peers: bool, only: list[str]) -> Self:
        small: dict[str, Any] = {"rounds": 2, "rows": 2_000, "items": 200, "many": 3_000, "imports": 1, "singles": 5}
        chosen = cls(peers=peers, only=tuple(only) or MEASURES)._replace(**small if quick else {})
        chosen = chosen._replace(warmups=1, wal=16) if quick else chosen
        return chosen._replace(rounds=rounds or chosen.rounds, rows=rows or chosen.rows)

    def amounts(self) -> dict[str, int]:
        """The numbers of it."""
        return {name: value for name, value in self._asdict().items() if type(value) is int}
