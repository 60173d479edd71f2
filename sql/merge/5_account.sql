-- What became of each record, where its values came from, and what was changed. $1 is the run's run_no.

-- name: count_outcomes
-- A record of a facility that this run met before takes the earlier record's place: inserted stays inserted, and the
-- earlier record becomes superseded.
WITH own AS (
    SELECT
        staged.file_no,
        merging.facility_id,
        merging.met_by,
        CASE
            WHEN merging.met_by = 'superseded' THEN 'superseded'
            WHEN merging.met_by = 'new' THEN 'inserted'
            WHEN merging.facility_id IN (SELECT facility_id FROM batch_changes) THEN 'updated'
            ELSE 'unchanged'
        END AS outcome
    FROM merging
    JOIN staged_records AS staged USING (row_no)
), counted AS (
    SELECT
        own.file_no,
        CASE
            WHEN earlier.outcome IN ('inserted', 'updated') AND own.outcome <> 'superseded' THEN earlier.outcome
            ELSE own.outcome
        END AS outcome,
        1 AS records
    FROM own
    -- A new facility cannot have been met before in this run: where most are new, that saves looking for it.
    LEFT JOIN run_facilities AS earlier
        ON earlier.facility_id = own.facility_id
        AND own.met_by <> 'new'
    UNION ALL
    SELECT
        earlier.file_no,
        moved.outcome,
        moved.records
    FROM own
    JOIN run_facilities AS earlier USING (facility_id)
    CROSS JOIN LATERAL (VALUES (earlier.outcome, -1), ('superseded', 1)) AS moved (outcome, records)
    WHERE own.met_by NOT IN ('new', 'superseded')
)
INSERT INTO batch_outcomes (file_no, outcome, records)
SELECT
    file_no,
    outcome,
    sum(records)
FROM counted
GROUP BY
    file_no,
    outcome;

-- name: count_outcomes_of_new
-- The same where the batch has met nothing.
INSERT INTO batch_outcomes (file_no, outcome, records)
SELECT
    staged.file_no,
    'inserted',
    count(*)
FROM merging
JOIN staged_records AS staged USING (row_no)
GROUP BY staged.file_no;

-- name: count_rows_of_new
INSERT INTO batch_tables (file_no, table_name, outcome, rows)
SELECT
    inserted.file_no,
    counted.table_name,
    'inserted',
    counted.rows
FROM (
    SELECT
        staged.file_no,
        count(staged.latitude) AS coordinates,
        sum(staged.contacts) AS contacts,
        sum(staged.services) AS services,
        sum(staged.owners) AS owners,
        sum(staged.gbv_categories) AS gbv_categories,
        sum(staged.infrastructure) AS infrastructure
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by = 'new'
    GROUP BY staged.file_no
) AS inserted
CROSS JOIN LATERAL (
    VALUES
        ('facility_coordinates', inserted.coordinates),
        ('facility_contacts', inserted.contacts),
        ('facility_services', inserted.services),
        ('facility_owners', inserted.owners),
        ('facility_gbv_categories', inserted.gbv_categories),
        ('facility_infrastructure', inserted.infrastructure)
) AS counted (table_name, rows)
WHERE counted.rows > 0;

