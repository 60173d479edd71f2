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
-- Those of before are looked through once, and not for each (2,500 took 2.8 s, 5,000 four times as long).
WITH own AS MATERIALIZED (
    SELECT
        source,
        content_hash,
        reason
    FROM etl.rejects
    WHERE run_no = $1::integer
), earlier AS MATERIALIZED (
    SELECT
        closed.source,
        closed.content_hash,
        closed.reason,
        bool_or(closed.closed_by_run_no = $1::integer) AS was_open,
        bool_or(closed.closed_by_run_no < $1::integer AND closing.kind <> 'undo') AS was_closed
    FROM etl.rejects AS closed
    JOIN etl.runs AS closing ON closing.run_no = closed.closed_by_run_no
    WHERE closed.run_no < $1::integer
        AND (closed.source, closed.content_hash, closed.reason) IN (SELECT source, content_hash, reason FROM own)
    GROUP BY
        closed.source,
        closed.content_hash,
        closed.reason
), counted AS (
    SELECT
        (source, content_hash, reason) IN (
            SELECT
                source,
                content_hash,
                reason
            FROM earlier
            WHERE was_open
        ) AS was_open,
        (source, content_hash, reason) IN (
            SELECT
                source,
                content_hash,
                reason
            FROM earlier
            WHERE was_closed
        ) AS was_closed
    FROM own
)
SELECT
    count(*) FILTER (WHERE NOT was_open) AS rejects,
    count(*) FILTER (WHERE was_closed AND NOT was_open) AS reopened
FROM counted;
