"""Which contact of a facility is the primary one, once its source gives another in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

FORMER, OTHER, LATTER = "+254700000016", "+254700000017", "+254700000018"
CONTACTS = """
SELECT
    contact_value,
    is_primary
FROM facility_contacts
WHERE is_active
ORDER BY contact_value
"""
SET_PRIMARY = "UPDATE facility_contacts SET is_primary = (contact_value = '{}')"


def with_phone(*numbers: str, **others: Any) -> dict[str, Any]:
    return CLINIC | {"phone": " / ".join(numbers)} | others


def primary(database: Database) -> dict[str, bool]:
    return {row["contact_value"]: row["is_primary"] for row in rows(database, CONTACTS)}


def test_a_replaced_number_stays_active_and_is_told_until_it_is_switched_off(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    before = content(fresh)
    path = write(tmp_path, "a.json", [with_phone(LATTER)])
    account = run([path], settings)
    assert account.files[0].tables["facility_contacts"] == {"inserted": 1, "updated": 1}
    assert primary(fresh) == {FORMER: False, LATTER: True}
    told = rows(fresh, "SELECT raw_value FROM etl.issues WHERE kind = 'contact_not_repeated'")
    assert told == [{"raw_value": FORMER}]

    for is_active, issues in ((True, 1), (False, 0)):
        fresh.execute(f"UPDATE facility_contacts SET is_active = {is_active} WHERE contact_value = '{FORMER}'")
        again = run([path], settings, Options(force=True))
        assert outcome(again) == {"read": 1, "unchanged": 1}
        assert again.files[0].issues["contact_not_repeated"] == issues
    fresh.execute("UPDATE facility_contacts SET is_active = true")

    undo(account.run_id, settings)
    assert content(fresh) == before
    assert primary(fresh) == {FORMER: True}


@pytest.mark.parametrize("lines", [(FORMER, "+254202000016"), ("+254202000016", FORMER)])
def test_a_landline_takes_the_place_of_a_mobile_and_the_other_way_round(
    settings: Settings, fresh: Database, tmp_path: Path, lines: tuple[str, str]
) -> None:
    former, latter = lines
    run([write(tmp_path, "a.json", [with_phone(former, email="desk@example.org")])], settings)
    run([write(tmp_path, "a.json", [with_phone(latter)])], settings)
    assert primary(fresh) == {former: False, latter: True, "desk@example.org": False}
    told = rows(fresh, "SELECT raw_value FROM etl.issues WHERE kind = 'contact_not_repeated'")
    assert told == [{"raw_value": former}]


def test_a_number_that_another_source_gave_stays_the_primary_one_and_is_not_told(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    run([write(tmp_path, "b.json", [with_phone(OTHER)])], settings)
    account = run([write(tmp_path, "b.json", [with_phone(LATTER)])], settings)
    assert primary(fresh) == {FORMER: True, OTHER: False, LATTER: False}
    assert account.files[0].issues["contact_not_repeated"] == 1  # its own


@pytest.mark.parametrize("chosen", [FORMER, OTHER])
def test_the_primary_contact_that_a_person_chose_stays_it(
    settings: Settings, fresh: Database, tmp_path: Path, chosen: str
) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"phone": ""}])], settings)
    run([write(tmp_path, "a.json", [with_phone(LATTER, FORMER, OTHER)])], settings)
    fresh.execute(SET_PRIMARY.format(chosen))
    run([write(tmp_path, "a.json", [with_phone(LATTER)])], settings)
    assert primary(fresh) == {FORMER: chosen == FORMER, OTHER: chosen == OTHER, LATTER: False}


def test_of_numbers_that_came_with_the_facility_a_person_may_choose_too(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER, OTHER)])], settings)
    fresh.execute(SET_PRIMARY.format(OTHER))
    run([write(tmp_path, "a.json", [with_phone(LATTER)])], settings)
    assert primary(fresh) == {FORMER: False, OTHER: True, LATTER: False}


def test_a_number_that_a_person_added_is_nobodys_to_replace(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"phone": "", "email": "desk@example.org"}])], settings)
    fresh.execute(
        "INSERT INTO facility_contacts (facility_id, contact_type_id, contact_value, contact_person_name, is_primary,"
        " is_active, created_by) SELECT facility_id, contact_type_id, '0700 000 016', '', false, true, created_by"
        " FROM facilities CROSS JOIN contact_types WHERE type_name ILIKE 'phone'"
    )
    account = run([write(tmp_path, "a.json", [with_phone(LATTER, email="desk@example.org")])], settings)
    assert account.files[0].issues["contact_not_repeated"] == 0
    assert primary(fresh) == {"0700 000 016": False, LATTER: False, "desk@example.org": True}


def test_a_source_with_two_records_of_a_facility_replaces_no_number_of_the_other(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    for beds in (1, 2, 3):
        records = [with_phone(FORMER, beds=beds), with_phone(OTHER, beds=beds)]
        account = run([write(tmp_path, "a.json", records)], settings)
        assert primary(fresh) == {FORMER: True, OTHER: False}
        assert account.files[0].issues["contact_not_repeated"] == 0


def test_nor_where_the_other_record_of_the_two_is_superseded_no_longer_because_the_second_has_changed(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    for beds in (1, 2):
        records = [with_phone(FORMER), with_phone(OTHER, beds=beds)]
        account = run([write(tmp_path, "a.json", records)], settings)
        assert primary(fresh) == {FORMER: True, OTHER: False}
        assert account.files[0].issues["contact_not_repeated"] == 0


def test_a_facility_without_a_primary_contact_gets_the_first_of_the_next_news(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"phone": ""}])], settings)
    run([write(tmp_path, "b.json", [with_phone(OTHER, FORMER)])], settings)
    assert primary(fresh) == {OTHER: True, FORMER: False}
    fresh.execute(SET_PRIMARY.format("none"))
    run([str(tmp_path / "b.json")], settings, Options(force=True))
    assert primary(fresh) == {OTHER: False, FORMER: False}
    account = run([write(tmp_path, "b.json", [with_phone(FORMER, OTHER, beds=3)])], settings)
    assert account.files[0].tables["facility_contacts"] == {"updated": 1, "unchanged": 1}
    assert primary(fresh) == {OTHER: False, FORMER: True}


def test_a_number_that_is_switched_off_is_the_primary_one_no_longer(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    account = run([write(tmp_path, "a.json", [with_phone(FORMER + " (disconnected)", LATTER)])], settings)
    assert account.files[0].tables["facility_contacts"] == {"inserted": 1, "updated": 1}
    assert primary(fresh) == {LATTER: True}
    account = run([write(tmp_path, "a.json", [with_phone(FORMER, LATTER)])], settings)
    assert account.files[0].tables["facility_contacts"] == {"updated": 1, "unchanged": 1}
    assert primary(fresh) == {FORMER: False, LATTER: True}


def test_what_was_switched_off_without_another_is_the_primary_one_again_when_it_is_switched_on(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    for said, tables in (
        (FORMER, {"inserted": 1}),
        (FORMER + " (disconnected)", {"updated": 1}),
        (FORMER, {"updated": 1}),
    ):
        account = run([write(tmp_path, "a.json", [with_phone(said, beds=len(said))])], settings)
        assert account.files[0].tables.get("facility_contacts", {}) == tables
    assert primary(fresh) == {FORMER: True}


def test_a_record_that_only_calls_the_primary_contact_out_of_use_leaves_its_place_to_the_oldest_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER, OTHER, LATTER)])], settings)
    before = content(fresh)
    path = write(tmp_path, "a.json", [with_phone(FORMER + " (disconnected)")])
    account = run([path], settings)
    assert account.files[0].tables["facility_contacts"] == {"updated": 2}
    assert primary(fresh) == {OTHER: True, LATTER: False}
    assert run([path], settings).files[0].tables.get("facility_contacts", {}) == {}
    assert outcome(run([path], settings, Options(force=True))) == {"read": 1, "unchanged": 1}
    undo(account.run_id, settings)
    assert content(fresh) == before


@pytest.mark.parametrize(
    ("february", "chosen"),
    [
        ((FORMER, OTHER), OTHER),
        ((LATTER,), LATTER),
        ((FORMER + " (disconnected)",), OTHER),
    ],
)
def test_a_primary_contact_that_a_person_switched_off_gives_way_to_one_that_can_be_called(
    settings: Settings, fresh: Database, tmp_path: Path, february: tuple[str, ...], chosen: str
) -> None:
    fresh.execute("CREATE UNIQUE INDEX ON facility_contacts (facility_id) WHERE is_primary")
    run([write(tmp_path, "a.json", [with_phone(FORMER, OTHER)])], settings)
    fresh.execute(f"UPDATE facility_contacts SET is_active = false WHERE contact_value = '{FORMER}'")
    before = content(fresh)
    account = run([write(tmp_path, "a.json", [with_phone(*february, beds=5)])], settings)
    assert outcome(account) == {"read": 1, "updated": 1}
    assert [number for number, is_primary in primary(fresh).items() if is_primary] == [chosen]
    given = account.files[0].tables["facility_contacts"]
    assert given.get("inserted", 0) + given.get("unchanged", 0) <= len(february)
    undo(account.run_id, settings)
    assert content(fresh) == before


def test_the_only_contact_that_a_person_switched_off_stays_the_primary_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    fresh.execute("UPDATE facility_contacts SET is_active = false")
    run([write(tmp_path, "a.json", [with_phone(FORMER, beds=5)])], settings)
    assert rows(fresh, "SELECT is_primary, is_active FROM facility_contacts") == [
        {"is_primary": True, "is_active": False}
    ]


def test_the_account_of_a_file_is_repeated_without_the_numbers_that_it_only_switched_off_or_moved_down(
    settings: Settings, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    for said in (LATTER, LATTER + " / " + FORMER + " (disconnected)"):
        path = write(tmp_path, "a.json", [with_phone(said)])
        run([path], settings)
        repeated = run([path], settings)
        assert repeated.files[0].status == "unchanged"
        assert repeated.files[0].tables["facility_contacts"] == {"unchanged": 1}
        assert repeated.tables() == run([path], settings, Options(force=True)).tables()


def test_where_images_are_no_longer_kept_no_number_is_replaced(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [with_phone(FORMER)])], settings)
    fresh.execute("DELETE FROM etl.changes")
    account = run([write(tmp_path, "a.json", [with_phone(LATTER)])], settings)
    assert account.files[0].issues["contact_not_repeated"] == 0
    assert primary(fresh) == {FORMER: True, LATTER: False}


def test_a_database_that_allows_one_primary_contact_is_never_offered_two(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute("CREATE UNIQUE INDEX ON facility_contacts (facility_id) WHERE is_primary")
    for said in ((FORMER,), (LATTER, FORMER), (LATTER,), (FORMER,), (OTHER, LATTER)):
        account = run([write(tmp_path, "a.json", [with_phone(*said)])], settings)
        assert account.totals()["rejected"] == 0
    assert primary(fresh) == {FORMER: False, OTHER: True, LATTER: False}


def test_a_contact_that_is_left_out_leaves_the_place_of_the_primary_one_to_the_next(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    bare = msgspec.structs.replace(settings, create_lookups=False)
    fresh.execute("DELETE FROM contact_types WHERE type_name = 'Email'")
    contacts = [{"type": "email", "value": "clinic@example.org"}, {"type": "phone", "value": FORMER}]
    account = run([write(tmp_path, "a.json", [CLINIC | {"contacts": contacts}])], bare)
    assert account.files[0].issues["lookup_missing"] == 1
    assert primary(fresh) == {FORMER: True}


def test_a_contact_and_a_service_without_a_value_keep_no_other_from_being_added(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    """A null is not unequal to anything: NOT IN leaves out every number of a facility that has one."""
    run([write(tmp_path, "a.json", [with_phone(FORMER, service_names=["Shelter"])])], settings)
    for table, column in (("facility_contacts", "contact_value"), ("facility_services", "service_name")):
        fresh.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
        fresh.execute(f"UPDATE {table} SET {column} = NULL")
    account = run([write(tmp_path, "a.json", [with_phone(LATTER, service_names=["Legal Aid"])])], settings)
    assert account.files[0].tables["facility_contacts"]["inserted"] == 1
    assert account.files[0].tables["facility_services"]["inserted"] == 1
    assert primary(fresh) == {None: False, LATTER: True}


@pytest.mark.parametrize(
    "contacts",
    [
        {"contacts": {"fax": "020 2000002", "phone": "0700000016"}},
        {"contacts": {"postal_address": "P.O. Box 12 Kitui", "website": "example.org", "mobile": "0700000016"}},
        {"phone": "P.O. Box 12 Kitui, Tel 0700000016"},
    ],
)
def test_a_fax_a_box_or_a_site_is_not_the_primary_contact_of_a_facility_that_can_be_called(
    settings: Settings, fresh: Database, tmp_path: Path, contacts: dict[str, Any]
) -> None:
    only_fax = {"code": 7, "name": "Amani Clinic", "fax": "020 2000003"}
    run([write(tmp_path, "a.json", [{"code": 6, "name": "Umoja Clinic"} | contacts, only_fax])], settings)
    of_both = [value for value, is_primary in primary(fresh).items() if is_primary]
    assert of_both == ["+254202000003", FORMER]
