"""Writers: each has rows of its own, so that it knows what has to be stored once its calls were answered."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from threading import Event, Thread
from typing import Any, NamedTuple

from linkmgr.torture.items import SORTS, Item, Sort, new_link_id
from linkmgr.torture.line import Line, Unanswered

SIZES = (1, 20, 200, 1_000)
MOST_ROWS = 4_000
REST_SECONDS = 0.1
"""At most, between two calls: about as long as one takes, so that a server has the time to start again."""
CHANGE_STATE = "/api/v1/apartments/bulk/change_state"
STATES = (1, 2, 3, 4)


class Call(NamedTuple):
    """One that was answered: what it did (`written`, `deleted`, `state`) to which rows of a table."""

    did: str
    table: str
    stamp: str
    link_ids: Sequence[str]


class Writer(Thread):
    def __init__(self, number: int, seed: int, port: int, token: str, ended: Event) -> None:
        super().__init__(name=f"writer {number}", daemon=True)
        self.sort: Sort = SORTS[number % len(SORTS)]
        self.line = Line(port, token)
        self.calls: list[Call] = []
        self.stored: dict[str, Item] = {}
        self.deleted: set[str] = set()
        self.states: dict[str, int] = {}
        self.failure = ""
        self._number, self._made, self._ended = number, 0, ended
        self._random = Random(f"{seed} {number}")

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                self._choose()()
                self._ended.wait(self._random.uniform(0, REST_SECONDS))
        except Unanswered as error:
            self.failure = str(error)

    def _choose(self) -> Any:
        dice = self._random.random()
        if dice < 0.2 and self.stored:
            return self._delete
        return self._change_state if dice < 0.4 and self.states else self._write

    @property
    def _stamp(self) -> str:
        return f"writer {self._number} call {len(self.calls)}"

    def _write(self) -> None:
        size = self._random.choice(SIZES)
        known = self._some(size // 2)
        unknown = [new_link_id(self._random) for _ in range(size - len(known))] if len(self.stored) < MOST_ROWS else []
        items = [self._changed(link_id) for link_id in known] + [self._new(link_id) for link_id in unknown]
        if not items:
            return
        self._random.shuffle(items)
        results = self._results("POST", {"list_items": items}, items)
        self._compare([results[link_id] for link_id in unknown], {"created", "updated"})
        self._compare([results[link_id] for link_id in known], {"updated"})
        self.stored |= {item["link_id"]: item for item in items}
        if "residents" in items[0]:
            self.states |= dict.fromkeys(unknown, STATES[0])
        self._done("written", [item["link_id"] for item in items])

    def _delete(self) -> None:
        link_ids = self._some(self._random.choice(SIZES) // 2 + 1)
        results = self._results("DELETE", {"link_ids": link_ids}, [{"link_id": link_id} for link_id in link_ids])
        self._compare([*results.values()], {"deleted", "entity_not_found"})
        self.deleted |= {*link_ids}
        for link_id in link_ids:
            del self.stored[link_id]
            self.states.pop(link_id, None)
        self._done("deleted", link_ids)

    def _change_state(self) -> None:
        state = self._random.choice(STATES)
        link_ids = [link_id for link_id in self._some(self._random.choice(SIZES)) if self.states[link_id] != state]
        if not link_ids:
            return
        answer = self.line.ask("POST", CHANGE_STATE, {"ids": link_ids, "state_id": state, "message": self._stamp})
        told = answer["data"]
        if {told["changed"], told["unchanged"]} != {0, len(link_ids)}:
            self.line.strange.append(f"{self._stamp}: a change of state was done by halves: {told}")
        self.states |= dict.fromkeys(link_ids, state)
        self._done("state", link_ids)

    def _results(self, method: str, body: Any, sent: Sequence[Item]) -> dict[str, str]:
        results = self.line.ask(method, self.sort.path, body)["result"]
        if [result["link_id"] for result in results] != [item["link_id"] for item in sent]:
            self.line.strange.append(f"{self._stamp}: the results are not those of the items")
        return {result["link_id"]: result["extended_info"] for result in results}

    def _compare(self, outcomes: Sequence[str], good: set[str]) -> None:
        """Also of a repeated call, that which was not answered was done in whole or not at all."""
        counted = Counter(outcomes)
        if len(counted) > 1 or not {*counted} <= good:
            self.line.strange.append(f"{self._stamp}: done by halves, or wrong: {dict(counted)}")

    def _some(self, many: int) -> list[str]:
        return self._random.sample(sorted(self.stored), min(many, len(self.stored)))

    def _new(self, link_id: str) -> Item:
        self._made += 1
        return {"link_id": link_id, self.sort.stamped: self._stamp} | self.sort.make(
            self._random, self._number * 100_000 + self._made
        )

    def _changed(self, link_id: str) -> Item:
        return self.stored[link_id] | {self.sort.stamped: self._stamp}

    def _done(self, did: str, link_ids: Sequence[str]) -> None:
        self.calls.append(Call(did, self.sort.table, self._stamp, link_ids))
