"""Importers: `linkmgr bulk_import` of one file after the other, each again and again until it ends well."""

import csv
import time
from random import Random
from threading import Event, Thread

from linkmgr.torture.items import Item, new_link_id
from linkmgr.torture.line import PATIENCE_SECONDS
from linkmgr.torture.scene import Scene
from linkmgr.torture.writer import Call

ROWS, REST_SECONDS = 5_000, 1
TABLE = "contacts_contact"


class Importer(Thread):
    """The same contacts in every file, each time with the stamp of the file for a name."""

    def __init__(self, number: int, seed: int, scene: Scene, ended: Event) -> None:
        super().__init__(name=f"importer {number}", daemon=True)
        random = Random(f"{seed} importer {number}")
        self._link_ids = [new_link_id(random) for _ in range(ROWS)]
        self._scene, self._ended = scene, ended
        self.stored: dict[str, Item] = {}
        self.calls: list[Call] = []
        self.repeats = 0
        self.failure = ""

    def run(self) -> None:
        while not (self._ended.is_set() or self.failure):
            self._import(f"{self.name} file {len(self.calls)}")
            self._ended.wait(REST_SECONDS)

    def _import(self, stamp: str) -> None:
        items = [{"link_id": link_id, "name": stamp, "type": "global", "number": "0001"} for link_id in self._link_ids]
        path = self._scene.directory / f"{self.name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, items[0])
            writer.writeheader()
            writer.writerows(items)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._scene.start("bulk_import", str(path)).wait():
            self.repeats += 1
            if time.monotonic() > deadline:
                self.failure = f"{stamp} could not be imported for {PATIENCE_SECONDS} seconds"
                return
        self.stored = {item["link_id"]: item for item in items}
        self.calls.append(Call("written", TABLE, stamp, self._link_ids))
