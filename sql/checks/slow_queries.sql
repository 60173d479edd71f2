-- The ten statements that take longest on average, as the founding guide asks:
--     python scripts/tune.py --slow-queries     or     psql "$DATABASE_URL" -f sql/checks/slow_queries.sql
-- pg_stat_statements calls the guide's mean_time mean_exec_time since PostgreSQL 13; times are milliseconds.

-- name: slow_queries_available
SELECT
    installed,
    CASE
        WHEN installed THEN 'pg_stat_statements is installed.'
        ELSE 'pg_stat_statements is not installed: an administrator adds it to shared_preload_libraries, restarts '
            || 'the server, and runs CREATE EXTENSION pg_stat_statements in this database.'
    END AS word
FROM (
    SELECT
        to_regclass('pg_stat_statements') IS NOT NULL
        -- There where the library is loaded; shared_preload_libraries itself is for administrators' eyes.
        AND EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max') AS installed
) AS found
\gset
\echo :word
\if :installed

-- name: slow_queries
-- Constants are shown as $1, so no value of a record appears; CREATE ROLE ... PASSWORD keeps its own and is left out.
SELECT
    round(mean_exec_time::numeric, 1)::float8 AS mean_milliseconds,
    calls,
    round((total_exec_time / 1000)::numeric, 1)::float8 AS total_seconds,
    left(regexp_replace(query, '\s+', ' ', 'g'), 200) AS query
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND query !~* 'password'
ORDER BY mean_exec_time DESC
LIMIT 10;
\endif
