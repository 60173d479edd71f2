-- A run from its beginning to its end, in schema etl.

-- name: mark_interrupted_runs
-- We hold the run lock, so a run that says it is running was killed.
UPDATE etl.runs
SET
    status = 'interrupted',
    finished_at = now()
WHERE status = 'running';

-- name: forget_old_images
-- $1 is keep_changes_days: a run that ended before can no longer be undone.
WITH old AS (
    UPDATE etl.runs
    SET has_images = false
    WHERE has_images
        AND finished_at < now() - make_interval(days => $1::integer)
    RETURNING run_no
), lineage AS (
    DELETE FROM etl.former_lineage
    USING old
    WHERE changed_by_run_no = old.run_no
), imported AS (
    DELETE FROM etl.former_imported
    USING old
    WHERE changed_by_run_no = old.run_no
), codes AS (
    DELETE FROM etl.former_codes
    USING old
    WHERE changed_by_run_no = old.run_no
)
DELETE FROM etl.changes
USING old
WHERE changes.run_no = old.run_no;

-- name: begin_run
INSERT INTO etl.runs (run_id, kind, status, fingerprint)
VALUES ($1, $2, 'running', $3)
RETURNING run_no;

-- name: finish_run
UPDATE etl.runs
SET
    status = $2,
    quality_score = $3::double precision,
    error = $4,
    finished_at = now()
WHERE run_id = $1;

-- name: read_file_accounts
-- The first reader of a committed row marks it as committed, and after a checkpoint the server then writes the whole
-- page to its WAL: 0.12 MB in the next run for 35 files. The run that wrote the rows reads them here, while the pages
-- are in the WAL already. It looks by the hash, as known_files does, because that meets former versions of rows, too.
SELECT count(*) AS files
FROM etl.files AS written
JOIN etl.files AS known USING (sha256, source)
WHERE written.run_no = $1::integer;

-- name: save_file_accounts
-- $1 is the run_no, $2 a JSON list of accounts.
INSERT INTO etl.files (
    run_no,
    file_no,
    path,
    sha256,
    source,
    fingerprint,
    status,
    error,
    path_taken,
    read,
    inserted,
    updated,
    unchanged,
    superseded,
    rejected,
    issues,
    rejects,
    issue_kinds,
    ward_match,
    tables,
    unmapped,
    corrected
)
SELECT
    $1::integer,
    account.file_no,
    account.path,
    account.sha256,
    account.source,
    account.fingerprint,
    account.status,
    account.error,
    account.path_taken,
    account.read,
    account.inserted,
    account.updated,
    account.unchanged,
    account.superseded,
    account.rejected,
    account.issues,
    account.rejects,
    account.issue_kinds,
    account.ward_match,
    account.tables,
    account.unmapped,
    account.corrected
FROM jsonb_to_recordset($2::jsonb) AS account (
    file_no integer,
    path text,
    sha256 text,
    source text,
    fingerprint text,
    status text,
    error text,
    path_taken text,
    read bigint,
    inserted bigint,
    updated bigint,
    unchanged bigint,
    superseded bigint,
    rejected bigint,
    issues bigint,
    rejects jsonb,
    issue_kinds jsonb,
    ward_match jsonb,
    tables jsonb,
    unmapped jsonb,
    corrected jsonb
)
ON CONFLICT (run_no, file_no) DO UPDATE
SET
    status = excluded.status,
    error = excluded.error,
    path_taken = excluded.path_taken,
    read = excluded.read,
    inserted = excluded.inserted,
    updated = excluded.updated,
    unchanged = excluded.unchanged,
    superseded = excluded.superseded,
    rejected = excluded.rejected,
    issues = excluded.issues,
    rejects = excluded.rejects,
    issue_kinds = excluded.issue_kinds,
    ward_match = excluded.ward_match,
    tables = excluded.tables,
    unmapped = excluded.unmapped,
    corrected = excluded.corrected;

-- name: known_run
SELECT
    run_no,
    has_images
FROM etl.runs
WHERE run_id = $1;

