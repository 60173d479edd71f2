"""``source_rank``: for a field, what a trusted source wrote is not overwritten by one that is trusted less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.errors import UsageError
from gvrc.log import start_logging, stop_logging
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.settings import read_settings
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

FULL = CLINIC | {
    "registration_number": "R-77",
    "address": "Enterprise Road",
    "description": "Open to all",
    "website": "https://clinic.example.org",
}
OTHER = FULL | {
    "name": "MUKURU CLINIC",
    "registration_number": "R-78",
    "operation_status_name": "Closed",
    "ward_name": "Harambee",
    "address": "Likoni Road",
    "description": "Closed to all",
    "website": "https://other.example.org",
    "facility_type_name": "Dispensary",
    "lat": "36.880",
    "long": "-1.30",
}
SHOWN = """
    SELECT facility_name, registration_number, status_name, ward_name, address_line_1, facilities.description,
        website_url, facility_type, latitude::float8 AS latitude
    FROM facilities
    JOIN wards USING (ward_id)
    JOIN operational_statuses USING (operational_status_id)
    JOIN facility_coordinates USING (facility_id)
"""
FIELDS = (
    "facility_name",
    "registration_number",
    "operational_status",
    "ward_name",
    "is_active",
    "address",
    "description",
    "website_url",
    "facility_type",
    "coordinates",
)


def ranked(settings: Settings, *sources: str, fields: tuple[str, ...] = FIELDS) -> Settings:
    return msgspec.structs.replace(settings, source_rank={field: list(sources) for field in fields})


def landed(
    settings: Settings, tmp_path: Path, record: dict[str, Any], source: str, *, force: bool = False
) -> RunAccount:
    return run([write(tmp_path, f"{source}.json", [record])], settings, Options(source=source, force=force))


def test_a_lower_source_overwrites_nothing_that_a_higher_one_wrote(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator")
    landed(trusting, tmp_path, FULL, "kmhfl")
    before = rows(fresh, SHOWN)
    account = landed(trusting, tmp_path, OTHER, "regulator")
    assert rows(fresh, SHOWN) == before
    assert account.files[0].issues["source_outranked"] == len(FIELDS)
    said = rows(fresh, "SELECT field, raw_value FROM etl.issues WHERE kind = 'source_outranked' ORDER BY field")
    assert {row["field"] for row in said} == set(FIELDS)
    assert {"field": "facility_name", "raw_value": "MUKURU CLINIC"} in said
    assert outcome(landed(trusting, tmp_path, OTHER, "regulator", force=True)) == {"read": 1, "unchanged": 1}
    assert outcome(landed(trusting, tmp_path, OTHER, "a body that nobody named")) == {"read": 1, "unchanged": 1}


def test_a_higher_source_overwrites_a_lower_one_and_then_keeps_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator")
    landed(trusting, tmp_path, OTHER, "regulator")
    assert outcome(landed(trusting, tmp_path, FULL, "kmhfl")) == {"read": 1, "updated": 1}
    assert rows(fresh, SHOWN)[0]["facility_name"] == "Mukuru Crisis Clinic"
    newer = OTHER | {"description": "Said again"}
    assert outcome(landed(trusting, tmp_path, newer, "regulator")) == {"read": 1, "unchanged": 1}


def test_sources_are_ranked_by_their_names_however_those_are_written(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "Kenya Police Service", "kenya_police_service", "Regulator")
    landed(trusting, tmp_path, FULL, "kenya_police_service")
    before = rows(fresh, SHOWN)
    account = landed(trusting, tmp_path, OTHER, "regulator")
    assert rows(fresh, SHOWN) == before
    assert account.files[0].issues["source_outranked"] == len(FIELDS)


def test_a_ranked_source_that_nobody_configured_is_told_once(settings: Settings, tmp_path: Path) -> None:
    files = start_logging(settings, "1", quiet=True)
    landed(ranked(settings, "kmhfl", "kmhlf"), tmp_path, FULL, "kmhfl")
    stop_logging()
    lines = [line for line in files["etl"].read_text("utf-8").splitlines() if "source_not_configured" in line]
    assert len(lines) == 1
    assert '"source": "kmhlf"' in lines[0]
    assert "source_rank names it, it is not in" in lines[0]


def test_an_equal_source_overwrites_and_a_field_without_ranks_is_free(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", fields=("facility_name",))
    landed(trusting, tmp_path, FULL, "kmhfl")
    landed(trusting, tmp_path, OTHER, "regulator")
    names = "SELECT facility_name, description FROM facilities"
    assert rows(fresh, names) == [{"facility_name": "Mukuru Crisis Clinic", "description": "Closed to all"}]
    landed(trusting, tmp_path, FULL | {"name": "Mukuru Centre"}, "kmhfl")
    assert rows(fresh, names) == [{"facility_name": "Mukuru Centre", "description": "Open to all"}]


def test_what_the_higher_source_never_said_may_come_from_a_lower_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator", fields=("description", "registration_number"))
    landed(trusting, tmp_path, CLINIC, "kmhfl")
    said = "SELECT description, registration_number FROM facilities"
    landed(trusting, tmp_path, OTHER, "regulator")
    assert rows(fresh, said) == [{"description": "Closed to all", "registration_number": "R-78"}]
    landed(trusting, tmp_path, OTHER | {"description": "Said by nobody"}, "a body that nobody named")
    assert rows(fresh, said) == [{"description": "Closed to all", "registration_number": "R-78"}]


def test_what_a_new_facility_has_by_default_outranks_no_source(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    ranked = msgspec.structs.replace(
        settings, source_rank={field: ["first"] for field in ("is_active", "facility_code", "facility_name")}
    )
    silent = {key: value for key, value in CLINIC.items() if key not in ("operation_status_name", "code")}
    run([write(tmp_path, "first.json", [silent])], ranked)
    account = run([write(tmp_path, "second.json", [CLINIC | {"operation_status_name": "Closed"}])], ranked)
    assert rows(fresh, "SELECT facility_code, is_active FROM facilities") == [
        {"facility_code": "13080", "is_active": False}
    ]
    assert account.files[0].issues["source_outranked"] == 0
    assert outcome(run([str(tmp_path / "second.json")], ranked, Options(force=True))) == {"read": 1, "unchanged": 1}


def test_ranks_that_are_set_later_count_from_the_next_import(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    landed(settings, tmp_path, FULL, "kmhfl")
    trusting = ranked(settings, "kmhfl", "regulator")
    before = rows(fresh, SHOWN)
    for source in ("regulator", "a body that nobody named", "regulator"):
        assert outcome(landed(trusting, tmp_path, OTHER, source)) == {"read": 1, "unchanged": 1}
    assert rows(fresh, SHOWN) == before


@pytest.mark.parametrize("order", [("kmhfl", "regulator"), ("regulator", "kmhfl")])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_the_order_of_files_in_a_run_does_not_matter(
    settings: Settings, fresh: Database, tmp_path: Path, order: tuple[str, str], batch_size: int
) -> None:
    said = {"kmhfl": FULL, "regulator": OTHER}
    files = [write(tmp_path, f"{source}.json", [said[source]]) for source in order]
    trusting = msgspec.structs.replace(ranked(settings, "kmhfl", "regulator"), batch_size=batch_size)
    for force in (False, True):
        account = run(files, trusting, Options(force=force))
        assert account.totals()["superseded"] == 1
        assert rows(fresh, "SELECT facility_name, registration_number, is_active FROM facilities") == [
            {"facility_name": "Mukuru Crisis Clinic", "registration_number": "R-77", "is_active": True}
        ]
    assert outcome(account) == {"read": 2, "superseded": 1, "unchanged": 1}


def test_a_point_that_a_higher_source_has_confirmed_is_not_moved_by_the_lower_one_that_gave_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator", fields=("coordinates",))
    landed(trusting, tmp_path, FULL, "regulator")
    confirming = landed(trusting, tmp_path, FULL, "kmhfl")
    account = landed(trusting, tmp_path, OTHER, "regulator")
    point = "SELECT latitude::float8, data_source FROM facility_coordinates"
    assert rows(fresh, point) == [{"latitude": -1.31, "data_source": "regulator"}]
    assert account.files[0].issues["source_outranked"] == 1
    undo(confirming.run_id, trusting)
    landed(trusting, tmp_path, OTHER, "regulator", force=True)
    assert rows(fresh, point) == [{"latitude": -1.3, "data_source": "regulator"}]


def test_undo_puts_the_sources_of_ranked_fields_back(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    trusting = ranked(settings, "kmhfl", "regulator")
    landed(trusting, tmp_path, OTHER, "regulator")
    remembered = "SELECT field_sources::text AS sources, run_no FROM etl.imported_facilities"
    before = content(fresh), rows(fresh, remembered)
    undo(landed(trusting, tmp_path, FULL, "kmhfl").run_id, trusting)
    assert (content(fresh), rows(fresh, remembered)) == before


def test_a_run_that_was_taken_back_outranks_nothing_though_another_one_came_after_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator", "shelters", fields=("description", "operational_status"))
    landed(trusting, tmp_path, FULL | {"description": "Open by day"}, "regulator")
    trusted = landed(trusting, tmp_path, FULL, "kmhfl")
    landed(trusting, tmp_path, CLINIC | {"website": "https://shelters.example.org"}, "shelters")
    sources = "SELECT field_sources::text AS sources FROM etl.imported_facilities"
    before = rows(fresh, sources)
    undone = undo(trusted.run_id, trusting)
    landed(trusting, tmp_path, OTHER, "shelters")
    shown = """
        SELECT facilities.description, status_name
        FROM facilities
        JOIN operational_statuses USING (operational_status_id)
    """
    assert rows(fresh, shown) == [{"description": "Open by day", "status_name": "Operational"}]
    undo(undone.run_id, trusting)
    assert rows(fresh, sources) == before
    undo(rows(fresh, "SELECT run_id FROM etl.runs ORDER BY run_no DESC LIMIT 1")[0]["run_id"], trusting)
    landed(trusting, tmp_path, OTHER, "regulator")
    assert rows(fresh, shown) == [{"description": "Closed to all", "status_name": "Non-Operational"}]


def test_a_run_of_a_source_whose_later_run_stands_leaves_the_field_to_that_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", "regulator", fields=("description",))
    landed(trusting, tmp_path, FULL | {"description": "Open by day"}, "regulator")
    wrong = landed(trusting, tmp_path, FULL, "kmhfl")
    landed(trusting, tmp_path, FULL | {"description": "Open at night"}, "kmhfl")
    undo(wrong.run_id, trusting)
    landed(trusting, tmp_path, OTHER, "regulator")
    assert rows(fresh, "SELECT description FROM facilities") == [{"description": "Open at night"}]


def test_a_number_that_an_outranked_record_claims_stays_free(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    trusting = ranked(settings, "kmhfl", fields=("registration_number",))
    landed(trusting, tmp_path, FULL, "kmhfl")
    records = [
        FULL | {"registration_number": "R-78"},
        FULL | {"code": 13081, "name": "B", "registration_number": "R-77"},
    ]
    account = run([write(tmp_path, "b.json", records)], trusting)
    assert outcome(account) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert account.files[0].issues["registration_number_claimed_twice"] == 1
    assert rows(fresh, "SELECT facility_code, registration_number FROM facilities ORDER BY 1") == [
        {"facility_code": "13080", "registration_number": "R-77"},
        {"facility_code": "13081", "registration_number": None},
    ]


def test_a_number_that_a_person_changed_is_not_given_away(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [FULL])], settings)
    fresh.execute("UPDATE facilities SET registration_number = 'HAND-1'")
    records = [
        FULL | {"description": "Newer"},
        FULL | {"code": 13081, "name": "B", "registration_number": "HAND-1"},
        FULL | {"code": 13082, "name": "C", "registration_number": "R-77"},
    ]
    account = run([write(tmp_path, "a.json", records)], settings)
    assert outcome(account) == {"read": 3, "inserted": 2, "updated": 1}
    assert rows(fresh, "SELECT facility_code, registration_number FROM facilities ORDER BY 1") == [
        {"facility_code": "13080", "registration_number": "HAND-1"},
        {"facility_code": "13081", "registration_number": None},
        {"facility_code": "13082", "registration_number": "R-77"},
    ]


def test_a_field_that_cannot_be_ranked_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("source_rank:\n  beds: [kmhfl]\n", "utf-8")
    with pytest.raises(UsageError, match=r"line 1: source_rank must be a list of sources"):
        read_settings(path, {}, {})
