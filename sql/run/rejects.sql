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
    rejects.nobodys,
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
WITH known AS (
    SELECT
        count(*) FILTER (WHERE rejects.run_no = $1::integer) AS own,
        bool_or(rejects.run_no < $1::integer AND rejects.closed_by_run_no = $1::integer) IS TRUE AS was_open,
        bool_or(
            rejects.run_no < $1::integer
            AND rejects.closed_by_run_no < $1::integer
            AND closing.kind <> 'undo'
        ) IS TRUE AS was_closed
    FROM etl.rejects
    LEFT JOIN etl.runs AS closing ON closing.run_no = rejects.closed_by_run_no
    GROUP BY
        rejects.source,
        rejects.content_hash,
        rejects.reason
)
SELECT
    coalesce(sum(own) FILTER (WHERE NOT was_open), 0)::bigint AS rejects,
    coalesce(sum(own) FILTER (WHERE was_closed AND NOT was_open), 0)::bigint AS reopened
FROM known
WHERE own > 0;
