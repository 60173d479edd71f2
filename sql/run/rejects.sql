-- Rejects that wait for a person, or for an alias.

-- name: open_rejects
-- $1 is a run_id, or null for all runs.
SELECT
    runs.run_id,
    files.path AS file,
    rejects.record_number,
    rejects.source,
    rejects.content_hash,
    rejects.reason,
    rejects.field,
    rejects.detail,
    rejects.suggestion,
    rejects.raw
FROM etl.rejects
JOIN etl.runs USING (run_no)
JOIN etl.files USING (run_no, file_no)
WHERE rejects.closed_by_run_no IS NULL
    AND ($1::text IS NULL OR runs.run_id = $1)
ORDER BY rejects.reject_id;

-- name: count_new_rejects
-- A reject that is open already is not set aside again.
SELECT count(*) AS rejects
FROM etl.rejects
WHERE run_no = $1::integer;
