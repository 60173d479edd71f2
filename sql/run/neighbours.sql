-- Once all batches of a run are merged: is each facility where the others of its ward are? $1 is the run_no, $2 the
-- kilometres beyond which a person should look.

-- name: note_far_facilities
-- The middle of a ward is the median of its active points. Of two facilities that is half way between them, so twice
-- the distance to it is theirs; one alone has nothing to be compared with. 111.2 km a degree, as near the equator. A
-- facility whose issue is there already is given again, for the account, but not saved again. Nobody is farther from
-- the middle than the ward is wide, and few wards are so wide: only there the middle is looked for (112 leaves room for
-- rounding), and only there degrees become floating-point numbers: to make these of all points took a fifth of the time.
-- And only for those who are far the record that speaks of them is looked up, by its key.
WITH met AS (
    SELECT DISTINCT ward_id
    FROM run_facilities
    JOIN facilities USING (facility_id)
), points AS (
    SELECT
        facilities.facility_id,
        facilities.ward_id,
        facilities.facility_code,
        point.latitude,
        point.longitude
    FROM facilities
    JOIN met USING (ward_id)
    JOIN facility_coordinates AS point USING (facility_id)
    WHERE point.is_active
), wide AS (
    SELECT
        ward_id,
        CASE WHEN count(*) = 2 THEN 2 ELSE 1 END * 111.2::double precision AS kilometres_a_degree
    FROM points
    GROUP BY ward_id
    HAVING 112 * |/ (
            (max(latitude) - min(latitude))::double precision ^ 2 + (max(longitude) - min(longitude))::double precision ^ 2
        ) > $2::double precision
        -- Not by a join: of wards nobody has counted, the planner takes few to have none, and compares all with all.
        AND (SELECT centroid_lat IS NULL FROM wards WHERE wards.ward_id = points.ward_id)
), wide_points AS MATERIALIZED (
    SELECT
        points.facility_id,
        points.ward_id,
        points.facility_code,
        points.latitude::double precision AS latitude,
        points.longitude::double precision AS longitude,
        wide.kilometres_a_degree
    FROM points
    JOIN wide USING (ward_id)
), middles AS (
    SELECT
        ward_id,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY latitude) AS latitude,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY longitude) AS longitude
    FROM wide_points
    GROUP BY ward_id
), measured AS (
    SELECT
        points.facility_id,
        points.facility_code,
        points.latitude,
        points.longitude,
        kilometres_a_degree
            * |/ ((points.latitude - middles.latitude) ^ 2 + (points.longitude - middles.longitude) ^ 2) AS kilometres
    FROM wide_points AS points
    JOIN middles USING (ward_id)
), distant AS MATERIALIZED (
    SELECT *
    FROM measured
    WHERE kilometres > $2::double precision
), far AS (
    SELECT
        speaking.file_no,
        speaking.record_number,
        distant.facility_id,
        distant.facility_code,
        distant.latitude || ', ' || distant.longitude || ' is ' || round(distant.kilometres) || ' km away'
            AS raw_value
    FROM distant
    CROSS JOIN LATERAL (
        SELECT
            met.file_no,
            known.record_number
        FROM run_facilities AS met
        JOIN etl.facility_source AS known USING (source, content_hash)
        WHERE met.facility_id = distant.facility_id
        OFFSET 0
    ) AS speaking
), saved AS (
    INSERT INTO etl.issues (run_no, file_no, record_number, facility_id, kind, field, raw_value)
    SELECT
        $1::integer,
        far.file_no,
        far.record_number,
        far.facility_id,
        'far_from_ward',
        'ward_name',
        far.raw_value
    FROM far
    WHERE NOT EXISTS (
        SELECT
        FROM etl.issues AS former
        WHERE former.facility_id = far.facility_id
            AND former.kind = 'far_from_ward'
            AND former.raw_value = far.raw_value
    )
)
SELECT
    file_no,
    record_number,
    facility_code::text AS facility_code,
    'far_from_ward' AS kind,
    'ward_name' AS field
FROM far
ORDER BY
    file_no,
    record_number;
