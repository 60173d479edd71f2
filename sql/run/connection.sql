-- What every connection of the importer begins with, and asks of its server.

-- name: configure_connection
SELECT
    set_config('application_name', 'gvrc', false),
    -- The driver sends UTF-8 whatever PGCLIENTENCODING, the role or the database says; else every accent is garbled.
    set_config('client_encoding', 'UTF8', false),
    -- Compiling costs more than our short statements take.
    set_config('jit', 'off', false),
    -- The merge sorts and joins one batch; 64 MB keep that off the disk.
    set_config('work_mem', '64MB', false),
    -- Staging tables are analyzed at every batch: a sample of 3,000 rows tells the planner enough, 30,000 took ten
    -- times as long. A directory of ours is analyzed so too after a large load; the server's autovacuum then refines
    -- it.
    set_config('default_statistics_target', '10', false),
    -- A batch is a small part of a large directory. By the server's default price of a look into an index, 4, the
    -- planner read all facilities and the whole lineage for each batch: half of a forced run at eighty-fold.
    set_config('random_page_cost', '1.1', false),
    -- A transaction of ours waits for the records to be read.
    set_config('idle_in_transaction_session_timeout', '0', false),
    -- So does a connection between two batches, and the ones beside it.
    set_config('idle_session_timeout', '0', false),
    -- A merge into a large directory may take longer than what a role or a server allows the statements of an
    -- application, and would then never succeed, however often it is repeated. So would a transaction.
    set_config('statement_timeout', '0', false),
    CASE
        WHEN current_setting('server_version_num')::integer >= 170000
            THEN set_config('transaction_timeout', '0', false)
    END,
    -- A killed importer's statement would go on, and hold the run's lock, until it ends: seconds in a large directory.
    -- Windows servers cannot ask and refuse the setting.
    CASE
        WHEN version() !~* 'visual c|mingw' THEN set_config('client_connection_check_interval', '1s', false)
    END,
    -- Where the contract looks for the tables; a database of several schemas may have others first.
    set_config('search_path', 'public', false),
    set_config('client_min_messages', 'warning', false),
    set_config('timezone', 'UTC', false);

-- name: types_are_known
-- No row where they are not: the driver has read the server's types in quotes, knows none of them again, and gives bytes
-- for numbers.
SELECT 1 AS one
WHERE current_setting('quote_all_identifiers') = 'off';

-- name: session
SELECT pg_backend_pid() AS session;

-- name: server_answers
SELECT 1 AS one;

-- name: temporary_columns
-- Of all the temporary tables of the connection.
SELECT
    relation.relname::text AS table_name,
    attribute.attname::text AS column_name,
    format_type(attribute.atttypid, NULL) AS type_name
FROM pg_class AS relation
JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid
WHERE relation.relnamespace = pg_my_temp_schema()
    AND relation.relkind = 'r'
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY
    relation.relname,
    attribute.attnum;

-- name: columns_of_table
SELECT
    attribute.attname::text AS column_name,
    format_type(attribute.atttypid, NULL) AS type_name
FROM pg_attribute AS attribute
WHERE attribute.attrelid = to_regclass($1)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped;

-- name: database_kind
-- What stands in schema public: nothing (fresh), our own directory, or an application's (managed).
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::integer AS version_number,
    current_database()::text AS name,
    current_setting('server_encoding') AS encoding,
    -- By lower() the merge meets names, and makes codes of them; an index of the directory holds them so.
    lower('I') = 'i' AS knows_small_i,
    to_regclass('public.django_migrations') IS NOT NULL AS has_django,
    to_regclass('public.facilities') IS NOT NULL AS has_facilities,
    to_regclass('etl.migrations') IS NOT NULL AS has_migrations,
    has_database_privilege(current_database(), 'CREATE') AS may_create_schema,
    has_schema_privilege('public', 'CREATE') AS may_create_tables,
    has_database_privilege(current_database(), 'TEMPORARY') AS may_stage,
    current_setting('transaction_read_only') = 'off' AS takes_writes,
    -- As replica, PostgreSQL checks no foreign key and fires no trigger of the application's.
    current_setting('session_replication_role') <> 'replica' AS checks_keys;

-- name: transaction_id
SELECT pg_current_xact_id()::text AS transaction_id;

-- name: transaction_status
-- Of a transaction whose COMMIT was sent and not answered.
SELECT coalesce(pg_xact_status($1::xid8) = 'committed', false) AS is_committed;

-- name: try_run_lock
-- One importer per database at a time; the lock goes with the connection, so a crash frees it.
SELECT pg_try_advisory_lock(hashtextextended('gvrc import', 0)) AS is_locked;

-- name: release_run_lock
SELECT pg_advisory_unlock(hashtextextended('gvrc import', 0)) AS is_unlocked;

-- name: database_exists
SELECT 1 AS one
FROM pg_database
WHERE datname = $1;
