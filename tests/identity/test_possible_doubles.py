"""Two codes are two facilities; where the second has the first one's name in its place, that is told."""

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
TOLD = """
SELECT issues.run_no, facility_code, raw_value
FROM etl.issues
JOIN facilities USING (facility_id)
WHERE kind = 'possible_double'
ORDER BY issues.run_no, facility_code
"""


def clinic(code: str, name: str, **said: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "facility_type": "Dispensary", **PLACE, **said}


OWN_CODES = [clinic("NRB-1", "Lindi Clinic"), clinic("NRB-2", "Makina Clinic"), clinic("NRB-3", "Soweto Clinic")]
MFL_CODES = [clinic("13080", "LINDI CLINIC"), clinic("13081", "Makina Clinic"), clinic("13082", "Karanja Clinic")]


def doubles(account: RunAccount) -> list[int]:
    return [file.issues["possible_double"] for file in account.files]


def told(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(database, TOLD)]


def test_each_facility_of_a_list_that_was_recoded_is_told_once_and_counted_whenever_it_comes(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    former, recoded = write(tmp_path, "january.json", OWN_CODES), write(tmp_path, "february.json", MFL_CODES)
    assert doubles(run([former], settings)) == [0]
    assert doubles(run([recoded], settings, Options(dry_run=True))) == [2]
    assert told(fresh) == []
    assert [doubles(run([recoded], settings, Options(force=True))) for _ in range(3)] == [[2], [2], [2]]
    assert told(fresh) == [(3, "13080", "NRB-1"), (3, "13081", "NRB-2")]
    assert doubles(run([former], settings, Options(force=True))) == [0]
    assert doubles(run([recoded], settings)) == [2]


@pytest.mark.parametrize("batch_size", [1, 4, 5_000])
def test_it_does_not_matter_whether_both_lists_come_in_one_run_nor_in_which_batches(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    files = [write(tmp_path, "a.json", OWN_CODES), write(tmp_path, "b.json", MFL_CODES)]
    sized = msgspec.structs.replace(settings, batch_size=batch_size)
    for _ in range(2):
        assert doubles(run(files, sized, Options(force=True))) == [0, 2]
        assert told(fresh) == [(1, "13080", "NRB-1"), (1, "13081", "NRB-2")]


@pytest.mark.parametrize("is_one_run", [True, False])
def test_a_long_recoded_list_is_told_whether_the_former_one_comes_with_it_or_came_before(
    settings: Settings, fresh: Database, tmp_path: Path, is_one_run: bool
) -> None:
    others = [clinic(f"{20_000 + number}", f"Gatina {number} Clinic") for number in range(1_000)]
    former, recoded = write(tmp_path, "a.json", OWN_CODES), write(tmp_path, "b.json", [*MFL_CODES, *others])
    if not is_one_run:
        run([former], settings)
    assert doubles(run([former, recoded], settings)) == [0, 2]
    assert [row[1:] for row in told(fresh)] == [("13080", "NRB-1"), ("13081", "NRB-2")]


def test_of_two_that_one_file_lists_their_body_says_itself_that_they_are_two(
    settings: Settings, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.json", [*OWN_CODES, clinic("NRB-4", "Lindi Clinic")])
    assert doubles(run([file], settings)) == [0]


def test_a_namesake_of_another_kind_or_in_another_ward_is_no_double(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", OWN_CODES)], settings)
    others = [
        clinic("13080", "Lindi Clinic", facility_type="Police Station"),
        clinic("13081", "Makina Clinic", ward_name="Makongeni"),
    ]
    assert doubles(run([write(tmp_path, "b.json", others)], settings)) == [0]


def test_where_no_ward_is_said_the_constituency_counts(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [clinic("NRB-1", "Lindi Clinic", ward_name=None)])], settings)
    others = [
        clinic("13080", "Lindi Clinic"),
        clinic("13081", "Lindi Clinic", constituency_name="Kibra", ward_name=None),
    ]
    assert doubles(run([write(tmp_path, "b.json", others)], settings)) == [1]


@pytest.mark.parametrize("other", [{"code": "13080"}, {"id": "7f0c8a52-0000-4000-8000-000000000001"}])
def test_a_facility_that_gets_the_name_of_another_one_is_told(
    settings: Settings, fresh: Database, tmp_path: Path, other: dict[str, str]
) -> None:
    """A body corrects a spelling; by its own key the record meets its own facility, and nobody asked for a namesake."""
    misspelt = clinic("", "Lindy Disp") | {"id": "9c4f1b20-0000-4000-8000-000000000001"}
    run([write(tmp_path, "a.json", [clinic("", "Lindi Clinic") | other])], settings)
    assert doubles(run([write(tmp_path, "b.json", [misspelt])], settings)) == [0]
    corrected = write(tmp_path, "b.json", [misspelt | {"name": "Lindi Clinic"}])
    assert doubles(run([corrected], settings, Options(dry_run=True))) == [1]
    assert [doubles(run([corrected], settings, Options(force=True))) for _ in range(2)] == [[1], [1]]
    assert len(told(fresh)) == 1
    assert [row["facility_name"] for row in rows(fresh, "SELECT facility_name FROM facilities")] == ["Lindi Clinic"] * 2


def test_once_a_person_has_made_the_former_one_inactive_nothing_is_told(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", OWN_CODES)], settings)
    recoded = write(tmp_path, "b.json", MFL_CODES)
    assert doubles(run([recoded], settings)) == [2]
    fresh.execute("UPDATE facilities SET is_active = false WHERE facility_code = 'NRB-1'")
    assert doubles(run([recoded], settings, Options(force=True))) == [1]


def test_the_doubles_are_taken_back_with_their_run_and_told_again_when_they_come_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", OWN_CODES)], settings)
    recoded = write(tmp_path, "b.json", MFL_CODES)
    undo(run([recoded], settings).run_id, settings)
    assert doubles(run([recoded], settings)) == [2]
    assert len(told(fresh)) == 2


def test_facilities_that_a_person_gave_their_new_codes_are_met_by_them(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """What docs/rejects_and_issues.md advises: take the run back, change the codes, import again."""
    former, recoded = write(tmp_path, "a.json", OWN_CODES), write(tmp_path, "b.json", MFL_CODES)
    run([former], settings)
    undo(run([recoded], settings).run_id, settings)
    fresh.execute("UPDATE facilities SET facility_code = '13080' WHERE facility_code = 'NRB-1'")
    fresh.execute("UPDATE facilities SET facility_code = '13081' WHERE facility_code = 'NRB-2'")
    for paths in ([recoded], [former], [recoded]):
        assert doubles(run(paths, settings, Options(force=True))) == [0]
    codes = rows(fresh, "SELECT facility_code FROM facilities ORDER BY 1")
    assert [row["facility_code"] for row in codes] == ["13080", "13081", "13082", "NRB-3"]
