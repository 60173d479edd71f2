-- What else belongs to a facility, by natural keys: services, owners, GBV categories and infrastructure. As with contacts
-- and coordinates, each table has two statements: *_of_new copies the children of new facilities, *_of_met inserts what a
-- met facility lacks. Where triggers are watched (10_triggers.sql) only the second is run, for new facilities, too, and
-- keeps what the record says of each row; its last parameter tells whether they are. If a statement takes both, $1 is the
-- actor's user_id and $2 the sequence of the table's keys.

-- name: insert_services_of_new
INSERT INTO facility_services (
    service_id,
    facility_id,
    service_category_id,
    service_name,
    service_description,
    is_free,
    cost_range,
    currency,
    availability_hours,
    availability_days,
    appointment_required,
    is_active,
    created_at,
    updated_at
)
SELECT
    nextval($1::regclass),
    merging.facility_id,
    categories.service_category_id,
    staged.service_name,
    '',
    false,
    '',
    'KES',
    '',
    '',
    false,
    true,
    now(),
    now()
FROM staged_services AS staged
JOIN merging USING (row_no)
JOIN service_categories AS categories ON categories.category_name = staged.service_category
WHERE merging.met_by = 'new'
ORDER BY merging.facility_id;

-- name: insert_services_of_met
-- As insert_contacts_of_met.
WITH present AS MATERIALIZED (
    SELECT
        facility_id,
        lower(service_name) AS service_name
    FROM facility_services
    WHERE facility_id IN (SELECT facility_id FROM merging WHERE met_by <> 'superseded')
        AND service_name IS NOT NULL
), lacking AS (
    SELECT
        nextval($1::regclass) AS service_id,
        merging.facility_id,
        categories.service_category_id,
        staged.service_name,
        merging.row_no
    FROM staged_services AS staged
    JOIN merging USING (row_no)
    JOIN service_categories AS categories ON categories.category_name = staged.service_category
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $2::boolean)
        AND (merging.facility_id, lower(staged.service_name)) NOT IN (
            SELECT
                facility_id,
                service_name
            FROM present
        )
    ORDER BY merging.facility_id
), inserted AS (
    INSERT INTO facility_services (
        service_id,
        facility_id,
        service_category_id,
        service_name,
        service_description,
        is_free,
        cost_range,
        currency,
        availability_hours,
        availability_days,
        appointment_required,
        is_active,
        created_at,
        updated_at
    )
    SELECT
        service_id,
        facility_id,
        service_category_id,
        service_name,
        '',
        false,
        '',
        'KES',
        '',
        '',
        false,
        true,
        now(),
        now()
    FROM lacking
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after, said)
SELECT
    lacking.facility_id,
    'facility_services',
    lacking.service_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $2::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (service_id);

-- name: note_services_not_repeated
-- A service that its source no longer names, or says that is not offered, stays active: a list may be shortened or
-- reworded for a month. But survivors are sent to it, so a person is told, once for each record. Whose a service is, and
-- that a source says in one record what it does not in another (also in one that this run reinstated), are as in
-- find_unrepeated_contacts; images are looked for once for all that came at one time. $1 is the run_no.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
WITH saying AS MATERIALIZED (
    SELECT DISTINCT
        merging.row_no,
        merging.facility_id
    FROM staged_services
    JOIN merging USING (row_no)
    WHERE merging.met_by NOT IN ('new', 'superseded')
), unsaid AS MATERIALIZED (
    SELECT
        saying.row_no,
        present.*
    FROM saying
    JOIN facility_services AS present USING (facility_id)
    WHERE present.is_active
        AND NOT EXISTS (
            SELECT
            FROM staged_services AS staged
            WHERE staged.row_no = saying.row_no
                AND lower(staged.service_name) = lower(present.service_name)
        )
), moments AS MATERIALIZED (
    SELECT DISTINCT
        row_no,
        facility_id,
        created_at
    FROM unsaid
), given AS MATERIALIZED (
    SELECT
        moments.row_no,
        moments.created_at,
        CASE WHEN changes.table_name = 'facility_services' THEN changes.row_id END AS service_id
    FROM moments
    JOIN staged_records AS record USING (row_no)
    JOIN facilities USING (facility_id)
    JOIN etl.runs ON moments.created_at BETWEEN runs.started_at AND coalesce(runs.finished_at, now())
    JOIN etl.changes
        ON changes.run_no = runs.run_no
        AND changes.facility_id = moments.facility_id
        AND changes.operation = 'insert'
        AND (
            changes.table_name = 'facility_services'
            OR (changes.table_name = 'facilities' AND moments.created_at = facilities.created_at)
        )
    JOIN etl.files
        ON files.run_no = changes.run_no
        AND files.file_no = changes.file_no
        AND files.source = record.source
    WHERE pg_temp.is_only_record(moments.facility_id, record.source, record.content_hash::uuid)
        AND (moments.facility_id, record.source) NOT IN (
            SELECT
                facility_id,
                source
            FROM etl.former_lineage
            WHERE changed_by_run_no = $1::integer
                AND is_superseded
        )
)
SELECT
    unsaid.row_no,
    'service_not_repeated',
    'services',
    string_agg(unsaid.service_name, '; ' ORDER BY unsaid.service_id)
