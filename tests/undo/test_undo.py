"""Taken back, the directory and what the importer remembers are as they were before the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.database import connect
from gvrc.errors import UsageError
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.rejects import write_open_rejects
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

KEYED = {name: value for name, value in CLINIC.items() if name != "code"} | {
    "id": "7f0c8a52-0000-4000-8000-000000000001"
}
MEMORY = ("facility_source", "imported_facilities")


def memory(database: Database) -> dict[str, list[dict[str, Any]]]:
    """What the importer knows of the facilities: where their values came from, and what it left there."""
    return {
        table: rows(database, f"SELECT to_jsonb(t)::text AS row FROM etl.{table} AS t ORDER BY to_jsonb(t)::text")
        for table in MEMORY
    }


def landed(settings: Settings, tmp_path: Path, *records: dict[str, Any], name: str = "a.json") -> RunAccount:
    return run([write(tmp_path, name, list(records))], settings)


@pytest.mark.parametrize(
    "second",
    [
        KEYED | {"name": "Mukuru Safe House"},
        KEYED | {"description": "Open to all", "facility_type_name": "Dispensary"},
        KEYED | {"keph_level_name": "Level 3", "sub_county_name": "Makadara", "ward_name": "Harambee"},
        KEYED | {"code": 13080, "registration_number": "R-77"},
        KEYED,
    ],
)
def test_what_the_importer_remembers_is_as_it_was(
    settings: Settings, fresh: Database, tmp_path: Path, second: dict[str, Any]
) -> None:
    landed(settings, tmp_path, KEYED)
    before = content(fresh), memory(fresh)
    account = landed(settings, tmp_path, second, second | {"description": "Said again"}, name="b.json")
    after = content(fresh), memory(fresh)
    undone = undo(account.run_id, settings)
    assert (content(fresh), memory(fresh)) == before
    undo(undone.run_id, settings)
    assert (content(fresh), memory(fresh)) == after


def test_a_facility_that_came_back_with_an_undone_undo_is_known_as_before(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = landed(settings, tmp_path, KEYED)
    before = content(fresh), memory(fresh)
    undo(undo(account.run_id, settings).run_id, settings)
    assert (content(fresh), memory(fresh)) == before
    assert outcome(landed(settings, tmp_path, KEYED | {"phone": "0700000017"}, name="b.json")) == {
        "read": 1,
        "updated": 1,
    }


def test_an_edit_that_a_run_overwrote_is_an_edit_again_after_the_undo(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = str(tmp_path / "a.json")
    landed(settings, tmp_path, CLINIC)
    fresh.execute("UPDATE facilities SET facility_name = 'Mukuru Safe House'")
    before = content(fresh), memory(fresh)
    overwriting = msgspec.structs.replace(settings, keep_manual_edits=False)
    account = run([path], overwriting, Options(force=True))
    after = content(fresh), memory(fresh)
    undone = undo(account.run_id, settings)
    assert (content(fresh), memory(fresh)) == before
    kept = run([path], settings, Options(force=True))
    assert kept.files[0].issues["manual_edit_kept"] == 1
    undo(undone.run_id, settings)
    assert (content(fresh), memory(fresh)) == after


def test_what_a_later_run_remembers_is_left_but_for_the_fields_that_return(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    remembered = "SELECT description, address_line_1, run_no FROM etl.imported_facilities"
    landed(settings, tmp_path, CLINIC | {"description": "One"})
    account = landed(settings, tmp_path, CLINIC | {"description": "Two"})
    landed(settings, tmp_path, CLINIC | {"address": "Road 7"})
    undone = undo(account.run_id, settings)
    assert rows(fresh, remembered) == [{"description": "One", "address_line_1": "Road 7", "run_no": 3}]
    undo(undone.run_id, settings)
    assert rows(fresh, remembered) == [{"description": "Two", "address_line_1": "Road 7", "run_no": 3}]


def test_a_facility_that_stood_there_before_any_import_is_none_that_was_imported_after_the_undo(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC)
    for table in ("facility_source", "imported_facilities"):
        fresh.execute(f"DELETE FROM etl.{table}")
    before = content(fresh), memory(fresh)
    account = landed(settings, tmp_path, CLINIC | {"name": "Mukuru Safe House"}, name="b.json")
    after = content(fresh), memory(fresh)
    undone = undo(account.run_id, settings)
    assert (content(fresh), memory(fresh)) == before
    undo(undone.run_id, settings)
    assert (content(fresh), memory(fresh)) == after


def test_a_facility_that_was_renamed_and_taken_back_is_still_met_by_its_key(settings: Settings, tmp_path: Path) -> None:
    landed(settings, tmp_path, KEYED)
    undo(landed(settings, tmp_path, KEYED | {"name": "Mukuru Safe House"}).run_id, settings)
    assert outcome(landed(settings, tmp_path, KEYED | {"name": "Makadara Refuge"})) == {"read": 1, "updated": 1}


def test_a_file_that_a_later_run_skipped_or_read_again_is_read_after_the_undo(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    first = run([path], settings)
    assert run([path], settings).files[0].status == "unchanged"
    assert run([path], settings, Options(force=True)).files[0].status == "succeeded"
    undone = undo(first.run_id, settings)
    assert rows(fresh, "SELECT count(*) AS facilities FROM facilities") == [{"facilities": 0}]
    again = run([path], settings)
    assert outcome(again) == {"read": 1, "inserted": 1}
    undo(again.run_id, settings)
    undo(undone.run_id, settings)
    assert outcome(run([path], settings)) == {"read": 1, "unchanged": 1}


def test_a_file_that_was_loaded_before_the_undone_run_is_not_read_again(settings: Settings, tmp_path: Path) -> None:
    earlier = write(tmp_path, "a.json", [CLINIC])
    run([earlier], settings)
    undo(landed(settings, tmp_path, CLINIC | {"name": "Mukuru Centre"}, name="b.json").run_id, settings)
    assert run([earlier], settings).files[0].status == "unchanged"


def test_a_reject_that_an_undone_run_had_closed_is_open_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    nameless = {name: value for name, value in CLINIC.items() if name != "name"}
    first = landed(settings, tmp_path, CLINIC | {"code": 9, "name": "Umoja Clinic"}, nameless)
    path = settings.data_dir / "rejected" / f"{first.run_id}.jsonl"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"name": "Mukuru Clinic"}) + "\n", "utf-8")
    second = run([str(path)], settings)
    is_open = "SELECT closed_by_run_no IS NULL AS is_open FROM etl.rejects"
    assert rows(fresh, is_open) == [{"is_open": False}]
    undo(second.run_id, settings)
    assert rows(fresh, is_open) == [{"is_open": True}]


def test_a_reject_of_an_undone_run_is_closed_and_open_again_after_the_undo_of_the_undo(
    settings: Settings, tmp_path: Path
) -> None:
    nameless = {name: value for name, value in CLINIC.items() if name != "name"} | {"code": 9}
    undone = undo(landed(settings, tmp_path, CLINIC, nameless).run_id, settings)
    with pytest.raises(UsageError, match="nothing to run again"):
        write_open_rejects(settings, None, tmp_path / "open.jsonl")
    undo(undone.run_id, settings)
    write_open_rejects(settings, None, tmp_path / "open.jsonl")
    assert len((tmp_path / "open.jsonl").read_text("utf-8").splitlines()) == 1


def test_an_undo_makes_nothing_where_nothing_was_ever_imported(settings: Settings, empty_url: str) -> None:
    with pytest.raises(UsageError, match="Nothing was ever imported"):
        undo("20250101-000000-abcd", msgspec.structs.replace(settings, database_url=empty_url))
    with connect(empty_url) as database:
        assert rows(database, "SELECT nspname FROM pg_namespace WHERE nspname = 'etl'") == []
        assert rows(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_images_are_kept_for_as_many_days_as_set(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    strict = msgspec.structs.replace(settings, keep_changes_days=30)
    landed(strict, tmp_path, KEYED)
    old = landed(strict, tmp_path, KEYED | {"name": "Mukuru Safe House"})
    younger = landed(strict, tmp_path, CLINIC, name="b.json")
    fresh.execute("UPDATE etl.runs SET finished_at = finished_at - interval '31 days' WHERE run_no <= 2")
    fresh.execute("UPDATE etl.runs SET finished_at = finished_at - interval '29 days' WHERE run_no = 3")
    images = "SELECT DISTINCT run_no FROM etl.changes ORDER BY 1"
    run([str(tmp_path / "b.json")], strict, Options(dry_run=True))
    assert [row["run_no"] for row in rows(fresh, images)] == [1, 2, 3]
    run([str(tmp_path / "b.json")], strict)
    assert [row["run_no"] for row in rows(fresh, images)] == [3]
    for former in ("lineage", "imported", "codes"):
        assert rows(fresh, f"SELECT changed_by_run_no FROM etl.former_{former}") == []
    with pytest.raises(UsageError, match="keep_changes_days"):
        undo(old.run_id, strict)
    assert undo(younger.run_id, strict).status == "succeeded"
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": "Mukuru Safe House"}]


def test_a_facility_that_a_person_has_changed_is_taken_back_and_reported(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = landed(settings, tmp_path, CLINIC, CLINIC | {"code": 13081, "name": "Hazina Clinic"})
    fresh.execute("UPDATE facilities SET description = 'Open at night' WHERE facility_code = '13081'")
    before = content(fresh)
    undone = undo(account.run_id, settings)
    assert undone.files[0].issues == {"facility_removed": 2, "edited_facility_taken_back": 1}
    undo(undone.run_id, settings)
    assert content(fresh) == before


def test_an_undo_that_is_killed_before_it_ends_is_done_or_not_at_all(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gvrc import ledger

    account = landed(settings, tmp_path, CLINIC)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "close_run", die)
        with pytest.raises(KeyboardInterrupt):
            undo(account.run_id, settings)
    assert outcome(run([str(tmp_path / "a.json")], settings)) == {"read": 1, "inserted": 1}
    with pytest.raises(UsageError, match="taken back already"):
        undo(account.run_id, settings)


def test_a_number_that_a_run_switched_off_is_on_with_its_undo_and_off_with_the_undo_of_that(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC)
    before = content(fresh)
    account = landed(settings, tmp_path, CLINIC | {"phone": "0700000016 (disconnected)"}, name="b.json")
    assert account.files[0].tables["facility_contacts"] == {"updated": 1}
    after = content(fresh)
    assert rows(fresh, "SELECT is_active FROM facility_contacts") == [{"is_active": False}]
    undone = undo(account.run_id, settings)
    assert content(fresh) == before
    undo(undone.run_id, settings)
    assert content(fresh) == after


def test_a_number_that_was_switched_on_by_an_undo_is_switched_off_when_its_file_comes_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC)
    ended = CLINIC | {"phone": "0700000016 (disconnected)"}
    undo(landed(settings, tmp_path, ended, name="b.json").run_id, settings)
    assert outcome(landed(settings, tmp_path, ended, name="b.json")) == {"read": 1, "updated": 1}
    assert rows(fresh, "SELECT is_active FROM facility_contacts") == [{"is_active": False}]


def test_a_number_that_went_off_and_on_is_as_it_was_in_whichever_order_the_runs_are_taken_back(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, CLINIC)
    before = content(fresh)
    ended = CLINIC | {"phone": "0700000016 (disconnected)"}
    for order in ((0, 1), (1, 0)):
        runs = [landed(settings, tmp_path, ended).run_id, landed(settings, tmp_path, CLINIC | {"beds": 5}).run_id]
        assert rows(fresh, "SELECT is_active FROM facility_contacts") == [{"is_active": True}]
        for place in order:
            undo(runs[place], settings)
        assert content(fresh) == before


def test_an_undo_names_the_files_to_import_again_because_what_they_said_went_with_the_run(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    january = landed(settings, tmp_path, CLINIC, name="kmhfl_january.json")
    landed(settings, tmp_path, CLINIC, CLINIC | {"code": 13081, "name": "Amani Clinic"}, name="kmhfl_february.json")
    landed(settings, tmp_path, CLINIC | {"phone": "0700000016"}, name="shelters.json")
    landed(settings, tmp_path, CLINIC | {"code": 13082, "name": "Imara Clinic"}, name="police.json")
    undone = undo(january.run_id, settings)
    assert rows(fresh, "SELECT facility_code FROM facilities ORDER BY 1") == [
        {"facility_code": "13081"},
        {"facility_code": "13082"},
    ]
    (note,) = undone.files[0].notes
    assert note.endswith(
        f"import them again, in this order: {tmp_path / 'kmhfl_february.json'}, {tmp_path / 'shelters.json'}"
    )
    assert undo(undone.run_id, settings).files[0].notes == []


def test_a_facility_that_closed_meanwhile_is_closed_when_the_files_that_an_undo_names_were_imported_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    amani, imara = CLINIC | {"name": "Amani Clinic"}, CLINIC | {"code": 13082, "name": "Imara Clinic", "phone": None}
    bad = landed(settings, tmp_path, amani | {"description": "Wrong"}, name="police.json")
    landed(settings, tmp_path, amani, imara, name="shelters.json")
    landed(settings, tmp_path, imara | {"operation_status_name": "Closed"}, name="kmhfl.json")
    (note,) = undo(bad.run_id, settings).files[0].notes
    named = note.partition("in this order: ")[2].split(", ")
    assert named == [str(tmp_path / "shelters.json"), str(tmp_path / "kmhfl.json")]
    for path in named:
        run([path], settings)
    assert rows(fresh, "SELECT facility_name, is_active FROM facilities ORDER BY 1") == [
        {"facility_name": "Amani Clinic", "is_active": True},
        {"facility_name": "Imara Clinic", "is_active": False},
    ]


def test_an_undo_names_the_file_of_a_facility_that_only_the_undone_run_and_a_file_with_the_same_words_told_of(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    amani, imara = CLINIC | {"name": "Amani Clinic"}, CLINIC | {"code": 13082, "name": "Imara Clinic", "phone": None}
    landed(settings, tmp_path, imara, name="police.json")
    wrong = landed(settings, tmp_path, amani | {"description": "Wrong"}, imara, name="kmhfl_january.json")
    landed(settings, tmp_path, amani, imara, name="kmhfl_february.json")
    landed(settings, tmp_path, imara | {"operation_status_name": "Closed"}, name="shelters.json")
    (note,) = undo(wrong.run_id, settings).files[0].notes
    named = note.partition("in this order: ")[2].split(", ")
    assert named == [str(tmp_path / "kmhfl_february.json"), str(tmp_path / "shelters.json")]
    for path in named:
        run([path], settings)
    assert rows(fresh, "SELECT facility_name, is_active FROM facilities ORDER BY 1") == [
        {"facility_name": "Amani Clinic", "is_active": True},
        {"facility_name": "Imara Clinic", "is_active": False},
    ]


def test_an_undo_names_every_file_to_import_again_those_too_of_which_a_later_one_superseded_all_records(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    first = landed(settings, tmp_path, CLINIC | {"phone": None}, name="kmhfl.json")
    said = [CLINIC | {"phone": f"07000000{number}"} for number in range(21, 42)]
    paths = [write(tmp_path, f"{record['phone']}.json", [record]) for record in said]
    run(paths, settings)
    (note,) = undo(first.run_id, settings).files[0].notes
    named = note.partition("in this order: ")[2].split(", ")
    assert named == paths
    run(named, settings)
    told = rows(fresh, "SELECT contact_value FROM facility_contacts ORDER BY 1")
    assert [row["contact_value"] for row in told] == [f"+2547000000{number}" for number in range(21, 42)]


def test_an_undo_of_the_last_run_has_no_file_to_import_again(settings: Settings, tmp_path: Path) -> None:
    landed(settings, tmp_path, CLINIC)
    account = landed(settings, tmp_path, CLINIC | {"phone": "0700000016"}, name="b.json")
    assert undo(account.run_id, settings).files[0].notes == []
