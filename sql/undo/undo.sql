-- Taking a run back. What is to be taken back stands in undo_changes, the latest change first; what was taken back
-- goes to batch_changes, which becomes the undo's own changes: it can be undone too.

-- name: create_undo_changes
CREATE TEMPORARY TABLE undo_changes (
    change_id bigint NOT NULL,
    file_no integer NOT NULL,
    facility_id integer NOT NULL,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    operation text NOT NULL,
    before jsonb, -- the columns to put back; null where a deleted row does not come back
    after jsonb,
    kept jsonb, -- columns that something later changed, with the value that was not put back
    corrected jsonb -- columns of which something else is put back than the run overwrote: gvrc/loading/overlapping.py
);

-- name: create_undone_imported
CREATE TEMPORARY TABLE undone_imported (image jsonb NOT NULL);

-- name: create_image_of
-- A row of the directory as it stands; null where it is gone.
CREATE OR REPLACE FUNCTION pg_temp.image_of(table_name text, row_id bigint) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT CASE table_name
        WHEN 'facilities'
            THEN (SELECT to_jsonb(present) FROM facilities AS present WHERE facility_id = row_id)
        WHEN 'facility_contacts'
            THEN (SELECT to_jsonb(present) FROM facility_contacts AS present WHERE contact_id = row_id)
        WHEN 'facility_coordinates'
            THEN (SELECT to_jsonb(present) FROM facility_coordinates AS present WHERE coordinate_id = row_id)
        WHEN 'facility_services'
            THEN (SELECT to_jsonb(present) FROM facility_services AS present WHERE service_id = row_id)
        WHEN 'facility_owners'
            THEN (SELECT to_jsonb(present) FROM facility_owners AS present WHERE owner_id = row_id)
        WHEN 'facility_gbv_categories'
            THEN (SELECT to_jsonb(present) FROM facility_gbv_categories AS present WHERE id = row_id)
        WHEN 'facility_infrastructure'
            THEN (SELECT to_jsonb(present) FROM facility_infrastructure AS present WHERE infrastructure_id = row_id)
    END
$$;

-- name: undoable_run
SELECT
    run_no,
    has_images
FROM etl.runs
WHERE run_id = $1;

-- name: edited_inserts
-- What a run inserted and a person has changed since the last import: it goes, and is reported.
SELECT facilities.facility_code
FROM etl.changes
JOIN facilities USING (facility_id)
JOIN etl.imported_facilities AS imported USING (facility_id)
WHERE changes.run_no = $1::integer
    AND changes.table_name = 'facilities'
    AND changes.operation = 'insert'
    AND (
        facilities.facility_name,
        facilities.facility_code,
        facilities.registration_number,
        facilities.operational_status_id,
        facilities.ward_id,
        facilities.is_active,
        facilities.address_line_1,
        facilities.description,
        facilities.website_url
    ) IS DISTINCT FROM (
        imported.facility_name,
        imported.facility_code,
        imported.registration_number,
        imported.operational_status_id,
        imported.ward_id,
        imported.is_active,
        imported.address_line_1,
        imported.description,
        imported.website_url
    )
ORDER BY facilities.facility_code;

-- name: fill_undo_changes
-- $2 is a file_no, or null for the whole run. A row that was written several times in the run is put back to what it
-- was before the first time, if it still is what it was after the last.
INSERT INTO undo_changes (change_id, file_no, facility_id, table_name, row_id, operation, before, after)
SELECT
    change_id,
    file_no,
    facility_id,
    table_name,
    row_id,
    operation,
    before,
    after
FROM etl.changes
WHERE run_no = $1::integer
    AND ($2::integer IS NULL OR file_no = $2::integer);

