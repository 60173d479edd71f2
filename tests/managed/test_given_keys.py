"""Keys that the application gave by hand, as fixtures and restored rows do, stand before its sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.operating.undo import undo
from tests.managed.records import CLINIC, POST, RECORDS

if TYPE_CHECKING:
    from tests.managed.conftest import Application

BY_HAND = """
    INSERT INTO facilities (
        facility_id, facility_name, facility_code, registration_number, address_line_1, address_line_2, is_active,
        description, website_url, created_at, created_by, operational_status_id, ward_id
    )
    SELECT number, 'By hand ' || number, 'H' || number, 'HAND-' || number, '', '', true, '', '', now(), 1, 1, 5001
    FROM generate_series(1, 400) AS number
"""


def test_records_land_beyond_the_keys_that_were_given_by_hand(application: Application) -> None:
    application.execute(BY_HAND)
    records = [*RECORDS, *(POST | {"facility_code": f"L{n}", "facility_name": f"Test Post {n}"} for n in range(9))]
    shown = application.load(records, dry_run=True)
    account = application.load(records)
    assert shown.totals() == account.totals()
    assert account.totals()["inserted"] == 12
    assert application.query("SELECT min(facility_id) AS first FROM facilities WHERE facility_id > 400") == [
        {"first": 401}
    ]
    sequences = application.rows("sequence_values")
    assert application.load(records, force=True).totals()["unchanged"] == 12
    assert application.rows("sequence_values") == sequences
    undo(account.run_id, application.settings())
    assert application.query("SELECT count(*) AS facilities FROM facilities") == [{"facilities": 400}]


def test_contacts_and_lookups_are_made_beyond_the_keys_that_were_given_by_hand(application: Application) -> None:
    application.load([CLINIC])
    for table, key in (("facility_contacts", "contact_id"), ("owner_types", "owner_type_id")):
        application.execute(f"ALTER SEQUENCE {table}_{key}_seq RESTART")
    other = {"facility_code": "90003", "registration_number": "TEST-0003", "facility_name": "Mikindani Test Clinic"}
    account = application.load([CLINIC | other | {"owner_type": "Faith Based"}])
    assert account.files[0].rejects == {}
    assert application.query("SELECT count(*) AS contacts FROM facility_contacts") == [{"contacts": 4}]
    assert application.query("SELECT max(owner_type_id) AS newest FROM owner_types") == [{"newest": 4}]


def test_a_key_far_beyond_the_sequence_is_left_until_it_is_met(application: Application) -> None:
    application.execute(f"{BY_HAND[: BY_HAND.index('FROM generate')]} FROM (VALUES (2000000000)) AS given (number)")
    assert application.load(RECORDS).totals()["inserted"] == 3
    codes = application.query("SELECT facility_code FROM facilities ORDER BY facility_id LIMIT 2")
    assert codes == [{"facility_code": "90001"}, {"facility_code": "90002"}]


def test_a_key_that_was_given_by_hand_is_passed_in_whatever_language_the_server_tells_of_it(
    application: Application,
) -> None:
    """By its English words a key was looked for: with ``lc_messages = fr_FR`` each record was refused."""
    application.execute(BY_HAND)
    application.execute(
        """
        CREATE FUNCTION tells_in_french() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM facilities WHERE facility_id = NEW.facility_id) THEN
                RAISE unique_violation USING
                    MESSAGE = 'la valeur d''une clé dupliquée rompt la contrainte unique « facilities_pkey »',
                    CONSTRAINT = 'facilities_pkey';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER french BEFORE INSERT ON facilities FOR EACH ROW EXECUTE FUNCTION tells_in_french();
        """
    )
    account = application.load(RECORDS)
    assert account.files[0].rejects == {}
    assert application.query("SELECT min(facility_id) AS first FROM facilities WHERE facility_id > 400") == [
        {"first": 401}
    ]
