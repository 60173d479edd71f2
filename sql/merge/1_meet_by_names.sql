-- Meeting by name and place, a former name, and what a reject was corrected to; the parameters are as in 1_meet.sql.

-- name: meet_by_name
-- The facility's name is found by an index if the directory has one; only the few records without a code need it.
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT -- of a facility with two points, too
    staged.row_no,
    facilities.facility_id,
    'name'
FROM staged_records AS staged
JOIN facilities ON lower(facilities.facility_name) = lower(staged.facility_name)
LEFT JOIN wards ON wards.ward_id = facilities.ward_id
LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = facilities.facility_id
    AND point.is_active
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND coalesce(wards.constituency_id, imported.constituency_id) = staged.constituency_id
    AND staged.facility_code IS NULL
    AND pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude) IS NOT TRUE
    AND staged.row_no NOT IN (SELECT row_no FROM merging);

-- name: meet_by_spelling
-- The same if the names differ only in punctuation ("St. Mary's Clinic", "St Marys Clinic"), or say Center for Centre.
-- Punctuation between digits separates numbers: "Unit 1/2" is not "Unit 12". No index has names without punctuation, and
-- removing it from those of 90,000 facilities takes 0.3 s. So it is done only for the few with a constituency and a first
-- letter that a record asks for, and once for each (for each pair it took 56 s where 3,000 records without a code came
-- to as many facilities of one constituency).
WITH asking AS MATERIALIZED (
    SELECT *
    FROM staged_records AS staged
    WHERE round = $1::bigint
        AND row_no BETWEEN $2::bigint AND $3::bigint
        AND facility_code IS NULL
        AND name_key <> ''
        AND staged.row_no NOT IN (SELECT row_no FROM merging)
), around AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        facilities.facility_name,
        wards.constituency_id
    FROM facilities
    JOIN wards USING (ward_id)
    WHERE wards.constituency_id IN (SELECT constituency_id FROM asking)
    UNION ALL
    SELECT
        facilities.facility_id,
        facilities.facility_name,
        imported.constituency_id
    FROM facilities
    JOIN etl.imported_facilities AS imported USING (facility_id)
    WHERE facilities.ward_id IS NULL
        AND imported.constituency_id IN (SELECT constituency_id FROM asking)
), spelt AS MATERIALIZED (
    SELECT
        around.*,
        pg_temp.name_key(around.facility_name) AS name_key
    FROM around
    WHERE (
        around.constituency_id,
        left(pg_temp.name_key(left(ltrim(around.facility_name, ' .,:;_/()"''`[]´‘’ʼ–-'), 1)), 1)
    ) IN (
        SELECT
            asking.constituency_id,
            left(asking.name_key, 1)
        FROM asking
    )
)
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    spelt.facility_id,
    'name'
FROM asking AS staged
JOIN spelt USING (constituency_id, name_key)
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = spelt.facility_id
    AND point.is_active
WHERE staged.facility_name || ' x ' || spelt.facility_name !~ '[0-9][^[:alnum:]]+[0-9]'
    AND pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude) IS NOT TRUE;

-- name: meet_generated_by_name
-- The same for a record with a code and the few facilities whose code is one of ours. Each name is looked for once.
WITH asking AS MATERIALIZED (
    SELECT
        row_no,
        lower(facility_name) AS name,
        constituency_id,
        latitude,
        longitude
    FROM staged_records AS staged
    WHERE round = $1::bigint
        AND row_no BETWEEN $2::bigint AND $3::bigint
        AND facility_code IS NOT NULL
        AND staged.row_no NOT IN (SELECT row_no FROM merging)
), ours AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        names.name,
        coalesce(wards.constituency_id, imported.constituency_id) AS constituency_id
    FROM (SELECT DISTINCT name FROM asking) AS names
    JOIN facilities ON lower(facilities.facility_name) = names.name
    JOIN etl.code_map ON code_map.generated_code = facilities.facility_code
    LEFT JOIN wards ON wards.ward_id = facilities.ward_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
)
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    ours.facility_id,
    'name'
FROM asking AS staged
JOIN ours USING (name, constituency_id)
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = ours.facility_id
    AND point.is_active
WHERE pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude) IS NOT TRUE;

-- name: meet_generated_by_spelling
-- As meet_by_spelling, for a record with a code and the few facilities whose code is one of ours: punctuation is
-- removed from their names first, else the planner removes it from all.
WITH ours AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        facilities.facility_name,
        coalesce(wards.constituency_id, imported.constituency_id) AS constituency_id,
        pg_temp.name_key(facilities.facility_name) AS name_key
    FROM etl.code_map
    JOIN facilities ON facilities.facility_code = code_map.generated_code
    LEFT JOIN wards ON wards.ward_id = facilities.ward_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
)
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    ours.facility_id,
    'name'
FROM ours
JOIN staged_records AS staged USING (name_key, constituency_id)
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = ours.facility_id
    AND point.is_active
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.facility_code IS NOT NULL
    AND staged.name_key <> ''
    AND staged.facility_name || ' x ' || ours.facility_name !~ '[0-9][^[:alnum:]]+[0-9]'
    AND pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude) IS NOT TRUE
    AND staged.row_no NOT IN (SELECT row_no FROM merging);

