-- What was updated gets its former values back, and each facility the primary contact that these leave it.

-- name: restore_facilities
UPDATE facilities AS present
SET
    facility_name = former.facility_name,
    facility_code = former.facility_code,
    registration_number = former.registration_number,
    address_line_1 = former.address_line_1,
    is_active = former.is_active,
    description = former.description,
    website_url = former.website_url,
    operational_status_id = former.operational_status_id,
    ward_id = former.ward_id,
    updated_at = former.updated_at,
    updated_by = former.updated_by
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facilities ON facilities.facility_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facilities, undo.before) AS row
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.facility_id = former.facility_id;

-- name: release_later_primary_contacts
-- First, for a database may have an index that allows each facility one primary contact.
UPDATE facility_contacts AS present
SET is_primary = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_contacts'
    AND undo.operation = 'update'
    AND undo.row_id = present.contact_id
    AND undo.before ->> 'is_primary' = 'false'
    AND present.is_primary;

-- name: restore_facility_contacts
UPDATE facility_contacts AS present
SET
    contact_value = former.contact_value,
    contact_person_name = former.contact_person_name,
    is_primary = former.is_primary,
    is_active = former.is_active,
    updated_at = former.updated_at,
    updated_by = former.updated_by
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facility_contacts ON facility_contacts.contact_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facility_contacts, undo.before) AS row
    WHERE undo.table_name = 'facility_contacts'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.contact_id = former.contact_id;

-- name: restore_facility_coordinates
UPDATE facility_coordinates AS present
SET
    latitude = former.latitude,
    longitude = former.longitude,
    collection_date = former.collection_date,
    data_source = former.data_source,
    collection_method = former.collection_method,
    is_active = former.is_active,
    updated_at = former.updated_at,
    updated_by = former.updated_by
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facility_coordinates ON facility_coordinates.coordinate_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facility_coordinates, undo.before) AS row
    WHERE undo.table_name = 'facility_coordinates'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.coordinate_id = former.coordinate_id;

-- name: restore_facility_services
UPDATE facility_services AS present
SET
    is_active = former.is_active,
    updated_at = former.updated_at
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facility_services ON facility_services.service_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facility_services, undo.before) AS row
    WHERE undo.table_name = 'facility_services'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.service_id = former.service_id;

-- name: restore_facility_owners
UPDATE facility_owners AS present
SET
    owner_name = former.owner_name,
    owner_type_id = former.owner_type_id,
    updated_at = former.updated_at,
    updated_by = former.updated_by
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facility_owners ON facility_owners.owner_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facility_owners, undo.before) AS row
    WHERE undo.table_name = 'facility_owners'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.owner_id = former.owner_id;

-- name: restore_facility_infrastructure
UPDATE facility_infrastructure AS present
SET
    capacity = former.capacity,
    is_active = former.is_active,
    updated_at = former.updated_at,
    updated_by = former.updated_by
FROM (
    SELECT row.*
    FROM undo_changes AS undo
    JOIN facility_infrastructure ON facility_infrastructure.infrastructure_id = undo.row_id
    CROSS JOIN jsonb_populate_record(facility_infrastructure, undo.before) AS row
    WHERE undo.table_name = 'facility_infrastructure'
        AND undo.operation = 'update'
        AND undo.before <> '{}'
) AS former
WHERE present.infrastructure_id = former.infrastructure_id;

-- name: restore_facility_types
UPDATE facilities
SET facility_type = former.facility_type
FROM (
    SELECT
        row.facility_id,
        row.facility_type
    FROM undo_changes AS undo
    JOIN facilities AS present ON present.facility_id = undo.row_id
    CROSS JOIN jsonb_populate_record(present, undo.before) AS row
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'update'
        AND undo.before ? 'facility_type'
) AS former
WHERE facilities.facility_id = former.facility_id;

