-- The states in which the application's database is found. The first ones fill an empty one, the others change it.

-- name: fill_places
-- $1: the official counties, constituencies and wards. Keys are the application's own, not the official numbers.
WITH placed AS (
    SELECT *
    FROM jsonb_to_recordset($1::jsonb) AS reference (
        ward_id integer,
        ward_name text,
        constituency_id integer,
        constituency_name text,
        county_id integer,
        county_name text
    )
), new_counties AS (
    INSERT INTO counties (county_id, county_name, county_code, created_at)
    SELECT DISTINCT
        county_id + 100,
        county_name,
        lpad(county_id::text, 3, '0'),
        now()
    FROM placed
), new_constituencies AS (
    INSERT INTO constituencies (constituency_id, constituency_name, constituency_code, county_id, created_at)
    SELECT DISTINCT
        constituency_id + 1000,
        constituency_name,
        lpad(constituency_id::text, 3, '0'),
        county_id + 100,
        now()
    FROM placed
)
INSERT INTO wards (ward_id, ward_name, ward_code, constituency_id, created_at)
SELECT
    ward_id + 5000,
    ward_name,
    lpad(ward_id::text, 4, '0'),
    constituency_id + 1000,
    now()
FROM placed;

-- name: fill_lookups
WITH statuses AS (
    INSERT INTO operational_statuses (status_name, description, sort_order)
    VALUES
        ('Operational', '', 1),
        ('Non-Operational', '', 2),
        ('Unknown', '', 3)
), contacts AS (
    INSERT INTO contact_types (type_name, validation_regex)
    VALUES
        ('Phone', ''),
        ('Mobile', ''),
        ('Email', ''),
        ('Website', '')
), categories AS (
    INSERT INTO service_categories (category_name, description, icon_url)
    VALUES
        ('Medical', '', ''),
        ('Security', '', ''),
        ('Other', '', '')
), owners AS (
    INSERT INTO owner_types (type_name, description)
    VALUES
        ('Public', ''),
        ('Private', ''),
        ('Unknown', '')
), violence AS (
    INSERT INTO gbv_categories (category_name, description, icon_url)
    VALUES ('Physical Violence', '', '')
), infrastructure AS (
    INSERT INTO infrastructure_types (type_name, description)
    VALUES
        ('Beds', ''),
        ('Cots', '')
)
INSERT INTO condition_statuses (status_name, description)
VALUES
    ('Good', ''),
    ('Unknown', '');

-- name: fill_users
-- The lowest superuser is the second user.
INSERT INTO users (
    full_name, email, phone_number, password, is_active, verified, is_staff, is_superuser, password_reset_token,
    password_changed_at, created_at, date_joined, username
)
SELECT
    'Person ' || number,
    'person' || number || '@example.org',
    '070000001' || number,
    '!',
    true,
    true,
    number > 1,
    number > 1,
    '',
    now(),
    now(),
    now(),
    'person' || number
FROM generate_series(1, 3) AS number;

-- name: few_wards
DELETE FROM wards
WHERE ward_id > 5250;

-- name: ward_suffixes
UPDATE wards
SET ward_name = ward_name || ' Ward';

-- name: invented_places
-- Counties that are none, and a constituency that has lost its wards.
WITH unknown AS (
    INSERT INTO counties (county_id, county_name, county_code, created_at)
    VALUES
        (901, 'Unknown', 'UNK', now()),
        (902, 'Malindi', 'MAL', now())
), lost AS (
    INSERT INTO constituencies (constituency_id, constituency_name, constituency_code, county_id, created_at)
    VALUES
        (9001, 'Unknown', 'UNK', 901, now()),
        (9002, 'Malindi', 'MAL', 902, now())
)
DELETE FROM wards
USING constituencies
WHERE constituencies.constituency_id = wards.constituency_id
    AND constituencies.constituency_name = 'Westlands';

