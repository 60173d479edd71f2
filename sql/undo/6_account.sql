-- The account of an undo (gvrc/operating/undo.py): what goes although a person changed it, and what was done.

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

-- name: files_loaded_since
-- The files that were loaded after a run ($1) and before its undo ($2), and must be read again. The first of them may have
-- found in the directory what goes with the run: it is of one of the run's sources, or its records belong to a facility
-- that is taken back. What a source sent again as it was keeps the lineage of the run that goes, so that its file is known
-- by the source only. What it says of its other facilities is written again, too: so every later file of a source that
-- knows or knew one of those follows (the lineage may be gone with the run), and again those of their facilities, or the
-- older list would have the last word. $3 is what taken_back_runs gave. In the order in which they were loaded.
WITH RECURSIVE since AS MATERIALIZED (
    SELECT
        files.run_no,
        files.file_no,
        files.source,
        files.path
    FROM etl.files
    JOIN etl.runs USING (run_no)
    WHERE files.run_no > $1::integer
        AND files.run_no < $2::integer
        AND runs.kind = 'import'
        AND files.updated + files.unchanged + files.superseded > 0
        AND NOT EXISTS (
            SELECT
            FROM jsonb_to_recordset($3::jsonb) AS taken_back (run_no integer)
            WHERE taken_back.run_no = files.run_no
        )
), stating AS MATERIALIZED (
    SELECT DISTINCT
        known.run_no,
        known.file_no
    FROM etl.facility_source AS known
    JOIN (SELECT DISTINCT facility_id FROM undo_changes) AS undone USING (facility_id)
), first AS (
    SELECT
        since.run_no,
        since.file_no,
        since.source
    FROM since
    LEFT JOIN stating USING (run_no, file_no)
    WHERE stating.run_no IS NOT NULL
        OR since.source IN (SELECT source FROM etl.files WHERE run_no = $1::integer)
), knowing AS MATERIALIZED (
    SELECT
        source,
        facility_id
    FROM etl.facility_source
    UNION
    SELECT
        source,
        facility_id
    FROM etl.former_lineage
), touched AS (
    SELECT source
    FROM first
    UNION
    SELECT other.source
    FROM touched
    JOIN knowing USING (source)
    JOIN knowing AS other USING (facility_id)
)
SELECT since.path
FROM since
JOIN touched USING (source)
WHERE (since.run_no, since.file_no) >= (SELECT run_no, file_no FROM first ORDER BY run_no, file_no LIMIT 1)
GROUP BY since.path
ORDER BY
    max(since.run_no),
    max(since.file_no);

-- name: decide_open_rejects
-- Which rejects are open, now that the undo counts: $1 is what taken_back_runs gave. One that an import answered is closed
-- while that stands. Else one whose own run is taken back is closed by that: it is not to be sent again.
WITH taken_back AS (
    SELECT
        run_no,
        max(since_run_no) AS since_run_no
    FROM jsonb_to_recordset($1::jsonb) AS taken_back (run_no integer, since_run_no integer)
    GROUP BY run_no
), decided AS (
    SELECT
        rejects.reject_id,
        CASE WHEN stands.is_so THEN rejects.answered_by_run_no ELSE own.since_run_no END AS run_no,
        CASE
            WHEN stands.is_so THEN rejects.answered_by_file_no
            WHEN own.since_run_no IS NOT NULL THEN 1
        END AS file_no
    FROM etl.rejects
    LEFT JOIN taken_back AS own ON own.run_no = rejects.run_no
    LEFT JOIN taken_back AS answering ON answering.run_no = rejects.answered_by_run_no
    CROSS JOIN LATERAL (
        SELECT rejects.answered_by_run_no IS NOT NULL AND answering.run_no IS NULL AS is_so
    ) AS stands
)
UPDATE etl.rejects
SET
    closed_by_run_no = decided.run_no,
    closed_by_file_no = decided.file_no
FROM decided
WHERE decided.reject_id = rejects.reject_id
    AND decided.run_no IS DISTINCT FROM rejects.closed_by_run_no;
