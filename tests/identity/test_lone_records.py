"""Lone records are copied past staging and merge; they leave what the statements of sql/merge leave for a new facility.

The twin is the merge: the same files into a second database, with no record taken for a lone one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.database import Database, UnfitTableError
from gvrc.loading.lone import insert_lone
from gvrc.loading.stage import Stager
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.identity.test_first_load import run_both_ways
from tests.settled.test_settled import stands
from tests.test_pipeline import CLINIC, outcome, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.settings import Settings

OTHER = CLINIC | {"code": 13081, "name": "Kayole Safe House", "phone": "0700000017"}
WIDE = CLINIC | {
    "code": 13082,
    "name": "Embakasi Clinic",
    "id": "7f0c8a52-0000-4000-8000-000000000001",
    "official_name": "Embakasi Recovery Clinic",
    "registration_number": "TEST-0001",
    "keph_level_name": "Level 3",
    "description": "Open day and night",
    "website": "https://clinic.example.org",
    "physical_address": "Kangundo Road",
    "email": "clinic@example.org",
    "officer_in_charge": "T. Est",
    "gbv_categories": ["Physical Violence", "Sexual Violence"],
    "cots": 2,
    "open_whole_day": True,
    "date_established": "2019-05-01",
    "updated": "2024-01-31T10:00:00Z",
}
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from([None, 13080, 13081, 13082, 13083]),
        "name": st.sampled_from(
            ["Mukuru Clinic", "mukuru clinic", "Kayole Clinic", "Safe House", "Ng\u2019ang\u2019a Clinic"]
        ),
        "registration_number": st.sampled_from([None, "TEST-0001", "TEST-0002"]),
        "id": st.sampled_from([None, WIDE["id"]]),
        "ward_name": st.sampled_from(["Viwandani", "Vivandani", "Nowhere", None]),
        "constituency_name": st.sampled_from(["Makadara", "Embakasi East", None]),
        "lat": st.sampled_from(["-1.31", "-1.286400000000000123", "36.875", None]),
        "long": st.sampled_from(["36.875", "36.8756789015", "-1.31", None]),
        "operation_status_name": st.sampled_from(["Operational", "Closed", "Haunted", None]),
        "owner_name": st.sampled_from(["Ministry of Health", None]),
        "service_names": st.lists(st.sampled_from(["Counselling", "Post-rape care", "Legal aid"]), max_size=3),
        "phone": st.sampled_from(["0700000016", "0700000017/0700000018", "nothing", None]),
        "beds": st.sampled_from([0, 4, None]),
    },
)


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORDS, min_size=1, max_size=8), st.booleans())
def test_lone_records_leave_what_a_merge_leaves(
    settings: Settings,
    tmp_path: Path,
    further_urls: Callable[[], str],
    changes: list[dict[str, Any]],
    is_split: bool,
) -> None:
    records = [WIDE | own_keys(number) | change for number, change in enumerate(changes)]
    half = len(records) // 2 if is_split else 0
    paths = [
        write(tmp_path, name, part) for name, part in (("a.json", records[:half]), ("b.json", records[half:])) if part
    ]
    lone, merged = run_both_ways(paths, settings, further_urls, batch_size=3)
    assert lone == merged


def own_keys(number: int) -> dict[str, Any]:
    return {
        "code": 14_000 + number,
        "id": f"7f0c8a52-0000-4000-8000-00000001400{number}",
        "registration_number": f"TEST-1400{number}",
        "name": f"Embakasi Clinic {number}",
    }


def test_a_real_file_comes_out_the_same(settings: Settings, shared_data: Path, further_urls: Callable[[], str]) -> None:
    lone, merged = run_both_ways(
        [str(shared_data / "kmhfl" / "nairobi.json")], settings, further_urls, settings.batch_size
    )
    assert lone == merged
    assert len(lone["facilities"]) > 1_000


@pytest.fixture
def inserted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many lone records were inserted at a time; less than none where they were not."""
    sizes: list[int] = []

    def note(database: Any, lone: Any, *others: Any) -> bool:
        sizes.append(-lone.size)
        if insert_lone(database, lone, *others):
            sizes[-1] = lone.size
            return True
        return False

    monkeypatch.setattr("gvrc.load.insert_lone", note)
    return sizes