-- name: other_codes
-- "001" is now the first county by the alphabet, and wards are numbered inside their constituency.
WITH renumbered AS (
    SELECT
        county_id,
        row_number() OVER (ORDER BY county_name DESC) AS number
    FROM counties
), recoded AS (
    UPDATE counties
    SET county_code = 'N' || renumbered.number
    FROM renumbered
    WHERE renumbered.county_id = counties.county_id
)
UPDATE wards
SET ward_code = constituency_id || '/' || ward_id;

-- name: empty_lookups
TRUNCATE
    operational_statuses,
    contact_types,
    service_categories,
    owner_types,
    gbv_categories,
    infrastructure_types,
    condition_statuses
CASCADE;

-- name: other_lookups
-- Run after empty_lookups: the same things by other names, under other keys.
WITH statuses AS (
    INSERT INTO operational_statuses (operational_status_id, status_name, description, sort_order)
    VALUES
        (71, 'Active', '', 1),
        (72, 'Closed', '', 2),
        (73, 'UNKNOWN', '', 3)
), contacts AS (
    INSERT INTO contact_types (contact_type_id, type_name, validation_regex)
    VALUES
        (81, 'mobile', ''),
        (82, 'E-mail', '')
), categories AS (
    INSERT INTO service_categories (service_category_id, category_name, description, icon_url)
    VALUES
        (91, 'medical', '', ''),
        (92, 'other', '', '')
), infrastructure AS (
    INSERT INTO infrastructure_types (infrastructure_type_id, type_name, description)
    VALUES (61, 'beds', '')
), conditions AS (
    INSERT INTO condition_statuses (condition_status_id, status_name, description)
    VALUES (51, 'unknown', '')
)
INSERT INTO owner_types (owner_type_id, type_name, description)
VALUES
    (41, 'PUBLIC', ''),
    (42, 'unknown', '');

-- name: no_users
TRUNCATE users
CASCADE;

-- name: no_superuser
UPDATE users
SET is_superuser = false;

-- name: more_columns
ALTER TABLE facilities
    ADD COLUMN subtitle text,
    ADD COLUMN opening_rank integer NOT NULL DEFAULT 0;

-- name: facility_rows
SELECT
    facilities.facility_name,
    facilities.facility_code,
    facilities.registration_number,
    statuses.status_name,
    wards.ward_name,
    counties.county_name,
    facilities.is_active,
    facilities.created_by
FROM facilities
JOIN operational_statuses AS statuses USING (operational_status_id)
JOIN wards USING (ward_id)
JOIN constituencies USING (constituency_id)
JOIN counties USING (county_id)
ORDER BY facilities.facility_id;

-- name: child_rows
SELECT
    'contact' AS kind,
    types.type_name || ' ' || contacts.contact_value AS value
FROM facility_contacts AS contacts
JOIN contact_types AS types USING (contact_type_id)
UNION ALL
SELECT
    'point',
    latitude || ' ' || longitude
FROM facility_coordinates
UNION ALL
SELECT
    'service',
    categories.category_name || ' ' || services.service_name
FROM facility_services AS services
JOIN service_categories AS categories USING (service_category_id)
UNION ALL
SELECT
    'owner',
    types.type_name || ' ' || owners.owner_name
FROM facility_owners AS owners
JOIN owner_types AS types USING (owner_type_id)
UNION ALL
SELECT
    'gbv',
    categories.category_name
FROM facility_gbv_categories
JOIN gbv_categories AS categories USING (gbv_category_id)
UNION ALL
SELECT
    'infrastructure',
    types.type_name || ' ' || rooms.capacity || ' ' || conditions.status_name
FROM facility_infrastructure AS rooms
JOIN infrastructure_types AS types USING (infrastructure_type_id)
JOIN condition_statuses AS conditions USING (condition_status_id)
ORDER BY
    kind,
    value;

-- name: sequence_values
SELECT
    sequencename::text AS name,
    last_value
FROM pg_sequences
WHERE schemaname = 'public'
ORDER BY sequencename;

-- name: issues
SELECT
    kind,
    record_number,
    raw_value
FROM etl.issues
ORDER BY
    kind,
    record_number;

-- name: rejects
SELECT
    reason,
    record_number,
    detail,
    suggestion
FROM etl.rejects
ORDER BY record_number;
