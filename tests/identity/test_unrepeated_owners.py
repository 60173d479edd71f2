"""An owner that its source gave before, and whose record now names another: it stays, and a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

TOLD = "SELECT raw_value FROM etl.issues WHERE kind = 'owner_not_repeated' ORDER BY run_no"
OWNERS = "SELECT owner_name AS name FROM facility_owners ORDER BY owner_name"


def owned_by(name: str, **others: Any) -> dict[str, Any]:
    return CLINIC | {"owner_name": name} | others


def told(account: RunAccount) -> int:
    return sum(file.issues["owner_not_repeated"] for file in account.files)


def test_an_owner_beside_whom_its_source_names_another_stays_and_is_told_until_a_person_removes_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [owned_by("Umoja Trust")])], settings)
    before = content(fresh)
    path = write(tmp_path, "a.json", [owned_by("Imara Trust")])
    assert told(run([path], settings, Options(dry_run=True))) == 1
    account = run([path], settings)
    assert (outcome(account), told(account)) == ({"read": 1, "updated": 1}, 1)
    assert rows(fresh, TOLD) == [{"raw_value": "Umoja Trust"}]
    assert rows(fresh, OWNERS) == [{"name": "Imara Trust"}, {"name": "Umoja Trust"}]
    again = run([path], settings, Options(force=True))
    assert (outcome(again), told(again)) == ({"read": 1, "unchanged": 1}, 1)
    undo(account.run_id, settings)
    assert content(fresh) == before

    run([path], settings)
    fresh.execute("DELETE FROM facility_owners WHERE owner_name = 'Umoja Trust'")
    again = run([path], settings, Options(force=True))
    assert (outcome(again), told(again)) == ({"read": 1, "unchanged": 1}, 0)


def test_who_came_later_is_told_of_too_and_an_owner_in_other_letters_is_the_same(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"owner_name": ""}])], settings)
    for name in ("Umoja Trust", "UMOJA TRUST", ""):
        assert told(run([write(tmp_path, "a.json", [owned_by(name, beds=5)])], settings)) == 0
    assert told(run([write(tmp_path, "a.json", [owned_by("Imara Trust", beds=6)])], settings)) == 1
    assert rows(fresh, TOLD) == [{"raw_value": "Umoja Trust"}]


def test_an_owner_whom_another_body_gave_is_not_told(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [owned_by("Umoja Trust")])], settings)
    assert told(run([write(tmp_path, "b.json", [owned_by("Imara Trust")])], settings)) == 0
    assert told(run([write(tmp_path, "a.json", [owned_by("Umoja Trust", beds=5)])], settings)) == 0


def test_a_body_that_names_two_owners_in_two_records_leaves_none_out(settings: Settings, tmp_path: Path) -> None:
    two = [owned_by("Umoja Trust"), owned_by("Imara Trust")]
    assert told(run([write(tmp_path, "a.json", two)], settings)) == 0
    assert told(run([write(tmp_path, "a.json", two)], settings, Options(force=True))) == 0
    assert told(run([write(tmp_path, "a.json", [two[0], owned_by("Imara Trust", beds=5)])], settings)) == 0
