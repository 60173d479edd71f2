-- What scripts/tune.py asks about the indexes of the directory.

-- name: directory_indexes
-- The indexes of facilities, and for each the one that makes it redundant: another whole one that begins with the
-- same columns in the same order, under no condition that this one has not. Of two equals the unique one, then the
-- older one, is the one to keep.
WITH indexes AS (
    SELECT
        index.indexrelid AS index_id,
        class.relname::text AS index_name,
        index.indisvalid AS is_valid,
        index.indisunique AS is_unique,
        index.indkey::smallint[] AS columns,
        pg_get_expr(index.indpred, index.indrelid) AS condition
    FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    WHERE index.indrelid = to_regclass('public.facilities')
)
SELECT
    here.index_name,
    here.is_valid,
    (
        SELECT other.index_name
        FROM indexes AS other
        WHERE other.index_id <> here.index_id
            AND other.is_valid
            AND NOT here.is_unique
            -- indkey counts from 0; a slice of it counts from 1.
            AND other.columns[0:array_upper(here.columns, 1)] = here.columns[0:array_upper(here.columns, 1)]
            AND (other.condition IS NULL OR other.condition = here.condition)
            AND (
                cardinality(other.columns) > cardinality(here.columns)
                OR other.is_unique
                OR (here.condition IS NOT NULL AND other.condition IS NULL)
                OR other.index_id < here.index_id
            )
        ORDER BY
            other.is_unique DESC,
            other.index_id
        LIMIT 1
    ) AS redundant_with
FROM indexes AS here
ORDER BY here.index_name;

-- name: try_tuning_lock
-- One command per database makes indexes at a time; the lock goes with the connection. It is tried, not waited for:
-- a statement that waits holds a snapshot, for whose end CREATE INDEX CONCURRENTLY waits in turn.
SELECT pg_try_advisory_lock(hashtextextended('gvrc tune', 0)) AS is_locked;

-- name: release_tuning_lock
SELECT pg_advisory_unlock(hashtextextended('gvrc tune', 0)) AS is_unlocked;
