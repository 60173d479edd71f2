"""The undo of an undo: the directory and what the importer remembers are as after the run, and again as before it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.database import connect
from gvrc.errors import UsageError
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write
from tests.undo.test_undo import landed, memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

OTHER = CLINIC | {"code": 13081, "name": "Kayole Safe House", "phone": "0700000017"}
UNCODED = {"name": "Hope Home", "county_name": "Mombasa"}
KEYED = OTHER | {"code": 13082, "name": "Hazina Refuge", "id": "7f0c8a52-0000-4000-8000-000000000001"}
RENAMED = {"name": "Zuhura Home", "county_name": "Mombasa", "id": "7f0c8a52-0000-4000-8000-000000000002"}
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"description": "Open at night"},
    {"description": "Open day and night", "facility_type_name": "Dispensary"},
    {"registration_number": "R-1"},
    {"registration_number": "R-2", "phone": "0700000018"},
    {"gbv_categories": ["Sexual Violence"], "beds": 9},
)
NAMED = [CLINIC, OTHER, KEYED, UNCODED, RENAMED, RENAMED | {"name": "Kituo cha Zuhura"}]
RECORDS = st.builds(lambda record, said: record | said, st.sampled_from(NAMED), st.sampled_from(SAID))
FILES = st.lists(RECORDS, min_size=1, max_size=4)


def generated(database: Database) -> list[dict[str, Any]]:
    """Give the generated codes with the facilities that they lead to."""
    return rows(database, "SELECT generated_code, facility_id FROM etl.code_map ORDER BY 1")


def state(database: Database) -> tuple[dict[str, list[dict[str, Any]]], ...]:
    return content(database), memory(database)


def test_a_record_that_was_superseded_is_so_again(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    first, second = CLINIC | {"description": "First"}, CLINIC | {"description": "Second"}
    landed(settings, tmp_path, first)
    account = landed(settings, tmp_path, first, second)
    after = state(fresh)
    undo(undo(account.run_id, settings).run_id, settings)
    assert state(fresh) == after
    again = run([str(tmp_path / "a.json")], settings, Options(force=True))
    assert outcome(again) == {"read": 2, "unchanged": 1, "superseded": 1}


def test_a_record_that_a_newer_one_replaced_is_replaced_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC)
    before = state(fresh)
    account = landed(settings, tmp_path, CLINIC | {"description": "Second"})
    after = state(fresh)
    for _ in range(2):
        undone = undo(account.run_id, settings)
        assert state(fresh) == before
        account = undo(undone.run_id, settings)
        assert state(fresh) == after


def test_a_facility_without_a_code_that_comes_back_is_met_by_its_generated_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    undone = undo(landed(settings, tmp_path, UNCODED).run_id, settings)
    assert rows(fresh, "SELECT generated_code FROM etl.code_map") == []
    undo(landed(settings, tmp_path, UNCODED).run_id, settings)
    undo(undone.run_id, settings)
    assert outcome(landed(settings, tmp_path, UNCODED | {"description": "new"})) == {"read": 1, "updated": 1}


@examples(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # each further example is a further database
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(earlier=st.lists(FILES, max_size=2), records=FILES)
def test_whatever_is_taken_back_and_brought_again_is_as_it_was(
    settings: Settings,
    further_urls: Callable[[], str],
    tmp_path: Path,
    earlier: list[list[dict[str, Any]]],
    records: list[dict[str, Any]],
) -> None:
    own = msgspec.structs.replace(settings, database_url=further_urls())
    with connect(str(own.database_url)) as database:
        for file in earlier:
            landed(own, tmp_path, *file, name="earlier.json")
        path = write(tmp_path, "records.json", records)
        before, codes_before = state(database), generated(database)
        account = run([path], own, Options(force=True))
        after, codes = state(database), generated(database)
        for _ in range(2):
            undone = undo(account.run_id, own)
            assert (state(database), generated(database)) == (before, codes_before)
            account = undo(undone.run_id, own)
            assert (state(database), generated(database)) == (after, codes)
        run([path], own, Options(force=True))
        assert state(database) == after


def test_a_name_that_was_taken_back_leads_to_no_facility(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    home = RENAMED | {"description": "Open at night"}
    other = {name: value for name, value in RENAMED.items() if name != "id"} | {"name": "Kayole Safe House"}
    landed(settings, tmp_path, home)
    before = generated(fresh)
    account = landed(settings, tmp_path, home | {"name": "Kayole Safe House"})  # a column of the sheet had slipped
    assert len(generated(fresh)) == 2
    undo(account.run_id, settings)
    assert generated(fresh) == before
    assert outcome(landed(settings, tmp_path, other, home)) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert rows(fresh, "SELECT facility_name FROM facilities ORDER BY 1") == [
        {"facility_name": "Kayole Safe House"},
        {"facility_name": "Zuhura Home"},
    ]


def test_a_name_of_a_file_that_failed_late_leads_to_no_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, RENAMED)
    before = generated(fresh)
    cut_off = tmp_path / "a.json"
    cut_off.write_text(json.dumps([RENAMED | {"name": "Kayole Safe House"}, OTHER, CLINIC])[:-4], "utf-8")
    account = run([str(cut_off)], msgspec.structs.replace(settings, batch_size=1))
    assert (account.files[0].status, generated(fresh)) == ("failed", before)
    assert rows(fresh, "SELECT changed_by_run_no FROM etl.former_codes") == []


def test_a_run_whose_undo_was_brought_back_is_taken_back_again_and_its_file_is_news(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = landed(settings, tmp_path, CLINIC)
    undone = undo(account.run_id, settings)
    redone = undo(undone.run_id, settings)
    assert landed(settings, tmp_path, CLINIC).files[0].status == "unchanged"
    again = undo(redone.run_id, settings)
    with pytest.raises(UsageError, match=f"was taken back already, by the run {undone.run_id}"):
        undo(account.run_id, settings)
    assert outcome(landed(settings, tmp_path, CLINIC)) == {"read": 1, "inserted": 1}
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == 1
    with pytest.raises(UsageError, match=f"was taken back already, by the run {again.run_id}"):
        undo(redone.run_id, settings)


def test_a_body_knows_its_facility_again_that_came_back_after_what_it_had_said_of_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    others = KEYED | {"code": None, "phone": "0700000018"}
    inserted = landed(settings, tmp_path, KEYED | {"id": None})
    updated = landed(settings, tmp_path, others, name="b.json")
    after = state(fresh)
    undone = [undo(account.run_id, settings) for account in (inserted, updated)]
    for account in reversed(undone):
        undo(account.run_id, settings)
    assert state(fresh) == after
    renamed = landed(settings, tmp_path, others | {"name": "Zuhura Home"}, name="b.json")
    assert outcome(renamed) == {"read": 1, "updated": 1}


SAYING = CLINIC | {"description": "First", "registration_number": "R-1"}
LATER = CLINIC | {
    "description": "Second",
    "registration_number": "R-2",
    "phone": "0700000017",
    "lat": "36.876",
    "name": "Mukuru Safe House",
}


def test_of_two_runs_taken_back_the_earlier_one_first_nothing_is_left(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC, name="before.json")
    before = content(fresh), stood(fresh)
    first = landed(settings, tmp_path, SAYING, name="a.json")
    between = content(fresh), stood(fresh)
    second = landed(settings, tmp_path, LATER, name="b.json")
    after = content(fresh), stood(fresh)
    undone = [undo(account.run_id, settings) for account in (first, second)]
    assert (content(fresh), stood(fresh)) == before
    undo(undone[0].run_id, settings)
    assert (content(fresh), stood(fresh)) == between
    undo(undone[1].run_id, settings)
    assert (content(fresh), stood(fresh)) == after


def taken_back_in_turn(settings: Settings, fresh: Database, tmp_path: Path) -> tuple[Any, Any, list[RunAccount]]:
    """Load two runs and take them back, the earlier one first; give what stood after each, and the undos."""
    first = landed(settings, tmp_path, SAYING, name="a.json")
    between = content(fresh)
    second = landed(settings, tmp_path, LATER, name="b.json")
    after = content(fresh)
    return between, after, [undo(account.run_id, settings) for account in (first, second)]


def test_a_facility_that_comes_back_has_nothing_of_a_run_that_was_taken_back_meanwhile(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    between, after, undone = taken_back_in_turn(settings, fresh, tmp_path)
    assert rows(fresh, "SELECT 1 FROM facilities") == []
    undo(undone[0].run_id, settings)
    assert content(fresh) == between
    undo(undone[1].run_id, settings)
    assert content(fresh) == after


def test_a_facility_that_comes_back_has_what_was_brought_back_while_it_was_away(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    between, after, undone = taken_back_in_turn(settings, fresh, tmp_path)
    brought = undo(undone[1].run_id, settings)
    undo(undone[0].run_id, settings)
    assert content(fresh) == after
    undo(brought.run_id, settings)
    assert content(fresh) == between


@pytest.mark.parametrize("order", [(1, 0, 1, 0), (0, 1, 1, 0), (1, 0, 0, 1), (1, 0, 1, 1, 0, 1)])
def test_what_another_run_gave_to_a_facility_is_there_again_in_whatever_order_both_come_back(
    settings: Settings, fresh: Database, tmp_path: Path, order: tuple[int, ...]
) -> None:
    newer = LATER | {"service_names": ["Counselling"], "gbv_categories": ["Sexual Violence"], "beds": 6}
    last = [landed(settings, tmp_path, SAYING, name="a.json").run_id]
    last.append(landed(settings, tmp_path, newer, name="b.json").run_id)
    after = content(fresh), stood(fresh)
    for no in order:
        last[no] = undo(last[no], settings).run_id
    assert (content(fresh), stood(fresh)) == after
    again = run([str(tmp_path / "b.json")], settings, Options(force=True))
    assert outcome(again) == {"read": 1, "unchanged": 1}


def test_what_a_person_corrected_meanwhile_is_not_overwritten_by_what_another_run_had_said(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    first = landed(settings, tmp_path, SAYING, name="a.json")
    second = landed(settings, tmp_path, LATER, name="b.json")
    fresh.execute("UPDATE facilities SET description = 'First', address_line_1 = 'By hand'")
    undone = [undo(account.run_id, settings) for account in (first, second)]
    for account in undone:
        undo(account.run_id, settings)
    assert rows(fresh, "SELECT facility_name, description, address_line_1 FROM facilities") == [
        {"facility_name": "Mukuru Safe House", "description": "First", "address_line_1": "By hand"}
    ]


def test_a_value_that_a_later_run_gave_again_is_that_ones(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    landed(settings, tmp_path, CLINIC)
    first = landed(settings, tmp_path, SAYING, name="a.json")
    landed(settings, tmp_path, LATER, name="b.json")
    landed(settings, tmp_path, SAYING, name="c.json")
    undo(first.run_id, settings)
    assert rows(fresh, "SELECT description, registration_number FROM facilities") == [
        {"description": "First", "registration_number": "R-1"}
    ]


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 0, 2), (0, 1, 0, 2, 0), (2, 0, 2, 1, 2), (0, 2, 1, 2, 0, 1)])
def test_in_whatever_order_runs_are_taken_back_and_brought_back_what_stands_is_what_the_standing_ones_say(
    settings: Settings, further_urls: Callable[[], str], tmp_path: Path, order: tuple[int, ...]
) -> None:
    said = [CLINIC | {"description": f"Run {no}", "phone": f"070000003{no}", "lat": f"36.87{no}"} for no in range(3)]
    said[1] |= {"name": "Mukuru Safe House", "registration_number": "R-1"}
    said[2] = {key: value for key, value in said[2].items() if key != "phone"} | {"registration_number": "R-2"}

    def runs(numbers: list[int], own: Settings) -> list[str]:
        landed(own, tmp_path, CLINIC, name="before.json")
        return [landed(own, tmp_path, said[no], name=f"{no}.json").run_id for no in numbers]

    own, twin = (msgspec.structs.replace(settings, database_url=further_urls()) for _ in range(2))
    last, standing = runs([0, 1, 2], own), {0, 1, 2}
    for no in order:
        last[no] = undo(last[no], own).run_id
        standing ^= {no}
    runs(sorted(standing), twin)
    with connect(str(own.database_url)) as one, connect(str(twin.database_url)) as other:
        assert stood(one) == stood(other)


def stood(database: Database) -> list[list[dict[str, Any]]]:
    """Give what stands of a facility, and what the importer takes it to have left there."""
    return [
        rows(database, f"SELECT facility_name, registration_number, description FROM {table}")
        for table in ("facilities", "etl.imported_facilities")
    ] + [
        rows(database, "SELECT contact_value FROM facility_contacts ORDER BY 1"),
        rows(database, "SELECT longitude::text FROM facility_coordinates WHERE is_active"),
    ]


PRIMARY = "SELECT contact_value AS number, is_primary FROM facility_contacts WHERE is_active ORDER BY contact_id"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("brought_back", [(0, 1), (1, 0)])
def test_a_facility_has_one_primary_contact_whichever_runs_are_taken_back(
    settings: Settings, fresh: Database, tmp_path: Path, order: tuple[int, int], brought_back: tuple[int, int]
) -> None:
    landed(settings, tmp_path, CLINIC | {"email": "imara@example.org"})
    first = rows(fresh, PRIMARY)
    runs = [landed(settings, tmp_path, CLINIC | {"phone": f"070000001{last}"}).run_id for last in (8, 9)]
    both = rows(fresh, PRIMARY)
    assert primary(fresh) == ["+254700000019"]
    undos = {}
    alone = {0: "+254700000019", 1: "+254700000018"}  # the run that is taken back, and what the other one says
    for taken_back, expected in zip(order, (alone[order[0]], "+254700000016"), strict=True):
        undos[taken_back] = undo(runs[taken_back], settings).run_id
        assert primary(fresh) == [expected]
    assert rows(fresh, PRIMARY) == first
    for again, expected in zip(brought_back, (alone[brought_back[1]], "+254700000019"), strict=True):
        undo(undos[again], settings)
        assert primary(fresh) == [expected]
    assert rows(fresh, PRIMARY) == both


def test_the_contact_that_a_person_made_the_primary_one_is_so_after_an_undo(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC | {"email": "imara@example.org"})
    second = landed(settings, tmp_path, CLINIC | {"phone": "0700000018"})
    fresh.execute("UPDATE facility_contacts SET is_primary = contact_value = 'imara@example.org'")
    undone = undo(second.run_id, settings)
    assert primary(fresh) == ["imara@example.org"]
    undo(undone.run_id, settings)
    assert primary(fresh) == ["imara@example.org"]


def primary(database: Database) -> list[str]:
    return [row["number"] for row in rows(database, PRIMARY) if row["is_primary"]]
