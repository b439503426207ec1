"""What every measure is given: where, how much, and where the figures go."""

import random
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property

from benchmarks.client import Client, bearer
from benchmarks.ground import Connection, Ground
from benchmarks.plan import Plan
from benchmarks.results import Results
from benchmarks.rounds import Contender, alternate
from benchmarks.stored import Stored

LINKMGR, FLOOR = "linkmgr", "floor"


@dataclass
class Course:
    """`port` is linkmgr's; `say` is called with a line of text now and then; `stack` closes what was opened."""

    ground: Ground
    plan: Plan
    results: Results
    random: random.Random
    token: str
    port: int
    stack: ExitStack
    say: Callable[[str], None]
    stored: dict[str, Stored] = field(default_factory=dict)
    """What is stored so far, by kind."""

    @cached_property
    def connection(self) -> Connection:
        return self.stack.enter_context(self.ground.connect())

    def client(self, port: int | None = None) -> Client:
        return self.stack.enter_context(closing(Client(port or self.port, bearer(self.token))))

    def alternate(self, measure: str, *contenders: Contender) -> None:
        """Measure them, and keep it under this name."""
        self.say(f"{measure}: {self.plan.rounds} rounds of {', '.join(each.name for each in contenders)}")
        series = alternate(contenders, rounds=self.plan.rounds, warmups=self.plan.warmups, rnd=self.random)
        self.results.series[measure] = series