-- name: fold_undo_changes
-- Several updates of one row are one: the first before of each column, the last after.
WITH folded AS (
    SELECT
        table_name,
        row_id,
        min(change_id) AS change_id,
        (
            SELECT jsonb_object_agg(key, value)
            FROM (
                SELECT DISTINCT ON (former.key)
                    former.key,
                    former.value
                FROM undo_changes AS one
                CROSS JOIN jsonb_each(one.before) AS former
                WHERE one.table_name = many.table_name
                    AND one.row_id = many.row_id
                ORDER BY
                    former.key,
                    one.change_id
            ) AS firsts
        ) AS before,
        (
            SELECT jsonb_object_agg(key, value)
            FROM (
                SELECT DISTINCT ON (latter.key)
                    latter.key,
                    latter.value
                FROM undo_changes AS one
                CROSS JOIN jsonb_each(one.after) AS latter
                WHERE one.table_name = many.table_name
                    AND one.row_id = many.row_id
                ORDER BY
                    latter.key,
                    one.change_id DESC
            ) AS lasts
        ) AS after
    FROM undo_changes AS many
    WHERE operation = 'update'
    GROUP BY
        table_name,
        row_id
    HAVING count(*) > 1
), kept AS (
    UPDATE undo_changes
    SET
        before = folded.before,
        after = folded.after
    FROM folded
    WHERE undo_changes.change_id = folded.change_id
)
DELETE FROM undo_changes
USING folded
WHERE undo_changes.table_name = folded.table_name
    AND undo_changes.row_id = folded.row_id
    AND undo_changes.operation = 'update'
    AND undo_changes.change_id <> folded.change_id;

-- name: index_undo_changes_by_row
-- Tables are emptied and filled again within one transaction, and what the planner knows of them is of another time: it
-- took facilities for an empty table, and read all that is to be undone for each facility, or the other way round. By
-- keys, on both sides, a look costs the same whatever it takes them for: a national list is taken back in seconds.
CREATE INDEX ON undo_changes (table_name, row_id);

-- name: index_undo_changes_by_facility
CREATE INDEX ON undo_changes (facility_id);

-- name: analyze_undo_changes
ANALYZE undo_changes;

-- name: look_up_by_keys
SET LOCAL enable_seqscan = off;

-- name: look_up_as_before
SET LOCAL enable_seqscan = DEFAULT;

-- name: drop_updates_of_inserted
-- A row that the run itself inserted goes as a whole.
DELETE FROM undo_changes AS updated
USING undo_changes AS inserted
WHERE inserted.operation = 'insert'
    AND updated.operation <> 'insert'
    AND (
        (inserted.table_name = 'facilities' AND inserted.facility_id = updated.facility_id)
        OR (inserted.table_name = updated.table_name AND inserted.row_id = updated.row_id)
    );

-- name: add_children_of_inserted
-- The insert of a facility stands for its children; those that other runs or people added go with it.
INSERT INTO undo_changes (change_id, file_no, facility_id, table_name, row_id, operation)
SELECT
    inserted.change_id,
    inserted.file_no,
    inserted.facility_id,
    child.table_name,
    child.row_id,
    'insert'
FROM undo_changes AS inserted
JOIN (
    SELECT
        facility_id,
        'facility_contacts',
        contact_id
    FROM facility_contacts
    UNION ALL
    SELECT
        facility_id,
        'facility_coordinates',
        coordinate_id
    FROM facility_coordinates
    UNION ALL
    SELECT
        facility_id,
        'facility_services',
        service_id
    FROM facility_services
    UNION ALL
    SELECT
        facility_id,
        'facility_owners',
        owner_id
    FROM facility_owners
    UNION ALL
    SELECT
        facility_id,
        'facility_gbv_categories',
        id
    FROM facility_gbv_categories
    UNION ALL
    SELECT
        facility_id,
        'facility_infrastructure',
        infrastructure_id
    FROM facility_infrastructure
) AS child (facility_id, table_name, row_id) USING (facility_id)
WHERE inserted.operation = 'insert'
    AND inserted.table_name = 'facilities'
    AND NOT EXISTS (
        SELECT
        FROM undo_changes AS present
        WHERE present.table_name = child.table_name
            AND present.row_id = child.row_id
    );

-- name: delete_facilities
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: tables_deleted_from
SELECT DISTINCT table_name
FROM undo_changes
WHERE operation = 'delete';

-- name: put_back_facilities
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: find_restored
-- The before images of what will be restored; the after images are added when it has been.
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    undo.facility_id,
    undo.table_name,
    undo.row_id,
    'update',
    image
FROM undo_changes AS undo
CROSS JOIN pg_temp.image_of(undo.table_name, undo.row_id) AS image
WHERE undo.operation = 'update'
    AND undo.before <> '{}'
    AND image IS NOT NULL;

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

