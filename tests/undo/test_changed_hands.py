"""Codes and registration numbers that changed hands: taken back, each is borne by who bore it before, or stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write
from tests.undo.test_undo import landed, memory

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

KEY = "7f0c8a52-0000-4000-8000-000000000001"
BORNE = "SELECT facility_name, facility_code, registration_number FROM facilities ORDER BY facility_id"
SWITCHED_OFF = "SELECT facility_name FROM facilities WHERE NOT is_active"


def clinic(code: int | None, number: str | None = None, **said: Any) -> dict[str, Any]:
    return CLINIC | {"code": code, "name": f"Clinic {code}", "registration_number": number} | said


def borne(database: Database) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for row in rows(database, BORNE)]


def test_a_failed_file_that_exchanged_numbers_is_taken_back_and_the_next_one_loaded(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(1, "R-1"), clinic(2, "R-2"), clinic(9))
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([clinic(1, "R-2"), clinic(2, "R-1"), clinic(3)])[:-4], "utf-8")
    good = write(tmp_path, "good.json", [clinic(5)])
    account = run([str(bad), good], msgspec.structs.replace(settings, batch_size=2))
    assert [file.status for file in account.files] == ["failed", "succeeded"]
    assert borne(fresh) == [
        ("Clinic 1", "1", "R-1"),
        ("Clinic 2", "2", "R-2"),
        ("Clinic 9", "9", None),
        ("Clinic 5", "5", None),
    ]


def test_a_record_that_came_only_in_a_failed_file_keeps_no_new_code_from_its_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """Of the facility the source then has no other record in the run: what came in the failed file was not read."""
    by_body = Options(force=True, source="body")
    superseded = clinic(1, id=KEY, description="By day")
    run([write(tmp_path, "june.json", [superseded, clinic(1, id=KEY, description="By night")])], settings, by_body)
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([superseded, clinic(3), clinic(4), clinic(5)])[:-4], "utf-8")
    recoded = write(tmp_path, "july.json", [clinic(77, id=KEY, name="Clinic 1")])
    account = run([str(bad), recoded], msgspec.structs.replace(settings, batch_size=1), by_body)
    assert [file.status for file in account.files] == ["failed", "succeeded"]
    assert borne(fresh) == [("Clinic 1", "77", None)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([clinic(1, "R-1"), clinic(2, "R-2")], [clinic(1, "R-2"), clinic(2, "R-1")]),
        ([clinic(1, "R-1")], [clinic(1, "R-3"), clinic(2, "R-1")]),
        ([clinic(1, "R-1"), clinic(2)], [clinic(1, "R-3"), clinic(2, "R-1")]),
        ([clinic(1, "R-1"), clinic(2, "R-2"), clinic(3)], [clinic(1, "R-9"), clinic(2, "R-1"), clinic(3, "R-2")]),
        ([clinic(1, id=KEY)], [clinic(77, id=KEY, name="Clinic 1"), clinic(1, name="Hazina Refuge")]),
    ],
)
def test_what_changed_hands_in_the_run_is_as_before_it_and_after_it_again(
    settings: Settings, fresh: Database, tmp_path: Path, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    landed(settings, tmp_path, *first)
    before = content(fresh), memory(fresh)
    account = landed(settings, tmp_path, *second)
    after = content(fresh)
    undone = undo(account.run_id, settings)
    assert (content(fresh), memory(fresh)) == before
    assert undone.files[0].issues["changed_since"] == 0
    undo(undone.run_id, settings)
    assert content(fresh) == after


def test_a_number_that_another_facility_bears_now_stays_there_and_is_reported(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(1, "R-1"))
    account = landed(settings, tmp_path, clinic(1, "R-3", description="Open at night"))
    landed(settings, tmp_path, clinic(2, "R-1"), name="b.json")
    undone = undo(account.run_id, settings)
    assert undone.files[0].issues == {"changed_since": 1}
    assert borne(fresh) == [("Clinic 1", "1", "R-3"), ("Clinic 2", "2", "R-1")]
    assert rows(fresh, "SELECT description FROM facilities ORDER BY 1") == [{"description": ""}, {"description": ""}]
    # It is no edit of a person: what the importer left there it may change.
    landed(settings, tmp_path, clinic(1, "R-4"))
    assert borne(fresh) == [("Clinic 1", "1", "R-4"), ("Clinic 2", "2", "R-1")]


def test_a_number_is_free_only_where_its_bearer_can_give_it_up(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(1, "R-1"), clinic(2, "R-2"))
    account = landed(settings, tmp_path, clinic(1, "R-3"), clinic(2, "R-1"))
    landed(settings, tmp_path, clinic(4, "R-2"), name="b.json")
    assert undo(account.run_id, settings).files[0].issues == {"changed_since": 2}
    assert borne(fresh) == [("Clinic 1", "1", "R-3"), ("Clinic 2", "2", "R-1"), ("Clinic 4", "4", "R-2")]


def test_a_number_stays_with_a_facility_that_can_only_be_switched_off(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(1, "R-1"))
    account = landed(settings, tmp_path, clinic(1, "R-3"), clinic(2, "R-1"))
    fresh.execute("CREATE TABLE cases (facility_id integer REFERENCES facilities)")
    fresh.execute("INSERT INTO cases SELECT facility_id FROM facilities WHERE facility_code = '2'")
    assert undo(account.run_id, settings).files[0].issues == {"changed_since": 1}
    assert borne(fresh) == [("Clinic 1", "1", "R-3"), ("Clinic 2", "2", "R-1")]
    assert rows(fresh, SWITCHED_OFF) == [{"facility_name": "Clinic 2"}]


def test_a_code_that_another_facility_bears_now_stays_there_and_is_reported(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(1, id=KEY))
    account = landed(settings, tmp_path, clinic(77, id=KEY, name="Clinic 1"))
    landed(settings, tmp_path, clinic(1, name="Hazina Refuge"), name="b.json")
    assert undo(account.run_id, settings).files[0].issues == {"changed_since": 1}
    assert borne(fresh) == [("Clinic 1", "77", None), ("Hazina Refuge", "1", None)]


def test_a_facility_that_was_loaded_anew_is_not_put_back_beside_itself(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    undone = undo(landed(settings, tmp_path, clinic(2, phone="0700000017"), clinic(3)).run_id, settings)
    landed(settings, tmp_path, clinic(2), name="b.json")
    before = content(fresh)
    again = undo(undone.run_id, settings)
    assert again.files[0].issues == {"changed_since": 1}
    assert borne(fresh) == [("Clinic 3", "3", None), ("Clinic 2", "2", None)]
    undo(again.run_id, settings)
    assert content(fresh) == before
    assert outcome(run([str(tmp_path / "b.json")], settings, Options(force=True))) == {"read": 1, "unchanged": 1}


def test_a_facility_comes_back_without_the_number_that_another_one_bears_now(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    undone = undo(landed(settings, tmp_path, clinic(2, "R-2")).run_id, settings)
    landed(settings, tmp_path, clinic(3, "R-2"), name="b.json")
    assert undo(undone.run_id, settings).files[0].issues == {"changed_since": 1}
    assert borne(fresh) == [("Clinic 2", "2", None), ("Clinic 3", "3", "R-2")]
    landed(settings, tmp_path, clinic(2, "R-4"))
    assert borne(fresh) == [("Clinic 2", "2", "R-4"), ("Clinic 3", "3", "R-2")]


def test_a_child_comes_back_only_where_its_facility_is(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    first = landed(settings, tmp_path, clinic(2))
    undone = undo(landed(settings, tmp_path, clinic(2, phone="0700000017"), name="b.json").run_id, settings)
    undo(first.run_id, settings)
    assert undo(undone.run_id, settings).status == "succeeded"
    assert borne(fresh) == []


def test_a_category_that_was_given_anew_is_not_put_back_beside_itself(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(2))
    categories = clinic(2, gbv_categories=["Sexual Violence"])
    undone = undo(landed(settings, tmp_path, categories, name="b.json").run_id, settings)
    landed(settings, tmp_path, categories, name="b.json")
    before = content(fresh)
    undo(undone.run_id, settings)
    assert content(fresh) == before


def test_a_column_that_the_undo_left_alone_is_none_that_was_changed_since(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, clinic(2))
    undone = undo(landed(settings, tmp_path, clinic(2, description="Open at night")).run_id, settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Clinic Two'")
    assert undo(undone.run_id, settings).files[0].issues["changed_since"] == 0
    assert rows(fresh, "SELECT facility_name, description FROM facilities") == [
        {"facility_name": "Clinic Two", "description": "Open at night"}
    ]
