-- What the import left of each facility, its generated code, and images of what was changed: by these edits are known,
-- and a run is taken back. $1 is the run's run_no.

-- name: save_imported
-- New facilities, and those that were in the directory before an import met them. What a new one has in a ranked field
-- of which its record says nothing, such as the status Unknown, was written by no source: any may overwrite it.
INSERT INTO etl.imported_facilities (
    facility_id,
    run_no,
    facility_name,
    facility_code,
    registration_number,
    facility_type,
    operational_status_id,
    ward_id,
    is_active,
    address_line_1,
    description,
    website_url,
    official_name,
    facility_level,
    opening,
    sub_county_name,
    constituency_id,
    county_id,
    place_level,
    ward_match,
    ward_score,
    ward_candidates,
    quality_score,
    recorded_on,
    field_sources
)
SELECT
    facilities.facility_id,
    $1::integer,
    facilities.facility_name,
    facilities.facility_code,
    facilities.registration_number,
    staged.facility_type,
    facilities.operational_status_id,
    facilities.ward_id,
    facilities.is_active,
    facilities.address_line_1,
    facilities.description,
    facilities.website_url,
    staged.official_name,
    staged.facility_level,
    staged.opening,
    staged.sub_county_name,
    staged.constituency_id,
    staged.county_id,
    staged.place_level,
    staged.ward_match,
    staged.ward_score,
    staged.ward_candidates,
    staged.quality_score,
    staged.recorded_on::date,
    CASE WHEN merging.met_by = 'new' THEN unsaid.sources ELSE '{}' END || coalesce(ranked.sources, '{}')
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN facilities USING (facility_id)
LEFT JOIN (
    SELECT
        row_no,
        jsonb_object_agg(field, source) AS sources
    FROM ranked_fields
    GROUP BY row_no
) AS ranked USING (row_no)
CROSS JOIN (
    SELECT coalesce(jsonb_object_agg(field, NULL), '{}') AS sources
    FROM source_ranks
) AS unsaid
WHERE merging.met_by = 'new'
    OR (
        merging.met_by <> 'superseded'
        AND NOT EXISTS (
            SELECT
            FROM etl.imported_facilities AS imported
            WHERE imported.facility_id = merging.facility_id
        )
    );

-- name: update_imported
-- A field that a person edited keeps the value of the last import, so that the edit is still seen next time. A change
-- of the score alone is not written: the score moves with the neighbours that a point is compared with.
WITH updated AS (
    UPDATE etl.imported_facilities AS imported
    SET
        run_no = $1::integer,
        facility_name = latest.facility_name,
        facility_code = latest.facility_code,
        registration_number = latest.registration_number,
        facility_type = latest.facility_type,
        operational_status_id = latest.operational_status_id,
        ward_id = latest.ward_id,
        is_active = latest.is_active,
        address_line_1 = latest.address_line_1,
        description = latest.description,
        website_url = latest.website_url,
        official_name = latest.official_name,
        facility_level = latest.facility_level,
        opening = latest.opening,
        sub_county_name = latest.sub_county_name,
        constituency_id = latest.constituency_id,
        county_id = latest.county_id,
        place_level = latest.place_level,
        ward_match = latest.ward_match,
        ward_score = latest.ward_score,
        ward_candidates = latest.ward_candidates,
        quality_score = latest.quality_score,
        recorded_on = latest.recorded_on,
        field_sources = latest.field_sources
    FROM (
        SELECT
            former.facility_id,
            staged.file_no,
            CASE WHEN 'facility_name' = ANY (edited_fields) THEN former.facility_name ELSE wanted.facility_name END
                AS facility_name,
            CASE WHEN 'facility_code' = ANY (edited_fields) THEN former.facility_code ELSE wanted.facility_code END
                AS facility_code,
            CASE
                WHEN 'registration_number' = ANY (edited_fields) THEN former.registration_number
                ELSE wanted.registration_number
            END AS registration_number,
            CASE WHEN 'facility_type' = ANY (edited_fields) THEN former.facility_type ELSE wanted.facility_type END
                AS facility_type,
            CASE
                WHEN 'operational_status' = ANY (edited_fields) THEN former.operational_status_id
                ELSE wanted.operational_status_id
            END AS operational_status_id,
            CASE WHEN 'ward_name' = ANY (edited_fields) THEN former.ward_id ELSE wanted.ward_id END AS ward_id,
            CASE WHEN 'is_active' = ANY (edited_fields) THEN former.is_active ELSE wanted.is_active END AS is_active,
            CASE WHEN 'address' = ANY (edited_fields) THEN former.address_line_1 ELSE wanted.address_line_1 END
                AS address_line_1,
            CASE
                WHEN 'description' = ANY (edited_fields) THEN former.description
                ELSE wanted.description
            END AS description,
            CASE
                WHEN 'website_url' = ANY (edited_fields) THEN former.website_url
                ELSE wanted.website_url
            END AS website_url,
            coalesce(staged.official_name, former.official_name) AS official_name,
            coalesce(staged.facility_level, former.facility_level) AS facility_level,
            coalesce(staged.opening, former.opening) AS opening,
            coalesce(staged.sub_county_name, former.sub_county_name) AS sub_county_name,
            coalesce(staged.constituency_id, former.constituency_id)::integer AS constituency_id,
            coalesce(staged.county_id, former.county_id)::integer AS county_id,
            staged.place_level,
            staged.ward_match,
            staged.ward_score,
            staged.ward_candidates,
            staged.quality_score,
            coalesce(staged.recorded_on::date, former.recorded_on) AS recorded_on,
            former.field_sources || coalesce(ranked.sources, '{}') AS field_sources
        FROM wanted_facilities AS wanted
        JOIN staged_records AS staged USING (row_no)
        JOIN etl.imported_facilities AS former ON former.facility_id = wanted.facility_id
        LEFT JOIN (
            SELECT
                row_no,
                jsonb_object_agg(field, source) AS sources
            FROM ranked_fields
            GROUP BY row_no
        ) AS ranked USING (row_no)
    ) AS latest
    JOIN etl.imported_facilities AS before USING (facility_id)
    WHERE imported.facility_id = latest.facility_id
        AND (
            imported.facility_name,
            imported.facility_code,
            imported.registration_number,
            imported.facility_type,
            imported.operational_status_id,
            imported.ward_id,
            imported.is_active,
            imported.address_line_1,
            imported.description,
            imported.website_url,
            imported.official_name,
            imported.facility_level,
            imported.opening,
            imported.sub_county_name,
            imported.constituency_id,
            imported.county_id,
            imported.place_level,
            imported.ward_match,
            imported.ward_score,
            imported.ward_candidates,
            imported.recorded_on,
            imported.field_sources
        ) IS DISTINCT FROM (
            latest.facility_name,
            latest.facility_code,
            latest.registration_number,
            latest.facility_type,
            latest.operational_status_id,
            latest.ward_id,
            latest.is_active,
            latest.address_line_1,
            latest.description,
            latest.website_url,
            latest.official_name,
            latest.facility_level,
            latest.opening,
            latest.sub_county_name,
            latest.constituency_id,
            latest.county_id,
            latest.place_level,
            latest.ward_match,
            latest.ward_score,
            latest.ward_candidates,
            latest.recorded_on,
            latest.field_sources
        )
    RETURNING
        latest.file_no,
        latest.facility_id,
        to_jsonb(before) AS image
)
INSERT INTO etl.former_imported (changed_by_run_no, changed_by_file_no, left_run_no, facility_id, image)
SELECT
    $1::integer,
    updated.file_no,
    $1::integer,
    updated.facility_id,
    updated.image
