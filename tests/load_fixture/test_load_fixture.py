"""A Django fixture comes into the directory whole: by name and code, once, and nothing that is not ours."""

from __future__ import annotations

import gzip
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError, SourceFileError
from gvrc.operating.load_fixture import load_fixture
from tests.conftest import call_script
from tests.test_pipeline import CHILDREN

if TYPE_CHECKING:
    import subprocess

    from gvrc.database import Database
    from gvrc.settings import Settings

Objects = list[dict[str, Any]]
STAMPS = {"created_at": "2026-11-01T06:00:00Z", "updated_at": "2026-11-02T06:00:00Z"}


def small_fixture() -> Objects:
    """Give two facilities with one of everything for the first; keys that are nothing like the database's."""
    return [
        made("authentication.user", 1, full_name="Jane Roe", email="jane.roe@example.org"),
        made("sessions.session", "abc", session_data="x"),
        made("lookups.operationalstatus", 41, status_name="OPERATIONAL", description="", sort_order=0),
        made("lookups.contacttype", 42, type_name="Pigeon Post", validation_regex=""),
        made("lookups.servicecategory", 43, category_name="Medical", description="", icon_url=""),
        made("lookups.ownertype", 44, type_name="NGO", description=""),
        made("lookups.gbvcategory", 45, category_name="Physical Violence", description="", icon_url=""),
        made("lookups.infrastructuretype", 46, type_name="Beds", description=""),
        made("lookups.conditionstatus", 47, status_name="Unknown", description=""),
        made("geography.county", 9, county_name="Nairobi", county_code="001"),
        made("geography.constituency", 8, constituency_name="WESTLANDS", county=9, constituency_code="x"),
        made("geography.ward", 7, ward_name="KITISURU", constituency=8, ward_code="y"),
        made("facilities.facility", 501, **facility("K-1", ward=7)),
        made("facilities.facility", 502, **facility("K-2", ward=7, registration_number="")),
        made(
            "facilities.facilitycontact",
            601,
            facility=501,
            contact_type=42,
            contact_value="0700000016",
            contact_person_name="Jane Roe",
            is_primary=True,
            is_active=True,
            created_by=1,
            **STAMPS,
        ),
        made(
            "facilities.facilitycoordinate",
            602,
            facility=501,
            latitude="-1.25301000",
            longitude="36.78726000",
            collection_date="2026-10-01",
            data_source="KMHFL",
            collection_method="export",
            is_active=True,
            **STAMPS,
        ),
        made("facilities.facilityservice", 603, facility=501, service_category=43, service_name="PEP", **STAMPS),
        made("facilities.facilityowner", 604, facility=501, owner_name="A Trust", owner_type=44, **STAMPS),
        made("facilities.facilitygbvcategory", 605, facility=501, gbv_category=45, created_at=STAMPS["created_at"]),
        made(
            "facilities.facilityinfrastructure",
            606,
            facility=501,
            infrastructure_type=46,
            condition_status=47,
            capacity=14,
            **STAMPS,
        ),
    ]


def made(model: str, pk: int | str, **fields: object) -> dict[str, Any]:
    return {"model": model, "pk": pk, "fields": fields}


def facility(code: str, **fields: object) -> dict[str, object]:
    defaults = {
        "facility_name": f"Clinic {code}",
        "facility_code": code,
        "registration_number": f"R-{code}",
        "operational_status": 41,
        "address_line_1": "",
        "address_line_2": "",
        "is_active": True,
        "description": "",
        "website_url": "",
        "created_by": 1,
        "updated_by": None,
    }
    return defaults | STAMPS | fields


def change(objects: Objects, model: str, **fields: object) -> None:
    """Change fields of the first object of a model."""
    next(item for item in objects if item["model"].endswith(f".{model}"))["fields"].update(fields)


