"""Facilities that a source sent before and has left out of its files now: they stay, and the run tells them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.load import DatabaseLoader
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import END_OTHERS, content, rows, with_sources, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

TOLD = re.compile(r"^left out, although \w+ sent them before: (\d+) facilit(?:y|ies) \((.+)\)\. They stay")
NAMES = ("Amani", "Baraka", "Chania", "Dhahabu", "Elimu", "Faraja", "Gathoni", "Huruma")


def clinic(number: int, **said: Any) -> dict[str, Any]:
    place = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
    return {"code": 13001 + number, "name": f"{NAMES[number]} Dispensary", **place, **said}


CLINICS = [clinic(number) for number in range(8)]


def unsent(account: RunAccount) -> list[str]:
    """Say what each file leaves out: how many facilities, and their codes."""
    notes = [note for file in account.files for note in file.notes]
    return [": ".join(found.groups()) for note in notes if (found := TOLD.search(note))]


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_a_facility_that_its_source_leaves_out_stays_and_is_told_every_month(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    assert unsent(run([write(tmp_path, "kmhfl_01.json", CLINICS)], settings)) == []
    without = [record for record in CLINICS if record["code"] != 13003]
    before = content(fresh)
    february = write(tmp_path, "kmhfl_02.json", without)
    assert unsent(run([february], settings, Options(dry_run=True))) == ["1: 13003"]
    assert unsent(run([february], settings)) == ["1: 13003"]
    assert unsent(run([february], settings, Options(force=True))) == ["1: 13003"]
    assert content(fresh) == before
    assert unsent(run([write(tmp_path, "kmhfl_03.json", [clinic(0, beds=4), *without[1:]])], settings)) == ["1: 13003"]
    assert unsent(run([write(tmp_path, "kmhfl_04.json", CLINICS)], settings)) == []


def test_a_list_that_was_cut_to_half_without_an_error_is_told(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "kmhfl_01.json", CLINICS)], settings)
    half = [clinic(number, phone=f"070000001{number}") for number in range(4)]  # all of them are changed, too
    account = run([write(tmp_path, "kmhfl_02.json", half)], settings)
    assert unsent(account) == ["4: 13005, 13006, 13007, 13008"]


def test_a_file_of_the_same_name_is_the_same_list_however_little_is_left_of_it(
    settings: Settings, tmp_path: Path
) -> None:
    run([write(tmp_path, "kmhfl.json", CLINICS)], settings)
    account = run([write(tmp_path, "kmhfl.json", CLINICS[:1])], settings)
    assert unsent(account) == ["7: 13002, 13003, 13004, 13005, 13006, ..."]


@pytest.mark.parametrize(
    ("january", "february"), [("kmhfl_2026-01", "kmhfl_2026-02"), ("2026_01/kmhfl", "2026_02/kmhfl")]
)
def test_a_file_whose_name_differs_only_in_its_date_is_the_same_list_however_little_is_left_of_it(
    settings: Settings, tmp_path: Path, january: str, february: str
) -> None:
    for month in (january, february):
        (tmp_path / month).parent.mkdir(exist_ok=True)
    run([write(tmp_path, f"{january}.json", CLINICS)], settings)
    account = run([write(tmp_path, f"{february}.json", CLINICS[:1])], settings)
    assert unsent(account) == ["7: 13002, 13003, 13004, 13005, 13006, ..."]


def test_what_remains_of_a_dated_list_is_told_beside_what_is_new_in_it(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "kmhfl_01.json", CLINICS[:7])], settings)
    account = run([write(tmp_path, "kmhfl_02.json", [clinic(0, beds=4), clinic(7)])], settings)
    assert unsent(account) == ["6: 13002, 13003, 13004, 13005, 13006, ..."]


def test_one_of_several_numbered_files_says_nothing_of_the_others(settings: Settings, tmp_path: Path) -> None:
    pages = {f"kmhfl_{month}_page_1.json": CLINICS[:2] for month in (1, 2)}
    pages["kmhfl_1_page_2.json"] = CLINICS[2:]
    run([write(tmp_path, name, pages[name]) for name in ("kmhfl_1_page_1.json", "kmhfl_1_page_2.json")], settings)
    assert unsent(run([write(tmp_path, "kmhfl_2_page_1.json", CLINICS[:2])], settings)) == []
    # The list has grown: what stood on page 2 stands on page 1 now, which came under this name before.
    assert unsent(run([write(tmp_path, "kmhfl_1_page_1.json", CLINICS[:3])], settings)) == []


def test_one_of_several_files_of_a_source_says_nothing_of_the_others(settings: Settings, tmp_path: Path) -> None:
    first, second = write(tmp_path, "kmhfl_a.json", CLINICS[:5]), write(tmp_path, "kmhfl_b.json", CLINICS[5:])
    assert unsent(run([first, second], settings)) == []
    assert unsent(run([write(tmp_path, "kmhfl_a.json", CLINICS[:4])], settings)) == ["1: 13005"]
    moved = [write(tmp_path, "kmhfl_a.json", CLINICS[:3]), write(tmp_path, "kmhfl_b.json", CLINICS[3:])]
    assert unsent(run(moved, settings)) == []


def test_the_list_of_one_county_says_nothing_of_the_national_one(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "kmhfl.json", CLINICS)], settings)
    assert unsent(run([write(tmp_path, "kmhfl_nairobi.json", CLINICS[:2])], settings)) == []


def test_a_file_that_was_not_read_to_its_end_leaves_nothing_out(settings: Settings, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(settings, salvage=True)
    path = tmp_path / "kmhfl.json"
    path.write_bytes(msgspec.json.encode(CLINICS))
    run([str(path)], settings)
    path.write_bytes(msgspec.json.encode(CLINICS)[:-200])
    account = run([str(path)], settings)
    assert (account.files[0].unchanged > 0, unsent(account)) == (True, [])


def test_a_facility_that_another_file_of_the_run_speaks_of_or_that_is_closed_is_not_told(
    settings: Settings, tmp_path: Path
) -> None:
    closed = clinic(7, operation_status_name="Closed")
    run([write(tmp_path, "kmhfl.json", [*CLINICS[:7], closed])], settings)
    files = [write(tmp_path, "kmhfl.json", CLINICS[:6]), write(tmp_path, "regional.json", CLINICS[6:7])]
    assert unsent(run(files, settings)) == []


def test_what_was_taken_back_was_not_sent(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "kmhfl.json", CLINICS[:6])], settings)
    wrong = run([write(tmp_path, "kmhfl.json", CLINICS)], settings)
    undo(wrong.run_id, settings)
    assert unsent(run([write(tmp_path, "kmhfl.json", CLINICS[:6])], settings)) == []


def test_lists_that_a_program_loads_are_no_deliveries(
    settings: Settings, fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.loading.unsent.add_note", lambda *_: pytest.fail("it was told"))
    loader = DatabaseLoader(settings)
    for part in (CLINICS[:4], CLINICS[4:]):
        assert loader.load_facilities(part)["error_count"] == 0
    assert rows(fresh, "SELECT count(*) AS n FROM facilities") == [{"n": 8}]


def test_a_code_that_is_a_telephone_number_is_not_noted(settings: Settings, tmp_path: Path) -> None:
    settings = with_sources(settings, tmp_path, "{name: own, code_prefix: OWN, files: [own*.json]}")
    records = [*CLINICS[:3], {"code": "0700000016", "name": "Tumaini Shelter", "county_name": "Nairobi"}]
    run([write(tmp_path, "own.json", records)], settings)
    assert unsent(run([write(tmp_path, "own.json", records[:3])], settings)) == ["1: ***"]


def test_nothing_is_told_where_a_lost_connection_cost_what_was_met(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gvrc import ledger

    settings = msgspec.structs.replace(settings, batch_size=1, retry_wait_seconds=0.01)
    run([write(tmp_path, "kmhfl.json", CLINICS)], settings)
    save_accounts = ledger.save_accounts
    is_lost: list[bool] = []

    def lose_the_last(*given: Any) -> None:
        if len(given) == 3 and any(account.status == "succeeded" for account in given[2].values()) and not is_lost:
            is_lost.append(True)
            rows(fresh, END_OTHERS)
        save_accounts(*given)

    monkeypatch.setattr(ledger, "save_accounts", lose_the_last)
    changed = [*CLINICS[:6], clinic(6, phone="0700000016")]
    account = run([write(tmp_path, "kmhfl.json", changed)], settings)
    assert (is_lost, account.files[0].unchanged, account.files[0].updated) == ([True], 6, 1)
    assert unsent(account) == []