-- name: meet_by_former_name
-- A person renamed the facility, and a body that has not sent it before calls it as the last import left it. In the
-- same ward, if that is sure, it is the same facility, unless another one there bears the name now. A record with a
-- code meets only a facility whose code is one of ours. All others are searched only if $4, has_codeless, says that
-- some record has no code: for one file of a body with codes that took 0.4 s ten-fold.
WITH asking AS MATERIALIZED (
    SELECT *
    FROM staged_records AS staged
    WHERE round = $1::bigint
        AND row_no BETWEEN $2::bigint AND $3::bigint
        AND ward_id IS NOT NULL
        AND ward_match NOT IN ('fuzzy', 'part')
        AND staged.row_no NOT IN (SELECT row_no FROM merging)
), candidates AS (
    SELECT
        facilities.facility_id,
        facilities.facility_name,
        facilities.ward_id,
        true AS has_code_of_ours
    FROM etl.code_map
    JOIN facilities ON facilities.facility_code = code_map.generated_code
    UNION ALL
    SELECT
        facility_id,
        facility_name,
        ward_id,
        false
    FROM facilities
    WHERE $4::boolean
)
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    candidates.facility_id,
    'former name'
FROM candidates
JOIN etl.imported_facilities AS imported ON imported.facility_id = candidates.facility_id
JOIN asking AS staged
    ON staged.ward_id = candidates.ward_id
    AND lower(staged.facility_name) = lower(imported.facility_name)
LEFT JOIN facility_coordinates AS point
    ON point.facility_id = candidates.facility_id
    AND point.is_active
WHERE lower(candidates.facility_name) <> lower(imported.facility_name)
    AND (candidates.has_code_of_ours OR staged.facility_code IS NULL)
    AND pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude) IS NOT TRUE
    AND NOT EXISTS (
        SELECT
        FROM facilities AS bearer
        WHERE lower(bearer.facility_name) = lower(staged.facility_name)
            AND bearer.ward_id = staged.ward_id
    );

-- name: meet_by_former_correction
-- The record corrects a reject once more, and has no code: it is about the facility that the former correction made, else
-- a name that was mistyped and mended would be two facilities. Where that one has met a facility that was there, where a
-- record of this round has met it, or two rejects of a run came in the same words, nobody can tell. What was made, and
-- what came twice, is looked up in a hash: the planner compared 500 corrections each with each.
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    known.facility_id,
    'correction'
FROM staged_records AS staged
JOIN etl.rejects AS answered
    ON answered.source = staged.source
    AND answered.content_hash = staged.answers
JOIN etl.facility_source AS known
    ON known.source = answered.source
    AND known.content_hash = answered.answered_by_hash::uuid
JOIN facilities ON facilities.facility_id = known.facility_id
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.facility_code IS NULL
    AND staged.row_no NOT IN (SELECT row_no FROM merging)
    AND answered.is_corrected
    AND answered.closed_by_run_no = answered.answered_by_run_no
    AND known.facility_id NOT IN (SELECT facility_id FROM merging)
    AND (
        (answered.answered_by_run_no, answered.answered_by_file_no, known.facility_id) IN (
            SELECT
                run_no,
                file_no,
                facility_id
            FROM etl.changes
            WHERE table_name = 'facilities'
                AND operation = 'insert'
                AND run_no IN (SELECT answered_by_run_no FROM etl.rejects WHERE is_corrected)
        )
    ) IS TRUE
    AND (
        (answered.run_no, answered.source, answered.content_hash) IN (
            SELECT
                run_no,
                source,
                content_hash
            FROM etl.rejects
            GROUP BY
                run_no,
                source,
                content_hash
            HAVING count(*) > 1
        )
    ) IS NOT TRUE;

-- name: forget_other_wards
-- A facility met by name in another ward is another one, as in part_generated_codes, unless its source corrects the
-- ward.
WITH elsewhere AS (
    SELECT
        merging.row_no,
        merging.facility_id
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facilities USING (facility_id)
    LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
    WHERE merging.met_by = 'name'
        AND staged.ward_match NOT IN ('fuzzy', 'part')
        AND staged.ward_id NOT IN (facilities.ward_id, coalesce(imported.ward_id, facilities.ward_id))
        AND coalesce(imported.ward_match NOT IN ('fuzzy', 'part') OR imported.ward_id <> facilities.ward_id, true)
        AND (
            staged.latitude IS NULL
            OR NOT EXISTS (
                SELECT
                FROM facility_coordinates AS point
                WHERE point.facility_id = merging.facility_id
                    AND point.is_active
            )
        )
        AND (
            NOT EXISTS (
                SELECT
                FROM etl.facility_source AS known
                WHERE known.facility_id = merging.facility_id
                    AND known.source = staged.source
            )
            OR EXISTS (
                SELECT
                FROM run_facilities AS earlier
                WHERE earlier.facility_id = merging.facility_id
                    AND earlier.file_no = staged.file_no
            )
            OR EXISTS (
                SELECT
                FROM merging AS namesake
                WHERE namesake.row_no = merging.row_no
                    AND namesake.facility_id <> merging.facility_id
            )
        )
)
DELETE FROM merging
USING elsewhere
WHERE merging.row_no = elsewhere.row_no
    AND merging.facility_id = elsewhere.facility_id;
