-- What the monitor shows when no run is on: the same numbers, added up over the run history.

-- name: history_records
SELECT
    files.source,
    sum(files.inserted)::bigint AS inserted,
    sum(files.updated)::bigint AS updated,
    sum(files.unchanged)::bigint AS unchanged,
    sum(files.superseded)::bigint AS superseded,
    sum(files.rejected)::bigint AS rejected
FROM etl.files
GROUP BY files.source;

-- name: history_reasons
SELECT
    'rejects' AS metric,
    reason.key AS label,
    sum(reason.value::bigint)::bigint AS count
FROM etl.files
CROSS JOIN jsonb_each_text(rejects) AS reason
GROUP BY reason.key
UNION ALL
SELECT
    'issues',
    kind.key,
    sum(kind.value::bigint)::bigint
FROM etl.files
CROSS JOIN jsonb_each_text(issue_kinds) AS kind
GROUP BY kind.key
UNION ALL
SELECT
    'ward_match',
    method.key,
    sum(method.value::bigint)::bigint
FROM etl.files
CROSS JOIN jsonb_each_text(ward_match) AS method
GROUP BY method.key
UNION ALL
SELECT
    'files',
    status,
    count(*)
FROM etl.files
GROUP BY status
UNION ALL
SELECT
    'runs',
    status,
    count(*)
FROM etl.runs
WHERE status <> 'running'
GROUP BY status;

-- name: history_last_run
SELECT
    extract(epoch FROM finished_at)::float8 AS finished_at,
    extract(epoch FROM finished_at - started_at)::float8 AS seconds,
    (
        SELECT extract(epoch FROM finished_at)::float8
        FROM etl.runs
        WHERE status = 'succeeded'
        ORDER BY run_no DESC
        LIMIT 1
    ) AS succeeded_at,
    (SELECT quality_score FROM etl.runs WHERE quality_score IS NOT NULL ORDER BY run_no DESC LIMIT 1) AS quality_score
FROM etl.runs
WHERE finished_at IS NOT NULL
ORDER BY run_no DESC
LIMIT 1;