FROM updated;

-- name: save_generated_codes
-- A code that leads to an existing facility keeps leading there: two with one name would take it from each other in
-- every run. Whose a code was before is kept for the undo; one that is new to a new facility is taken back and brought
-- back with it. If one of two records had to wait for the other, the first gets it.
WITH given AS (
    SELECT DISTINCT ON (staged.generated_code)
        staged.generated_code,
        staged.file_no,
        merging.facility_id,
        merging.met_by
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    LEFT JOIN etl.code_map USING (generated_code)
    WHERE merging.met_by <> 'superseded'
        AND staged.generated_code IS NOT NULL
        AND staged.facility_code IS NULL
        AND NOT EXISTS (SELECT FROM facilities WHERE facilities.facility_id = code_map.facility_id)
    ORDER BY
        staged.generated_code,
        staged.row_no
), kept AS (
    INSERT INTO etl.former_codes (
        changed_by_run_no,
        changed_by_file_no,
        left_facility_id,
        generated_code,
        facility_id
    )
    SELECT
        $1::integer,
        given.file_no,
        given.facility_id,
        given.generated_code,
        former.facility_id
    FROM given
    LEFT JOIN etl.code_map AS former USING (generated_code)
    WHERE former.facility_id IS DISTINCT FROM given.facility_id
        AND (given.met_by <> 'new' OR former.facility_id IS NOT NULL)
)
INSERT INTO etl.code_map (generated_code, facility_id)
SELECT
    given.generated_code,
    given.facility_id
FROM given
ON CONFLICT (generated_code) DO UPDATE
SET facility_id = excluded.facility_id
WHERE code_map.facility_id <> excluded.facility_id;

-- name: save_changes_of_new
INSERT INTO etl.changes (run_no, file_no, facility_id, table_name, row_id, operation)
SELECT
    $1::integer,
    staged.file_no,
    merging.facility_id,
    'facilities',
    merging.facility_id,
    'insert'
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by = 'new';

-- name: save_changes
-- Of an update, only the columns that differ are kept.
INSERT INTO etl.changes (run_no, file_no, facility_id, table_name, row_id, operation, before, after)
SELECT
    $1::integer,
    staged.file_no,
    changes.facility_id,
    changes.table_name,
    changes.row_id,
    changes.operation,
    CASE
        WHEN changes.operation = 'update' THEN (
            SELECT jsonb_object_agg(former.key, former.value)
            FROM jsonb_each(changes.before) AS former
            WHERE former.value IS DISTINCT FROM changes.after -> former.key
        )
        ELSE changes.before
    END,
    CASE
        WHEN changes.operation = 'update' THEN (
            SELECT jsonb_object_agg(latter.key, latter.value)
            FROM jsonb_each(changes.after) AS latter
            WHERE latter.value IS DISTINCT FROM changes.before -> latter.key
        )
        ELSE changes.after
    END
FROM batch_changes AS changes
JOIN merging USING (facility_id)
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by <> 'superseded';
