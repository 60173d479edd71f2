-- Meeting by the source's own key and by registration number; the parameters are as in 1_meet.sql.

-- name: meet_by_source_key
INSERT INTO merging (row_no, facility_id, met_by)
SELECT DISTINCT
    staged.row_no,
    known.facility_id,
    'source key'
FROM staged_records AS staged
JOIN etl.facility_source AS known USING (source, source_key)
JOIN facilities USING (facility_id)
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.row_no NOT IN (SELECT row_no FROM merging);

-- name: find_doubtful_keys
-- A source's key alone does not make one facility of two. has_other_code: the facility's code is a given one, and so is
-- the record's. That is a new code of the same facility only if the key is no row number and the source has no other
-- record of the facility in this run. What other sources say of it does not count: a recoded facility would be doubled
-- if their file came first. needs_name: a short number may count the rows of one export (OBJECTID) and begin again in
-- the next; a facility in another place has moved, or is another one; and for one with another code the source may list
-- the former code further below. imported_name is as in find_doubtful_meetings.
SELECT
    doubtful.row_no,
    doubtful.facility_id,
    doubtful.source_key,
    doubtful.claimant_name,
    doubtful.bearer_name,
    doubtful.imported_name,
    doubtful.has_other_code
FROM (
    SELECT
        staged.row_no,
        facilities.facility_id,
        staged.source_key,
        staged.facility_name AS claimant_name,
        facilities.facility_name AS bearer_name,
        coalesce(imported.facility_name, facilities.facility_name) AS imported_name,
        codes.are_given
            AND (
                pg_temp.is_row_number(staged.source_key)
                OR EXISTS (
                    SELECT
                    FROM run_facilities AS earlier
                    WHERE earlier.facility_id = facilities.facility_id
                        AND earlier.source = staged.source
                )
                OR EXISTS (
                    SELECT
                    FROM run_superseded AS came
                    JOIN etl.facility_source AS known USING (source, content_hash)
                    WHERE known.facility_id = facilities.facility_id
                        AND came.source = staged.source
                )
            ) AS has_other_code,
        codes.are_given
            OR pg_temp.is_row_number(staged.source_key)
            OR coalesce(
                coalesce(constituencies.constituency_id, imported.constituency_id) <> staged.constituency_id
                OR coalesce(constituencies.county_id, imported.county_id) <> staged.county_id,
                false
            ) AS needs_name
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facilities USING (facility_id)
    CROSS JOIN LATERAL (
        SELECT
            staged.facility_code IS NOT NULL
                AND NOT EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = facilities.facility_code)
                AS are_given
    ) AS codes
    LEFT JOIN wards ON wards.ward_id = facilities.ward_id
    LEFT JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
    WHERE merging.met_by = 'source key'
) AS doubtful
WHERE doubtful.has_other_code
    OR doubtful.needs_name;

-- name: meet_by_registration_number
-- Two codes that bodies gave are two facilities, whatever number they share: this is for a record without a code, or a
-- facility whose code is one of ours. $4: whether the directory is managed; there a facility without a number has its
-- code as its number, which no source has said of it. If a facility's ward is unknown, the county that is sure counts;
-- by names the constituency does, too.
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    facilities.facility_id,
    'registration number'
FROM staged_records AS staged
JOIN facilities
    ON facilities.registration_number = staged.registration_number
    AND facilities.registration_number <> '' -- a fresh directory's key is an index on just these
LEFT JOIN wards ON wards.ward_id = facilities.ward_id
LEFT JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND coalesce(constituencies.county_id, imported.county_id) = staged.county_id
    AND (
        staged.facility_code IS NULL
        OR EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = facilities.facility_code)
    )
    AND NOT ($4::boolean AND ltrim(facilities.registration_number, '-') = facilities.facility_code)
    AND staged.row_no NOT IN (SELECT row_no FROM merging);