-- name: taken_back_runs
-- The runs that are taken back and have not been brought back since, the undo that did it, and the last run of that
-- line: an undo, the undo of its undo, and so on. Walked from the last one back, because an undo that was itself taken
-- back takes nothing back.
WITH RECURSIVE undos AS (
    SELECT
        run_no,
        run_id,
        undoes_run_no,
        row_number() OVER (ORDER BY run_no DESC) AS place
    FROM etl.runs
    WHERE undoes_run_no IS NOT NULL
        AND status = 'succeeded'
), judged AS (
    SELECT
        0::bigint AS place,
        ARRAY[]::integer[] AS taken_back
    UNION ALL
    SELECT
        undos.place,
        CASE
            WHEN undos.run_no = ANY (judged.taken_back) THEN judged.taken_back
            ELSE judged.taken_back || undos.undoes_run_no
        END
    FROM judged
    JOIN undos ON undos.place = judged.place + 1
), line AS (
    SELECT
        run_no AS undo_run_no,
        run_no
    FROM undos
    UNION ALL
    SELECT
        line.undo_run_no,
        undos.run_no
    FROM line
    JOIN undos ON undos.undoes_run_no = line.run_no
), last AS (
    SELECT taken_back
    FROM judged
    ORDER BY place DESC
    LIMIT 1
)
SELECT
    undos.undoes_run_no AS run_no,
    undos.run_id AS undone_by,
    max(line.run_no) AS since_run_no
FROM undos
JOIN line ON line.undo_run_no = undos.run_no
CROSS JOIN last
WHERE undos.run_no <> ALL (last.taken_back)
GROUP BY
    undos.undoes_run_no,
    undos.run_no,
    undos.run_id
ORDER BY undos.run_no;

-- name: known_files
-- The account of the last run that read the file under these rules, to its end. $1 is a JSON list of {sha256, source},
-- $2 the fingerprint, $3 what taken_back_runs gave. These runs do not count:
-- a run that was undone, and any between it and the last of its undos: what that one found unchanged may be gone.
-- a run before another one that changed the directory: June's file after July's is news.
-- What was taken back, and not brought back since, is as if it had never been. Nor does a run count after which a reject
-- that the file had closed was opened again: the file of a correction closes it once more; nor, for a file with rejects,
-- after which one was corrected: it may be one of these. A run that was stopped after its last file is not concluded:
-- something is left to do, such as foreign keys or freed codes.
WITH taken_back AS (
    SELECT
        run_no,
        since_run_no
    FROM jsonb_to_recordset($3::jsonb) AS taken_back (run_no integer, since_run_no integer)
), reopened AS (
    SELECT
        closing.sha256,
        closing.source,
        max(open.run_no) AS run_no
    FROM etl.rejects AS open
    JOIN etl.rejects AS closed USING (source, content_hash)
    JOIN etl.files AS closing
        ON closing.run_no = closed.closed_by_run_no
        AND closing.file_no = closed.closed_by_file_no
    WHERE open.closed_by_run_no IS NULL
        AND open.run_no > closing.run_no
    GROUP BY
        closing.sha256,
        closing.source
), last_changing AS (
    -- Found once: asked of each file, 12,000 files were compared with as many (68 s).
    SELECT coalesce(max(files.run_no), 0) AS run_no
    FROM etl.files
    JOIN etl.runs USING (run_no)
    WHERE files.inserted + files.updated > 0
        AND runs.undoes_run_no IS NULL
        AND files.run_no NOT IN (SELECT taken_back.run_no FROM taken_back)
)
SELECT DISTINCT ON (files.sha256, files.source)
    files.sha256,
    files.source,
    files.path_taken,
    files.read,
    files.inserted + files.updated + files.unchanged AS unchanged,
    files.superseded,
    files.rejects::text AS rejects,
    files.issue_kinds::text AS issue_kinds,
    files.ward_match::text AS ward_match,
    files.tables::text AS tables,
    files.unmapped::text AS unmapped,
    files.corrected::text AS corrected,
    runs.status IN ('succeeded', 'partial') AS is_concluded
FROM etl.files
JOIN etl.runs USING (run_no)
JOIN jsonb_to_recordset($1::jsonb) AS asked (sha256 text, source text) USING (sha256, source)
WHERE files.fingerprint = $2
    AND files.status = 'succeeded'
    AND files.run_no >= (SELECT run_no FROM last_changing)
    AND NOT EXISTS (
        SELECT
        FROM taken_back
        WHERE taken_back.run_no <= runs.run_no
            AND taken_back.since_run_no > runs.run_no
    )
    AND NOT EXISTS (
        SELECT
        FROM reopened
        WHERE reopened.sha256 = files.sha256
            AND reopened.source = files.source
            AND reopened.run_no > files.run_no
    )
    AND NOT EXISTS (
        SELECT
        FROM etl.rejects AS closed
        WHERE closed.is_corrected
            AND closed.answered_by_run_no > files.run_no
            AND files.rejected > 0
    )
ORDER BY
    files.sha256,
    files.source,
    files.run_no DESC;

