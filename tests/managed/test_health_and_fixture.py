"""Health, verify, tuning and the fixture on a database that belongs to an application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvrc.database import connect
from gvrc.health import HealthChecker
from gvrc.migrations import migrate_database
from gvrc.operating.load_fixture import load_fixture
from gvrc.operating.tune import make_indexes
from gvrc.operating.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.managed.conftest import Application

FIXTURE = [
    ("lookups.operationalstatus", 1, {"status_name": "operational", "description": "", "sort_order": 0}),
    ("lookups.contacttype", 1, {"type_name": "Phone", "validation_regex": ""}),
    ("lookups.servicecategory", 1, {"category_name": "Medical", "description": "", "icon_url": ""}),
    ("lookups.ownertype", 1, {"type_name": "Public", "description": ""}),
    ("lookups.gbvcategory", 1, {"category_name": "Physical Violence", "description": "", "icon_url": ""}),
    ("lookups.infrastructuretype", 1, {"type_name": "Beds", "description": ""}),
    ("lookups.conditionstatus", 1, {"status_name": "Unknown", "description": ""}),
    ("geography.county", 1, {"county_name": "Nairobi"}),
    ("geography.constituency", 1, {"constituency_name": "Westlands", "county": 1}),
    ("geography.ward", 1, {"ward_name": "Kitisuru", "constituency": 1}),
    ("geography.ward", 2, {"ward_name": "Atlantis", "constituency": 1}),
    (
        "facilities.facility",
        1,
        {"facility_name": "Kitisuru Clinic", "facility_code": "K-1", "operational_status": 1, "ward": 1},
    ),
    (
        "facilities.facility",
        2,
        {"facility_name": "Sunken Clinic", "facility_code": "K-2", "operational_status": 1, "ward": 2},
    ),
    ("facilities.facilitycontact", 1, {"facility": 1, "contact_type": 1, "contact_value": "0700000016"}),
    (
        "facilities.facilitycoordinate",
        1,
        {"facility": 1, "latitude": "-1.25", "longitude": "36.78", "collection_date": "2026-11-01"},
    ),
    ("facilities.facilityservice", 1, {"facility": 1, "service_category": 1, "service_name": "PEP"}),
    ("facilities.facilityowner", 1, {"facility": 1, "owner_type": 1, "owner_name": "County Government"}),
    ("facilities.facilitygbvcategory", 1, {"facility": 1, "gbv_category": 1}),
    (
        "facilities.facilityinfrastructure",
        1,
        {"facility": 1, "infrastructure_type": 1, "condition_status": 1, "capacity": 4},
    ),
]


def check(application: Application, name: str) -> dict[str, Any]:
    found: dict[str, Any] = HealthChecker(application.settings()).run_health_checks()["checks"][name]
    return found


def test_a_fixture_lands_with_every_value_that_the_application_would_send(application: Application) -> None:
    path = application.folder / "fixture.json"
    path.write_text(
        json.dumps([{"model": model, "pk": pk, "fields": fields} for model, pk, fields in FIXTURE]), "utf-8"
    )
    settings = application.settings()
    with connect(application.url) as database:
        migrate_database(database, settings)
        account = load_fixture(path, database, settings)
        again = load_fixture(path, database, settings)
    tables = {name: (table.read, table.inserted, table.left_out) for name, table in account.tables.items()}
    assert tables.pop("facilities") == (2, 1, 1)
    assert set(tables.values()) == {(1, 1, 0)}
    assert account.problems == [("K-2", "its ward is not in the reference")]
    assert sum(table.inserted + table.updated for table in again.tables.values()) == 0
    assert application.query(
        "SELECT registration_number::text, created_by IS NOT NULL AS is_signed FROM facilities"
    ) == [{"registration_number": "K-1", "is_signed": True}]


def test_looking_makes_nothing_in_schema_public(application: Application) -> None:
    before = application.query("SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    settings = application.settings()
    with connect(application.url) as database:
        migrate_database(database, settings)
        verify(database)
        make_indexes(database)
        HealthChecker(settings).run_health_checks()
    after = application.query("SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    assert after == before


def test_a_database_that_does_not_fit_the_contract_is_unhealthy(application: Application) -> None:
    with connect(application.url) as database:
        migrate_database(database, application.settings())
    assert check(application, "database")["status"] == "healthy"
    application.execute("ALTER TABLE facilities ADD COLUMN colour text NOT NULL")
    found = check(application, "database")
    assert found["status"] == "unhealthy"
    assert "colour" in found["hint"]
    assert found["hint"].endswith("All: python scripts/migrate.py --check")


def test_wards_that_the_application_may_delete_are_named(in_state: Callable[..., Application]) -> None:
    application = in_state("ward_suffixes")
    with connect(application.url) as database:
        migrate_database(database, application.settings())
        findings = {finding.check.statement: finding for finding in verify(database).findings}
    assert findings["verify_wards_at_risk"].count > 0
    assert not findings["verify_wards_at_risk"].is_error
