"""A service that its source gave before, and whose record now names others: it stays, and a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

TOLD = "SELECT raw_value FROM etl.issues WHERE kind = 'service_not_repeated' ORDER BY run_no"
ACTIVE = "SELECT service_name AS name FROM facility_services WHERE is_active ORDER BY service_name"


def offering(*services: Any, **others: Any) -> dict[str, Any]:
    return CLINIC | {"service_names": list(services)} | others


def told(account: RunAccount) -> int:
    return sum(file.issues["service_not_repeated"] for file in account.files)


def test_a_service_that_its_source_no_longer_names_stays_active_and_is_told_until_it_is_switched_off(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [offering("PEP", "HIV testing", "Counselling")])], settings)
    before = content(fresh)
    path = write(tmp_path, "a.json", [offering("Counselling", "Legal aid")])
    assert told(run([path], settings, Options(dry_run=True))) == 1
    account = run([path], settings)
    assert (outcome(account), told(account)) == ({"read": 1, "updated": 1}, 1)
    assert rows(fresh, TOLD) == [{"raw_value": "PEP; HIV testing"}]
    active = [row["name"] for row in rows(fresh, ACTIVE)]
    assert active == ["Counselling", "HIV testing", "Legal aid", "PEP"]

    for is_active, issues in ((True, 1), (False, 0)):
        fresh.execute(
            f"UPDATE facility_services SET is_active = {is_active} WHERE service_name IN ('PEP', 'HIV testing')"
        )
        again = run([path], settings, Options(force=True))
        assert (outcome(again), told(again)) == ({"read": 1, "unchanged": 1}, issues)
    fresh.execute("UPDATE facility_services SET is_active = true")
    undo(account.run_id, settings)
    assert content(fresh) == before


@pytest.mark.parametrize(
    "february",
    [
        {"services": {"PEP": "No", "Counselling": "Yes"}},
        {"services": [{"name": "PEP", "is_active": False}, {"name": "Counselling"}]},
        {"services": ["PEP (no longer offered)", "counselling"]},
    ],
)
def test_a_service_that_its_source_says_is_not_offered_any_more_is_told(
    settings: Settings, fresh: Database, tmp_path: Path, february: dict[str, Any]
) -> None:
    clinic = {key: value for key, value in CLINIC.items() if key != "service_names"}
    run([write(tmp_path, "a.json", [clinic | {"services": ["PEP", "Counselling"]}])], settings)
    assert told(run([write(tmp_path, "a.json", [clinic | february])], settings)) == 1
    assert rows(fresh, TOLD) == [{"raw_value": "PEP"}]


def test_a_service_that_came_later_is_told_of_too(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    for services in (["Counselling"], ["Counselling", "PEP"]):
        assert told(run([write(tmp_path, "a.json", [offering(*services)])], settings)) == 0
    assert told(run([write(tmp_path, "a.json", [offering("Counselling", beds=5)])], settings)) == 1
    assert rows(fresh, TOLD) == [{"raw_value": "PEP"}]


def test_what_another_body_or_a_person_added_is_not_told(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [offering("Counselling")])], settings)
    run([write(tmp_path, "b.json", [offering("PEP")])], settings)
    fresh.execute(
        "INSERT INTO facility_services SELECT (jsonb_populate_record(s, jsonb_build_object('service_id', 9000, "
        "'service_name', 'Legal aid', 'created_at', now()))).* FROM facility_services AS s LIMIT 1"
    )
    assert told(run([write(tmp_path, "a.json", [offering("Counselling", beds=5)])], settings)) == 0
    assert told(run([write(tmp_path, "b.json", [offering("Legal aid")])], settings)) == 1
    assert rows(fresh, TOLD) == [{"raw_value": "PEP"}]


def test_a_record_without_services_says_nothing_of_them(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [offering("PEP", "Counselling")])], settings)
    assert told(run([write(tmp_path, "a.json", [offering(beds=5)])], settings)) == 0


def test_a_body_that_tells_of_a_facility_in_several_records_leaves_nothing_out_in_one(
    settings: Settings, tmp_path: Path
) -> None:
    two = [offering("PEP"), offering("Counselling")]
    assert told(run([write(tmp_path, "a.json", two)], settings)) == 0
    assert told(run([write(tmp_path, "a.json", two)], settings, Options(force=True))) == 0
    assert told(run([write(tmp_path, "a.json", [two[0], offering("Counselling", beds=5)])], settings)) == 0
