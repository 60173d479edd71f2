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
-- A reject that is open already is not set aside again, unless somebody has corrected it in vain. One that a run has closed
-- is: it landed, and is refused now. An undo closes those of the run that it takes back, which were never dealt with.
SELECT
    count(*) FILTER (WHERE NOT earlier.was_open) AS rejects,
    count(*) FILTER (WHERE earlier.was_closed AND NOT earlier.was_open) AS reopened
FROM etl.rejects
CROSS JOIN LATERAL (
    SELECT
        coalesce(bool_or(closed.closed_by_run_no = rejects.run_no), false) AS was_open,
        coalesce(bool_or(closed.closed_by_run_no < rejects.run_no AND closing.kind <> 'undo'), false) AS was_closed
    FROM etl.rejects AS closed
    JOIN etl.runs AS closing ON closing.run_no = closed.closed_by_run_no
    WHERE closed.source = rejects.source
        AND closed.content_hash = rejects.content_hash
        AND closed.reason = rejects.reason
        AND closed.run_no < rejects.run_no
) AS earlier
WHERE rejects.run_no = $1::integer;
