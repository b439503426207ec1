"""Random requests, deletions and admin edits against the server and against plain dicts: both must always agree."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from linkmgr.accounts.models import User
from linkmgr.history.log import logs
from tests import plain
from tests.length import LONG
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, TIME_PROFILES, Estate, Item, custom, estate

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking against a database takes minutes
LINK_IDS = [f"00000000-0000-4000-8000-00000000000{digit}" for digit in range(7)]
MEMBERS = {
    CONTACTS_V0: ("is_default", "is_favorite", "auto_answer", "in_black_list"),
    CONTACTS_V1: ("is_p2p", "is_favorite", "auto_answer", "in_black_list"),
}
link_ids = st.sampled_from(LINK_IDS)
names = st.sampled_from(["Flat", "Loft", "Квартира", 'with "quotes"', "back\\slash", "tab\tinside"])
addresses = st.builds(lambda room: {"building": 1, "unit": 1, "floor": 1, "room": room}, st.integers(1, 6))
apartments = st.fixed_dictionaries(
    {
        "link_id": link_ids,
        "apartment_address": addresses,
        "apartment_name": names,
        "residents": st.fixed_dictionaries({}, optional={"count": st.integers(0, 3)}),
    },
    optional={"photo_path": names, "route_path": names},
)
rules = st.sampled_from(
    [custom("day", []), custom("week", ["MON"]), custom("month", {"format": "dayNumbers", "range": [1]})]
)
profiles = st.fixed_dictionaries(
    {
        "link_id": link_ids,
        "name": names,
        "time_options": st.just({"is_all_day": True, "date_from": 0, "date_to": 5}),
        "repeat_options": st.builds(lambda rule: {"repeat_enable": True, "repeat_format": rule}, rules),
    }
)


def contacts(path: str) -> st.SearchStrategy[Item]:
    numbers = st.sampled_from(["0001-01-01-01", "9999-99-98-99", "sip:a@b"])
    needed = {"link_id": link_ids, "name": names, "type": st.just("regular"), "number": numbers}
    drawn = st.fixed_dictionaries(needed, optional={name: st.booleans() for name in MEMBERS[path]})
    return drawn.filter(lambda item: not (item.get("auto_answer") and item.get("in_black_list")))


def batches(items: st.SearchStrategy[Item]) -> st.SearchStrategy[list[Item]]:
    return st.lists(items, min_size=1, max_size=6)


class ServerAndDicts(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.sites = [estate(), estate()]
        self.plain: list[dict[str, plain.Stored]] = [{"a": {}, "t": {}, "c": {}} for _ in self.sites]
        operator = User.objects.create_superuser(f"operator of {self.sites[0].site.slug}")
        self.admin = Client()
        self.admin.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")

    @rule(site=st.integers(0, 1), items=batches(apartments))
    def post_apartments(self, site: int, items: list[Item]) -> None:
        expected = plain.merge_apartments(self.plain[site]["a"], items)
        assert self.sites[site].outcomes(APARTMENTS, *items) == expected

    @rule(site=st.integers(0, 1), items=batches(profiles))
    def post_time_profiles(self, site: int, items: list[Item]) -> None:
        expected = plain.merge_by_link_id(self.plain[site]["t"], items, {})
        assert self.sites[site].outcomes(TIME_PROFILES, *items) == expected

    @rule(site=st.integers(0, 1), data=st.data(), path=st.sampled_from([CONTACTS_V0, CONTACTS_V1]))
    def post_contacts(self, site: int, data: st.DataObject, path: str) -> None:
        items = data.draw(batches(contacts(path)))
        expected = plain.merge_by_link_id(self.plain[site]["c"], items, plain.CONTACT_DEFAULTS)
        assert self.sites[site].outcomes(path, *items) == expected

    @rule(site=st.integers(0, 1), gone=st.lists(link_ids, max_size=4), kind=st.sampled_from("atc"))
    def delete(self, site: int, gone: list[str], kind: str) -> None:
        path = {"a": APARTMENTS, "t": TIME_PROFILES, "c": CONTACTS_V1}[kind]
        told = self.sites[site].delete(path, gone).json()["result"]
        assert [result["extended_info"] for result in told] == plain.delete(self.plain[site][kind], gone)

    @rule(site=st.integers(0, 1), items=batches(apartments))
    def dry_run(self, site: int, items: list[Item]) -> None:
        expected = plain.merge_apartments(dict(self.plain[site]["a"]), items)
        assert self.sites[site].outcomes(f"{APARTMENTS}?dry_run=true", *items) == expected

    @rule(site=st.integers(0, 1), link_id=link_ids, name=st.sampled_from(["Edited", "Again"]))
    def edit_in_the_admin(self, site: int, link_id: str, name: str) -> None:
        model = next(model for model in logs if model._meta.model_name == "contact")
        stored = model._default_manager.filter(site=self.sites[site].site, link_id=link_id).values().first()
        if stored is None:
            return
        form: dict[str, Any] = {key: value for key, value in stored.items() if value not in (None, False)}
        response = self.admin.post(f"/admin/contacts/contact/{stored['id']}/change/", form | {"name": name})
        assert response.headers.get("Location") == "/admin/contacts/contact/", response.content
        self.plain[site]["c"][link_id] |= {"name": name}

    @invariant()
    def both_have_the_same(self) -> None:
        for estate_, dicts in zip(getattr(self, "sites", ()), getattr(self, "plain", ()), strict=True):
            self.same(estate_, APARTMENTS, dicts["a"])
            self.same(estate_, TIME_PROFILES, dicts["t"])
            self.same(estate_, CONTACTS_V0, dicts["c"])
            self.same(estate_, CONTACTS_V1, dicts["c"])

    @invariant()
    def the_log_ends_with_what_is_stored(self) -> None:
        for model, log in logs.items():
            columns = [field.attname for field in log._meta.fields if hasattr(model, field.attname)]
            latest = log._default_manager.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
            logged = {entry["pgh_obj_id"]: entry for entry in latest.values("pgh_obj_id", "pgh_label", *columns)}
            alive = {key: entry for key, entry in logged.items() if entry["pgh_label"] != "delete"}
            stored = {row.pop("id"): row for row in model._default_manager.values("id", *columns)}
            assert {key: {name: entry[name] for name in columns} for key, entry in alive.items()} == stored

    def same(self, estate_: Estate, path: str, expected: plain.Stored) -> None:
        listed = estate_.listed(path)
        told = {link_id: {name: item[name] for name in listed.get(link_id, item)} for link_id, item in expected.items()}
        assert listed == told


@pytest.mark.django_db
def test_the_server_agrees_with_plain_dicts() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    size = {"max_examples": 100 if LONG else 12, "stateful_step_count": 20, "deadline": None}
    limits = settings(**size, suppress_health_check=checks, phases=PHASES)
    run_state_machine_as_test(ServerAndDicts, settings=limits)  # type: ignore[no-untyped-call]
