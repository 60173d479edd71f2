-- What was deleted (by an undo that is itself undone) is inserted again, facilities before their children.

-- name: tables_deleted_from
SELECT DISTINCT table_name
FROM undo_changes
WHERE operation = 'delete';

-- name: columns_that_take_no_value
-- Of the tables that rows are put back into: columns that the database makes of others. A whole row brings a value.
SELECT format('%s.%s', relation.relname, attribute.attname) AS column_name
FROM pg_attribute AS attribute
JOIN pg_class AS relation ON relation.oid = attribute.attrelid
WHERE relation.relnamespace = 'public'::regnamespace
    AND relation.relname IN (SELECT table_name FROM undo_changes WHERE operation = 'delete')
    AND attribute.attgenerated <> ''
    AND NOT attribute.attisdropped
ORDER BY column_name;

-- name: put_back_facilities
WITH back AS (
    INSERT INTO facilities
    SELECT row.*
    FROM undo_changes AS undo
    CROSS JOIN jsonb_populate_record(NULL::facilities, undo.before) AS row
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'delete'
        AND undo.before IS NOT NULL
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facilities',
    facility_id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_contacts
WITH back AS (
    INSERT INTO facility_contacts
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_contacts, undo.before) AS row
    WHERE undo.table_name = 'facility_contacts'
        AND undo.operation = 'delete'
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_contacts',
    contact_id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_coordinates
WITH back AS (
    INSERT INTO facility_coordinates
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_coordinates, undo.before) AS row
    WHERE undo.table_name = 'facility_coordinates'
        AND undo.operation = 'delete'
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_coordinates',
    coordinate_id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_services
WITH back AS (
    INSERT INTO facility_services
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_services, undo.before) AS row
    WHERE undo.table_name = 'facility_services'
        AND undo.operation = 'delete'
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_services',
    service_id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_owners
WITH back AS (
    INSERT INTO facility_owners
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_owners, undo.before) AS row
    WHERE undo.table_name = 'facility_owners'
        AND undo.operation = 'delete'
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_owners',
    owner_id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_gbv_categories
WITH back AS (
    INSERT INTO facility_gbv_categories
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_gbv_categories, undo.before) AS row
    WHERE undo.table_name = 'facility_gbv_categories'
        AND undo.operation = 'delete'
    ON CONFLICT DO NOTHING -- a later run gave the facility that category anew
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_gbv_categories',
    id,
    'insert',
    to_jsonb(back)
FROM back;

-- name: put_back_facility_infrastructure
WITH back AS (
    INSERT INTO facility_infrastructure
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities USING (facility_id)
    CROSS JOIN jsonb_populate_record(NULL::facility_infrastructure, undo.before) AS row
    WHERE undo.table_name = 'facility_infrastructure'
        AND undo.operation = 'delete'
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after)
SELECT
    facility_id,
    'facility_infrastructure',
    infrastructure_id,
    'insert',
    to_jsonb(back)
FROM back;
