"""The whole importer on each state in which the application's database is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.errors import DatabaseUnavailableError, UsageError
from gvrc.operating.undo import undo
from gvrc.settings import LOOKUP_DEFAULTS
from tests.managed.records import CLINIC, POST, RECORDS, SHELTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvrc.account import RunAccount
    from tests.managed.conftest import Application

SHELTERS_CODE = "RECORDS-e5f870db9a70"
FACILITIES = [
    ("Port Reitz Test Clinic", "90001", "TEST-0001", "Operational", "Port Reitz", "Mombasa", True, 2),
    ("Kipevu Test Police Post", "90002", "90002", "Unknown", "Kipevu", "Mombasa", True, 2),
    ("Kangemi Test Shelter", SHELTERS_CODE, SHELTERS_CODE, "Non-Operational", "Kangemi", "Nairobi", False, 2),
]
CHILDREN = [
    ("contact", "Email clinic@example.org"),
    ("contact", "Mobile +254700000016"),
    ("gbv", "Physical Violence"),
    ("infrastructure", "Beds 12 Unknown"),
    ("owner", "Public Test Ministry"),
    ("point", "-4.03000000 39.61000000"),
    ("service", "Medical Outpatient care"),
]


def facilities(application: Application) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in application.rows("facility_rows")]


def children(application: Application) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in application.rows("child_rows")]


def counts(account: RunAccount) -> dict[str, int]:
    return {name: count for name, count in account.totals().items() if count}


@pytest.mark.parametrize("states", [(), ("other_codes", "empty_lookups"), ("more_columns",)], ids=str)
def test_records_land_the_same_whatever_the_codes_lookups_and_further_columns(
    in_state: Callable[..., Application], states: tuple[str, ...]
) -> None:
    application = in_state(*states)
    assert counts(application.load(RECORDS)) == {"read": 3, "inserted": 3, "issues": 1}
    assert facilities(application) == FACILITIES
    assert children(application) == CHILDREN
    assert_a_second_run_changes_nothing(application)


def assert_a_second_run_changes_nothing(application: Application) -> None:
    rows, sequences = facilities(application), application.rows("sequence_values")
    for force in (False, True):
        totals = application.load(RECORDS, force=force).totals()
        assert (totals["inserted"], totals["updated"], totals["unchanged"]) == (0, 0, len(rows))
    assert facilities(application) == rows
    assert application.rows("sequence_values") == sequences


def test_a_ward_that_the_database_lacks_rejects_the_record_with_a_suggestion(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("few_wards")
    assert counts(application.load([CLINIC, SHELTER])) == {"read": 2, "inserted": 1, "rejected": 1}
    [reject] = application.rows("rejects")
    assert (reject["reason"], reject["record_number"]) == ("ward_unresolved", 2)
    assert reject["suggestion"]


def test_a_ward_whose_stored_name_ends_in_ward_is_found_and_noted_as_at_risk(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("ward_suffixes")
    assert counts(application.load(RECORDS)) == {"read": 3, "inserted": 3, "issues": 4}
    assert [row[4] for row in facilities(application)] == ["Port Reitz Ward", "Kipevu Ward", "Kangemi Ward"]
    assert_a_second_run_changes_nothing(application)
    assert [row for row in application.rows("issues") if row["kind"] == "at_risk_ward"] == [
        {"kind": "at_risk_ward", "record_number": 1, "raw_value": "Port Reitz Ward"},
        {"kind": "at_risk_ward", "record_number": 2, "raw_value": "Kipevu Ward"},
        {"kind": "at_risk_ward", "record_number": 3, "raw_value": "Kangemi Ward"},
    ]


def test_invented_counties_and_a_constituency_without_wards_take_no_record(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("invented_places")
    lost = POST | {"facility_code": "90003", "county": "Unknown", "constituency": "Unknown", "ward": "Unknown"}
    account = application.load([CLINIC, SHELTER, lost])
    assert counts(account) == {"read": 3, "inserted": 1, "rejected": 2}
    assert account.files[0].rejects == {"ward_unresolved": 2}
    assert [row[4] for row in facilities(application)] == ["Port Reitz"]


def test_lookups_are_found_by_other_names_and_keys(in_state: Callable[..., Application]) -> None:
    application = in_state("empty_lookups", "other_lookups")
    application.load(RECORDS)
    assert [row[3] for row in facilities(application)] == ["Active", "UNKNOWN", "Closed"]
    assert children(application) == [
        ("contact", "E-mail clinic@example.org"),
        ("contact", "mobile +254700000016"),
        ("gbv", "Physical Violence"),
        ("infrastructure", "beds 12 unknown"),
        ("owner", "PUBLIC Test Ministry"),
        ("point", "-4.03000000 39.61000000"),
        ("service", "medical Outpatient care"),
    ]
    assert_a_second_run_changes_nothing(application)


def test_without_a_user_the_run_stops_in_one_line(in_state: Callable[..., Application]) -> None:
    application = in_state("no_users")
    with pytest.raises(UsageError, match="set actor to a user's e-mail address, or create_actor: true") as stopped:
        application.load(RECORDS)
    assert "\n" not in str(stopped.value)
    assert facilities(application) == []


def test_an_account_of_the_importers_own_is_made_once_where_that_is_allowed(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("no_superuser")
    application.load([CLINIC], create_actor=True)
    application.load([CLINIC, POST], create_actor=True)
    assert application.query("SELECT user_id, email, password, is_active FROM users WHERE user_id > 3") == [
        {"user_id": 4, "email": "importer@gvrc.invalid", "password": "!", "is_active": True}
    ]
    assert [row[-1] for row in facilities(application)] == [4, 4]


def test_the_actor_of_the_settings_signs_what_is_written(application: Application) -> None:
    application.load([CLINIC], actor="PERSON3@example.org")
    assert [row[-1] for row in facilities(application)] == [3]
    with pytest.raises(UsageError, match="no user with this e-mail address"):
        application.load([POST], actor="nobody@example.org")


def test_without_leave_to_create_lookups_the_default_stands_in_and_an_issue_says_so(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("empty_lookups", "other_lookups")
    private = CLINIC | {"owner_type": "Private", "operational_status": "Under Maintenance", "services": ["Legal aid"]}
    account = application.load([private | {"fax": "0200000016"}], create_lookups=False)
    assert counts(account)["inserted"] == 1
    assert [row[3] for row in facilities(application)] == ["UNKNOWN"]
    assert children(application) == [
        ("contact", "E-mail clinic@example.org"),
        ("contact", "mobile +254700000016"),
        ("infrastructure", "beds 12 unknown"),
        ("owner", "unknown Test Ministry"),
        ("point", "-4.03000000 39.61000000"),
        ("service", "other Legal aid"),
    ]
    missing = {row["raw_value"] for row in application.rows("issues") if row["kind"] == "lookup_missing"}
    assert missing == {"Under Maintenance, Private", "Legal", "Physical Violence", "Fax"}
    assert account.files[0].issues["lookup_missing"] == 4
    assert application.query("SELECT 1 AS one FROM owner_types WHERE type_name = 'Private'") == []


def test_children_for_which_one_default_stands_in_are_one_and_an_issue_each(
    in_state: Callable[..., Application],
) -> None:
    application = in_state("empty_lookups", "other_lookups")
    stands_in = {"gbv_categories": "Other", "infrastructure_types": "Beds"}
    application.execute("INSERT INTO gbv_categories (category_name, description, icon_url) VALUES ('Other', '', '')")
    record = CLINIC | {"gbv_category": ["Sexual Violence", "Child Abuse"], "cots": 5}
    settings: dict[str, Any] = {"create_lookups": False, "lookup_defaults": LOOKUP_DEFAULTS | stands_in}
    for records in ([record], [record | {"description": "Open at night"}]):
        account = application.load(records, **settings)
        assert account.files[0].rejects == {}
        assert account.files[0].issues["lookup_missing"] == 3
        assert ("infrastructure", "beds 12 unknown") in children(application)
        assert account.tables()["facility_infrastructure"]["updated"] == 0
        assert len(application.query("SELECT id FROM facility_gbv_categories")) == 1


def test_without_a_default_status_where_one_is_demanded_the_run_stops_in_one_line(application: Application) -> None:
    with pytest.raises(UsageError, match="demands an operational status of every facility, and none is named"):
        application.load(RECORDS, lookup_defaults={})


def test_without_a_status_for_unknown_the_run_stops_in_one_line(in_state: Callable[..., Application]) -> None:
    application = in_state("empty_lookups")
    with pytest.raises(UsageError, match="lookup_defaults: the database has no operational status Unknown"):
        application.load(RECORDS, create_lookups=False)


def test_tables_of_the_same_names_in_a_schema_that_is_looked_into_first_are_not_written_to(
    application: Application,
) -> None:
    application.execute("CREATE SCHEMA archive")
    application.execute("CREATE TABLE archive.facilities (LIKE public.facilities INCLUDING ALL)")
    application.execute(
        "ALTER ROLE CURRENT_USER IN DATABASE " + database_of(application) + " SET search_path = archive, public"
    )
    application.load([CLINIC])
    counted = (
        "SELECT (SELECT count(*) FROM public.facilities) AS ours, (SELECT count(*) FROM archive.facilities) AS others"
    )
    assert application.query(counted) == [{"ours": 1, "others": 0}]


def database_of(application: Application) -> str:
    return str(application.query("SELECT quote_ident(current_database()) AS name")[0]["name"])


def test_an_undo_switches_off_what_the_application_refers_to_and_takes_out_the_others(application: Application) -> None:
    application.execute(
        "CREATE TABLE reviews (facility_id integer NOT NULL REFERENCES facilities ON DELETE RESTRICT, text text)"
    )
    account = application.load(RECORDS)
    application.execute("INSERT INTO reviews SELECT min(facility_id), 'Helpful' FROM facilities")
    undo(account.run_id, application.settings())
    assert application.query("SELECT facility_id, is_active FROM facilities") == [
        {"facility_id": 1, "is_active": False}
    ]


def test_a_run_is_taken_back_where_the_application_has_a_generated_column(application: Application) -> None:
    application.execute(
        "ALTER TABLE facilities ADD COLUMN search tsvector "
        "GENERATED ALWAYS AS (to_tsvector('simple', facility_name)) STORED"
    )
    account = application.load(RECORDS)
    undo(account.run_id, application.settings())
    assert application.query("SELECT count(*) AS facilities FROM facilities") == [{"facilities": 0}]


def test_an_undo_that_a_generated_column_keeps_from_inserting_stops_and_says_what_to_do(
    application: Application,
) -> None:
    application.execute(
        "ALTER TABLE facility_contacts ADD COLUMN lowered text GENERATED ALWAYS AS (lower(contact_value)) STORED"
    )
    undone = undo(application.load(RECORDS).run_id, application.settings())
    with pytest.raises(DatabaseUnavailableError, match=r"facility_contacts\.lowered is GENERATED .* again instead"):
        undo(undone.run_id, application.settings())
    assert application.query("SELECT count(*) AS facilities FROM facilities") == [{"facilities": 0}]
    assert application.load(RECORDS).totals()["inserted"] == 3


def test_a_lookup_name_that_a_constraint_refuses_stops_the_run_and_is_named(application: Application) -> None:
    application.execute(
        "ALTER TABLE owner_types ADD CONSTRAINT few CHECK (type_name IN ('Public', 'Private', 'Unknown'))"
    )
    with pytest.raises(DatabaseUnavailableError) as raised:
        application.load([CLINIC | {"owner_type": "Faith based"}])
    assert str(raised.value) == (
        "owner_types: the database refuses the name 'Faith-Based' that the files need. New row for "
        'relation "owner_types" violates check constraint "few". Add it there by hand, or set create_lookups: false.'
    )
    account = application.load([CLINIC | {"owner_type": "Faith based"}], create_lookups=False)
    assert (account.totals()["inserted"], account.files[0].issues["lookup_missing"]) == (1, 1)
