-- Taking a run back, or one file of it (gvrc/loading/take_back.py): finding what was changed. What must be taken back
-- is in undo_changes, one row for each row of the directory; what was taken back goes to batch_changes, which becomes
-- the undo's own changes, so that it can be undone, too.

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
-- The rows of etl.imported_facilities that are put back.
CREATE TEMPORARY TABLE undone_imported (
    facility_id integer NOT NULL,
    image jsonb NOT NULL,
    present_image jsonb -- the row in whose place it comes; null where there is none
);

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

-- name: drop_undo_changes
DROP TABLE
    undo_changes,
    undone_imported;

-- name: look_up_by_keys
SET LOCAL enable_seqscan = off;

-- name: look_up_as_before
SET LOCAL enable_seqscan = DEFAULT;

-- name: unsettle_all
-- A facility may have stood as it did because of what is undone: every record must be looked at again.
WITH superseded AS (
    DELETE FROM etl.superseded_records
)
DELETE FROM etl.settled_facilities;

-- name: fill_undo_changes
-- $2 is a file_no, or null for the whole run. A row that the run wrote several times is put back to what it was before
-- the first time, if it still is what it was after the last time.
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
-- Several updates of one row become one: for each column the first value before and the last value after.
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
-- Tables are emptied and filled again within one transaction, so the planner's statistics of them are out of date: it
-- took facilities for an empty table, and read all of undo_changes for each facility, or the other way round. With keys
-- on both sides a look-up costs the same whatever it believes: a national list is taken back in seconds.
CREATE INDEX ON undo_changes (table_name, row_id);

-- name: index_undo_changes_by_facility
CREATE INDEX ON undo_changes (facility_id);

-- name: analyze_undo_changes
ANALYZE undo_changes;

-- name: drop_updates_of_inserted
-- A row that the run itself inserted is deleted as a whole; its updates do not matter.
DELETE FROM undo_changes AS updated
USING undo_changes AS inserted
WHERE inserted.operation = 'insert'
    AND updated.operation <> 'insert'
    AND (
        (inserted.table_name = 'facilities' AND inserted.facility_id = updated.facility_id)
        OR (inserted.table_name = updated.table_name AND inserted.row_id = updated.row_id)
    );

-- name: add_children_of_inserted
-- The insert of a facility stands for its children, too; children that other runs or people added go with it.
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
