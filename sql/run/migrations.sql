-- Which files of sql/migrations a database has had.

-- name: applied_migrations
SELECT
    name,
    sha256
FROM etl.migrations
ORDER BY name;

-- name: remember_migration
INSERT INTO etl.migrations (name, sha256)
VALUES ($1, $2);

-- name: directory_is_empty
SELECT NOT EXISTS (SELECT FROM wards) AS is_empty;

-- name: tables_and_keys
-- Which tables there are, and whether each has its primary key.
SELECT
    format('%s.%s', schemas.nspname, tables.relname) AS table_name,
    EXISTS (SELECT FROM pg_index WHERE pg_index.indrelid = tables.oid AND pg_index.indisprimary) AS has_key
FROM pg_class AS tables
JOIN pg_namespace AS schemas ON schemas.oid = tables.relnamespace
WHERE schemas.nspname IN ('etl', 'public') AND tables.relkind IN ('r', 'p');

-- name: take_migration_lock
-- Two commands that meet an empty database at once would make the same schema, and one of them be refused. It goes with
-- the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('gvrc migration', 0));
