-- Once all batches of a run are merged: which of its facilities has another one's name, in that one's place, under another
-- code? $1 is the run_no.

-- name: note_possible_doubles
-- A body that recodes its list, or a spreadsheet that takes something off its codes, makes a second facility of each: two
-- codes are two facilities. It is told when the run inserts one, or gives one the other's name (its body has corrected a
-- spelling), and whenever it comes again as long as both are there.
-- Of two that the run inserts, the later file's is told. Of two that one file speaks of, its body says itself that they
-- are two (the national list has five such pairs). A new one with a code of ours has met its namesake by name, or it was
-- told why not; one that is renamed has met nobody by its new name. Where a ward is not known, what is sure of the place
-- counts. Names are compared with their signs: to take these out takes 0.2 s for the national list.
WITH renamed AS (
    SELECT row_id AS facility_id
    FROM etl.changes
    WHERE run_no = $1::integer
        AND table_name = 'facilities'
        AND operation = 'update'
        AND lower(before ->> 'facility_name') <> lower(after ->> 'facility_name')
), named AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        facilities.facility_code,
        facilities.ward_id,
        lower(facilities.facility_name) AS name,
        met.file_no,
        met.outcome = 'updated' AS is_renamed
    FROM run_facilities AS met
    JOIN facilities USING (facility_id)
    WHERE facilities.is_active
        AND CASE met.outcome
            WHEN 'inserted' THEN true
            -- Of a first load, which has updated nothing, no changes are looked through.
            WHEN 'updated' THEN met.facility_id IN (SELECT facility_id FROM renamed)
            ELSE false
        END
), asking AS MATERIALIZED (
    -- Where the run has named all facilities that there are, only names that two of them bear need be looked for: after
    -- a first load that takes half the time. Few of them are not worth counting a large directory.
    SELECT *
    FROM named
    WHERE (SELECT count(*) FROM named) IS DISTINCT FROM CASE
            WHEN (SELECT count(*) FROM named) >= 1000 THEN (SELECT count(*) FROM facilities)
        END
        OR name IN (SELECT name FROM named GROUP BY name HAVING count(*) > 1)
), placed AS MATERIALIZED (
    SELECT
        asking.*,
        imported.county_id,
        imported.constituency_id,
        imported.facility_type
    FROM asking
    LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
    WHERE asking.is_renamed
        OR NOT EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = asking.facility_code)
), namesakes AS MATERIALIZED (
    -- Thousands may have one name (for 2,500 that one file gives each was compared with each: 85 s). Those of one place,
    -- type and file are told by the first of their codes.
    SELECT
        names.name,
        other.ward_id,
        imported.county_id,
        imported.constituency_id,
        imported.facility_type,
        met.file_no,
        met.outcome = 'inserted' AS is_inserted,
        ours.generated_code IS NOT NULL AS is_generated,
        min(other.facility_code) AS facility_code
    FROM (SELECT DISTINCT name FROM placed) AS names
    JOIN facilities AS other ON lower(other.facility_name) = names.name
    LEFT JOIN run_facilities AS met ON met.facility_id = other.facility_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = other.facility_id
    LEFT JOIN etl.code_map AS ours ON ours.generated_code = other.facility_code
    WHERE other.is_active
    GROUP BY
        names.name,
        other.ward_id,
        imported.county_id,
        imported.constituency_id,
        imported.facility_type,
        met.file_no,
        met.outcome = 'inserted',
        ours.generated_code IS NOT NULL
), neighbours AS MATERIALIZED (
    -- FULL, and what one side lacks is left out below: the planner cannot join that in loops, as it did where it took
    -- thousands of names for one.
    SELECT
        placed.facility_id,
        placed.facility_code,
        placed.facility_type,
        placed.file_no,
        placed.is_renamed,
        namesakes.name,
        namesakes.facility_type AS other_type,
        namesakes.file_no AS other_file_no,
        namesakes.is_inserted,
        namesakes.is_generated,
        namesakes.facility_code AS other_code,
        true AS is_near
    FROM placed
    FULL JOIN namesakes
        ON namesakes.name = placed.name
        AND namesakes.ward_id = placed.ward_id
    UNION ALL
    SELECT
        placed.facility_id,
        placed.facility_code,
        placed.facility_type,
        placed.file_no,
        placed.is_renamed,
        namesakes.name,
        namesakes.facility_type,
        namesakes.file_no,
        namesakes.is_inserted,
        namesakes.is_generated,
        namesakes.facility_code,
        namesakes.ward_id IS NULL OR placed.ward_id IS NULL
    FROM placed
    FULL JOIN namesakes
        ON namesakes.name = placed.name
        AND namesakes.county_id = placed.county_id
        AND coalesce(namesakes.constituency_id::text, '') = coalesce(placed.constituency_id::text, '')
), found AS (
    SELECT
        facility_id,
        facility_code,
        other_code
    FROM neighbours
    WHERE facility_id IS NOT NULL
        AND name IS NOT NULL
        AND is_near
        AND coalesce(other_type = facility_type, true)
        AND other_file_no IS DISTINCT FROM file_no
        AND (is_inserted IS NOT TRUE OR other_file_no < file_no)
        AND (is_renamed OR NOT is_generated)
), remembered AS (
    SELECT
        facilities.facility_id,
        facilities.facility_code,
        other.facility_code AS other_code
    FROM etl.issues AS former
    JOIN run_facilities AS met USING (facility_id)
    JOIN facilities USING (facility_id)
    JOIN facilities AS other ON other.facility_code = former.raw_value
    LEFT JOIN run_facilities AS other_met ON other_met.facility_id = other.facility_id
    WHERE former.kind = 'possible_double'
        AND met.outcome <> 'inserted'
        AND facilities.is_active
        AND other.is_active
        AND lower(other.facility_name) = lower(facilities.facility_name)
        AND other_met.file_no IS DISTINCT FROM met.file_no
), doubles AS (
    SELECT DISTINCT ON (both_kinds.facility_id)
        met.file_no,
        known.record_number,
        both_kinds.facility_id,
        both_kinds.facility_code,
        both_kinds.other_code
    FROM (
        SELECT *
        FROM found
        UNION ALL
        SELECT *
        FROM remembered
    ) AS both_kinds
    JOIN run_facilities AS met USING (facility_id)
    JOIN etl.facility_source AS known USING (source, content_hash)
    ORDER BY
        both_kinds.facility_id,
        both_kinds.other_code
), saved AS (
    INSERT INTO etl.issues (run_no, file_no, record_number, facility_id, kind, field, raw_value)
    SELECT
        $1::integer,
        doubles.file_no,
        doubles.record_number,
        doubles.facility_id,
        'possible_double',
        'facility_code',
        doubles.other_code
    FROM doubles
    WHERE NOT EXISTS (
        SELECT
        FROM etl.issues AS former
        WHERE former.facility_id = doubles.facility_id
            AND former.kind = 'possible_double'
            AND former.raw_value = doubles.other_code
    )
)
SELECT
    file_no,
    record_number,
    facility_code::text AS facility_code,
    'possible_double' AS kind,
    'facility_code' AS field
FROM doubles
ORDER BY
    file_no,
    record_number;