-- name: count_rows_of_met
-- Each row that a record gave was inserted, updated, already there as it is (unchanged), or replaced by another record
-- of the run (superseded): a row that the run itself had written and wrote again counts as one row, not two.
WITH given AS (
    SELECT
        staged.file_no,
        merging.facility_id,
        merging.met_by,
        counted.table_name,
        counted.rows
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    CROSS JOIN LATERAL (
        VALUES
            ('facility_coordinates', CASE WHEN staged.latitude IS NULL THEN 0 ELSE 1 END),
            ('facility_contacts', staged.contacts),
            ('facility_services', staged.services),
            ('facility_owners', staged.owners),
            ('facility_gbv_categories', staged.gbv_categories),
            ('facility_infrastructure', staged.infrastructure)
    ) AS counted (table_name, rows)
    WHERE merging.met_by <> 'new'
        AND (counted.rows > 0 OR counted.table_name = 'facility_contacts')
), written AS (
    SELECT
        changes.facility_id,
        changes.table_name,
        count(*) FILTER (WHERE changes.operation = 'insert') AS inserted,
        -- One row may be switched on and made the primary one.
        count(DISTINCT changes.row_id) FILTER (WHERE changes.operation = 'update' AND NOT again.is_so) AS updated,
        count(DISTINCT changes.row_id) FILTER (WHERE changes.operation = 'update' AND again.is_so) AS superseded,
        -- A contact that was switched off, or is no longer the primary one, is none of those that the record gave; nor is
        -- every one that became the primary one in its place.
        count(DISTINCT changes.row_id) FILTER (
            WHERE changes.operation = 'update'
                AND changes.table_name = 'facility_contacts'
                AND (
                    changes.after ->> 'is_active' = 'false'
                    OR (changes.before ->> 'is_primary')::boolean > (changes.after ->> 'is_primary')::boolean
                    OR (
                        (changes.before ->> 'is_primary')::boolean < (changes.after ->> 'is_primary')::boolean
                        AND NOT EXISTS (
                            SELECT
                            FROM merging
                            JOIN staged_contacts AS staged USING (row_no)
                            JOIN contact_types AS types ON types.type_name = staged.contact_type
                            WHERE merging.facility_id = changes.facility_id
                                AND types.contact_type_id = (changes.after ->> 'contact_type_id')::integer
                                AND pg_temp.is_same_contact(changes.after ->> 'contact_value', staged.contact_key)
                        )
                    )
                )
        ) AS not_given
    FROM batch_changes AS changes
    CROSS JOIN LATERAL (
        SELECT
            EXISTS (
                SELECT
                FROM run_facilities AS earlier
                WHERE earlier.facility_id = changes.facility_id
                    AND earlier.outcome = 'inserted'
            )
            OR EXISTS (
                SELECT
                FROM etl.changes AS own
                WHERE own.run_no = $1::integer
                    AND own.facility_id = changes.facility_id
                    AND own.table_name = changes.table_name
                    AND own.row_id = changes.row_id
            ) AS is_so
    ) AS again
    WHERE changes.table_name <> 'facilities'
    GROUP BY
        changes.facility_id,
        changes.table_name
)
INSERT INTO batch_tables (file_no, table_name, outcome, rows)
SELECT
    given.file_no,
    given.table_name,
    counted.outcome,
    sum(counted.rows)
FROM given
LEFT JOIN written
    ON written.facility_id = given.facility_id
    AND written.table_name = given.table_name
    AND given.met_by <> 'superseded'
CROSS JOIN LATERAL (
    VALUES
        ('inserted', coalesce(written.inserted, 0)),
        ('updated', coalesce(written.updated, 0)),
        ('superseded', CASE WHEN given.met_by = 'superseded' THEN given.rows ELSE coalesce(written.superseded, 0) END),
        ('not_given', coalesce(written.not_given, 0)),
        (
            'unchanged',
            CASE
                WHEN given.met_by = 'superseded' THEN 0
                ELSE given.rows
                    - coalesce(written.inserted + written.updated + written.superseded - written.not_given, 0)
            END
        )
) AS counted (outcome, rows)
WHERE counted.rows > 0
GROUP BY
    given.file_no,
    given.table_name,
    counted.outcome;

-- name: note_superseded_conflicts
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    merging.row_no,
    'superseded_conflict',
    former.key,
    former.value
FROM merging
JOIN run_facilities USING (facility_id)
JOIN batch_changes AS changes USING (facility_id)
CROSS JOIN LATERAL jsonb_each_text(changes.before) AS former
JOIN LATERAL jsonb_each_text(changes.after) AS latter ON latter.key = former.key
WHERE merging.met_by NOT IN ('new', 'superseded')
    AND changes.table_name = 'facilities'
    AND former.value <> ''
    AND former.value IS DISTINCT FROM latter.value
    AND former.key NOT IN ('updated_at', 'updated_by');

-- name: repeat_superseded_conflicts
-- A record that was loaded before, with what it overwrote then, counts as it did then: its file says the same.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    merging.row_no,
    former.kind,
    former.field,
    former.raw_value
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN etl.facility_source AS known
    ON known.source = staged.source
    AND known.content_hash = staged.content_hash::uuid
JOIN etl.issues AS former
    ON former.run_no = known.run_no
    AND former.facility_id = known.facility_id
    AND former.file_no = known.file_no
    AND former.record_number = known.record_number
WHERE merging.met_by = 'content'
    AND former.kind = 'superseded_conflict';

