-- Contacts. What is there is never changed, only switched off and on. It has two keys, that of a number and that of a text
-- (pg_temp.contact_key), and is what a record gives if either is the record's. The parameters are as in 4_children.sql.
-- Which contact is the primary one: 4_primary_contacts.sql.

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
-- call was unreachable for a month. Once each: a record that came before in the same words says nothing new.
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
        -- What an import has switched off and is active all the same, a person switched on again; and what a person
        -- switched off stays off.
        AND stated.is_active = (pg_temp.last_left(present.contact_id, 'is_active') IS FALSE)
        AND (
            NOT stated.is_active
            -- Another source's word switches nothing on, or the two would switch it by turns.
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

-- name: insert_contacts_of_met
-- A number that is there in another spelling, or that a person switched off, is not added again. What is there is left out
-- by NOT IN, which is hashed: a facility may have thousands of contacts (5,000 compared each with each took 106 s).
WITH present AS MATERIALIZED (
    SELECT
        known.facility_id,
        known.contact_type_id,
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
        AND (merging.facility_id, types.contact_type_id, staged.contact_key) NOT IN (
            SELECT
                facility_id,
                contact_type_id,
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
        (merging.facility_id, types.contact_type_id, staged.contact_key) IN (
            SELECT
                facility_id,
                contact_type_id,
                contact_key
            FROM out_of_use
        )
    ) IS TRUE
GROUP BY
    staged.row_no,
    staged.position,
    staged.contact_value;

-- name: note_kept_people
-- Nothing shows whether the importer or a person wrote, or removed, the name beside a number: it is kept, and if the
-- record names somebody else, that is an issue. Looked up as in note_contacts_out_of_use.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
WITH present AS MATERIALIZED (
    SELECT
        known.facility_id,
        known.contact_type_id,
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
        (facility_id, contact_type_id, contact_key) IN (
            SELECT
                facility_id,
                contact_type_id,
                contact_key
            FROM present
            WHERE is_active
                AND person IS NOT NULL
        )
    ) IS TRUE
    AND (facility_id, contact_type_id, contact_key) NOT IN (
        SELECT
            facility_id,
            contact_type_id,
            contact_key
        FROM present
        WHERE NOT is_active
    )
    AND (facility_id, contact_type_id, contact_key, person) NOT IN (
        SELECT
            facility_id,
            contact_type_id,
            contact_key,
            person
        FROM present
        WHERE person IS NOT NULL
    )
GROUP BY
    row_no,
    position,
    contact_value;
