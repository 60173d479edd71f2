-- A name that the batch needs and a lookup table lacks is created before the batch is merged, if create_lookups is set.
-- $1 is the sequence of the table's keys; $2 of statuses that of a new facility for which no source states one.

-- name: create_missing_operational_statuses
INSERT INTO operational_statuses (operational_status_id, status_name, description, sort_order)
SELECT
    nextval($1::regclass),
    missing.name,
    '',
    0
FROM (
    SELECT operational_status AS name
    FROM staged_records
    WHERE operational_status IS NOT NULL
    UNION
    SELECT $2
    FROM staged_records
    WHERE operational_status IS NULL
        AND $2 IS NOT NULL
    EXCEPT
    SELECT status_name
    FROM operational_statuses
) AS missing;

-- name: create_missing_contact_types
INSERT INTO contact_types (contact_type_id, type_name, validation_regex)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT contact_type AS name
    FROM staged_contacts
    EXCEPT
    SELECT type_name
    FROM contact_types
) AS missing;

-- name: create_missing_service_categories
INSERT INTO service_categories (service_category_id, category_name, description, icon_url)
SELECT
    nextval($1::regclass),
    missing.name,
    '',
    ''
FROM (
    SELECT service_category AS name
    FROM staged_services
    EXCEPT
    SELECT category_name
    FROM service_categories
) AS missing;

-- name: create_missing_owner_types
INSERT INTO owner_types (owner_type_id, type_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT owner_type AS name
    FROM staged_owners
    EXCEPT
    SELECT type_name
    FROM owner_types
) AS missing;

-- name: create_missing_gbv_categories
INSERT INTO gbv_categories (gbv_category_id, category_name, description, icon_url)
SELECT
    nextval($1::regclass),
    missing.name,
    '',
    ''
FROM (
    SELECT gbv_category AS name
    FROM staged_gbv_categories
    EXCEPT
    SELECT category_name
    FROM gbv_categories
) AS missing;

-- name: create_missing_infrastructure_types
INSERT INTO infrastructure_types (infrastructure_type_id, type_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT infrastructure_type AS name
    FROM staged_infrastructure
    EXCEPT
    SELECT type_name
    FROM infrastructure_types
) AS missing;

-- name: create_missing_condition_statuses
INSERT INTO condition_statuses (condition_status_id, status_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT condition_status AS name
    FROM staged_infrastructure
    EXCEPT
    SELECT status_name
    FROM condition_statuses
) AS missing;