-- name: keep_later
-- A column that is no longer what the run left was changed since: it stays, and is reported.
UPDATE undo_changes AS undo
SET
    before = coalesce(split.same, '{}'),
    kept = split.other
FROM (
    SELECT
        one.change_id,
        jsonb_object_agg(former.key, former.value)
            FILTER (WHERE image -> former.key IS NOT DISTINCT FROM one.after -> former.key) AS same,
        jsonb_object_agg(former.key, former.value)
            FILTER (WHERE image -> former.key IS DISTINCT FROM one.after -> former.key) AS other
    FROM undo_changes AS one
    CROSS JOIN pg_temp.image_of(one.table_name, one.row_id) AS image
    CROSS JOIN jsonb_each(one.before) AS former
    WHERE one.operation = 'update'
        AND image IS NOT NULL
    GROUP BY one.change_id
) AS split
WHERE undo.change_id = split.change_id
    AND undo.operation = 'update';

-- name: keep_borne_keys
-- A code or number that another facility bears now stays there, and is reported. Run until it keeps nothing: it is free
-- when its bearer gives it up in this undo, and whether the bearer does depends on what that one is to get back. Two
-- may have borne one before, where another file of the run wrote in between: the later of them does again. What the run
-- had deleted does not come back without its code, but does without its number. $1: whether a number must be filled.
WITH claims AS (
    SELECT
        undo.change_id,
        undo.facility_id,
        key.field,
        undo.before ->> key.field AS value,
        row_number() OVER (
            PARTITION BY
                key.field,
                undo.before ->> key.field
            ORDER BY undo.change_id DESC
        ) AS place
    FROM undo_changes AS undo
    CROSS JOIN (VALUES ('facility_code'), ('registration_number')) AS key (field)
    WHERE undo.table_name = 'facilities'
        AND undo.operation IN ('update', 'delete')
        AND undo.before ? key.field
), borne AS (
    SELECT
        claims.change_id,
        claims.field,
        bearer.facility_id AS bearer_id
    FROM claims
    JOIN facilities AS bearer ON bearer.facility_code = claims.value
    WHERE claims.field = 'facility_code'
        AND bearer.facility_id <> claims.facility_id
    UNION ALL
    SELECT
        claims.change_id,
        claims.field,
        bearer.facility_id
    FROM claims
    JOIN facilities AS bearer
        ON bearer.registration_number = claims.value
        AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
    WHERE claims.field = 'registration_number'
        AND bearer.facility_id <> claims.facility_id
), refused AS (
    SELECT
        claims.change_id,
        jsonb_object_agg(claims.field, claims.value) AS kept
    FROM claims
    LEFT JOIN borne USING (change_id, field)
    LEFT JOIN claims AS given_up
        ON given_up.facility_id = borne.bearer_id
        AND given_up.field = claims.field
        AND given_up.value IS DISTINCT FROM claims.value
    WHERE claims.value <> ''
        AND (claims.place > 1 OR (borne.bearer_id IS NOT NULL AND given_up.facility_id IS NULL))
    GROUP BY claims.change_id
)
UPDATE undo_changes AS undo
SET
    before = CASE
        WHEN undo.operation = 'update' THEN undo.before - ARRAY(SELECT jsonb_object_keys(refused.kept))
        WHEN refused.kept ? 'facility_code' OR undo.kept ? 'registration_number' THEN NULL
        ELSE undo.before || jsonb_build_object(
            'registration_number',
            CASE WHEN $1::boolean THEN '-' || (undo.before ->> 'facility_code') END
        )
    END,
    kept = coalesce(undo.kept, '{}') || refused.kept
FROM refused
WHERE undo.change_id = refused.change_id
    AND undo.table_name = 'facilities'
    AND undo.operation IN ('update', 'delete');

-- name: release_former_codes
-- Two facilities that get each other's code back would meet in the unique key: the codes are first taken from both.
UPDATE facilities
SET facility_code = '~' || facilities.facility_id
FROM undo_changes AS undo
JOIN undo_changes AS other ON other.before ->> 'facility_code' = undo.after ->> 'facility_code'
WHERE facilities.facility_id = undo.row_id
    AND undo.table_name = 'facilities'
    AND undo.operation = 'update'
    AND undo.before ->> 'facility_code' <> facilities.facility_code
    AND other.table_name = 'facilities'
    AND other.operation IN ('update', 'delete')
    AND other.row_id <> undo.row_id;

