"""A code that lost its leading zeros in a spreadsheet is still its facility's, which keeps the code that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

PLACE = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
CODED = "SELECT facility_code, facility_name FROM facilities ORDER BY 1"
TOLD = """
SELECT issues.run_no, facility_code, raw_value
FROM etl.issues
JOIN facilities USING (facility_id)
WHERE kind = 'code_zeros_differ'
ORDER BY facility_code
"""


def clinic(code: object, name: str, **said: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "facility_type": "Dispensary", **PLACE, **said}


AS_TEXT = [clinic("013081", "Lindi Clinic"), clinic("000209", "Makina Clinic"), clinic("113083", "Soweto Clinic")]
AS_NUMBERS = [clinic(int(record["code"]), record["name"], phone="0700000016") for record in AS_TEXT]
STANDS = [("000209", "Makina Clinic"), ("013081", "Lindi Clinic"), ("113083", "Soweto Clinic")]


def ask(database: Database, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(database, query)]


def outcome(account: RunAccount) -> tuple[int, int, int, int]:
    totals = account.totals()
    told = sum(file.issues["code_zeros_differ"] for file in account.files)
    return totals["inserted"], totals["updated"], totals["unchanged"], told


def test_a_list_whose_codes_became_numbers_meets_its_facilities_and_is_told_at_every_run(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    texts, numbers = write(tmp_path, "a.json", AS_TEXT), write(tmp_path, "b.json", AS_NUMBERS)
    run([texts], settings)
    assert outcome(run([numbers], settings, Options(dry_run=True))) == (0, 3, 0, 2)
    assert outcome(run([numbers], settings)) == (0, 3, 0, 2)
    for _ in range(2):
        assert outcome(run([numbers], settings, Options(force=True))) == (0, 0, 3, 2)
    assert outcome(run([texts], settings, Options(force=True))) == (0, 0, 3, 0)
    assert ask(fresh, CODED) == STANDS
    assert ask(fresh, TOLD) == [(3, "000209", "209"), (3, "013081", "13081")]


@pytest.mark.parametrize("batch_size", [1, 4, 5_000])
def test_the_size_of_a_batch_decides_nothing_in_a_first_load_neither(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    files = [write(tmp_path, "a.json", AS_TEXT), write(tmp_path, "b.json", AS_NUMBERS)]
    sized = msgspec.structs.replace(settings, batch_size=batch_size)
    assert outcome(run(files, sized)) == (3, 0, 0, 2)
    assert ask(fresh, CODED) == STANDS
    again = run(files, sized, Options(force=True))
    assert (outcome(again), again.totals()["superseded"]) == ((0, 0, 3, 2), 3)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Karanja Clinic"},
        {"facility_type": "Police Station"},
        {"constituency_name": "Kibra", "ward_name": "Lindi"},
        {"code": "13081A"},
        {"code": "130810"},
    ],
    ids=["another name", "another type", "another place", "no number", "another number"],
)
def test_what_is_not_said_of_the_same_facility_is_another_one(
    settings: Settings, fresh: Database, tmp_path: Path, said: dict[str, Any]
) -> None:
    run([write(tmp_path, "a.json", AS_TEXT)], settings)
    other = clinic("13081", "Lindi Clinic") | said
    assert outcome(run([write(tmp_path, "b.json", [other])], settings)) == (1, 0, 0, 0)
    assert (other["code"], other["name"]) in ask(fresh, CODED)


def test_where_two_facilities_may_be_meant_the_record_is_neither_and_told_as_a_double(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [clinic("013081", "Lindi Clinic"), clinic("0013081", "Makina Clinic")])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Lindi Clinic'")
    account = run([write(tmp_path, "b.json", AS_NUMBERS[:1])], settings)
    assert (outcome(account), account.files[0].issues["possible_double"]) == ((1, 0, 0, 0), 1)


def test_a_run_that_met_them_is_taken_back(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", AS_TEXT)], settings)
    numbers = write(tmp_path, "b.json", AS_NUMBERS)
    undo(run([numbers], settings).run_id, settings)
    assert ask(fresh, CODED) == STANDS
    assert ask(fresh, "SELECT contact_value FROM facility_contacts") == []
    assert outcome(run([numbers], settings)) == (0, 3, 0, 2)
