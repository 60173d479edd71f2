-- What belongs to a facility, by natural keys: the children of a new facility are copied, those of a met one compared
-- first. $1 is the actor's user_id and $2 the sequence of the table's keys, if a statement takes both. The last
-- parameter of those for met facilities says whether triggers are watched (10_triggers.sql): then the new rows are
-- written here, too, and what the record says of each row is kept.
-- A lookup name that the database lacks is created first; $1 is then its sequence.

-- name: create_missing_contact_types
INSERT INTO contact_types (contact_type_id, type_name, validation_regex)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT contact_type AS name
    FROM staged_contacts
    EXCEPT
    SELECT type_name
    FROM contact_types
) AS missing;

-- name: create_missing_service_categories
INSERT INTO service_categories (service_category_id, category_name, description, icon_url)
SELECT
    nextval($1::regclass),
    missing.name,
    '',
    ''
FROM (
    SELECT service_category AS name
    FROM staged_services
    EXCEPT
    SELECT category_name
    FROM service_categories
) AS missing;

-- name: create_missing_owner_types
INSERT INTO owner_types (owner_type_id, type_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT owner_type AS name
    FROM staged_owners
    EXCEPT
    SELECT type_name
    FROM owner_types
) AS missing;

-- name: create_missing_gbv_categories
INSERT INTO gbv_categories (gbv_category_id, category_name, description, icon_url)
SELECT
    nextval($1::regclass),
    missing.name,
    '',
    ''
FROM (
    SELECT gbv_category AS name
    FROM staged_gbv_categories
    EXCEPT
    SELECT category_name
    FROM gbv_categories
) AS missing;

-- name: create_missing_infrastructure_types
INSERT INTO infrastructure_types (infrastructure_type_id, type_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT infrastructure_type AS name
    FROM staged_infrastructure
    EXCEPT
    SELECT type_name
    FROM infrastructure_types
) AS missing;

-- name: create_missing_condition_statuses
INSERT INTO condition_statuses (condition_status_id, status_name, description)
SELECT
    nextval($1::regclass),
    missing.name,
    ''
FROM (
    SELECT condition_status AS name
    FROM staged_infrastructure
    EXCEPT
    SELECT status_name
    FROM condition_statuses
) AS missing;