def write(tmp_path: Path, objects: object, name: str = "fixture.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(objects), "utf-8")
    return path


def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    from gvrc import statements

    statements.all_statements()["test"] = sql
    return database.rows("test")


def contents(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Give every row of the directory, as text."""
    tables = ("facilities", *CHILDREN, "users", "wards", "contact_types", "operational_statuses")
    return {table: rows(database, f"SELECT whole::text AS row FROM {table} AS whole ORDER BY 1") for table in tables}


def counts(database: Database) -> dict[str, int]:
    return {row["table_name"]: row["rows"] for row in database.rows("count_tables")}


def test_everything_lands_under_the_names_of_the_directory(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    account = load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert {table: (found.read, found.inserted) for table, found in account.tables.items()} == {
        "facilities": (2, 2),
        **dict.fromkeys(CHILDREN, (1, 1)),
    }
    (first, second) = rows(
        fresh,
        "SELECT facility_name, registration_number, ward_name, status_name, facilities.created_at::text, "
        "username AS created_by "
        "FROM facilities LEFT JOIN wards USING (ward_id) LEFT JOIN operational_statuses USING (operational_status_id) "
        "LEFT JOIN users ON user_id = created_by ORDER BY facility_code",
    )
    assert first == {
        "facility_name": "Clinic K-1",
        "registration_number": "R-K-1",
        "ward_name": "Kitisuru",
        "status_name": "Operational",
        "created_at": "2026-11-01 06:00:00+00",
        "created_by": "importer@gvrc.invalid",
    }
    assert second["registration_number"] is None
    assert rows(
        fresh, "SELECT type_name, contact_person_name FROM facility_contacts JOIN contact_types USING (contact_type_id)"
    ) == [{"type_name": "Pigeon Post", "contact_person_name": "Jane Roe"}]
    assert rows(fresh, "SELECT latitude::text, longitude::text, is_active FROM facility_coordinates") == [
        {"latitude": "-1.25301000", "longitude": "36.78726000", "is_active": True}
    ]


def test_loading_again_changes_nothing(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path, small_fixture())
    load_fixture(path, fresh, settings)
    before = contents(fresh)
    account = load_fixture(path, fresh, settings)
    assert all(found.unchanged == found.read for found in account.tables.values())
    assert contents(fresh) == before


def test_users_and_sessions_are_never_touched(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    before = contents(fresh)["users"]
    account = load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert account.ignored == {"authentication.user": 1, "sessions.session": 1}
    assert contents(fresh)["users"] == before


def test_of_a_facility_that_is_here_the_file_wins_where_it_says_something(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    change(objects, "facility", description="Level 3")
    load_fixture(write(tmp_path, objects), fresh, settings)
    change(objects, "facility", description="", facility_name="Clinic of Kitisuru", ward=None)
    account = load_fixture(write(tmp_path, objects), fresh, settings)
    assert (account.tables["facilities"].updated, account.tables["facilities"].unchanged) == (1, 1)
    (found,) = rows(
        fresh,
        "SELECT facility_name, description, ward_id IS NOT NULL AS has_ward, updated_by IS NOT NULL AS is_signed "
        "FROM facilities WHERE facility_code = 'K-1'",
    )
    assert found == {
        "facility_name": "Clinic of Kitisuru",
        "description": "Level 3",
        "has_ward": True,
        "is_signed": True,
    }


def test_a_new_pair_of_coordinates_takes_the_place_of_the_active_one(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    for latitude in ("-1.25301000", "-1.26000000", "-1.25301000"):
        change(objects, "facilitycoordinate", latitude=latitude)
        load_fixture(write(tmp_path, objects), fresh, settings)
    # The third pair was known: it is not made active again, for the second is the newer one.
    assert rows(fresh, "SELECT latitude::text, is_active FROM facility_coordinates ORDER BY coordinate_id") == [
        {"latitude": "-1.25301000", "is_active": False},
        {"latitude": "-1.26000000", "is_active": True},
    ]


@pytest.mark.parametrize("is_here", [False, True])
def test_exchanged_coordinates_are_put_right_and_those_outside_kenya_left_out_as_in_an_import(
    *, fresh: Database, settings: Settings, tmp_path: Path, is_here: bool
) -> None:
    objects = small_fixture()
    if is_here:
        load_fixture(write(tmp_path, objects), fresh, settings)
    change(objects, "facilitycoordinate", latitude="36.78726000", longitude="-1.25301000")
    pairs = {607: (0, 0), 608: ("51.5", "-0.1"), 609: (None, "36.8")}
    for pk, (latitude, longitude) in pairs.items():
        objects.append(made("facilities.facilitycoordinate", pk, facility=501, latitude=latitude, longitude=longitude))
    account = load_fixture(write(tmp_path, objects), fresh, settings)
    assert (account.exchanged, account.outside) == (1, 3)
    found = account.tables["facility_coordinates"]
    assert (found.read, found.inserted, found.unchanged, found.left_out) == (4, int(not is_here), int(is_here), 3)
    assert rows(fresh, "SELECT latitude::text, longitude::text, is_active FROM facility_coordinates") == [
        {"latitude": "-1.25301000", "longitude": "36.78726000", "is_active": True}
    ]


def test_the_ids_are_the_databases_own_unless_asked_otherwise(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert rows(fresh, "SELECT max(facility_id) AS id FROM facilities") == [{"id": 2}]


def test_kept_ids_advance_the_sequences(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    load_fixture(write(tmp_path, small_fixture()), fresh, settings, keep_ids=True)
    assert rows(fresh, "SELECT facility_id AS id FROM facilities ORDER BY 1") == [{"id": 501}, {"id": 502}]
    assert rows(fresh, "SELECT contact_id AS id FROM facility_contacts") == [{"id": 601}]
    fresh.execute("INSERT INTO facilities (facility_name, facility_code) VALUES ('New', 'N-1')")
    assert rows(fresh, "SELECT facility_id AS id FROM facilities WHERE facility_code = 'N-1'") == [{"id": 503}]


def test_sequences_are_never_put_back(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    fresh.execute("SELECT setval(pg_get_serial_sequence('facilities', 'facility_id'), 9000)")
    load_fixture(write(tmp_path, small_fixture()), fresh, settings, keep_ids=True)
    fresh.execute("INSERT INTO facilities (facility_name, facility_code) VALUES ('New', 'N-1')")
    assert rows(fresh, "SELECT max(facility_id) AS id FROM facilities") == [{"id": 9001}]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"facility_name": ""}, "has no name"),
        ({"facility_code": "K-2"}, "its code stands twice in the file"),
        ({"registration_number": "TAKEN"}, "its registration number belongs to the facility OLD"),
        ({"ward": 7, "facility_code": None}, "has no code"),
    ],
)
def test_a_facility_with_a_problem_is_left_out_with_all_that_belongs_to_it(
    fresh: Database, settings: Settings, tmp_path: Path, fields: dict[str, object], problem: str
) -> None:
    fresh.execute(
        "INSERT INTO facilities (facility_name, facility_code, registration_number) VALUES ('Old', 'OLD', 'TAKEN')"
    )
    objects = small_fixture()
    change(objects, "facility", **fields)
    account = load_fixture(write(tmp_path, objects), fresh, settings)
    assert problem in [found for _, found in account.problems]
    assert all(account.tables[table].left_out == 1 for table in CHILDREN)
    assert counts(fresh)["facility_contacts"] == 0


def test_an_id_that_is_taken_is_told_when_ids_are_kept(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    fresh.execute("INSERT INTO facilities (facility_id, facility_name, facility_code) VALUES (501, 'Old', 'OLD')")
    account = load_fixture(write(tmp_path, small_fixture()), fresh, settings, keep_ids=True)
    assert account.problems == [("K-1", "its id belongs to the facility OLD")]
    assert account.tables["facilities"].inserted == 1


def test_a_ward_that_is_not_in_the_reference_leaves_the_facility_without_one_or_out(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    change(objects, "ward", ward_name="Atlantis")
    account = load_fixture(write(tmp_path, objects), fresh, settings, dry_run=True)
    assert (account.without_ward, account.tables["facilities"].inserted) == (2, 2)
    fresh.execute("ALTER TABLE facilities ALTER ward_id SET NOT NULL")
    account = load_fixture(write(tmp_path, objects), fresh, settings)
    assert (account.tables["facilities"].left_out, account.tables["facilities"].inserted) == (2, 0)
    assert account.problems[0] == ("K-1", "its ward is not in the reference")
    assert counts(fresh)["wards"] == 1450


def test_a_ward_that_is_spelled_otherwise_is_met_by_the_rules_of_an_import(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    change(objects, "ward", ward_name="Kitisuru Ward")
    change(objects, "county", county_name="NAIROBI CITY COUNTY")
    assert load_fixture(write(tmp_path, objects), fresh, settings).without_ward == 0
    assert rows(fresh, "SELECT DISTINCT ward_name FROM facilities JOIN wards USING (ward_id)") == [
        {"ward_name": "Kitisuru"}
    ]


def test_where_a_registration_number_is_required_the_code_stands_for_it(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    fresh.execute("ALTER TABLE facilities ALTER registration_number SET NOT NULL")
    load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert rows(fresh, "SELECT registration_number FROM facilities WHERE facility_code = 'K-2'") == [
        {"registration_number": "K-2"}
    ]


def test_lookups_are_not_made_where_that_is_forbidden(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(settings, create_lookups=False)
    account = load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert (account.tables["facility_contacts"].left_out, account.tables["facilities"].inserted) == (1, 2)
    assert rows(fresh, "SELECT 1 AS found FROM contact_types WHERE type_name = 'Pigeon Post'") == []


def test_a_dry_run_gives_the_same_account_and_leaves_nothing(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, small_fixture())
    before = contents(fresh)
    tried = load_fixture(path, fresh, settings, dry_run=True)
    assert contents(fresh) == before
    assert load_fixture(path, fresh, settings) == tried


def test_a_value_that_the_database_refuses_loads_nothing_and_shows_no_value(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    change(objects, "facilitycontact", contact_value="0700000016" * 30)
    with pytest.raises(SourceFileError, match="refused, nothing was loaded: value too long") as raised:
        load_fixture(write(tmp_path, objects), fresh, settings)
    assert "0700000016" not in str(raised.value)
    assert counts(fresh)["facilities"] == 0


def test_a_value_that_the_database_cannot_read_is_not_quoted(
    fresh: Database, settings: Settings, tmp_path: Path
) -> None:
    objects = small_fixture()
    change(objects, "facility", is_active="Jane Fict")
    with pytest.raises(SourceFileError, match="invalid input syntax for type boolean") as raised:
        load_fixture(write(tmp_path, objects), fresh, settings)
    assert "Jane" not in str(raised.value)


def test_natural_keys_are_told(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    objects = small_fixture()
    change(objects, "facility", ward=["Kitisuru", "Westlands"])
    with pytest.raises(SourceFileError, match="Dump it without --natural-foreign"):
        load_fixture(write(tmp_path, objects), fresh, settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "none of its objects belongs to a table of this project"),
        ("[]", "none of its objects belongs to a table of this project"),
        ('[{"model": "blog.post", "pk": 1, "fields": {}}]', "none of its objects belongs to a table"),
        ('[{"pk": 1, "fields": {}}]', "is no Django fixture: Object missing required field `model`"),
        ('{"results": []}', "is no Django fixture"),
        ('[{"model": "facilities.facility", "pk": 1, "fields": {}', "is cut off or damaged after its object 0"),
        ('[{"model": "facilities.facility", "pk": 1, "fields": {}}, {"model": ', "is cut off or damaged after its obj"),
        ('[{"model": "facilities.facility", "pk": "x-y", "fields": {}}]', "has primary keys that are no numbers"),
        ("not json", "is cut off or damaged after its object 0"),
        (
            '[{"model": "facilities.facility", "fields": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}]",
            "is nested too deeply",
        ),
    ],
)
def test_what_is_no_fixture_is_told(
    fresh: Database, settings: Settings, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "fixture.json"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceFileError, match=message):
        load_fixture(path, fresh, settings)


def test_a_fixture_is_read_in_pieces_of_any_size(
    fresh: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = small_fixture()
    change(objects, "facility", description='{"a": "}, {"}' * 20)
    whole = write(tmp_path, objects)
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(json.dumps(objects, indent=1).encode()))
    expected = load_fixture(whole, fresh, settings, dry_run=True)
    monkeypatch.setattr("gvrc.reading.decode.CHUNK_BYTES", 97)
    assert load_fixture(whole, fresh, settings, dry_run=True) == expected
    assert load_fixture(tmp_path / "packed.json.gz", fresh, settings, dry_run=True) == expected


def test_an_import_that_is_going_on_is_waited_for(
    fresh: Database, fresh_url: str, settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, small_fixture())
    with connect(fresh_url) as importer:
        importer.rows("try_run_lock")
        with pytest.raises(DatabaseUnavailableError, match="An import is going on"):
            load_fixture(path, fresh, msgspec.structs.replace(settings, lock_wait_seconds=0.0))
        ending = threading.Timer(0.5, importer.rows, ["release_run_lock"])
        ending.start()
        account = load_fixture(path, fresh, settings)
        ending.join()
    assert account.tables["facilities"].inserted == 2


def test_a_server_that_stops_a_fixture_is_no_fault_of_the_file(
    fresh: Database, fresh_url: str, settings: Settings, tmp_path: Path
) -> None:
    fresh.execute("SET lock_timeout = '50ms'")
    with connect(fresh_url) as application, application.transaction():
        application.execute("LOCK TABLE facilities IN EXCLUSIVE MODE")
        with pytest.raises(
            DatabaseUnavailableError, match=r"nothing was loaded: .* lock timeout\. .* repeat the command"
        ):
            load_fixture(write(tmp_path, small_fixture()), fresh, settings)
    assert counts(fresh)["facilities"] == 0


def load_command(url: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return call_script("load_fixture", *options, env=os.environ | {"DATABASE_URL": url})


def test_the_command_sets_an_empty_database_up_and_prints_the_account(empty_url: str, tmp_path: Path) -> None:
    done = load_command(empty_url, write(tmp_path, small_fixture()))
    assert (done.returncode, done.stderr) == (0, "")
    assert "facilities                       2         2         0         0         0\n" in done.stdout
    assert "not read: 1 authentication.user, 1 sessions.session\n" in done.stdout


def test_a_dry_run_leaves_an_empty_database_empty(empty_url: str, tmp_path: Path) -> None:
    done = load_command(empty_url, write(tmp_path, small_fixture()), "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "dry run: nothing was changed" in done.stdout
    with connect(empty_url) as database:
        assert database.rows("tables_and_keys") == []


def test_the_command_says_why_a_contact_without_its_type_is_left_out(fresh_url: str, tmp_path: Path) -> None:
    objects = [item for item in small_fixture() if not item["model"].endswith(".contacttype")]
    done = load_command(fresh_url, write(tmp_path, objects))
    assert done.returncode == 1
    assert (
        "\nfacility_contacts: 1 left out: their facility was, or the file has not got what they refer to" in done.stdout
    )
    assert "\nfacility_services:" not in done.stdout


def test_coordinates_that_are_left_out_on_purpose_are_no_failure(fresh_url: str, tmp_path: Path) -> None:
    objects = small_fixture()
    for item in objects:
        if item["model"].endswith(".facilitycoordinate"):
            item["fields"] |= {"latitude": "51.5", "longitude": "0.1"}
    done = load_command(fresh_url, write(tmp_path, objects))
    assert (done.returncode, done.stderr) == (0, "")
    assert "\n1 coordinates are not in Kenya, and were left out.\n" in done.stdout


def test_the_command_ends_with_1_when_too_much_is_left_out(fresh_url: str, tmp_path: Path) -> None:
    objects = small_fixture()
    for item in objects:
        if item["model"] == "facilities.facility":
            item["fields"]["facility_name"] = ""
    done = load_command(fresh_url, write(tmp_path, objects))
    assert done.returncode == 1
    assert done.stderr == "left out: facility K-1 has no name\nleft out: facility K-2 has no name\n"
    done = load_command(fresh_url, tmp_path / "absent.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(
        "absent.json: cannot be read (No such file or directory). Check its name and permissions.\n"
    )


def test_the_export_of_the_application_lands_whole(fresh: Database, settings: Settings, shared_data: Path) -> None:
    path = shared_data / "shapes" / "30_django_fixture_sqlite_data_export.json"
    account = load_fixture(path, fresh, settings)
    assert {table: (found.read, found.inserted, found.left_out) for table, found in account.tables.items()} == {
        "facilities": (300, 300, 0),
        "facility_contacts": (300, 300, 0),
        "facility_coordinates": (281, 281, 0),
        "facility_services": (1329, 1329, 0),
        "facility_owners": (300, 300, 0),
        "facility_gbv_categories": (447, 447, 0),
        "facility_infrastructure": (134, 134, 0),
    }
    assert account.ignored == {"authentication.user": 1, "lookups.documenttype": 8}
    fixture = json.loads(path.read_text("utf-8"))
    contacts = sorted(item["fields"]["contact_value"] for item in fixture if item["model"].endswith("facilitycontact"))
    landed = rows(fresh, "SELECT contact_value AS value FROM facility_contacts")
    assert sorted(row["value"] for row in landed) == contacts
    before = contents(fresh)
    again = load_fixture(path, fresh, settings)
    assert all(found.unchanged == found.read for found in again.tables.values())
    assert contents(fresh) == before


def test_a_device_is_no_fixture_and_nobody_is_sent_to_standard_input(settings: Settings, fresh: Database) -> None:
    with pytest.raises(SourceFileError, match=r"is not a regular file[.] Write what it gives") as refused:
        load_fixture(Path("/dev/null"), fresh, settings)
    assert "'-'" not in str(refused.value)