def test_records_of_a_first_load_are_copied_and_the_second_run_finds_them_settled(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER, WIDE])
    assert outcome(run([path], settings)) == {"read": 3, "inserted": 3}
    assert inserted == [3]
    assert rows(fresh, "SELECT count(*)::bigint AS n FROM etl.settled_facilities") == [{"n": 3}]
    monkeypatch.setattr(Stager, "stage", lambda *_: pytest.fail("a settled record was staged"))
    assert outcome(run([path], settings, Options(force=True))) == {"read": 3, "unchanged": 3}


def test_a_value_that_the_database_refuses_costs_its_record_not_the_batch(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    run([write(tmp_path, "none.json", [CLINIC])], settings, Options(dry_run=True))  # makes the directory
    fresh.execute("ALTER TABLE facilities ADD CHECK (facility_name <> 'Kayole Safe House')")
    account = run([write(tmp_path, "a.json", [CLINIC, OTHER, WIDE])], settings)
    assert outcome(account) == {"read": 3, "inserted": 2, "rejected": 1}
    assert account.files[0].rejects == {"refused_by_database": 1}
    assert inserted == [-3]


def test_a_constraint_that_is_checked_late_costs_its_record_not_the_batch(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    run([write(tmp_path, "none.json", [CLINIC])], settings, Options(dry_run=True))
    fresh.execute("CREATE TABLE allowed (facility_name varchar PRIMARY KEY)")
    fresh.execute("INSERT INTO allowed VALUES ('Mukuru Crisis Clinic'), ('Embakasi Clinic')")
    fresh.execute(
        "ALTER TABLE facilities ADD FOREIGN KEY (facility_name) REFERENCES allowed DEFERRABLE INITIALLY DEFERRED"
    )
    account = run([write(tmp_path, "a.json", [CLINIC, OTHER, WIDE])], settings)
    assert outcome(account) == {"read": 3, "inserted": 2, "rejected": 1}
    assert len(inserted) == 1


@pytest.mark.parametrize(
    ("altered", "landed"),
    [
        ("facility_owners ALTER owner_name TYPE public.name", {"inserted": 2}),  # which a COPY cannot write
        ("facility_infrastructure ALTER capacity TYPE smallint", {"inserted": 1, "rejected": 1}),  # for 40,000 beds
    ],
)
def test_a_column_of_another_type_is_for_the_merge_which_casts(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int], *, altered: str, landed: dict[str, int]
) -> None:
    run([write(tmp_path, "none.json", [CLINIC])], settings, Options(dry_run=True))
    fresh.execute(f"CREATE DOMAIN name AS varchar; ALTER TABLE {altered}")
    account = run([write(tmp_path, "a.json", [CLINIC | {"beds": 40_000}, OTHER])], settings)
    assert (outcome(account), inserted) == ({"read": 2} | landed, [-2])


def test_where_a_trigger_may_change_a_row_nothing_is_copied(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    run([write(tmp_path, "none.json", [CLINIC])], settings, Options(dry_run=True))
    fresh.execute(
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.facility_name := upper(NEW.facility_name); RETURN NEW; END$$"
    )
    fresh.execute("CREATE TRIGGER shout BEFORE INSERT ON facilities FOR EACH ROW EXECUTE FUNCTION shout()")
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    assert outcome(run([path], settings)) == {"read": 2, "inserted": 2}
    assert inserted == []
    remembered_names = rows(fresh, "SELECT facility_name FROM etl.imported_facilities ORDER BY 1")
    assert [row["facility_name"] for row in remembered_names] == ["KAYOLE SAFE HOUSE", "MUKURU CRISIS CLINIC"]


def test_a_value_that_does_not_fit_its_column_leaves_the_batch_to_the_merge(
    settings: Settings, tmp_path: Path, inserted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.loading.lone.TYPES", {"record_number": pl.Int8})
    records = [CLINIC | {"code": 15_000 + number, "name": f"Clinic {number}"} for number in range(130)]
    assert outcome(run([write(tmp_path, "a.json", records)], settings)) == {"read": 130, "inserted": 130}
    assert inserted == []


def test_where_another_session_takes_keys_the_batch_is_merged(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    run([write(tmp_path, "none.json", [CLINIC])], settings, Options(dry_run=True))
    fresh.execute("ALTER SEQUENCE facilities_facility_id_seq INCREMENT 2")  # as if every second one went elsewhere
    assert outcome(run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)) == {"read": 2, "inserted": 2}
    assert inserted == [-2]


@pytest.mark.parametrize("forgotten", ["etl.facility_source", "etl.rejects"])
def test_nothing_is_copied_where_an_emptied_directory_is_remembered(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int], forgotten: str
) -> None:
    run([write(tmp_path, "first.json", [CLINIC, OTHER | {"name": None}])], settings)
    fresh.execute(f"TRUNCATE facilities, {forgotten} CASCADE")
    inserted.clear()
    assert outcome(run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)) == {"read": 2, "inserted": 2}
    assert inserted == []


def test_nothing_is_copied_where_it_is_remembered_who_wrote_which_field(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    ranked = msgspec.structs.replace(settings, source_rank={"facility_name": ["a", "b"]})
    assert outcome(run([write(tmp_path, "a.json", [CLINIC, OTHER])], ranked)) == {"read": 2, "inserted": 2}
    assert inserted == []
    sources = rows(fresh, "SELECT DISTINCT field_sources ->> 'facility_name' AS source FROM etl.imported_facilities")
    assert sources == [{"source": "a"}]


def test_a_dry_run_copies_nothing_and_takes_no_key(
    settings: Settings, fresh: Database, tmp_path: Path, inserted: list[int]
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    assert outcome(run([path], settings, Options(dry_run=True))) == {"read": 2, "inserted": 2}
    assert inserted == []
    assert outcome(run([path], settings)) == {"read": 2, "inserted": 2}
    assert rows(fresh, "SELECT min(facility_id) AS first FROM facilities") == [{"first": 1}]


def test_lone_records_are_taken_back_whole(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    account = run([write(tmp_path, "a.json", [CLINIC, OTHER, WIDE])], settings)
    undo(account.run_id, settings)
    assert all(not found for table, found in stands(fresh).items() if table != "etl.issues")


def test_a_record_that_breaks_the_schema_is_refused_and_the_others_are_counted_once(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.load.check_accepted", lambda *_: {1: "facility_name: is not right"})
    account = run([write(tmp_path, "a.json", [CLINIC, OTHER, WIDE])], settings)
    assert outcome(account) == {"read": 3, "inserted": 2, "rejected": 1}
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == len(rows(fresh, "SELECT 1 FROM etl.changes")) == 2


def test_what_is_copied_into_a_table_is_brought_to_its_types(fresh: Database) -> None:
    issue = {"run_no": 7, "file_no": 1, "record_number": 1, "facility_id": None, "kind": "text_cut", "field": "name"}
    fresh.append("etl.issues", pl.DataFrame([issue]))
    assert rows(fresh, "SELECT run_no, raw_value FROM etl.issues") == [{"run_no": 7, "raw_value": None}]
    with pytest.raises(UnfitTableError, match=r"etl\.issues: a value fits none of run_no"):
        fresh.append("etl.issues", pl.DataFrame([issue | {"run_no": 3_000_000_000}]))
    with pytest.raises(UnfitTableError, match=r"etl\.issues has no nonsense"):
        fresh.append("etl.issues", pl.DataFrame([issue | {"nonsense": 1}]))
    assert len(rows(fresh, "SELECT 1 FROM etl.issues")) == 1