-- name: release_former_numbers
UPDATE facilities
SET registration_number = '~' || facilities.facility_id
FROM undo_changes AS undo
JOIN undo_changes AS other ON other.before ->> 'registration_number' = undo.after ->> 'registration_number'
WHERE facilities.facility_id = undo.row_id
    AND undo.table_name = 'facilities'
    AND undo.operation = 'update'
    AND undo.before ? 'registration_number'
    AND undo.before ->> 'registration_number' IS DISTINCT FROM facilities.registration_number
    AND other.table_name = 'facilities'
    AND other.operation IN ('update', 'delete')
    AND other.row_id <> undo.row_id;

-- name: find_deactivated
-- The before images of what something refers to: it stays, switched off. The after images are added when it is.
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

-- name: delete_facility_contacts
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_contacts
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: deactivate_facility_contacts
UPDATE facility_contacts AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_contacts'
    AND undo.operation = 'insert'
    AND undo.row_id = present.contact_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: delete_facility_coordinates
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_coordinates
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: deactivate_facility_coordinates
UPDATE facility_coordinates AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_coordinates'
    AND undo.operation = 'insert'
    AND undo.row_id = present.coordinate_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: delete_facility_services
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_services
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: deactivate_facility_services
UPDATE facility_services AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_services'
    AND undo.operation = 'insert'
    AND undo.row_id = present.service_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

-- name: delete_facility_owners
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_owners
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: delete_facility_gbv_categories
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_gbv_categories
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: delete_facility_infrastructure
-- $1 and $2 are the first and last facility_id of the part that is taken back at once.
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

-- name: put_back_facility_infrastructure
-- What the undone run had deleted: an undo that is itself undone.
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

-- name: deactivate_facility_infrastructure
UPDATE facility_infrastructure AS present
SET is_active = false
FROM undo_changes AS undo
WHERE undo.table_name = 'facility_infrastructure'
    AND undo.operation = 'insert'
    AND undo.row_id = present.infrastructure_id
    AND undo.facility_id BETWEEN $1::integer AND $2::integer
    AND present.is_active;

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

-- name: add_restored_images
UPDATE batch_changes
SET after = pg_temp.image_of(table_name, row_id)
WHERE operation = 'update';

-- name: not_taken_back
-- What a trigger keeps: rows that were to be deleted ($1 is insert; of the facilities from $2 to $3), and such of which
-- nothing was put back (update).
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

