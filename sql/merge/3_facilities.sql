-- Facilities: insert what is new, update what differs. $1 is the actor's user_id; $2 of the inserts is the status of a
-- new facility for which no source states one, if the directory requires one.

-- name: insert_new_facilities_fresh
INSERT INTO facilities (
    facility_id,
    facility_name,
    facility_code,
    registration_number,
    facility_type,
    address_line_1,
    is_active,
    description,
    website_url,
    operational_status_id,
    ward_id,
    updated_at,
    created_by,
    updated_by
)
SELECT
    merging.facility_id,
    staged.facility_name,
    coalesce(staged.facility_code, staged.generated_code),
    staged.registration_number,
    staged.facility_type,
    coalesce(staged.address, ''),
    coalesce(staged.is_active, true),
    coalesce(staged.description, ''),
    coalesce(staged.website_url, ''),
    statuses.operational_status_id,
    staged.ward_id,
    now(),
    $1::integer,
    $1::integer
FROM merging
JOIN staged_records AS staged USING (row_no)
LEFT JOIN operational_statuses AS statuses ON statuses.status_name = coalesce(staged.operational_status, $2)
WHERE merging.met_by = 'new';

-- name: insert_new_facilities_managed
-- No column has a default here. registration_number must be filled and unique: the facility's code stands in for a
-- missing one, or the code with a dash before it if another facility bears that very number.
INSERT INTO facilities (
    facility_id,
    facility_name,
    facility_code,
    registration_number,
    address_line_1,
    address_line_2,
    is_active,
    description,
    website_url,
    operational_status_id,
    ward_id,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    merging.facility_id,
    staged.facility_name,
    coalesce(staged.facility_code, staged.generated_code),
    coalesce(
        staged.registration_number,
        CASE
            WHEN EXISTS (
                SELECT
                FROM facilities AS bearer
                WHERE bearer.registration_number = coalesce(staged.facility_code, staged.generated_code)
            )
            OR EXISTS (
                SELECT
                FROM staged_records AS claimant
                WHERE claimant.registration_number = coalesce(staged.facility_code, staged.generated_code)
            ) THEN '-'
            ELSE ''
        END || coalesce(staged.facility_code, staged.generated_code)
    ),
    coalesce(staged.address, ''),
    '',
    coalesce(staged.is_active, true),
    coalesce(staged.description, ''),
    coalesce(staged.website_url, ''),
    statuses.operational_status_id,
    staged.ward_id,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM merging
JOIN staged_records AS staged USING (row_no)
LEFT JOIN operational_statuses AS statuses ON statuses.status_name = coalesce(staged.operational_status, $2)
WHERE merging.met_by = 'new';

-- name: find_ranked_fields
-- A source may overwrite only what a source of equal or lower rank wrote. If it was not recorded which one wrote it
-- (the ranks are new), it is the source of all records of the facility. source is the one whose value the facility has;
-- for the defaults of a new facility it is null. A point says who wrote it, and may have been confirmed by another one
-- since: the higher of the two counts.
INSERT INTO ranked_fields (row_no, field, source, said, differs, is_outranked)
SELECT
    merging.row_no,
    value.field,
    CASE WHEN outranked.is_so THEN present.source ELSE staged.source END,
    value.said,
    value.present IS DISTINCT FROM value.said,
    outranked.is_so
FROM merging
JOIN staged_records AS staged USING (row_no)
LEFT JOIN facilities USING (facility_id)
LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
LEFT JOIN operational_statuses AS statuses ON statuses.operational_status_id = facilities.operational_status_id
LEFT JOIN wards AS present_wards ON present_wards.ward_id = facilities.ward_id
LEFT JOIN wards AS said_wards ON said_wards.ward_id = staged.ward_id
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = merging.facility_id
    AND point.is_active
LEFT JOIN LATERAL (
    SELECT min(known.source) AS source
    FROM etl.facility_source AS known
    WHERE known.facility_id = merging.facility_id
        AND NOT known.is_superseded
    HAVING count(DISTINCT known.source) = 1
) AS sole ON true
CROSS JOIN LATERAL (
    VALUES
        ('facility_name', facilities.facility_name::text, staged.facility_name, NULL),
        ('facility_code', facilities.facility_code, staged.facility_code, NULL),
        -- The facility's code stands in for a missing number.
        (
            'registration_number',
            CASE
                WHEN ltrim(facilities.registration_number, '-') <> facilities.facility_code
                    THEN facilities.registration_number
            END,
            staged.registration_number,
            NULL
        ),
        ('operational_status', statuses.status_name, staged.operational_status, NULL),
        (
            'ward_name',
            present_wards.ward_name || ' (ward_id ' || present_wards.ward_id || ')',
            said_wards.ward_name || ' (ward_id ' || said_wards.ward_id || ')',
            NULL
        ),
        ('is_active', facilities.is_active::text, staged.is_active::text, NULL),
        ('address', facilities.address_line_1, staged.address, NULL),
        ('description', facilities.description, staged.description, NULL),
        ('website_url', facilities.website_url, staged.website_url, NULL),
        ('facility_type', imported.facility_type, staged.facility_type, NULL),
        (
            'coordinates',
            point.latitude || ', ' || point.longitude,
            staged.latitude::numeric(10, 8) || ', ' || staged.longitude::numeric(11, 8),
            point.data_source
        )
) AS value (field, present, said, source)
LEFT JOIN LATERAL (
    SELECT
        ranks.source,
        ranks.rank
    FROM source_ranks AS ranks
    WHERE ranks.field = value.field
        AND ranks.source IN (
            value.source,
            CASE
                WHEN imported.field_sources ? value.field THEN imported.field_sources ->> value.field
                ELSE sole.source
            END
        )
    ORDER BY ranks.rank
    LIMIT 1
) AS present ON true
LEFT JOIN source_ranks AS own
    ON own.field = value.field
    AND own.source = staged.source
CROSS JOIN LATERAL (
    SELECT coalesce(value.present <> '' AND present.rank < coalesce(own.rank, 2147483647), false) AS is_so
) AS outranked
WHERE value.said IS NOT NULL
    AND merging.met_by <> 'superseded'
    AND EXISTS (SELECT FROM source_ranks AS ranked WHERE ranked.field = value.field);

-- name: withdraw_outranked_numbers
-- A number that will not be written is not claimed, either.
UPDATE staged_records AS staged
SET registration_number = NULL
FROM ranked_fields AS ranked
WHERE ranked.row_no = staged.row_no
    AND ranked.field = 'registration_number'
    AND ranked.is_outranked;

-- name: note_outranked
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    row_no,
    'source_outranked',
    field,
    said
FROM ranked_fields
WHERE is_outranked
    AND differs;

-- name: fill_wanted_facilities
-- $1: whether a field that a person has changed since the last import is kept.
INSERT INTO wanted_facilities (
    row_no,
    facility_id,
    facility_name,
    facility_code,
    registration_number,
    operational_status_id,
    ward_id,
    is_active,
    address_line_1,
    description,
    website_url,
    facility_type,
    edited_fields,
    kept_fields
)
SELECT
    staged.row_no,
    facilities.facility_id,
    CASE
        WHEN edited.name OR 'facility_name' = ANY (outranked.fields) THEN facilities.facility_name
        ELSE staged.facility_name
    END,
    CASE
        WHEN edited.code OR 'facility_code' = ANY (outranked.fields) OR staged.facility_code IS NULL
            THEN facilities.facility_code
        -- Another facility bears the code: this one was met by its content or key, and keeps the code that it got then.
        WHEN EXISTS (
            SELECT
            FROM facilities AS bearer
            WHERE bearer.facility_code = staged.facility_code
                AND bearer.facility_id <> facilities.facility_id
        ) THEN facilities.facility_code
        ELSE staged.facility_code
    END,
    CASE
        WHEN edited.number OR 'registration_number' = ANY (outranked.fields) THEN facilities.registration_number
        ELSE coalesce(staged.registration_number, facilities.registration_number)
    END,
    CASE
        WHEN edited.status OR 'operational_status' = ANY (outranked.fields) THEN facilities.operational_status_id
        ELSE coalesce(statuses.operational_status_id, facilities.operational_status_id)
    END,
    CASE
        WHEN edited.ward OR 'ward_name' = ANY (outranked.fields) THEN facilities.ward_id
        ELSE coalesce(staged.ward_id::integer, facilities.ward_id)
    END,
    CASE
        WHEN edited.active OR 'is_active' = ANY (outranked.fields) THEN facilities.is_active
        ELSE coalesce(staged.is_active, facilities.is_active)
    END,
    CASE
        WHEN edited.address OR 'address' = ANY (outranked.fields) THEN facilities.address_line_1
        ELSE coalesce(staged.address, facilities.address_line_1)
    END,
    CASE
        WHEN edited.description OR 'description' = ANY (outranked.fields) THEN facilities.description
        ELSE coalesce(staged.description, facilities.description)
    END,
    CASE
        WHEN edited.website OR 'website_url' = ANY (outranked.fields) THEN facilities.website_url
        ELSE coalesce(staged.website_url, facilities.website_url)
    END,
    CASE
        WHEN 'facility_type' = ANY (outranked.fields) THEN imported.facility_type
        ELSE coalesce(staged.facility_type, imported.facility_type)
    END,
    array_remove(
        ARRAY[
            CASE WHEN edited.name THEN 'facility_name' END,
            CASE WHEN edited.code THEN 'facility_code' END,
            CASE WHEN edited.number THEN 'registration_number' END,
            CASE WHEN edited.status THEN 'operational_status' END,
            CASE WHEN edited.ward THEN 'ward_name' END,
            CASE WHEN edited.active THEN 'is_active' END,
            CASE WHEN edited.address THEN 'address' END,
            CASE WHEN edited.description THEN 'description' END,
            CASE WHEN edited.website THEN 'website_url' END
        ],
        NULL
    ),
    array_remove(
        ARRAY[
            CASE WHEN edited.name AND staged.facility_name <> facilities.facility_name THEN 'facility_name' END,
            CASE WHEN edited.code AND staged.facility_code <> facilities.facility_code THEN 'facility_code' END,
            CASE
                WHEN edited.number AND staged.registration_number <> facilities.registration_number
                    THEN 'registration_number'
            END,
            CASE
                WHEN edited.status AND statuses.operational_status_id <> facilities.operational_status_id
                    THEN 'operational_status'
            END,
            CASE WHEN edited.ward AND staged.ward_id <> facilities.ward_id THEN 'ward_name' END,
            CASE WHEN edited.active AND staged.is_active <> facilities.is_active THEN 'is_active' END,
            CASE WHEN edited.address AND staged.address <> facilities.address_line_1 THEN 'address' END,
            CASE WHEN edited.description AND staged.description <> facilities.description THEN 'description' END,
            CASE WHEN edited.website AND staged.website_url <> facilities.website_url THEN 'website_url' END
        ],
        NULL
    )
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN facilities USING (facility_id)
LEFT JOIN operational_statuses AS statuses ON statuses.status_name = staged.operational_status
LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
LEFT JOIN (
    SELECT
        row_no,
        array_agg(field) AS fields
    FROM ranked_fields
    WHERE is_outranked
    GROUP BY row_no
) AS outranked USING (row_no)
CROSS JOIN LATERAL (
    SELECT
        is_kept AND facilities.facility_name IS DISTINCT FROM imported.facility_name AS name,
        is_kept AND facilities.facility_code IS DISTINCT FROM imported.facility_code AS code,
        is_kept AND facilities.registration_number IS DISTINCT FROM imported.registration_number AS number,
        is_kept AND facilities.operational_status_id IS DISTINCT FROM imported.operational_status_id AS status,
        is_kept AND facilities.ward_id IS DISTINCT FROM imported.ward_id AS ward,
        is_kept AND facilities.is_active IS DISTINCT FROM imported.is_active AS active,
        is_kept AND facilities.address_line_1 IS DISTINCT FROM imported.address_line_1 AS address,
        is_kept AND facilities.description IS DISTINCT FROM imported.description AS description,
        is_kept AND facilities.website_url IS DISTINCT FROM imported.website_url AS website
    FROM (SELECT $1::boolean AND imported.facility_id IS NOT NULL AS is_kept) AS setting
) AS edited
WHERE merging.met_by NOT IN ('new', 'superseded');

-- name: keep_edited_types
-- A fresh directory has the facility's type too. $1 as above.
UPDATE wanted_facilities AS wanted
SET
    facility_type = facilities.facility_type,
    edited_fields = wanted.edited_fields || 'facility_type'::text,
    kept_fields = CASE
        WHEN wanted.facility_type <> facilities.facility_type THEN wanted.kept_fields || 'facility_type'::text
        ELSE wanted.kept_fields
    END
FROM facilities
JOIN etl.imported_facilities AS imported USING (facility_id)
WHERE $1::boolean
    AND facilities.facility_id = wanted.facility_id
    AND facilities.facility_type IS DISTINCT FROM imported.facility_type;

-- name: follow_codes
-- In a managed directory the code stands in for a missing number: if a facility gets another code, the new one does,
-- as insert_new_facilities_managed would have it. Else the former code would pass for a number.
UPDATE wanted_facilities AS wanted
SET registration_number = CASE
        WHEN EXISTS (
            SELECT
            FROM facilities AS bearer
            WHERE bearer.registration_number = wanted.facility_code
        )
        OR EXISTS (
            SELECT
            FROM staged_records AS claimant
            WHERE claimant.registration_number = wanted.facility_code
        ) THEN '-'
        ELSE ''
    END || wanted.facility_code
FROM facilities
WHERE facilities.facility_id = wanted.facility_id
    AND facilities.facility_code <> wanted.facility_code
    AND facilities.registration_number = wanted.registration_number
    AND ltrim(facilities.registration_number, '-') = facilities.facility_code
    AND NOT 'registration_number' = ANY (wanted.edited_fields);

-- name: note_kept_edits
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    row_no,
    'manual_edit_kept',
    kept_field,
    NULL
FROM wanted_facilities
CROSS JOIN unnest(kept_fields) AS kept_field;

-- name: note_kept_wards
-- A record without a sure ward leaves the one that is there. Where it is sure to be in another constituency or county, a
-- person is told, in every run: the directory sends people to where its source no longer says that it is.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'ward_kept',
    'ward_name',
    wards.ward_name || ' (' || constituencies.constituency_name || ', ' || counties.county_name || ')'
FROM wanted_facilities AS wanted
JOIN staged_records AS staged USING (row_no)
JOIN wards ON wards.ward_id = wanted.ward_id
JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
JOIN counties ON counties.county_id = constituencies.county_id
WHERE staged.ward_id IS NULL
    AND (
        staged.constituency_id <> constituencies.constituency_id
        OR staged.county_id <> counties.county_id
    );

-- name: find_differing_facilities
-- The before image of what will be updated; its after image is added after the update.
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facilities.facility_id,
    'facilities',
    facilities.facility_id,
    'update',
    to_jsonb(facilities)
FROM wanted_facilities AS wanted
JOIN facilities USING (facility_id)
WHERE (
    wanted.facility_name,
    wanted.facility_code,
    wanted.registration_number,
    wanted.operational_status_id,
    wanted.ward_id,
    wanted.is_active,
    wanted.address_line_1,
    wanted.description,
    wanted.website_url
) IS DISTINCT FROM (
    facilities.facility_name,
    facilities.facility_code,
    facilities.registration_number,
    facilities.operational_status_id,
    facilities.ward_id,
    facilities.is_active,
    facilities.address_line_1,
    facilities.description,
    facilities.website_url
);

-- name: find_differing_types
-- A fresh directory has the facility's type too.
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    facilities.facility_id,
    'facilities',
    facilities.facility_id,
    'update',
    to_jsonb(facilities)
FROM wanted_facilities AS wanted
JOIN facilities USING (facility_id)
WHERE wanted.facility_type IS DISTINCT FROM facilities.facility_type
    AND wanted.facility_type IS NOT NULL
    AND NOT EXISTS (SELECT FROM batch_changes WHERE batch_changes.facility_id = facilities.facility_id);

-- name: update_facilities
UPDATE facilities
SET
    facility_name = wanted.facility_name,
    facility_code = wanted.facility_code,
    registration_number = wanted.registration_number,
    operational_status_id = wanted.operational_status_id,
    ward_id = wanted.ward_id,
    is_active = wanted.is_active,
    address_line_1 = wanted.address_line_1,
    description = wanted.description,
    website_url = wanted.website_url,
    updated_at = now(),
    updated_by = $1::integer
FROM wanted_facilities AS wanted
JOIN batch_changes AS changes ON changes.row_id = wanted.facility_id AND changes.table_name = 'facilities'
WHERE facilities.facility_id = wanted.facility_id;

-- name: update_facility_types
UPDATE facilities
SET facility_type = wanted.facility_type
FROM wanted_facilities AS wanted
JOIN batch_changes AS changes ON changes.row_id = wanted.facility_id AND changes.table_name = 'facilities'
WHERE facilities.facility_id = wanted.facility_id
    AND wanted.facility_type IS DISTINCT FROM facilities.facility_type
    AND wanted.facility_type IS NOT NULL;

-- name: add_after_images
UPDATE batch_changes AS changes
SET after = to_jsonb(facilities)
FROM facilities
WHERE facilities.facility_id = changes.facility_id
    AND changes.table_name = 'facilities';
