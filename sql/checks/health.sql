-- What the health check asks about the pipeline and the reference.

-- name: pipeline_state
-- The last run, the last success, and what was left behind. A run that is "running" while nobody holds the run's
-- lock (sql/run/connection.sql) was interrupted.
WITH importing AS (
    SELECT EXISTS (
        SELECT
        FROM pg_locks
        WHERE locktype = 'advisory'
            AND granted
            AND objsubid = 1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32) | objid::bigint = hashtextextended('gvrc import', 0)
    ) AS is_importing
), runs AS (
    SELECT
        run_no,
        run_id,
        kind,
        error,
        CASE
            WHEN status = 'running' AND NOT is_importing THEN 'interrupted'
            ELSE status
        END AS status,
        coalesce(finished_at, started_at) AS ended_at
    FROM etl.runs
    CROSS JOIN importing
), last_run AS (
    SELECT *
    FROM runs
    ORDER BY run_no DESC
    LIMIT 1
), last_success AS (
    -- The last one, not the one with the latest time: the server's clock may have been ahead once.
    SELECT
        ended_at,
        run_no
    FROM runs
    WHERE status = 'succeeded'
    ORDER BY run_no DESC
    LIMIT 1
)
SELECT
    importing.is_importing,
    last_run.run_id,
    last_run.status,
    last_run.error,
    (extract(epoch FROM now() - last_run.ended_at) / 3600)::float8 AS age_hours,
    (extract(epoch FROM now() - last_success.ended_at) / 3600)::float8 AS success_age_hours,
    interrupted.runs AS interrupted_runs,
    interrupted.run_id AS interrupted_run_id,
    coalesce(interrupted.kind, last_run.kind) AS kind_to_repeat,
    (SELECT count(*) FROM etl.rejects WHERE closed_by_run_no IS NULL) AS open_rejects
FROM importing
LEFT JOIN last_success ON true
LEFT JOIN last_run ON true
CROSS JOIN LATERAL (
    SELECT
        count(*) AS runs,
        (array_agg(run_id ORDER BY run_no DESC))[1] AS run_id,
        (array_agg(kind ORDER BY run_no DESC))[1] AS kind
    FROM runs
    WHERE status = 'interrupted'
        AND run_no > coalesce(last_success.run_no, 0)
) AS interrupted;

-- name: reference_state
-- How many places and lookups there are: without them no facility finds its ward or status.
SELECT
    'counties' AS table_name,
    count(*) AS rows
FROM counties
UNION ALL
SELECT
    'constituencies',
    count(*)
FROM constituencies
UNION ALL
SELECT
    'wards',
    count(*)
FROM wards
UNION ALL
SELECT
    'operational_statuses',
    count(*)
FROM operational_statuses
UNION ALL
SELECT
    'contact_types',
    count(*)
FROM contact_types
UNION ALL
SELECT
    'service_categories',
    count(*)
FROM service_categories
UNION ALL
SELECT
    'owner_types',
    count(*)
FROM owner_types
UNION ALL
SELECT
    'gbv_categories',
    count(*)
FROM gbv_categories;