-- name: forget_undone_lineage
-- The undone records were never loaded, as far as the next import is concerned. Of an undo they are those that it put
-- back and that were not there before: what it overwrote has an image of its own. $1 is the run, $2 a file_no of it, or
-- null for the whole run; $3 the run that does the undoing, null where a run takes a file of its own back.
WITH brought AS (
    SELECT
        source,
        content_hash
    FROM etl.facility_source
    WHERE run_no = $1::integer
        AND ($2::integer IS NULL OR file_no = $2::integer)
    UNION
    SELECT
        known.source,
        known.content_hash
    FROM etl.former_lineage AS former
    JOIN etl.facility_source AS known USING (content_hash, source, facility_id, run_no, file_no, record_number)
    JOIN etl.runs AS undone
        ON undone.undoes_run_no = former.changed_by_run_no
        AND undone.undoes_run_no <> former.run_no
    WHERE undone.run_no = $1::integer
        AND NOT EXISTS (
            SELECT
            FROM etl.former_lineage AS overwritten
            WHERE overwritten.changed_by_run_no = $1::integer
                AND overwritten.content_hash = former.content_hash
                AND overwritten.source = former.source
        )
), gone AS (
    DELETE FROM etl.facility_source AS known
    USING brought
    WHERE known.content_hash = brought.content_hash
        AND known.source = brought.source
    RETURNING known.*
)
INSERT INTO etl.former_lineage (
    changed_by_run_no,
    changed_by_file_no,
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT
    $3::integer,
    1,
    gone.*
FROM gone
WHERE $3::integer IS NOT NULL;

-- name: put_back_lineage
-- The first image of each record is how it was before the run; what is overwritten leaves an image for the undo of this
-- undo. The facility may be gone: where two runs are taken back and brought again in another order, it comes back after
-- its lineage, without which its body's next name would double it. $1 to $3 are those of forget_undone_lineage.
WITH former AS (
    SELECT DISTINCT ON (former.source, former.content_hash)
        former.source,
        former.content_hash,
        former.source_key,
        former.facility_id,
        former.run_no,
        former.file_no,
        former.record_number,
        former.is_superseded
    FROM etl.former_lineage AS former
    WHERE former.changed_by_run_no = $1::integer
        AND ($2::integer IS NULL OR former.changed_by_file_no = $2::integer)
        -- What the undone run itself had written, and then superseded, is undone too.
        AND NOT (former.run_no = $1::integer AND ($2::integer IS NULL OR former.file_no = $2::integer))
    ORDER BY
        former.source,
        former.content_hash,
        former.former_id
), kept AS (
    INSERT INTO etl.former_lineage (
        changed_by_run_no,
        changed_by_file_no,
        source,
        content_hash,
        source_key,
        facility_id,
        run_no,
        file_no,
        record_number,
        is_superseded
    )
    SELECT
        $3::integer,
        1,
        present.*
    FROM former
    JOIN etl.facility_source AS present
        ON present.content_hash = former.content_hash
        AND present.source = former.source
    WHERE $3::integer IS NOT NULL
)
INSERT INTO etl.facility_source (
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT former.*
FROM former
ON CONFLICT (content_hash, source) DO UPDATE
SET
    source_key = excluded.source_key,
    facility_id = excluded.facility_id,
    run_no = excluded.run_no,
    file_no = excluded.file_no,
    record_number = excluded.record_number,
    is_superseded = excluded.is_superseded;

-- name: reopen_rejects
-- Those that the run had closed of others: its own are not open without it.
UPDATE etl.rejects
SET
    closed_by_run_no = NULL,
    closed_by_file_no = NULL
WHERE closed_by_run_no = $1::integer
    AND ($2::integer IS NULL OR closed_by_file_no = $2::integer)
    AND NOT (run_no = $1::integer AND ($2::integer IS NULL OR file_no = $2::integer));

-- name: close_undone_rejects
-- A record of a run that was taken back is none to send again; the undo of the undo opens what $2, the undo, closed.
UPDATE etl.rejects
SET
    closed_by_run_no = $2::integer,
    closed_by_file_no = 1
WHERE run_no = $1::integer
    AND closed_by_run_no IS NULL;

-- name: forget_undone_facilities
-- What is gone, with the codes that were generated for it, and what the run met in the directory as the first to do so:
-- of those there was no row before. $1 is the undone run, $2 a file_no of it, or null, $3 the run that does the
-- undoing, null where a run takes a file of its own back.
WITH unknown AS (
    SELECT undo.facility_id
    FROM undo_changes AS undo
    LEFT JOIN facilities USING (facility_id)
    WHERE facilities.facility_id IS NULL
    UNION
    SELECT met.facility_id
    FROM etl.imported_facilities AS met
    JOIN etl.facility_source AS known USING (facility_id, run_no)
    WHERE met.run_no = $1::integer
        AND ($2::integer IS NULL OR known.file_no = $2::integer)
        AND NOT EXISTS (
            SELECT
            FROM etl.former_imported AS former
            WHERE former.changed_by_run_no = $1::integer
                AND former.facility_id = met.facility_id
        )
        AND NOT EXISTS (
            SELECT
            FROM etl.facility_source AS other
            WHERE other.facility_id = met.facility_id
                AND other.run_no = $1::integer
                AND other.file_no <> $2::integer
        )
), gone AS (
    DELETE FROM etl.imported_facilities AS imported
    USING unknown
    WHERE imported.facility_id = unknown.facility_id
    RETURNING imported.*
), codes AS (
    DELETE FROM etl.code_map
    USING unknown
    WHERE code_map.facility_id = unknown.facility_id
        AND NOT EXISTS (SELECT FROM facilities WHERE facilities.facility_id = code_map.facility_id)
    RETURNING code_map.*
)
INSERT INTO etl.former_imported (changed_by_run_no, changed_by_file_no, facility_id, image)
SELECT
    $3::integer,
    1,
    gone.facility_id,
    to_jsonb(gone) || jsonb_build_object(
        'generated_codes',
        (SELECT jsonb_agg(generated_code) FROM codes WHERE codes.facility_id = gone.facility_id)
    )
FROM gone
WHERE $3::integer IS NOT NULL;

-- name: put_back_imported
-- $1 is the undone run, $2 a file_no of it, or null, $3 the run that does the undoing, or null. The first image is how
-- the row was before the run; it comes back where the run left the row as it is, but for the fields that the facility
-- kept: they stay as the run left them, lest the importer take for an edit what it wrote itself. Where a later run has
-- written the row since, only the fields that the facility got back come back. Where the run has left no image, it has
-- written nothing of what the importer remembers: it overwrote a person's edit with what was imported before.
WITH former AS (
    SELECT DISTINCT ON (facility_id)
        facility_id,
        image,
        last_value(left_run_no) OVER (
            PARTITION BY facility_id
            ORDER BY former_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS left_run_no
    FROM etl.former_imported
    WHERE changed_by_run_no = $1::integer
        AND ($2::integer IS NULL OR changed_by_file_no = $2::integer)
    ORDER BY
        facility_id,
        former_id
), fitting AS (
    SELECT
        former.facility_id,
        CASE
            WHEN present.run_no IS NOT DISTINCT FROM former.left_run_no
                THEN former.image || coalesce(settled.fields, '{}') || coalesce(stayed.fields, '{}')
            ELSE to_jsonb(present) || coalesce(returned.fields, '{}')
        END || coalesce(corrected.fields, '{}') AS image,
        to_jsonb(present) AS present_image
    FROM former
    JOIN facilities USING (facility_id)
    LEFT JOIN etl.imported_facilities AS present USING (facility_id)
    LEFT JOIN undo_changes AS undo
        ON undo.row_id = facilities.facility_id
        AND undo.table_name = 'facilities'
        AND undo.operation <> 'insert'
    -- What the image has of another run that was taken back meanwhile is not what the facility has.
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(written.field, to_jsonb(present) -> written.field) AS fields
        FROM (
            SELECT DISTINCT jsonb_object_keys(changes.before) AS field
            FROM etl.runs AS undos
            JOIN etl.changes ON changes.run_no = undos.undoes_run_no
            WHERE undos.status = 'succeeded'
                AND changes.facility_id = former.facility_id
                AND changes.table_name = 'facilities'
                AND changes.operation = 'update'
        ) AS written
        WHERE to_jsonb(present) ? written.field
            AND NOT coalesce(undo.before ? written.field, false)
    ) AS settled
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(kept.field, coalesce(to_jsonb(present), undo.before) -> kept.field) AS fields
        FROM jsonb_object_keys(undo.kept) AS kept (field)
    ) AS stayed
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(put_back.field, former.image -> put_back.field) AS fields
        FROM jsonb_object_keys(undo.before) AS put_back (field)
        WHERE former.image ? put_back.field
    ) AS returned
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(other.field, other.value) AS fields
        FROM jsonb_each(undo.corrected - ARRAY(SELECT jsonb_object_keys(undo.kept))) AS other (field, value)
        WHERE former.image ? other.field
    ) AS corrected
    WHERE present.run_no IS NOT DISTINCT FROM former.left_run_no
        OR (present.run_no IS NOT NULL AND coalesce(returned.fields, corrected.fields) IS NOT NULL)
    UNION ALL
    -- An undo that left all of a facility alone has left no image, and its undo may have fields to bring.
    SELECT
        undo.facility_id,
        to_jsonb(present) || corrected.fields,
        to_jsonb(present)
    FROM undo_changes AS undo
    JOIN etl.imported_facilities AS present USING (facility_id)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(other.field, other.value) AS fields
        FROM jsonb_each(undo.corrected - ARRAY(SELECT jsonb_object_keys(undo.kept))) AS other (field, value)
        WHERE to_jsonb(present) ? other.field
    ) AS corrected
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'update'
        AND corrected.fields IS NOT NULL
        AND NOT EXISTS (SELECT FROM former WHERE former.facility_id = undo.facility_id)
), kept AS (
    INSERT INTO etl.former_imported (changed_by_run_no, changed_by_file_no, left_run_no, facility_id, image)
    SELECT
        $3::integer,
        1,
        (image ->> 'run_no')::integer,
        facility_id,
        present_image
    FROM fitting
    WHERE $3::integer IS NOT NULL
        AND present_image IS NOT NULL
), gone AS (
    DELETE FROM etl.imported_facilities AS present
    USING fitting
    WHERE present.facility_id = fitting.facility_id
)
INSERT INTO undone_imported
SELECT image
FROM fitting;

