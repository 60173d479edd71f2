-- What was inserted is deleted, children before their facilities; what something else refers to stays, but inactive. $1
-- and $2 are the first and last facility_id of the part that is taken back at once.

-- name: delete_facility_contacts
WITH gone AS (
    DELETE FROM facility_contacts AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_contacts'
        AND undo.operation = 'insert'
        AND undo.row_id = present.contact_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_contacts',
    contact_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facility_coordinates
WITH gone AS (
    DELETE FROM facility_coordinates AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_coordinates'
        AND undo.operation = 'insert'
        AND undo.row_id = present.coordinate_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_coordinates',
    coordinate_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facility_services
WITH gone AS (
    DELETE FROM facility_services AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_services'
        AND undo.operation = 'insert'
        AND undo.row_id = present.service_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_services',
    service_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facility_owners
WITH gone AS (
    DELETE FROM facility_owners AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_owners'
        AND undo.operation = 'insert'
        AND undo.row_id = present.owner_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_owners',
    owner_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facility_gbv_categories
WITH gone AS (
    DELETE FROM facility_gbv_categories AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_gbv_categories'
        AND undo.operation = 'insert'
        AND undo.row_id = present.id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_gbv_categories',
    id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facility_infrastructure
WITH gone AS (
    DELETE FROM facility_infrastructure AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facility_infrastructure'
        AND undo.operation = 'insert'
        AND undo.row_id = present.infrastructure_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facility_infrastructure',
    infrastructure_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: delete_facilities
WITH gone AS (
    DELETE FROM facilities AS present
    USING undo_changes AS undo
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'insert'
        AND undo.row_id = present.facility_id
        AND undo.facility_id BETWEEN $1::integer AND $2::integer
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facility_id,
    'facilities',
    facility_id,
    'delete',
    to_jsonb(gone)
FROM gone;

-- name: not_taken_back
-- What a trigger keeps: rows that should have been deleted ($1 is insert; of the facilities from $2 to $3), or rows of
-- which nothing was put back ($1 is update).
SELECT
    undo.table_name,
    count(*) AS rows
FROM undo_changes AS undo
CROSS JOIN pg_temp.image_of(undo.table_name, undo.row_id) AS image
WHERE undo.operation = $1::text
    AND undo.facility_id BETWEEN $2::integer AND $3::integer
    AND (
        (undo.operation = 'insert' AND image IS NOT NULL)
        OR (
            undo.operation = 'update'
            AND undo.before <> '{}'
            AND NOT image @> undo.before
            AND NOT EXISTS (
                SELECT
                FROM batch_changes AS done
                WHERE done.table_name = undo.table_name
                    AND done.row_id = undo.row_id
                    AND done.before <> coalesce(done.after, '{}')
            )
        )
    )
GROUP BY undo.table_name
ORDER BY undo.table_name;

-- name: undo_span
SELECT
    min(facility_id) AS first_facility,
    max(facility_id) AS last_facility,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY facility_id) AS middle_facility
FROM undo_changes
WHERE operation = 'insert'
    AND facility_id BETWEEN $1::integer AND $2::integer;

-- name: find_deactivated
-- The before images of what something else refers to: it stays, but inactive. The after images are added when it is.
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    undo.facility_id,
    undo.table_name,
    undo.row_id,
    'update',
    image
FROM undo_changes AS undo
CROSS JOIN pg_temp.image_of(undo.table_name, undo.row_id) AS image
WHERE undo.operation = 'insert'
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND image -> 'is_active' = 'true';

-- name: deactivate_facilities
UPDATE facilities AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facilities'
    AND undo.operation = 'insert'
    AND undo.row_id = present.facility_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: deactivate_facility_contacts
UPDATE facility_contacts AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_contacts'
    AND undo.operation = 'insert'
    AND undo.row_id = present.contact_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: deactivate_facility_coordinates
UPDATE facility_coordinates AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_coordinates'
    AND undo.operation = 'insert'
    AND undo.row_id = present.coordinate_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: deactivate_facility_services
UPDATE facility_services AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_services'
    AND undo.operation = 'insert'
    AND undo.row_id = present.service_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: deactivate_facility_infrastructure
UPDATE facility_infrastructure AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_infrastructure'
    AND undo.operation = 'insert'
    AND undo.row_id = present.infrastructure_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;