FROM unsaid
WHERE unsaid.service_id IN (SELECT service_id FROM given WHERE service_id IS NOT NULL)
    OR (unsaid.row_no, unsaid.created_at) IN (SELECT row_no, created_at FROM given WHERE service_id IS NULL)
GROUP BY unsaid.row_no;

-- name: insert_owners_of_new
INSERT INTO facility_owners (
    owner_id,
    facility_id,
    owner_name,
    owner_type_id,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    nextval($2::regclass),
    merging.facility_id,
    staged.owner_name,
    types.owner_type_id,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM staged_owners AS staged
JOIN merging USING (row_no)
JOIN owner_types AS types ON types.type_name = staged.owner_type
WHERE merging.met_by = 'new'
ORDER BY merging.facility_id;

-- name: insert_owners_of_met
WITH lacking AS (
    SELECT
        nextval($2::regclass) AS owner_id,
        merging.facility_id,
        staged.owner_name,
        types.owner_type_id,
        merging.row_no
    FROM staged_owners AS staged
    JOIN merging USING (row_no)
    JOIN owner_types AS types ON types.type_name = staged.owner_type
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND NOT EXISTS (
            SELECT
            FROM facility_owners AS present
            WHERE present.facility_id = merging.facility_id
                AND lower(present.owner_name) = lower(staged.owner_name)
        )
    ORDER BY merging.facility_id
), inserted AS (
    INSERT INTO facility_owners (
        owner_id,
        facility_id,
        owner_name,
        owner_type_id,
        created_at,
        updated_at,
        created_by,
        updated_by
    )
    SELECT
        owner_id,
        facility_id,
        owner_name,
        owner_type_id,
        now(),
        now(),
        $1::integer,
        $1::integer
    FROM lacking
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after, said)
SELECT
    lacking.facility_id,
    'facility_owners',
    lacking.owner_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (owner_id);

-- name: note_owners_not_repeated
-- An owner beside whom its source now names another one stays: one of the two may be the owner's longer name. But a
-- person is told, once for each record. Whose an owner is, and that a source says in one record what it does not in
-- another (also in one that this run reinstated), are as in find_unrepeated_contacts. $1 is the run_no.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
WITH unsaid AS MATERIALIZED (
    SELECT
        staged.row_no,
        present.*
    FROM staged_owners AS staged
    JOIN merging USING (row_no)
    JOIN facility_owners AS present USING (facility_id)
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND lower(present.owner_name) <> lower(staged.owner_name)
)
SELECT
    unsaid.row_no,
    'owner_not_repeated',
    'owners',
    string_agg(unsaid.owner_name, '; ' ORDER BY unsaid.owner_id)
FROM unsaid
JOIN staged_records AS record USING (row_no)
JOIN facilities USING (facility_id)
WHERE pg_temp.is_only_record(unsaid.facility_id, record.source, record.content_hash::uuid)
    AND (unsaid.facility_id, record.source) NOT IN (
        SELECT
            facility_id,
            source
        FROM etl.former_lineage
        WHERE changed_by_run_no = $1::integer
            AND is_superseded
    )
    AND EXISTS (
        SELECT
        FROM etl.runs
        JOIN etl.changes USING (run_no)
        JOIN etl.files USING (run_no, file_no)
        WHERE unsaid.created_at BETWEEN runs.started_at AND coalesce(runs.finished_at, now())
            AND changes.facility_id = unsaid.facility_id
            AND changes.operation = 'insert'
            AND (
                (changes.table_name = 'facility_owners' AND changes.row_id = unsaid.owner_id)
                OR (changes.table_name = 'facilities' AND unsaid.created_at = facilities.created_at)
            )
            AND files.source = record.source
    )
GROUP BY unsaid.row_no;

-- name: insert_gbv_categories_of_new
INSERT INTO facility_gbv_categories (
    id,
    facility_id,
    gbv_category_id,
    created_at,
    created_by
)
SELECT
    nextval($2::regclass),
    merging.facility_id,
    categories.gbv_category_id,
    now(),
    $1::integer
FROM staged_gbv_categories AS staged
JOIN merging USING (row_no)
JOIN gbv_categories AS categories ON categories.category_name = staged.gbv_category
WHERE merging.met_by = 'new'
ORDER BY merging.facility_id;

-- name: insert_gbv_categories_of_met
WITH lacking AS (
    SELECT
        nextval($2::regclass) AS id,
        merging.facility_id,
        categories.gbv_category_id,
        merging.row_no
    FROM staged_gbv_categories AS staged
    JOIN merging USING (row_no)
    JOIN gbv_categories AS categories ON categories.category_name = staged.gbv_category
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND NOT EXISTS (
            SELECT
            FROM facility_gbv_categories AS present
            WHERE present.facility_id = merging.facility_id
                AND present.gbv_category_id = categories.gbv_category_id
        )
    ORDER BY merging.facility_id
), inserted AS (
    INSERT INTO facility_gbv_categories (
        id,
        facility_id,
        gbv_category_id,
        created_at,
        created_by
    )
    SELECT
        id,
        facility_id,
        gbv_category_id,
        now(),
        $1::integer
    FROM lacking
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after, said)
SELECT
    lacking.facility_id,
    'facility_gbv_categories',
    lacking.id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (id);

-- name: insert_infrastructure_of_new
INSERT INTO facility_infrastructure (
    infrastructure_id,
    facility_id,
    infrastructure_type_id,
    condition_status_id,
    description,
    capacity,
    is_available,
    is_active,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    nextval($2::regclass),
    merging.facility_id,
    types.infrastructure_type_id,
    conditions.condition_status_id,
    '',
    staged.capacity::integer,
    true,
    true,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM staged_infrastructure AS staged
JOIN merging USING (row_no)
JOIN infrastructure_types AS types ON types.type_name = staged.infrastructure_type
JOIN condition_statuses AS conditions ON conditions.status_name = staged.condition_status
WHERE merging.met_by = 'new'
ORDER BY merging.facility_id;

-- name: insert_infrastructure_of_met
WITH lacking AS (
    SELECT
        nextval($2::regclass) AS infrastructure_id,
        merging.facility_id,
        types.infrastructure_type_id,
        conditions.condition_status_id,
        staged.capacity::integer AS capacity,
        merging.row_no
    FROM staged_infrastructure AS staged
    JOIN merging USING (row_no)
    JOIN infrastructure_types AS types ON types.type_name = staged.infrastructure_type
    JOIN condition_statuses AS conditions ON conditions.status_name = staged.condition_status
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND NOT EXISTS (
            SELECT
            FROM facility_infrastructure AS present
            WHERE present.facility_id = merging.facility_id
                AND present.infrastructure_type_id = types.infrastructure_type_id
        )
    ORDER BY merging.facility_id
), inserted AS (
    INSERT INTO facility_infrastructure (
        infrastructure_id,
        facility_id,
        infrastructure_type_id,
        condition_status_id,
        description,
        capacity,
        is_available,
        is_active,
        created_at,
        updated_at,
        created_by,
        updated_by
    )
    SELECT
        infrastructure_id,
        facility_id,
        infrastructure_type_id,
        condition_status_id,
        '',
        capacity,
        true,
        true,
        now(),
        now(),
        $1::integer,
        $1::integer
    FROM lacking
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after, said)
SELECT
    lacking.facility_id,
    'facility_infrastructure',
    lacking.infrastructure_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (infrastructure_id);

-- name: update_infrastructure
-- Of several rows of one type the first one is the importer's; a person added the others.
WITH compared AS (
    SELECT DISTINCT ON (present.facility_id, present.infrastructure_type_id)
        merging.row_no,
        present.facility_id,
        present.infrastructure_type_id,
        present.infrastructure_id,
        to_jsonb(present) AS before,
        present.capacity IS DISTINCT FROM staged.capacity AS differs,
        staged.capacity::integer AS capacity
    FROM staged_infrastructure AS staged
    JOIN merging USING (row_no)
    JOIN infrastructure_types AS types ON types.type_name = staged.infrastructure_type
    JOIN facility_infrastructure AS present
        ON present.facility_id = merging.facility_id
        AND present.infrastructure_type_id = types.infrastructure_type_id
    WHERE merging.met_by NOT IN ('new', 'superseded')
    ORDER BY
        present.facility_id,
        present.infrastructure_type_id,
        present.infrastructure_id
), changed AS (
    SELECT
        row_no,
        facility_id,
        infrastructure_type_id,
        infrastructure_id,
        before,
        capacity
    FROM compared
    WHERE differs
), updated AS (
    UPDATE facility_infrastructure AS present
    SET
        capacity = changed.capacity,
        updated_at = now(),
        updated_by = $1::integer
    FROM changed
    WHERE present.infrastructure_id = changed.infrastructure_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after, said)
SELECT
    changed.facility_id,
    'facility_infrastructure',
    changed.infrastructure_id,
    'update',
    changed.before,
    to_jsonb(updated),
    CASE WHEN $2::boolean THEN to_jsonb(changed) - 'before' END
FROM changed
LEFT JOIN updated USING (infrastructure_id);
