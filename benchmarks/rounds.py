"""Contenders take turns, so that what disturbs the machine disturbs all of them alike."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

Series = dict[str, list[float | None]]
"""By name of a contender, what it took in each round; None in rounds it sat out."""


class Contender(NamedTuple):
    """`sample` is one measurement, in seconds. Who is slow takes part in every n-th round only."""

    name: str
    sample: Callable[[], float]
    every: int = 1


def alternate(contenders: Sequence[Contender], *, rounds: int, warmups: int, rnd: random.Random) -> Series:
    """In every round each contender once, in random order."""
    series: Series = {contender.name: [] for contender in contenders}
    for at in range(-warmups, rounds):
        turns = list(contenders)
        rnd.shuffle(turns)
        for contender in turns:
            sits_out = at % contender.every != 0
            seconds = None if sits_out else contender.sample()
            if at >= 0:
                series[contender.name].append(seconds)
    return series