-- name: insert_contacts_of_new
INSERT INTO facility_contacts (
    contact_id,
    facility_id,
    contact_type_id,
    contact_value,
    contact_person_name,
    is_primary,
    is_active,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    nextval($2::regclass),
    merging.facility_id,
    types.contact_type_id,
    staged.contact_value,
    staged.contact_person_name,
    staged.position = 0,
    true,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM staged_contacts AS staged
JOIN merging USING (row_no)
JOIN contact_types AS types ON types.type_name = staged.contact_type
WHERE merging.met_by = 'new'
ORDER BY
    merging.facility_id,
    staged.position;

-- name: switch_contacts
-- What a source calls out of use nobody is to call, whoever gave the number; what the same source gives again as one to
-- call was unreachable for a month. Once each: a record that came before in the same words says nothing new. What an
-- import has switched off and is active all the same, a person switched on again, and what a person switched off stays
-- off. Another source's word switches nothing on, or the two would switch it by turns.
WITH stated AS (
    SELECT
        row_no,
        contact_type,
        contact_key,
        false AS is_active
    FROM staged_ended_contacts
    UNION ALL
    SELECT
        row_no,
        contact_type,
        contact_key,
        true AS is_active
    FROM staged_contacts
    -- Asked first: where no import has switched a contact off, nothing is compared.
    WHERE EXISTS (
        SELECT
        FROM etl.changes
        WHERE changes.table_name = 'facility_contacts'
            AND changes.operation = 'update'
    )
), switched AS (
    SELECT DISTINCT ON (present.contact_id)
        merging.row_no,
        present.facility_id,
        present.contact_id,
        present.contact_type_id,
        present.contact_value,
        stated.is_active,
        to_jsonb(present) AS before
    FROM stated
    JOIN merging USING (row_no)
    JOIN staged_records AS record USING (row_no)
    JOIN contact_types AS types ON types.type_name = stated.contact_type
    JOIN facility_contacts AS present
        ON present.facility_id = merging.facility_id
        AND present.contact_type_id = types.contact_type_id
        AND pg_temp.is_same_contact(present.contact_value, stated.contact_key)
    WHERE merging.met_by NOT IN ('new', 'content', 'superseded')
        AND present.is_active <> stated.is_active
        AND stated.is_active = (pg_temp.last_left(present.contact_id, 'is_active') IS FALSE)
        AND (
            NOT stated.is_active
            OR EXISTS (
                SELECT
                FROM etl.changes
                JOIN etl.files USING (run_no, file_no)
                WHERE changes.table_name = 'facility_contacts'
                    AND changes.operation = 'update'
                    AND changes.row_id = present.contact_id
                    AND changes.after @> '{"is_active": false}'
                    AND files.source = record.source
            )
        )
    ORDER BY
        present.contact_id,
        stated.is_active
), updated AS (
    UPDATE facility_contacts AS present
    SET
        is_active = switched.is_active,
        is_primary = present.is_primary AND switched.is_active,
        updated_at = now(),
        updated_by = $1::integer
    FROM switched
    WHERE present.contact_id = switched.contact_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after, said)
SELECT
    switched.facility_id,
    'facility_contacts',
    switched.contact_id,
    'update',
    switched.before,
    to_jsonb(updated),
    CASE WHEN $2::boolean THEN to_jsonb(switched) - 'before' END
FROM switched
LEFT JOIN updated USING (contact_id);

-- name: find_unrepeated_contacts
-- A source that gives another number in place of its own does not say so; a landline may take the place of a mobile.
-- Whose a contact is tells the image of its insertion, or of its facility's, with which it came. is_only_record: a source
-- with several records of a facility says in one what it does not in another, also in one that this run ($1 is its
-- run_no) reinstated. What a person made the primary contact is not is_imported_primary: the last image of a contact says
-- what an import left, and of those that came with the facility the first was the primary one.
-- What a record repeats is left out by NOT IN, which is hashed (a managed database may have a contact without a value:
-- nobody repeats it), and images are looked for once for all that came at one time: 2,000 facilities that came a second
-- time were compared each with each (78 s), and so were the contacts of one facility (36 s for 5,000). Where a contact
-- and its facility came at once, each with its image, the facility's counts.
INSERT INTO unrepeated_contacts (row_no, contact_id, is_only_record, is_imported_primary)
WITH said AS MATERIALIZED (
    SELECT
        staged.row_no,
        CASE staged.contact_type WHEN 'Mobile' THEN 'Phone' ELSE staged.contact_type END AS line_kind,
        staged.contact_key,
        staged.contact_key ~ '^[0-9]+$' AS is_number,
        merging.facility_id
    FROM staged_contacts AS staged
    JOIN merging USING (row_no)
    WHERE merging.met_by NOT IN ('new', 'superseded')
), unsaid AS MATERIALIZED (
    SELECT
        saying.row_no,
        present.*
    FROM (
        SELECT DISTINCT
            row_no,
            facility_id,
            line_kind
        FROM said
    ) AS saying
    JOIN contact_types AS types
        ON CASE types.type_name WHEN 'Mobile' THEN 'Phone' ELSE types.type_name END = saying.line_kind
    JOIN facility_contacts AS present USING (facility_id, contact_type_id)
    WHERE present.is_active
        AND (
            present.contact_value IS NULL
            OR (
                (saying.row_no, saying.line_kind, pg_temp.contact_key(present.contact_value, true)) NOT IN (
                    SELECT
                        row_no,
                        line_kind,
                        contact_key
                    FROM said
                    WHERE is_number
                )
                AND (saying.row_no, saying.line_kind, pg_temp.contact_key(present.contact_value, false)) NOT IN (
                    SELECT
                        row_no,
                        line_kind,
                        contact_key
                    FROM said
                    WHERE NOT is_number
                )
            )
        )
), moments AS MATERIALIZED (
    SELECT
        came.row_no,
        came.facility_id,
        came.created_at,
        came.created_at = facilities.created_at AS is_facilitys,
        record.source,
        record.content_hash
    FROM (
        SELECT DISTINCT
            row_no,
            facility_id,
            created_at
        FROM unsaid
    ) AS came
    JOIN staged_records AS record USING (row_no)
    JOIN facilities USING (facility_id)
), only_records AS MATERIALIZED (
    SELECT DISTINCT row_no
    FROM moments
    WHERE pg_temp.is_only_record(facility_id, source, content_hash::uuid)
        AND (facility_id, source) NOT IN (
            SELECT
                facility_id,
                source
            FROM etl.former_lineage
            WHERE changed_by_run_no = $1::integer
                AND is_superseded
        )
), given AS MATERIALIZED (
    SELECT
        moments.row_no,
        moments.created_at,
        CASE WHEN changes.table_name = 'facility_contacts' THEN changes.row_id END AS contact_id,
        (changes.after ->> 'is_primary')::boolean AS is_primary
    FROM moments
    JOIN etl.runs ON moments.created_at BETWEEN runs.started_at AND coalesce(runs.finished_at, now())
    CROSS JOIN LATERAL (
        SELECT *
        FROM etl.changes AS image
        WHERE image.run_no = runs.run_no
            AND image.facility_id = moments.facility_id
        OFFSET 0
    ) AS changes
    JOIN etl.files
        ON files.run_no = changes.run_no
        AND files.file_no = changes.file_no
        AND files.source = moments.source
    WHERE changes.operation = 'insert'
        AND (
            changes.table_name = 'facility_contacts'
            OR (changes.table_name = 'facilities' AND moments.is_facilitys)
        )
)
SELECT
    row_no,
    contact_id,
    row_no IN (SELECT row_no FROM only_records),
    is_primary
        AND coalesce(
            pg_temp.last_left(contact_id, 'is_primary'),
            CASE
                WHEN (row_no, created_at) IN (SELECT row_no, created_at FROM given WHERE contact_id IS NULL) THEN NULL
                WHEN (row_no, contact_id) IN (SELECT row_no, contact_id FROM given WHERE is_primary) THEN true
                WHEN (row_no, contact_id) IN (SELECT row_no, contact_id FROM given WHERE NOT is_primary) THEN false
            END,
            NOT EXISTS (
                SELECT
                FROM facility_contacts AS earlier
                WHERE earlier.facility_id = unsaid.facility_id
                    AND earlier.created_at = unsaid.created_at
                    AND earlier.contact_id < unsaid.contact_id
            )
        )
FROM unsaid
WHERE (row_no, created_at, contact_id) IN (
        SELECT
            row_no,
            created_at,
            contact_id
        FROM given
        WHERE contact_id IS NOT NULL
    )
    OR (row_no, created_at) IN (SELECT row_no, created_at FROM given WHERE contact_id IS NULL);

-- name: replace_primary_contacts
-- Survivors would be sent to a number that its source has replaced for ever. It stays active, for nobody said that it is
-- out of use. Before the records' contacts are inserted, one of which may take the place: not both at once, for a
-- database may have an index that allows each facility one primary contact. Looked up as in note_contacts_out_of_use.
-- $1 is the actor's user_id.
WITH replacing AS MATERIALIZED (
    SELECT staged.row_no
    FROM staged_contacts AS staged
    JOIN merging USING (row_no)
    JOIN contact_types AS types ON types.type_name = staged.contact_type
    WHERE staged.position = 0
        AND merging.met_by NOT IN ('new', 'content', 'superseded')
        AND NOT EXISTS (
            SELECT
            FROM facility_contacts AS other
            WHERE other.facility_id = merging.facility_id
                AND other.contact_type_id = types.contact_type_id
                AND pg_temp.is_same_contact(other.contact_value, staged.contact_key)
                AND NOT other.is_active
        )
), replaced AS MATERIALIZED (
    SELECT
        former.contact_id,
        to_jsonb(present) AS before
    FROM unrepeated_contacts AS former
    JOIN facility_contacts AS present USING (contact_id)
    WHERE former.is_only_record
        AND former.is_imported_primary
        AND (former.row_no IN (SELECT row_no FROM replacing)) IS TRUE
), updated AS (
    UPDATE facility_contacts AS present
    SET
        is_primary = false,
        updated_at = now(),
        updated_by = $1::integer
    FROM replaced
    WHERE present.contact_id = replaced.contact_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after)
SELECT
    updated.facility_id,
    'facility_contacts',
    updated.contact_id,
    'update',
    replaced.before,
    to_jsonb(updated)
FROM updated
JOIN replaced USING (contact_id);

-- name: release_primary_contacts
-- Who looks for the primary contact that can be called would find none, where a person switched it off and left its mark:
-- it gives way where the facility has others to call. $1 is the actor's user_id.
WITH released AS (
    SELECT
        former.contact_id,
        to_jsonb(former) AS before
    FROM merging
    JOIN facility_contacts AS former USING (facility_id)
    WHERE merging.met_by NOT IN ('new', 'content', 'superseded')
        AND merging.row_no IN (
            SELECT row_no
            FROM staged_contacts
            UNION ALL
            SELECT row_no
            FROM staged_ended_contacts
        )
        AND former.is_primary
        AND NOT former.is_active
        AND (
            SELECT bool_or(other.is_active) AND NOT bool_or(other.is_active AND other.is_primary)
            FROM facility_contacts AS other
            WHERE other.facility_id = former.facility_id
        )
), updated AS (
    UPDATE facility_contacts AS present
    SET
        is_primary = false,
        updated_at = now(),
        updated_by = $1::integer
    FROM released
    WHERE present.contact_id = released.contact_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after)
SELECT
    updated.facility_id,
    'facility_contacts',
    updated.contact_id,
    'update',
    released.before,
    to_jsonb(updated)
FROM updated
JOIN released USING (contact_id);

-- name: give_primary_contacts
-- A facility without a primary contact gets one: of the contacts that can be called the first one that the record gives,
-- else the oldest; a record may only say that the former one is out of use. One that it calls so is not given, though a
-- person has switched it on. $1 is the actor's user_id.
WITH lacking AS MATERIALIZED (
    SELECT
        merging.row_no,
        merging.facility_id
    FROM merging
    WHERE merging.met_by NOT IN ('new', 'content', 'superseded')
        AND merging.row_no IN (
            SELECT row_no
            FROM staged_contacts
            UNION ALL
            SELECT row_no
            FROM staged_ended_contacts
        )
        AND NOT EXISTS (
            SELECT
            FROM facility_contacts AS other
            WHERE other.facility_id = merging.facility_id
                AND other.is_primary
        )
), given AS (
    SELECT DISTINCT ON (present.facility_id)
        present.contact_id,
        to_jsonb(present) AS before
    FROM lacking
    JOIN facility_contacts AS present USING (facility_id)
    JOIN contact_types AS types USING (contact_type_id)
    LEFT JOIN staged_contacts AS staged
        ON staged.row_no = lacking.row_no
        AND staged.contact_type = types.type_name
        AND pg_temp.is_same_contact(present.contact_value, staged.contact_key)
    WHERE present.is_active
        AND NOT EXISTS (
            SELECT
            FROM staged_ended_contacts AS ended
            WHERE ended.row_no = lacking.row_no
                AND ended.contact_type = types.type_name
                AND pg_temp.is_same_contact(present.contact_value, ended.contact_key)
        )
    ORDER BY
        present.facility_id,
        staged.position,
        present.contact_id
), updated AS (
    UPDATE facility_contacts AS present
    SET
        is_primary = true,
        updated_at = now(),
        updated_by = $1::integer
    FROM given
    WHERE present.contact_id = given.contact_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after)
SELECT
    updated.facility_id,
    'facility_contacts',
    updated.contact_id,
    'update',
    given.before,
    to_jsonb(updated)
FROM updated
JOIN given USING (contact_id);

-- name: insert_contacts_of_met
-- A number that is there in another spelling, or that a person switched off, is not added again. What is there is left out
-- by NOT IN, which is hashed: a facility may have thousands of contacts (5,000 compared each with each took 106 s).
WITH present AS MATERIALIZED (
    SELECT
        known.facility_id,
        known.contact_type_id,
        kind.is_number,
        pg_temp.contact_key(known.contact_value, kind.is_number) AS contact_key
    FROM facility_contacts AS known
    CROSS JOIN (VALUES (true), (false)) AS kind (is_number)
    WHERE known.facility_id IN (SELECT facility_id FROM merging WHERE met_by <> 'superseded')
        AND known.contact_type_id IS NOT NULL -- a null is not unequal to anything
        AND known.contact_value IS NOT NULL
), lacking AS (
    SELECT
        nextval($2::regclass) AS contact_id,
        merging.facility_id,
        types.contact_type_id,
        staged.contact_value,
        staged.contact_person_name,
        CASE
            -- What a trigger drops is withdrawn, and leaves the place to the next one.
            WHEN merging.met_by = 'new' THEN staged.position = min(staged.position) OVER (PARTITION BY merging.row_no)
            ELSE staged.position = 0 AND NOT EXISTS (
                SELECT
                FROM facility_contacts AS other
                WHERE other.facility_id = merging.facility_id
                    AND other.is_primary
            )
        END AS is_primary,
        merging.row_no
    FROM staged_contacts AS staged
    JOIN merging USING (row_no)
    JOIN contact_types AS types ON types.type_name = staged.contact_type
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND (merging.facility_id, types.contact_type_id, staged.contact_key ~ '^[0-9]+$', staged.contact_key) NOT IN (
            SELECT
                facility_id,
                contact_type_id,
                is_number,
                contact_key
            FROM present
        )
    ORDER BY
        merging.facility_id,
        staged.position
), inserted AS (
    INSERT INTO facility_contacts (
        contact_id,
        facility_id,
        contact_type_id,
        contact_value,
        contact_person_name,
        is_primary,
        is_active,
        created_at,
        updated_at,
        created_by,
        updated_by
    )
    SELECT
        contact_id,
        facility_id,
        contact_type_id,
        contact_value,
        contact_person_name,
        is_primary,
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
    'facility_contacts',
    lacking.contact_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (contact_id);

-- name: note_contacts_out_of_use
-- What one source gives as a number to call, and another one called out of use, stays switched off; that is told. As in
-- insert_contacts_of_met, what is there is looked up in a hash: IS TRUE keeps the planner from joining it in a loop (500
-- facilities with new numbers were compared each with each).
INSERT INTO staged_issues (row_no, kind, field, raw_value)
WITH out_of_use AS MATERIALIZED (
    SELECT
        known.facility_id,
        known.contact_type_id,
        kind.is_number,
        pg_temp.contact_key(known.contact_value, kind.is_number) AS contact_key
    FROM facility_contacts AS known
    CROSS JOIN (VALUES (true), (false)) AS kind (is_number)
    WHERE known.facility_id IN (SELECT facility_id FROM merging WHERE met_by NOT IN ('new', 'superseded'))
        -- Asked first, as above.
        AND EXISTS (
            SELECT
            FROM etl.changes
            WHERE changes.table_name = 'facility_contacts'
                AND changes.operation = 'update'
        )
    GROUP BY
        known.facility_id,
        known.contact_type_id,
        kind.is_number,
        pg_temp.contact_key(known.contact_value, kind.is_number)
    HAVING bool_and(NOT known.is_active AND pg_temp.last_left(known.contact_id, 'is_active') IS FALSE)
)
SELECT
    staged.row_no,
    'contact_out_of_use',
    'contacts',
    staged.contact_value
FROM staged_contacts AS staged
JOIN merging USING (row_no)
JOIN contact_types AS types ON types.type_name = staged.contact_type
WHERE merging.met_by NOT IN ('new', 'superseded')
    AND (
        (merging.facility_id, types.contact_type_id, staged.contact_key ~ '^[0-9]+$', staged.contact_key) IN (
            SELECT
                facility_id,
                contact_type_id,
                is_number,
                contact_key
            FROM out_of_use
        )
    ) IS TRUE
GROUP BY
    staged.row_no,
    staged.position,
    staged.contact_value;

-- name: note_contacts_not_repeated
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    former.row_no,
    'contact_not_repeated',
    'contacts',
    present.contact_value
FROM unrepeated_contacts AS former
JOIN facility_contacts AS present USING (contact_id)
WHERE former.is_only_record;

-- name: note_kept_people
-- Nothing shows whether the importer or a person wrote, or removed, the name beside a number: it is kept, and if the
-- record names somebody else, that is an issue. Looked up as in note_contacts_out_of_use.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
WITH present AS MATERIALIZED (
    SELECT
        known.facility_id,
        known.contact_type_id,
        kind.is_number,
        pg_temp.contact_key(known.contact_value, kind.is_number) AS contact_key,
        known.is_active,
        lower(known.contact_person_name) AS person
    FROM facility_contacts AS known
    CROSS JOIN (VALUES (true), (false)) AS kind (is_number)
    WHERE known.facility_id IN (SELECT facility_id FROM merging WHERE met_by NOT IN ('new', 'superseded'))
        AND known.contact_type_id IS NOT NULL -- a null is not unequal to anything
        AND known.contact_value IS NOT NULL
), naming AS MATERIALIZED (
    SELECT
        staged.row_no,
        staged.position,
        staged.contact_value,
        staged.contact_key,
        staged.contact_key ~ '^[0-9]+$' AS is_number,
        lower(staged.contact_person_name) AS person,
        types.contact_type_id,
        merging.facility_id
    FROM staged_contacts AS staged
    JOIN merging USING (row_no)
    JOIN contact_types AS types ON types.type_name = staged.contact_type
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND staged.contact_person_name <> ''
)
SELECT
    row_no,
    'contact_person_kept',
    'contacts',
    contact_value
FROM naming
WHERE (
        (facility_id, contact_type_id, is_number, contact_key) IN (
            SELECT
                facility_id,
                contact_type_id,
                is_number,
                contact_key
            FROM present
            WHERE is_active
                AND person IS NOT NULL
        )
    ) IS TRUE
    AND (facility_id, contact_type_id, is_number, contact_key) NOT IN (
        SELECT
            facility_id,
            contact_type_id,
            is_number,
            contact_key
        FROM present
        WHERE NOT is_active
    )
    AND (facility_id, contact_type_id, is_number, contact_key, person) NOT IN (
        SELECT
            facility_id,
            contact_type_id,
            is_number,
            contact_key,
            person
        FROM present
        WHERE person IS NOT NULL
    )
GROUP BY
    row_no,
    position,
    contact_value;

-- name: insert_coordinates_of_new
INSERT INTO facility_coordinates (
    coordinate_id,
    facility_id,
    latitude,
    longitude,
    collection_date,
    data_source,
    collection_method,
    is_active,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    nextval($2::regclass),
    located.facility_id,
    located.latitude::numeric(10, 8),
    located.longitude::numeric(11, 8),
    coalesce(located.collected_on::date, current_date),
    left(located.source, 100),
    'imported',
    true,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM (
    SELECT
        merging.facility_id,
        staged.latitude,
        staged.longitude,
        staged.collected_on,
        staged.source
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by = 'new'
    UNION ALL
    SELECT
        facility_id,
        latitude,
        longitude,
        collected_on,
        source
    FROM staged_coordinates -- of lone records; one of the two is empty
) AS located
WHERE located.latitude IS NOT NULL
ORDER BY located.facility_id;

-- name: insert_coordinates_of_met
WITH lacking AS (
    SELECT
        nextval($2::regclass) AS coordinate_id,
        merging.facility_id,
        staged.latitude::numeric(10, 8) AS latitude,
        staged.longitude::numeric(11, 8) AS longitude,
        coalesce(staged.collected_on::date, current_date) AS collection_date,
        left(staged.source, 100) AS data_source,
        merging.row_no
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND staged.latitude IS NOT NULL
        AND NOT EXISTS (
            SELECT
            FROM facility_coordinates AS present
            WHERE present.facility_id = merging.facility_id
                AND (
                    present.is_active
                    -- A person has switched this very point off.
                    OR (present.latitude, present.longitude)
                        = (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
                )
        )
), inserted AS (
    INSERT INTO facility_coordinates (
        coordinate_id,
        facility_id,
        latitude,
        longitude,
        collection_date,
        data_source,
        collection_method,
        is_active,
        created_at,
        updated_at,
        created_by,
        updated_by
    )
    SELECT
        coordinate_id,
        facility_id,
        latitude,
        longitude,
        collection_date,
        data_source,
        'imported',
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
    'facility_coordinates',
    lacking.coordinate_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (coordinate_id);

-- name: note_kept_points
-- A point that a person collected is kept; if the record says that the facility is elsewhere, that is an issue.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'manual_edit_kept',
    'coordinates',
    format('%s, %s', staged.latitude, staged.longitude)
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN facility_coordinates AS present USING (facility_id)
WHERE merging.met_by NOT IN ('new', 'superseded')
    AND present.is_active
    AND present.collection_method <> 'imported'
    AND staged.latitude IS NOT NULL
    AND (present.latitude, present.longitude)
        IS DISTINCT FROM (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
    AND NOT EXISTS (
        SELECT
        FROM ranked_fields AS ranked
        WHERE ranked.row_no = merging.row_no
            AND ranked.field = 'coordinates'
            AND ranked.is_outranked
    );

-- name: update_coordinates
-- One active point per facility: it moves, and its former place is in the change. A point that was not imported (a
-- person collected it) is kept if $2 says that manual edits are. So is a point of which the record has a rounding: a
-- spreadsheet's -1.3, 36.9 for -1.310123, 36.875123 says nothing new, and would move the facility by three kilometres.
WITH moved AS (
    SELECT
        merging.row_no,
        present.facility_id,
        present.coordinate_id,
        to_jsonb(present) AS before,
        staged.latitude::numeric(10, 8) AS latitude,
        staged.longitude::numeric(11, 8) AS longitude,
        coalesce(staged.collected_on::date, current_date) AS collection_date,
        left(staged.source, 100) AS data_source
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facility_coordinates AS present USING (facility_id)
    CROSS JOIN LATERAL (
        SELECT greatest(
            scale(trim_scale(staged.latitude::numeric)),
            scale(trim_scale(staged.longitude::numeric))
        ) AS decimals
    ) AS said
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND present.is_active
        AND staged.latitude IS NOT NULL
        AND (present.latitude, present.longitude)
            IS DISTINCT FROM (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
        AND (round(present.latitude, said.decimals), round(present.longitude, said.decimals))
            IS DISTINCT FROM (staged.latitude::numeric, staged.longitude::numeric)
        AND (trunc(present.latitude, said.decimals), trunc(present.longitude, said.decimals))
            IS DISTINCT FROM (staged.latitude::numeric, staged.longitude::numeric)
        AND (NOT $2::boolean OR present.collection_method = 'imported')
        AND NOT EXISTS (
            SELECT
            FROM ranked_fields AS ranked
            WHERE ranked.row_no = merging.row_no
                AND ranked.field = 'coordinates'
                AND ranked.is_outranked
        )
), updated AS (
    UPDATE facility_coordinates AS present
    SET
        latitude = moved.latitude,
        longitude = moved.longitude,
        collection_date = moved.collection_date,
        data_source = moved.data_source,
        collection_method = 'imported',
        updated_at = now(),
        updated_by = $1::integer
    FROM moved
    WHERE present.coordinate_id = moved.coordinate_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after, said)
SELECT
    moved.facility_id,
    'facility_coordinates',
    moved.coordinate_id,
    'update',
    moved.before,
    to_jsonb(updated),
    CASE WHEN $3::boolean THEN to_jsonb(moved) - 'before' END
FROM moved
LEFT JOIN updated USING (coordinate_id);

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
