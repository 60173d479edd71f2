-- For several runs that wrote to one row, and are taken back or brought back in any order: gvrc/loading/overlapping.py.

-- name: undo_runs
SELECT
    run_no,
    undoes_run_no
FROM etl.runs
WHERE undoes_run_no IS NOT NULL
    AND status = 'succeeded'
ORDER BY run_no DESC;

-- name: add_updates_of_import
-- An undo leaves alone what another run wrote later, and so has no change of it. If that run is taken back, too, the
-- undo of the undo must bring it back. $1 is the import.
INSERT INTO undo_changes (change_id, file_no, facility_id, table_name, row_id, operation, before, after)
SELECT DISTINCT ON (changes.table_name, changes.row_id)
    changes.change_id,
    changes.file_no,
    changes.facility_id,
    changes.table_name,
    changes.row_id,
    'update',
    '{}'::jsonb,
    '{}'::jsonb
FROM etl.changes
WHERE changes.run_no = $1::integer
    AND changes.operation = 'update'
    AND NOT EXISTS (
        SELECT
        FROM undo_changes AS present
        WHERE present.table_name = changes.table_name
            AND present.row_id = changes.row_id
    )
ORDER BY
    changes.table_name,
    changes.row_id,
    changes.change_id;

-- name: add_lost_rows
-- A contact that the import gave to a facility, which the undo of another run then removed, went with the facility, and
-- the import's own undo did not find it ($2: whether to look for those). Nor could the undo of the undo of another
-- import put its contacts back while their facility was away: they come back with the facility, unless that import has
-- been taken back again (forget_rows_of_taken_back). $1 is the import.
WITH given AS (
    SELECT
        own.facility_id,
        own.table_name,
        own.row_id
    FROM etl.changes AS own
    WHERE $2::boolean
        AND own.run_no = $1::integer
        AND own.operation = 'insert'
        AND own.table_name <> 'facilities'
    UNION
    SELECT
        others.facility_id,
        others.table_name,
        others.row_id
    FROM undo_changes AS undo
    JOIN etl.changes AS others USING (facility_id)
    JOIN etl.runs ON runs.run_no = others.run_no
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'delete'
        AND others.table_name <> 'facilities'
        AND others.operation = 'insert'
        AND runs.undoes_run_no IS NULL
)
INSERT INTO undo_changes (change_id, file_no, facility_id, table_name, row_id, operation, before)
SELECT
    latest.change_id,
    latest.file_no,
    latest.facility_id,
    latest.table_name,
    latest.row_id,
    'delete',
    latest.before
FROM (
    SELECT DISTINCT ON (changes.table_name, changes.row_id) changes.*
    FROM given
    JOIN etl.changes USING (facility_id, table_name, row_id)
    ORDER BY
        changes.table_name,
        changes.row_id,
        changes.run_no DESC,
        changes.change_id DESC
) AS latest
WHERE latest.operation = 'delete'
    AND NOT EXISTS (
        SELECT
        FROM undo_changes AS present
        WHERE present.table_name = latest.table_name
            AND present.row_id = latest.row_id
    );

-- name: add_rows_of_import
-- In the same way what the import had given came back with the facility: the undo of its undo had not brought it back.
-- $1 is the import.
INSERT INTO undo_changes (change_id, file_no, facility_id, table_name, row_id, operation)
SELECT
    own.change_id,
    own.file_no,
    own.facility_id,
    own.table_name,
    own.row_id,
    'insert'
FROM etl.changes AS own
WHERE own.run_no = $1::integer
    AND own.operation = 'insert'
    AND own.table_name <> 'facilities'
    AND NOT EXISTS (
        SELECT
        FROM undo_changes AS present
        WHERE present.table_name = own.table_name
            AND present.row_id = own.row_id
    );

-- name: changes_of_other_runs
-- All changes by imports of the rows that are to be put back, if another import than $1 changed them that came
-- later or was ever taken back, or if the undo that is to be undone has no change of them.
SELECT
    changes.run_no,
    changes.table_name,
    changes.row_id,
    changes.operation,
    changes.before::text AS before,
    changes.after::text AS after,
    jsonb_build_object(
        'change_id', undo.change_id,
        'operation', undo.operation,
        'before', undo.before,
        'imported', coalesce(to_jsonb(imported), '{}')
    )::text AS undone
FROM undo_changes AS undo
JOIN etl.changes USING (facility_id, table_name, row_id)
JOIN etl.runs ON runs.run_no = changes.run_no
LEFT JOIN etl.imported_facilities AS imported
    ON imported.facility_id = undo.facility_id
    AND undo.table_name = 'facilities'
WHERE undo.operation IN ('update', 'delete')
    AND undo.before IS NOT NULL
    AND changes.operation IN ('insert', 'update')
    AND runs.undoes_run_no IS NULL
    AND (
        undo.before = '{}'
        OR EXISTS (
            SELECT
            FROM etl.changes AS other
            JOIN etl.runs AS other_run USING (run_no)
            WHERE other.facility_id = undo.facility_id
                AND other.table_name = undo.table_name
                AND other.row_id = undo.row_id
                AND other.run_no <> $1::integer
                AND other_run.undoes_run_no IS NULL
                AND (
                    other.run_no > $1::integer
                    OR other.run_no IN (SELECT undoes_run_no FROM etl.runs WHERE undoes_run_no IS NOT NULL)
                )
        )
    )
ORDER BY
    changes.table_name,
    changes.row_id,
    changes.run_no,
    changes.change_id;

-- name: correct_undo_changes
-- $1 is a JSON list of {change_id, before, after}.
UPDATE undo_changes AS undo
SET
    before = undo.before || corrected.before,
    after = undo.after || corrected.after,
    corrected = corrected.before
FROM jsonb_to_recordset($1::jsonb) AS corrected (change_id bigint, before jsonb, after jsonb)
WHERE undo.change_id = corrected.change_id
    AND undo.operation IN ('update', 'delete');

-- name: forget_rows_of_taken_back
-- What another run had inserted, which has been taken back meanwhile, does not come back. $1 is {change_id, is_gone}.
DELETE FROM undo_changes AS undo
USING jsonb_to_recordset($1::jsonb) AS corrected (change_id bigint, is_gone boolean)
WHERE undo.change_id = corrected.change_id
    AND undo.operation = 'delete'
    AND corrected.is_gone;

-- name: forget_empty_updates
-- Of what add_updates_of_import added, the changes for which another run has the last word.
DELETE FROM undo_changes
WHERE operation = 'update'
    AND before = '{}';
