"""What triggers of the application's drop or change is told, and running again changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.errors import DatabaseUnavailableError
from gvrc.operating.undo import undo
from tests.managed.records import CLINIC, POST, SHELTER

if TYPE_CHECKING:
    from gvrc.account import RunAccount
    from tests.managed.conftest import Application

DROPPED = {"dropped_by_database": 1}
CHANGED = {"changed_by_database": 1}


def add_trigger(application: Application, table: str, moment: str, body: str) -> None:
    name = f"{table}_{moment.split(maxsplit=1)[0]}".lower()
    application.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    application.execute(f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def outcomes(account: RunAccount) -> dict[str, int]:
    return {name: count for name, count in account.totals().items() if count and name not in ("read", "issues")}


def kept_issues(application: Application, kind: str) -> list[tuple[Any, ...]]:
    found = application.query(f"SELECT field, raw_value FROM etl.issues WHERE kind = '{kind}' ORDER BY 1, 2")
    return [tuple(row.values()) for row in found]


def count_rows(application: Application, table: str) -> int:
    return int(application.query(f"SELECT count(*) AS rows FROM {table}")[0]["rows"])


def test_a_facility_whose_insert_a_trigger_drops_is_a_reject_that_names_the_table(application: Application) -> None:
    add_trigger(
        application, "facilities", "BEFORE INSERT", "RETURN CASE WHEN NEW.facility_code <> '90002' THEN NEW END;"
    )
    for outcome in ("inserted", "unchanged"):
        account = application.load([CLINIC, POST, SHELTER], force=True)
        assert outcomes(account) == {outcome: 2, "rejected": 1}
        assert account.files[0].rejects == {"refused_by_database": 1}
    assert application.query("SELECT record_number, detail FROM etl.rejects") == [
        {"record_number": 2, "detail": "facilities: a trigger of the database dropped what was to be inserted."}
    ]
    application.execute("DROP TRIGGER facilities_before ON facilities")
    assert outcomes(application.load([CLINIC, POST, SHELTER], force=True)) == {"inserted": 1, "unchanged": 2}


@pytest.mark.parametrize("returned", ["NULL", "OLD"])
def test_a_facility_whose_update_a_trigger_drops_is_a_reject(application: Application, returned: str) -> None:
    application.load([CLINIC, POST])
    add_trigger(application, "facilities", "BEFORE UPDATE", f"RETURN {returned};")
    changed = [CLINIC | {"description": "Open at night"}, POST]
    for _ in range(2):
        assert outcomes(application.load(changed, force=True)) == {"unchanged": 1, "rejected": 1}
    assert application.query("SELECT detail FROM etl.rejects") == [
        {"detail": "facilities: a trigger of the database dropped what was to be updated."}
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("facility_contacts", "+254700000016"),
        ("facility_services", "Outpatient care"),
        ("facility_owners", "Test Ministry"),
        ("facility_gbv_categories", "Physical Violence"),
        ("facility_infrastructure", "12"),
        ("facility_coordinates", "-4.03, 39.61"),
    ],
)
def test_a_row_that_a_trigger_drops_is_told_and_counted_nowhere(
    application: Application, table: str, said: str
) -> None:
    add_trigger(application, table, "BEFORE INSERT", "RETURN NULL;")
    record = {key: value for key, value in CLINIC.items() if key != "email"}
    for outcome in ("inserted", "unchanged"):
        account = application.load([record], force=True)
        assert (outcomes(account), account.files[0].issues) == ({outcome: 1}, DROPPED)
        assert table not in account.files[0].tables
    account = application.load([record | {"description": "Open at night"}])
    assert (outcomes(account), account.files[0].issues) == ({"updated": 1}, DROPPED)
    assert table not in account.files[0].tables
    assert count_rows(application, table) == 0
    assert set(kept_issues(application, "dropped_by_database")) == {(table.removeprefix("facility_"), said)}


@pytest.mark.parametrize("keeps_edits", [True, False])
def test_a_facility_that_a_trigger_writes_otherwise_is_unchanged_when_it_comes_again(
    application: Application, *, keeps_edits: bool
) -> None:
    add_trigger(
        application,
        "facilities",
        "BEFORE INSERT OR UPDATE",
        "NEW.facility_name := upper(NEW.facility_name); NEW.updated_at := clock_timestamp(); RETURN NEW;",
    )
    changed = CLINIC | {"description": "Open at night"}
    for record, outcome in ((CLINIC, "inserted"), (CLINIC, "unchanged"), (changed, "updated"), (changed, "unchanged")):
        account = application.load([record], force=True, keep_manual_edits=keeps_edits)
        assert (outcomes(account), account.files[0].issues) == ({outcome: 1}, CHANGED)
    written = application.query("SELECT xmin::text, facility_name, description FROM facilities")
    # Under another setting no record is settled: it is merged.
    account = application.load([changed], force=True, keep_manual_edits=not keeps_edits)
    assert (outcomes(account), account.files[0].issues) == ({"unchanged": 1}, CHANGED)
    assert application.query("SELECT xmin::text, facility_name, description FROM facilities") == written
    assert written[0]["facility_name"] == "PORT REITZ TEST CLINIC"
    assert set(kept_issues(application, "changed_by_database")) == {("facility_name", "Port Reitz Test Clinic")}


def test_a_ward_and_a_status_that_a_trigger_sets_are_told(application: Application) -> None:
    add_trigger(
        application,
        "facilities",
        "BEFORE INSERT OR UPDATE",
        "NEW.ward_id := 5001; NEW.is_active := false; RETURN NEW;",
    )
    application.load([POST | {"is_active": True}])
    assert kept_issues(application, "changed_by_database") == [("is_active", "true"), ("ward_name", "Kipevu")]


def test_a_name_that_a_trigger_keeps_is_no_update(application: Application) -> None:
    application.load([CLINIC])
    add_trigger(application, "facilities", "BEFORE UPDATE", "NEW.facility_name := OLD.facility_name; RETURN NEW;")
    account = application.load([CLINIC | {"facility_name": "Port Reitz Test Hospital"}])
    assert (outcomes(account), account.files[0].issues) == ({"unchanged": 1}, CHANGED)
    assert kept_issues(application, "changed_by_database") == [("facility_name", "Port Reitz Test Hospital")]


def test_a_facility_whose_code_a_trigger_changes_is_refused_and_not_doubled(application: Application) -> None:
    add_trigger(
        application, "facilities", "BEFORE INSERT", "NEW.facility_code := 'K' || NEW.facility_code; RETURN NEW;"
    )
    for record in (CLINIC, CLINIC | {"description": "Open at night"}):
        assert outcomes(application.load([record])) == {"rejected": 1}
    assert count_rows(application, "facilities") == 0
    assert application.query("SELECT DISTINCT detail FROM etl.rejects") == [
        {
            "detail": "facilities: a trigger of the database changed facility_code to K90001: by its own the facility "
            "would not be found again."
        }
    ]


@pytest.mark.parametrize("moment", ["BEFORE", "AFTER"])
def test_a_service_and_an_owner_that_a_trigger_renames_are_not_doubled_by_a_change_of_their_record(
    application: Application, moment: str
) -> None:
    for table, key, name in (("facility_services", "service_id", "OPD"), ("facility_owners", "owner_id", "MOH")):
        column = key.replace("_id", "_name")
        before = f"NEW.{column} := '{name}'; RETURN NEW;"
        after = f"UPDATE {table} SET {column} = '{name}' WHERE {key} = NEW.{key}; RETURN NULL;"
        add_trigger(application, table, f"{moment} INSERT", before if moment == "BEFORE" else after)
    application.load([CLINIC])
    account = application.load([CLINIC | {"description": "Open at night"}])
    assert outcomes(account) == {"updated": 1}
    assert account.files[0].issues == {"changed_by_database": 2}
    for table in ("facility_services", "facility_owners"):
        assert account.files[0].tables[table] == {"unchanged": 1}
        assert count_rows(application, table) == 1
    later = CLINIC | {"description": "Open at night", "services": ["Counselling", "Outpatient care"]}
    assert outcomes(application.load([later], dry_run=True)) == {"unchanged": 1}
    assert set(kept_issues(application, "changed_by_database")) == {
        ("owners", "Test Ministry"),
        ("services", "Outpatient care"),
    }


@pytest.mark.parametrize(
    ("table", "body", "issue"),
    [
        ("facility_coordinates", "NEW.latitude := round(NEW.latitude, 1); RETURN NEW;", "changed_by_database"),
        ("facility_infrastructure", "NEW.capacity := least(NEW.capacity, 10); RETURN NEW;", "changed_by_database"),
        ("facility_coordinates", "IF TG_OP = 'UPDATE' THEN RETURN NULL; END IF; RETURN NEW;", "dropped_by_database"),
        ("facility_infrastructure", "IF TG_OP = 'UPDATE' THEN RETURN NULL; END IF; RETURN NEW;", "dropped_by_database"),
    ],
)
def test_a_point_and_a_capacity_that_a_trigger_leaves_as_they_are_are_no_update(
    application: Application, table: str, body: str, issue: str
) -> None:
    add_trigger(application, table, "BEFORE INSERT OR UPDATE", body)
    application.load([CLINIC])
    moved = CLINIC | ({"latitude": -4.031} if table == "facility_coordinates" else {"beds": 14})
    for _ in range(2):
        account = application.load([moved], force=True)
        assert (outcomes(account), account.files[0].issues) == ({"unchanged": 1}, {issue: 1})
        assert account.files[0].tables[table] == {"unchanged": 1}


def test_a_contact_that_a_trigger_holds_back_is_told(application: Application) -> None:
    add_trigger(application, "facility_contacts", "BEFORE INSERT", "NEW.is_active := false; RETURN NEW;")
    assert application.load([CLINIC]).files[0].issues == {"changed_by_database": 2}


def test_triggers_that_write_elsewhere_see_each_write_once(application: Application) -> None:
    application.execute("CREATE TABLE audit (table_name text, operation text)")
    for table in ("facilities", "facility_services"):
        add_trigger(
            application,
            table,
            "AFTER INSERT OR UPDATE",
            "INSERT INTO audit VALUES (TG_TABLE_NAME, TG_OP); RETURN NULL;",
        )
    add_trigger(application, "facility_services", "BEFORE INSERT", "NEW.service_name := 'OPD'; RETURN NEW;")
    application.load([CLINIC])
    account = application.load([CLINIC | {"description": "Open at night"}])
    assert outcomes(account) == {"updated": 1}
    assert application.query("SELECT * FROM audit") == [
        {"table_name": "facilities", "operation": "INSERT"},
        {"table_name": "facility_services", "operation": "INSERT"},
        {"table_name": "facilities", "operation": "UPDATE"},
    ]


def test_a_trigger_that_waits_for_the_commit_costs_the_records_that_it_refuses_and_is_looked_at(
    application: Application,
) -> None:
    application.execute(
        """
        CREATE FUNCTION demand() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM facility_contacts AS contact WHERE contact.facility_id = NEW.facility_id) THEN
                RAISE EXCEPTION 'a facility needs a contact';
            END IF;
            UPDATE facilities
            SET facility_name = upper(facility_name)
            WHERE facility_id = NEW.facility_id AND facility_name <> upper(facility_name);
            RETURN NULL;
        END $$
        """
    )
    application.execute(
        "CREATE CONSTRAINT TRIGGER demand AFTER INSERT OR UPDATE ON facilities DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION demand()"
    )
    for outcome, keeps_edits in (("inserted", True), ("unchanged", True), ("unchanged", False)):
        account = application.load([POST, CLINIC, SHELTER], force=True, keep_manual_edits=keeps_edits)
        assert outcomes(account) == {outcome: 1, "rejected": 2}
        assert account.files[0].issues == CHANGED
    details = application.query("SELECT DISTINCT detail FROM etl.rejects")
    assert details == [{"detail": "a facility needs a contact."}]


def test_a_record_that_a_childs_trigger_refuses_takes_its_facility_along(application: Application) -> None:
    add_trigger(application, "facility_owners", "AFTER INSERT", "RAISE EXCEPTION 'no owners here';")
    assert outcomes(application.load([CLINIC, POST, SHELTER])) == {"inserted": 2, "rejected": 1}
    assert count_rows(application, "facilities") == 2


def test_a_lookup_name_that_a_trigger_keeps_out_stops_the_run(application: Application) -> None:
    application.execute("TRUNCATE service_categories CASCADE")
    add_trigger(application, "service_categories", "BEFORE INSERT", "RETURN NULL;")
    with pytest.raises(
        DatabaseUnavailableError, match="service_categories: a trigger of the database drops"
    ) as stopped:
        application.load([CLINIC])
    assert stopped.value.exit_status == 3
    assert count_rows(application, "facilities") == 0


def test_what_a_trigger_dropped_lands_when_it_is_gone(application: Application) -> None:
    add_trigger(application, "facility_services", "BEFORE INSERT", "RETURN NULL;")
    application.load([CLINIC])
    assert outcomes(application.load([CLINIC], force=True)) == {"unchanged": 1}
    application.execute("DROP TRIGGER facility_services_before ON facility_services")
    assert outcomes(application.load([CLINIC], force=True)) == {"updated": 1}
    assert count_rows(application, "facility_services") == 1


def test_a_freed_number_that_a_trigger_does_not_give_is_not_tried_for_ever(application: Application) -> None:
    claimant = POST | {"registration_number": "TEST-0001"}
    application.load([CLINIC, claimant])
    add_trigger(
        application, "facilities", "BEFORE UPDATE", "RETURN CASE WHEN NEW.facility_code <> '90002' THEN NEW END;"
    )
    account = application.load([claimant, CLINIC | {"registration_number": "TEST-0009"}], batch_size=1)
    assert outcomes(account) == {"unchanged": 1, "updated": 1}
    assert account.files[0].issues == {"registration_number_claimed_twice": 1}
    numbers = application.query("SELECT registration_number FROM facilities ORDER BY facility_code")
    assert [row["registration_number"] for row in numbers] == ["TEST-0009", "90002"]


def test_an_undo_that_a_trigger_keeps_from_deleting_stops_and_changes_nothing(application: Application) -> None:
    account = application.load([CLINIC, POST])
    add_trigger(
        application,
        "facilities",
        "BEFORE DELETE",
        "UPDATE facilities SET is_active = false WHERE facility_id = OLD.facility_id; RETURN NULL;",
    )
    with pytest.raises(DatabaseUnavailableError, match=r"keeps rows that are to be deleted: facilities \(2\)"):
        undo(account.run_id, application.settings())
    assert count_rows(application, "facilities WHERE is_active") == 2
    assert count_rows(application, "facility_contacts") == 2
    application.execute("ALTER TABLE facilities DISABLE TRIGGER facilities_before")
    undo(account.run_id, application.settings())
    assert count_rows(application, "facilities") == 0


@pytest.mark.parametrize(
    ("table", "changed"),
    [("facilities", {"description": "Open at night"}), ("facility_coordinates", {"latitude": -4.031})],
)
def test_an_undo_that_a_trigger_keeps_from_putting_back_stops(
    application: Application, table: str, changed: dict[str, Any]
) -> None:
    application.load([CLINIC])
    account = application.load([CLINIC | changed])
    add_trigger(application, table, "BEFORE UPDATE", "RETURN NULL;")
    with pytest.raises(DatabaseUnavailableError, match=rf"keeps rows that are to be restored: {table} \(1\)"):
        undo(account.run_id, application.settings())
    application.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_before")
    assert undo(account.run_id, application.settings()).totals()["updated"] == 1


def test_an_undo_goes_past_triggers_that_only_add_to_a_write(application: Application) -> None:
    application.execute("ALTER TABLE facilities ADD COLUMN version integer NOT NULL DEFAULT 1")
    application.load([CLINIC])
    add_trigger(
        application,
        "facilities",
        "BEFORE UPDATE",
        "NEW.version := OLD.version + 1; NEW.updated_at := clock_timestamp(); RETURN NEW;",
    )
    account = application.load([CLINIC | {"description": "Open at night"}])
    assert undo(account.run_id, application.settings()).totals()["updated"] == 1
    assert application.query("SELECT description, version FROM facilities") == [{"description": "", "version": 3}]


@pytest.mark.parametrize("body", ["RETURN NULL;", "NEW.is_active := true; RETURN NEW;"])
def test_a_contact_that_a_trigger_keeps_active_is_told_and_no_update(application: Application, body: str) -> None:
    application.load([CLINIC])
    add_trigger(application, "facility_contacts", "BEFORE UPDATE", body)
    ended = CLINIC | {"phone": "0700000016 (disconnected)"}
    account = application.load([ended])
    assert outcomes(account) == {"unchanged": 1}
    assert account.files[0].tables["facility_contacts"] == {"unchanged": 1}
    assert account.files[0].issues["dropped_by_database"] + account.files[0].issues["changed_by_database"] == 1
    assert application.query("SELECT is_active FROM facility_contacts WHERE NOT is_active") == []


def test_a_contact_is_switched_off_and_on_beside_a_trigger_that_only_looks(application: Application) -> None:
    add_trigger(application, "facility_contacts", "BEFORE UPDATE", "NEW.updated_at := clock_timestamp(); RETURN NEW;")
    lone = CLINIC | {"email": ""}  # or it would become the primary contact
    application.load([lone])
    for said, is_active in (("0700000016 (disconnected)", False), ("0700000016", True)):
        account = application.load([lone | {"phone": said, "beds": 13 + is_active}])
        assert account.files[0].tables["facility_contacts"]["updated"] == 1
        found = application.query("SELECT is_active FROM facility_contacts WHERE contact_value = '+254700000016'")
        assert found == [{"is_active": is_active}]


@pytest.mark.parametrize("body", ["RETURN NULL;", "RETURN OLD;"])
def test_a_primary_contact_that_a_trigger_keeps_is_no_update(application: Application, body: str) -> None:
    application.load([CLINIC])
    add_trigger(application, "facility_contacts", "BEFORE UPDATE", body)
    account = application.load([CLINIC | {"phone": "0700000018"}])
    assert account.files[0].tables["facility_contacts"] == {"inserted": 1, "unchanged": 1}
    assert account.files[0].issues["contact_not_repeated"] == 1
    found = application.query("SELECT contact_value FROM facility_contacts WHERE is_primary")
    assert found == [{"contact_value": "+254700000016"}]
    assert outcomes(application.load([CLINIC | {"phone": "0700000018"}], force=True)) == {"unchanged": 1}


def test_a_replaced_contact_beside_a_trigger_that_only_looks_is_an_update(application: Application) -> None:
    add_trigger(application, "facility_contacts", "BEFORE UPDATE", "NEW.updated_at := clock_timestamp(); RETURN NEW;")
    application.load([CLINIC])
    account = application.load([CLINIC | {"phone": "0700000018"}])
    assert account.files[0].tables["facility_contacts"] == {"inserted": 1, "updated": 1, "unchanged": 1}
    found = application.query("SELECT contact_value FROM facility_contacts WHERE is_primary")
    assert found == [{"contact_value": "+254700000018"}]
    assert undo(account.run_id, application.settings()).totals()["updated"] == 1
    found = application.query("SELECT contact_value FROM facility_contacts WHERE is_primary")
    assert found == [{"contact_value": "+254700000016"}]


def test_a_first_contact_that_a_trigger_drops_leaves_its_place_to_the_next(application: Application) -> None:
    body = "RETURN CASE WHEN NEW.contact_value <> '+254700000016' THEN NEW END;"
    add_trigger(application, "facility_contacts", "BEFORE INSERT", body)
    assert application.load([CLINIC]).files[0].issues == DROPPED
    assert application.query("SELECT contact_value, is_primary FROM facility_contacts") == [
        {"contact_value": "clinic@example.org", "is_primary": True}
    ]