-- name: fill_imported
INSERT INTO etl.imported_facilities
SELECT row.*
FROM undone_imported
CROSS JOIN jsonb_populate_record(NULL::etl.imported_facilities, undone_imported.image) AS row;

-- name: put_back_codes
-- The codes that were generated for a facility that is there again; a facility that bears one now keeps it.
INSERT INTO etl.code_map (generated_code, facility_id)
SELECT
    code.generated_code,
    facilities.facility_id
FROM undone_imported
JOIN facilities ON facilities.facility_id = (undone_imported.image ->> 'facility_id')::integer
CROSS JOIN jsonb_array_elements_text(nullif(undone_imported.image -> 'generated_codes', 'null')) AS code (generated_code)
ON CONFLICT (generated_code) DO UPDATE
SET facility_id = excluded.facility_id
WHERE NOT EXISTS (SELECT FROM facilities WHERE facilities.facility_id = code_map.facility_id);

-- name: put_back_former_codes
-- Those that the run gave to a facility that stays: each is again whose it was before, or nobody's. One that a later
-- run gave away stays there. $1 is the undone run, $2 a file_no of it, or null, $3 the run that does the undoing, or
-- null.
WITH former AS (
    SELECT DISTINCT ON (generated_code)
        generated_code,
        facility_id,
        last_value(left_facility_id) OVER (
            PARTITION BY generated_code
            ORDER BY former_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS left_facility_id
    FROM etl.former_codes
    WHERE changed_by_run_no = $1::integer
        AND ($2::integer IS NULL OR changed_by_file_no = $2::integer)
    ORDER BY
        generated_code,
        former_id
), fitting AS (
    SELECT
        former.generated_code,
        facilities.facility_id,
        present.facility_id AS present_facility_id
    FROM former
    LEFT JOIN facilities USING (facility_id)
    LEFT JOIN etl.code_map AS present USING (generated_code)
    WHERE facilities.facility_id IS DISTINCT FROM present.facility_id
        -- It is nobody's where the facility that the run left it to is gone.
        AND (present.facility_id IS NULL OR present.facility_id = former.left_facility_id)
), kept AS (
    INSERT INTO etl.former_codes (
        changed_by_run_no,
        changed_by_file_no,
        left_facility_id,
        generated_code,
        facility_id
    )
    SELECT
        $3::integer,
        1,
        facility_id,
        generated_code,
        present_facility_id
    FROM fitting
    WHERE $3::integer IS NOT NULL
), gone AS (
    DELETE FROM etl.code_map
    USING fitting
    WHERE code_map.generated_code = fitting.generated_code
        AND fitting.facility_id IS NULL
)
INSERT INTO etl.code_map (generated_code, facility_id)
SELECT
    generated_code,
    facility_id
FROM fitting
WHERE facility_id IS NOT NULL
ON CONFLICT (generated_code) DO UPDATE
SET facility_id = excluded.facility_id;

-- name: save_undo_changes
-- Of an update only the columns that differ are kept: the others, changed later, are no reason to report anything.
INSERT INTO etl.changes (run_no, file_no, facility_id, table_name, row_id, operation, before, after)
SELECT
    $1::integer,
    1,
    facility_id,
    table_name,
    row_id,
    operation,
    CASE
        WHEN operation = 'update' THEN (
            SELECT jsonb_object_agg(former.key, former.value)
            FROM jsonb_each(changes.before) AS former
            WHERE former.value IS DISTINCT FROM changes.after -> former.key
        )
        ELSE before
    END,
    CASE
        WHEN operation = 'update' THEN (
            SELECT jsonb_object_agg(latter.key, latter.value)
            FROM jsonb_each(changes.after) AS latter
            WHERE latter.value IS DISTINCT FROM changes.before -> latter.key
        )
        ELSE after
    END
FROM batch_changes AS changes
WHERE before IS DISTINCT FROM after;

-- name: undo_account
-- A facility is taken back (updated), or it could not be because something later changed it (unchanged).
-- The two are joined: to look for each facility among all changes took minutes for a national list.
SELECT
    count(*) AS read,
    count(changed.facility_id) AS updated,
    (SELECT count(*) FROM batch_changes WHERE table_name = 'facilities' AND operation = 'delete') AS removed,
    (SELECT count(*) FROM undo_changes WHERE kept IS NOT NULL) AS kept
FROM (SELECT DISTINCT facility_id FROM undo_changes) AS undo
LEFT JOIN (SELECT DISTINCT facility_id FROM batch_changes) AS changed USING (facility_id);

-- name: undo_kept
SELECT
    undo.table_name,
    coalesce(facilities.facility_code, undo.kept ->> 'facility_code', '') AS facility_code,
    (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_object_keys(undo.kept) AS key) AS fields
FROM undo_changes AS undo
LEFT JOIN facilities USING (facility_id)
WHERE undo.kept IS NOT NULL
ORDER BY
    facility_code,
    undo.table_name
LIMIT 20;

-- name: forget_file_changes
-- A file that failed after some of its batches were committed: its changes were taken back, its records are unread.
DELETE FROM etl.changes
WHERE run_no = $1::integer
    AND file_no = $2::integer;

-- name: forget_file_rejects
DELETE FROM etl.rejects
WHERE run_no = $1::integer
    AND file_no = $2::integer;

-- name: forget_file_issues
DELETE FROM etl.issues
WHERE run_no = $1::integer
    AND file_no = $2::integer;

-- name: forget_run_facilities
DELETE FROM run_facilities
WHERE file_no = $1::bigint;

-- name: give_back_run_facilities
-- The records that the failed file's had superseded speak for their facilities again.
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT
    former.facility_id,
    former.overtaken_file_no,
    former.source,
    former.content_hash,
    CASE
        WHEN bool_or(changes.table_name = 'facilities' AND changes.operation = 'insert') THEN 'inserted'
        WHEN count(changes.change_id) > 0 THEN 'updated'
        ELSE 'unchanged'
    END
FROM etl.former_lineage AS former
LEFT JOIN etl.changes
    ON changes.run_no = former.changed_by_run_no
    AND changes.facility_id = former.facility_id
WHERE former.changed_by_run_no = $1::integer
    AND former.changed_by_file_no = $2::integer
    AND former.overtaken_file_no <> $2::integer
GROUP BY
    former.facility_id,
    former.overtaken_file_no,
    former.source,
    former.content_hash;

-- name: outcomes_given_back
SELECT
    met.file_no,
    met.outcome,
    count(*) AS records
FROM run_facilities AS met
JOIN etl.former_lineage AS former USING (facility_id)
WHERE former.changed_by_run_no = $1::integer
    AND former.changed_by_file_no = $2::integer
    AND former.overtaken_file_no = met.file_no
GROUP BY
    met.file_no,
    met.outcome;

-- name: forget_former_of_file
WITH lineage AS (
    DELETE FROM etl.former_lineage
    WHERE changed_by_run_no = $1::integer
        AND changed_by_file_no = $2::integer
), codes AS (
    DELETE FROM etl.former_codes
    WHERE changed_by_run_no = $1::integer
        AND changed_by_file_no = $2::integer
)
DELETE FROM etl.former_imported
WHERE changed_by_run_no = $1::integer
    AND changed_by_file_no = $2::integer;

-- name: drop_undo_changes
DROP TABLE
    undo_changes,
    undone_imported;

-- name: unsettle_all
-- What was undone may have been what a facility stood by: every record is asked anew.
WITH superseded AS (
    DELETE FROM etl.superseded_records
)
DELETE FROM etl.settled_facilities;
