-- The contact that survivors are sent to first: it gives way where its source replaces it, or where it is out of use, and
-- a facility that is left without one gets another.

-- name: find_unrepeated_contacts
-- A source that gives another number in place of its own does not say so; a landline may take the place of a mobile. $1
-- is the run_no. What a record repeats is left out by IN, which is hashed, and images are looked for once for all that
-- came at one time: 2,000 facilities that came a second time were compared each with each (78 s), and so were the
-- contacts of one facility (36 s for 5,000).
INSERT INTO unrepeated_contacts (row_no, contact_id, is_only_record, is_imported_primary)
WITH said AS MATERIALIZED (
    SELECT
        staged.row_no,
        CASE staged.contact_type WHEN 'Mobile' THEN 'Phone' ELSE staged.contact_type END AS line_kind,
        staged.contact_key,
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
        -- IS NOT TRUE: a managed database may have a contact without a value, which nobody repeats.
        AND (
            (saying.row_no, saying.line_kind, pg_temp.contact_key(present.contact_value, true)) IN (
                SELECT
                    row_no,
                    line_kind,
                    contact_key
                FROM said
            )
        ) IS NOT TRUE
        AND (
            (saying.row_no, saying.line_kind, pg_temp.contact_key(present.contact_value, false)) IN (
                SELECT
                    row_no,
                    line_kind,
                    contact_key
                FROM said
            )
        ) IS NOT TRUE
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
    -- A source with several records of a facility says in one what it does not in another, also in one that this run
    -- reinstated.
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
    -- What the record's source gave: the image of a contact's insertion tells it, or that of the insertion of its
    -- facility, with which it came; of this one the contact_id is null.
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
), former AS (
    SELECT
        *,
        (row_no, created_at) IN (SELECT row_no, created_at FROM given WHERE contact_id IS NULL) AS is_with_facility,
        (row_no, created_at, contact_id) IN (
            SELECT
                row_no,
                created_at,
                contact_id
            FROM given
            WHERE contact_id IS NOT NULL
        ) AS is_by_itself
    FROM unsaid
)
SELECT
    row_no,
    contact_id,
    row_no IN (SELECT row_no FROM only_records),
    -- Not what a person made the primary contact: the last image of a contact says what an import left, else its
    -- insertion does, and of those that came with the facility the first was the primary one.
    is_primary
        AND coalesce(
            pg_temp.last_left(contact_id, 'is_primary'),
            CASE
                WHEN is_with_facility THEN NOT EXISTS (
                    SELECT
                    FROM facility_contacts AS earlier
                    WHERE earlier.facility_id = former.facility_id
                        AND earlier.created_at = former.created_at
                        AND earlier.contact_id < former.contact_id
                )
                ELSE (row_no, contact_id) IN (SELECT row_no, contact_id FROM given WHERE is_primary)
            END
        )
FROM former
WHERE is_with_facility
    OR is_by_itself;

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