-- name: choose_primary_contacts
-- Several runs may have moved the place of the primary contact on, each from the contact of the one before. Taken back or
-- brought back out of turn they leave a facility with two, or without: survivors would be sent to a number that was
-- replaced.
WITH touched AS MATERIALIZED (
    SELECT
        undo.facility_id,
        bool_or(undo.operation <> 'delete' AND undo.after ->> 'is_primary' = 'true') AS has_lost,
        (
            SELECT count(*)
            FROM facility_contacts AS present
            WHERE present.facility_id = undo.facility_id
                AND present.is_primary
                AND present.is_active
        ) AS primaries
    FROM undo_changes AS undo
    WHERE undo.table_name = 'facility_contacts'
    GROUP BY undo.facility_id
), candidates AS MATERIALIZED (
    -- The contacts that can be called, of facilities with two, or that have lost theirs.
    SELECT
        present.contact_id,
        present.facility_id,
        present.is_primary,
        touched.primaries,
        undo.row_id IS NOT NULL AS is_put_back
    FROM touched
    JOIN facility_contacts AS present USING (facility_id)
    LEFT JOIN undo_changes AS undo
        ON undo.table_name = 'facility_contacts'
        AND undo.row_id = present.contact_id
        AND undo.before ->> 'is_primary' = 'true'
    WHERE present.is_active
        AND (touched.primaries > 1 OR touched.primaries = 0 AND touched.has_lost)
), said AS MATERIALIZED (
    -- What a run left in each last, which change of an import chose it last, and which one took the place from it last.
    SELECT
        changes.row_id AS contact_id,
        (array_agg(changes.after ->> 'is_primary' ORDER BY changes.change_id DESC))[1] AS last,
        max(changes.change_id) FILTER (
            WHERE runs.undoes_run_no IS NULL AND changes.after ->> 'is_primary' = 'true'
        ) AS chosen,
        max(changes.change_id) FILTER (WHERE changes.before ->> 'is_primary' = 'true') AS left_as
    FROM etl.changes
    JOIN etl.runs USING (run_no)
    WHERE changes.table_name = 'facility_contacts'
        AND changes.row_id IN (SELECT contact_id FROM candidates)
        AND (changes.before ? 'is_primary' OR changes.after ? 'is_primary')
    GROUP BY changes.row_id
), undecided AS (
    SELECT
        candidates.*,
        NOT candidates.is_put_back AND said.last IS DISTINCT FROM 'true' AS is_by_person,
        said.chosen,
        said.left_as
    FROM candidates
    LEFT JOIN said USING (contact_id)
), decided AS (
    -- Of two the one remains that a person chose, else the one that an import chose last.
    SELECT
        contact_id,
        row_number() OVER (
            PARTITION BY facility_id
            ORDER BY
                is_by_person DESC,
                chosen DESC NULLS LAST,
                contact_id DESC
        ) = 1 AS is_primary
    FROM undecided
    WHERE primaries > 1
        AND is_primary
    UNION ALL
    (
        -- Without, the one that was it last before what goes.
        SELECT DISTINCT ON (facility_id)
            contact_id,
            true
        FROM undecided
        WHERE primaries = 0
            AND left_as IS NOT NULL
        ORDER BY
            facility_id,
            left_as DESC
    )
), noted AS (
    INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
    SELECT
        present.facility_id,
        'facility_contacts',
        present.contact_id,
        'update',
        to_jsonb(present)
    FROM decided
    JOIN facility_contacts AS present USING (contact_id)
    WHERE present.is_primary <> decided.is_primary
        AND present.contact_id NOT IN (SELECT row_id FROM batch_changes WHERE table_name = 'facility_contacts')
), corrected AS (
    UPDATE batch_changes AS put_back
    SET after = put_back.after || jsonb_build_object('is_primary', decided.is_primary)
    FROM decided
    WHERE put_back.table_name = 'facility_contacts'
        AND put_back.row_id = decided.contact_id
        AND put_back.operation = 'insert'
)
UPDATE facility_contacts AS present
SET is_primary = decided.is_primary
FROM decided
WHERE present.contact_id = decided.contact_id
    AND present.is_primary <> decided.is_primary;

-- name: add_restored_images
UPDATE batch_changes
SET after = pg_temp.image_of(table_name, row_id)
WHERE operation = 'update';
