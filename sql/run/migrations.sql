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