-- name: reference
-- The database's own wards; a constituency without any is one row with a null ward.
SELECT
    wards.ward_id::bigint AS ward_id,
    wards.ward_name::text AS ward_name,
    constituencies.constituency_id::bigint AS constituency_id,
    constituencies.constituency_name::text AS constituency_name,
    counties.county_id::bigint AS county_id,
    counties.county_name::text AS county_name,
    wards.centroid_lat::double precision AS centroid_lat,
    wards.centroid_lng::double precision AS centroid_lng
FROM counties
JOIN constituencies USING (county_id)
LEFT JOIN wards USING (constituency_id)
ORDER BY
    county_id,
    constituency_id,
    ward_id;

-- name: lookups
SELECT
    'operational_statuses' AS lookup,
    operational_status_id AS lookup_id,
    status_name::text AS name
FROM operational_statuses
UNION ALL
SELECT
    'contact_types',
    contact_type_id,
    type_name
FROM contact_types
UNION ALL
SELECT
    'service_categories',
    service_category_id,
    category_name
FROM service_categories
UNION ALL
SELECT
    'owner_types',
    owner_type_id,
    type_name
FROM owner_types
UNION ALL
SELECT
    'gbv_categories',
    gbv_category_id,
    category_name
FROM gbv_categories
UNION ALL
SELECT
    'infrastructure_types',
    infrastructure_type_id,
    type_name
FROM infrastructure_types
UNION ALL
SELECT
    'condition_statuses',
    condition_status_id,
    status_name
FROM condition_statuses;

-- name: text_lengths
SELECT
    relation.relname::text || '.' || attribute.attname::text AS column_name,
    (attribute.atttypmod - 4)::bigint AS length
FROM pg_attribute AS attribute
JOIN pg_class AS relation ON relation.oid = attribute.attrelid
JOIN pg_type AS type ON type.oid = attribute.atttypid
WHERE relation.oid IN (
        to_regclass('facilities'),
        to_regclass('facility_contacts'),
        to_regclass('facility_services'),
        to_regclass('facility_owners')
    )
    AND type.typname = 'varchar'
    AND attribute.atttypmod > 4
    AND NOT attribute.attisdropped;

-- name: required_columns
SELECT attribute.attname::text AS column_name
FROM pg_attribute AS attribute
WHERE attribute.attrelid = to_regclass('facilities')
    AND attribute.attnotnull
    AND NOT attribute.attisdropped;

-- name: identity_sequences
SELECT
    keys.table_name,
    pg_get_serial_sequence(keys.table_name, keys.column_name)::text AS sequence_name
FROM (
    VALUES
        ('facilities', 'facility_id'),
        ('facility_contacts', 'contact_id'),
        ('facility_coordinates', 'coordinate_id'),
        ('facility_services', 'service_id'),
        ('facility_owners', 'owner_id'),
        ('facility_gbv_categories', 'id'),
        ('facility_infrastructure', 'infrastructure_id'),
        ('operational_statuses', 'operational_status_id'),
        ('contact_types', 'contact_type_id'),
        ('service_categories', 'service_category_id'),
        ('owner_types', 'owner_type_id'),
        ('gbv_categories', 'gbv_category_id'),
        ('infrastructure_types', 'infrastructure_type_id'),
        ('condition_statuses', 'condition_status_id')
) AS keys (table_name, column_name);

-- name: live_triggers
-- The triggers on the tables that we write to: what they make of a write, only the row itself tells. Triggers of a
-- partition count for its table; so do rules ALSO, which may write to the row again. A trigger that changes nothing
-- only costs a look at the row.
SELECT
    coalesce(whole.relname, relation.relname)::text AS table_name,
    hashtextextended(string_agg(changer.definition, E'\n' ORDER BY changer.definition), 0) AS definitions
FROM (
    SELECT
        tgrelid AS oid,
        pg_get_triggerdef(pg_trigger.oid) || pg_proc.prosrc AS definition
    FROM pg_trigger
    JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal
        AND tgenabled IN ('O', 'A')
    UNION ALL
    SELECT
        ev_class,
        pg_get_ruledef(oid)
    FROM pg_rewrite
    WHERE ev_type IN ('2', '3')
        AND ev_enabled IN ('O', 'A')
) AS changer
JOIN pg_class AS relation USING (oid)
LEFT JOIN pg_class AS whole ON whole.oid = pg_partition_root(relation.oid)
WHERE relation.relnamespace = 'public'::regnamespace
GROUP BY coalesce(whole.relname, relation.relname);

