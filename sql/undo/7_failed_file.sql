-- A file that failed after some of its batches were committed: its changes were taken back, its records are unread.

-- name: forget_file_changes
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

-- name: forget_run_records
-- What the run has met by the file's records: those that speak for a facility, and those that were superseded.
WITH superseded AS (
    DELETE FROM run_superseded
    WHERE file_no = $1::bigint
)
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
