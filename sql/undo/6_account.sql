-- The account of an undo (gvrc/operating/undo.py): which run, what goes although a person changed it, what was done.

-- name: undoable_run
SELECT
    run_no,
    has_images
FROM etl.runs
WHERE run_id = $1;

-- name: edited_inserts
-- What a run inserted and a person has changed since the last import: it is deleted, and reported.
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