-- name: actor_by_email
SELECT user_id
FROM users
WHERE lower(email) = lower($1);

-- name: lowest_superuser
-- The importer's own account serves where there is no superuser, as in a fresh directory.
SELECT user_id
FROM users
WHERE is_superuser
    OR email = 'importer@gvrc.invalid'
ORDER BY
    is_superuser DESC,
    user_id
LIMIT 1;

-- name: create_actor
-- "!" is the application's way to write a password that nobody can have. $1 is the key in a dry run, which must not
-- take one from the application's sequence.
INSERT INTO users (
    user_id,
    full_name,
    email,
    phone_number,
    username,
    password,
    is_active,
    verified,
    is_staff,
    is_superuser,
    password_reset_token,
    password_changed_at,
    created_at,
    updated_at,
    date_joined
)
VALUES (
    coalesce($1::integer, nextval(pg_get_serial_sequence('users', 'user_id'))),
    'GVRC importer',
    'importer@gvrc.invalid',
    'importer',
    'importer@gvrc.invalid',
    '!',
    true,
    false,
    false,
    false,
    '',
    now(),
    now(),
    now(),
    now()
);

-- name: first_changes
-- What a dry run shows of its plan: the first updates, field by field. Contacts are counted, not shown. What a record
-- changes of a facility that is new in the run changes nothing that is in the directory.
SELECT
    coalesce(facilities.facility_code, '') AS facility_code,
    changes.table_name,
    latter.key AS field,
    changes.before ->> latter.key AS before,
    latter.value AS after
FROM etl.changes
JOIN facilities USING (facility_id)
CROSS JOIN LATERAL jsonb_each_text(changes.after) AS latter
WHERE changes.run_no = $1::integer
    AND changes.operation = 'update'
    AND changes.table_name <> 'facility_contacts'
    AND latter.key NOT IN ('updated_at', 'updated_by')
    AND NOT EXISTS (
        SELECT
        FROM etl.changes AS inserting
        WHERE inserting.run_no = changes.run_no
            AND inserting.facility_id = changes.facility_id
            AND inserting.table_name = 'facilities'
            AND inserting.operation = 'insert'
    )
ORDER BY
    changes.change_id,
    latter.key
LIMIT 20;

-- name: count_changes
-- What an undo would do, by table.
SELECT
    table_name,
    operation,
    count(*) AS rows
FROM etl.changes
WHERE run_no = $1::integer
GROUP BY
    table_name,
    operation
ORDER BY
    table_name,
    operation;

-- name: known_size
-- How many facilities there are as far as the planner knows; -1 where it has no statistics.
SELECT reltuples::bigint AS facilities
FROM pg_class
WHERE oid = 'facilities'::regclass;

-- name: analyze_directory
ANALYZE
    facilities,
    facility_contacts,
    facility_coordinates,
    facility_services,
    facility_owners,
    etl.facility_source,
    etl.issues,
    etl.settled_facilities;

-- name: begin_snapshot
-- Until the snapshot ends, what is read is the directory as it was when the snapshot was taken. Read only what is
-- needed at once: a lock on any other table would keep the foreign keys of a first load from being added.
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: take_snapshot
SELECT pg_current_snapshot();

-- name: end_snapshot
COMMIT;

-- name: ward_points
-- The middle of each ward's facilities, with which the point of a new one is compared.
SELECT
    facilities.ward_id::bigint AS ward_id,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY point.latitude)::double precision AS latitude,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY point.longitude)::double precision AS longitude
FROM facilities
JOIN facility_coordinates AS point USING (facility_id)
WHERE point.is_active
    AND facilities.ward_id IS NOT NULL
GROUP BY facilities.ward_id;

-- name: mark_undo
UPDATE etl.runs
SET undoes_run_no = $2::integer
WHERE run_id = $1;

-- name: reference_digest
-- A digest that changes whenever the reference does: it names a snapshot that another machine left in the cache.
SELECT
    md5(
        string_agg(
            concat_ws(
                '|', county_id, county_name, constituency_id, constituency_name, ward_id, ward_name,
                wards.centroid_lat, wards.centroid_lng
            ),
            E'\n' ORDER BY county_id, constituency_id, ward_id
        )
    ) AS digest
FROM counties
JOIN constituencies USING (county_id)
LEFT JOIN wards USING (constituency_id);

-- name: run_quality_score
-- The mean of the facilities that a run wrote or met anew, 0 to 100.
SELECT avg(quality_score)::double precision AS quality_score
FROM run_facilities
JOIN etl.imported_facilities USING (facility_id)
WHERE run_no = $1::integer;