-- name: keep_overtaken_lineage
INSERT INTO etl.former_lineage (
    changed_by_run_no,
    changed_by_file_no,
    overtaken_file_no,
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT
    $1::integer,
    staged.file_no,
    earlier.file_no,
    known.*
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN run_facilities AS earlier USING (facility_id)
JOIN etl.facility_source AS known
    ON known.source = earlier.source
    AND known.content_hash = earlier.content_hash
WHERE merging.met_by NOT IN ('new', 'superseded');

-- name: mark_superseded
-- What is known of a settled record stays known, except what its merge found: a superseded record claims no number and
-- overwrites nothing. Each is looked up by the key of its facility, whose row the later record takes over.
WITH marked AS (
    UPDATE etl.facility_source AS known
    SET is_superseded = true
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN run_facilities AS earlier USING (facility_id)
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND known.source = earlier.source
        AND known.content_hash = earlier.content_hash
        AND (known.source, known.content_hash) <> (staged.source, staged.content_hash::uuid)
        AND NOT known.is_superseded
    RETURNING
        earlier.file_no,
        known.source,
        known.content_hash,
        known.facility_id
), remembered AS (
    INSERT INTO etl.superseded_records (
        source,
        content_hash,
        rules,
        facility_code,
        ward_match,
        issues,
        coordinates,
        contacts,
        services,
        owners,
        gbv_categories,
        infrastructure
    )
    SELECT
        marked.source,
        marked.content_hash,
        settled.rules,
        CASE WHEN settled.issues !~ 'code_generated ' THEN settled.facility_code END,
        settled.ward_match,
        settled.issues,
        settled.coordinates,
        settled.contacts,
        settled.services,
        settled.owners,
        settled.gbv_categories,
        settled.infrastructure
    FROM marked
    CROSS JOIN LATERAL (
        SELECT *
        FROM etl.settled_facilities
        WHERE settled_facilities.facility_id = marked.facility_id
        OFFSET 0
    ) AS settled
    WHERE settled.refused_number IS NULL
        AND settled.issues !~ 'superseded_conflict '
    ON CONFLICT (content_hash, source) DO NOTHING
)
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    file_no,
    source,
    content_hash
FROM marked;

-- name: remember_superseded
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    staged.file_no,
    staged.source,
    staged.content_hash::uuid
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by = 'superseded';

-- name: forget_former_lineage
-- A source's newer record of a facility replaces its older one; those of this run stay, marked. The records that the
-- older one had superseded go with it: should one of them come again, it is news.
WITH former AS (
    DELETE FROM etl.facility_source AS known
    USING
        merging,
        staged_records AS staged
    WHERE staged.row_no = merging.row_no
        AND merging.met_by NOT IN ('new', 'content', 'superseded')
        AND known.facility_id = merging.facility_id
        AND known.source = staged.source
        AND known.content_hash <> staged.content_hash::uuid
        AND known.run_no <> $1::integer
        AND NOT EXISTS (
            SELECT
            FROM run_superseded AS came
            WHERE came.source = known.source
                AND came.content_hash = known.content_hash
        )
    RETURNING
        staged.file_no AS changed_by_file_no,
        known.*
), superseded AS (
    DELETE FROM etl.superseded_records AS known
    USING former
    WHERE known.source = former.source
        AND known.content_hash = former.content_hash
)
INSERT INTO etl.former_lineage (
    changed_by_run_no,
    changed_by_file_no,
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT
    $1::integer,
    former.*
FROM former;

-- name: save_lineage
INSERT INTO etl.facility_source (
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number
)
SELECT
    staged.source,
    staged.content_hash::uuid,
    staged.source_key,
    merging.facility_id,
    $1::integer,
    staged.file_no,
    staged.record_number
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by NOT IN ('content', 'superseded')
ON CONFLICT (content_hash, source) DO UPDATE
SET
    facility_id = excluded.facility_id,
    run_no = excluded.run_no,
    file_no = excluded.file_no,
    record_number = excluded.record_number,
    is_superseded = false;

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

-- name: note_generated_codes
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'code_generated',
    'facility_code',
    NULL
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE staged.facility_code IS NULL;

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

-- name: remember_run_facilities
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT
    merging.facility_id,
    staged.file_no,
    staged.source,
    staged.content_hash::uuid,
    CASE
        WHEN merging.met_by = 'new' THEN 'inserted'
        WHEN merging.facility_id IN (SELECT facility_id FROM batch_changes) THEN 'updated'
        ELSE 'unchanged'
    END
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by <> 'superseded'
ON CONFLICT (facility_id) DO UPDATE
SET
    file_no = excluded.file_no,
    source = excluded.source,
    content_hash = excluded.content_hash,
    outcome = CASE WHEN run_facilities.outcome = 'unchanged' THEN excluded.outcome ELSE run_facilities.outcome END;

-- name: save_issues
-- The issues of a record that was loaded before with the same content are already there.
INSERT INTO etl.issues (run_no, file_no, record_number, facility_id, kind, field, raw_value)
SELECT
    $1::integer,
    staged.file_no,
    staged.record_number,
    merging.facility_id,
    issues.kind,
    issues.field,
    issues.raw_value
FROM staged_issues AS issues
JOIN merging USING (row_no)
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by NOT IN ('content', 'superseded');

-- name: find_corrected_rejects
-- A record that somebody corrected, and that comes again as it was, is not open again: its correction stands. In the run
-- that brings the correction it is another record with the same text.
UPDATE staged_rejects AS staged
SET corrected_by = corrected.run_id
FROM (
    SELECT DISTINCT ON (closed.source, closed.content_hash)
        closed.source,
        closed.content_hash,
        runs.run_id
    FROM etl.rejects AS closed
    JOIN etl.runs ON runs.run_no = closed.closed_by_run_no
    WHERE closed.is_corrected
        AND closed.closed_by_run_no = closed.answered_by_run_no
        AND closed.closed_by_run_no < $1::integer
    ORDER BY
        closed.source,
        closed.content_hash,
        closed.closed_by_run_no DESC
) AS corrected
WHERE corrected.source = staged.source
    AND corrected.content_hash = staged.content_hash
    AND NOT staged.is_correction;

-- name: corrected_rejects
-- Where the correction was refused as well, that is open, and the record is known.
SELECT
    staged.file_no,
    staged.corrected_by,
    count(*) AS records
FROM staged_rejects AS staged
WHERE staged.corrected_by IS NOT NULL
    AND NOT EXISTS (
        SELECT
        FROM etl.rejects AS open
        WHERE open.source = staged.source
            AND open.content_hash = staged.content_hash
            AND open.closed_by_run_no IS NULL
    )
GROUP BY
    staged.file_no,
    staged.corrected_by;

-- name: close_other_reasons
-- A record that is refused again, now for another reason, is open only once; so is one that was corrected, and refused
-- as it is now: as that it is kept, not as it was. But the same text may be that of another record.
UPDATE etl.rejects AS open
SET
    closed_by_run_no = $1::integer,
    closed_by_file_no = staged.file_no,
    answered_by_run_no = $1::integer,
    answered_by_file_no = staged.file_no,
    is_corrected = staged.is_correction
FROM staged_rejects AS staged
WHERE open.source = staged.source
    AND open.content_hash = staged.content_hash
    AND open.closed_by_run_no IS NULL
    AND staged.corrected_by IS NULL
    AND (
        open.reason <> staged.reason
        OR (staged.is_correction AND open.raw <> staged.raw)
    )
    AND NOT EXISTS (
        SELECT
        FROM staged_rejects AS same
        WHERE same.source = open.source
            AND same.content_hash = open.content_hash
            AND same.reason = open.reason
            AND same.raw = open.raw
    );

-- name: save_rejects
-- A record that was refused before, with the same content and for the same reason, is already open.
INSERT INTO etl.rejects (
    run_no,
    file_no,
    record_number,
    source,
    content_hash,
    reason,
    field,
    detail,
    suggestion,
    raw
)
SELECT
    $1::integer,
    staged.file_no,
    staged.record_number,
    staged.source,
    staged.content_hash,
    staged.reason,
    staged.field,
    staged.detail,
    staged.suggestion,
    staged.raw
FROM staged_rejects AS staged
WHERE staged.corrected_by IS NULL
    AND NOT EXISTS (
        SELECT
        FROM etl.rejects AS open
        WHERE open.source = staged.source
            AND open.content_hash = staged.content_hash
            AND open.reason = staged.reason
            AND (open.raw = staged.raw OR NOT staged.is_correction)
            AND open.closed_by_run_no IS NULL
    );

-- name: close_landed_rejects
UPDATE etl.rejects AS open
SET
    closed_by_run_no = $1::integer,
    closed_by_file_no = staged.file_no,
    answered_by_run_no = $1::integer,
    answered_by_file_no = staged.file_no,
    answered_by_hash = staged.content_hash,
    is_corrected = open.content_hash <> staged.content_hash
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE open.source = staged.source
    AND open.content_hash IN (staged.content_hash, staged.answers)
    AND open.closed_by_run_no IS NULL;

-- name: batch_outcomes
SELECT
    file_no,
    outcome,
    sum(records)::bigint AS records
FROM batch_outcomes
GROUP BY
    file_no,
    outcome;

-- name: batch_tables
SELECT
    file_no,
    table_name,
    outcome,
    sum(rows)::bigint AS rows
FROM batch_tables
GROUP BY
    file_no,
    table_name,
    outcome;

-- name: issues_of_merge
-- The issues that the merge itself found, which the steps before it could not know.
SELECT
    staged.file_no,
    staged.record_number,
    staged.facility_code,
    issues.kind,
    issues.field
FROM staged_issues AS issues
JOIN staged_records AS staged USING (row_no)
WHERE issues.kind IN (
    'changed_by_database',
    'code_claimed_twice',
    'code_generated',
    'code_zeros_differ',
    'contact_not_repeated',
    'contact_out_of_use',
    'contact_person_kept',
    'dropped_by_database',
    'manual_edit_kept',
    'owner_not_repeated',
    'registration_number_claimed_twice',
    'service_not_repeated',
    'source_key_claimed_twice',
    'source_outranked',
    'superseded_conflict',
    'ward_kept'
);
