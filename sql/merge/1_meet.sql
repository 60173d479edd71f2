-- Which facility is each record of the round? By exact content, code, former code, generated code, the source's own
-- key, registration number, name and place, former name, in this order; a record that meets none is a new facility. $1
-- is the round, $2 and $3 the first and last row_no. What has met is left out by NOT IN, which is hashed: with NOT
-- EXISTS the planner, who has not counted what has met, takes those that are left for one, and compares all with all.

-- name: meet_by_content
-- This very record was loaded before. If a later record superseded it then, it is not merged again: its values would be
-- written and overwritten in every run.
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    known.facility_id,
    CASE WHEN known.is_superseded THEN 'superseded' ELSE 'content' END
FROM staged_records AS staged
JOIN etl.facility_source AS known
    ON known.source = staged.source
    AND known.content_hash = staged.content_hash::uuid
JOIN facilities USING (facility_id)
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint;

-- name: withdraw_codes_claimed_again
-- The code of a record that came before is another facility's, as it was when the record first came. That is reported
-- in every run, like a number that another facility bears. A code that a person gave its facility is reported elsewhere
-- (manual_edit_kept). The two tables without an index are put together first: where the planner takes what has met for
-- a single facility, it reads the staged records again for each (9 s for 3,512 records that came before under other
-- rules).
WITH said AS MATERIALIZED (
    SELECT
        merging.row_no,
        merging.facility_id,
        staged.facility_code
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by = 'content'
), claims AS (
    SELECT
        said.row_no,
        said.facility_code
    FROM said
    JOIN facilities AS own ON own.facility_id = said.facility_id
    JOIN facilities AS bearer ON bearer.facility_code = said.facility_code
    JOIN etl.imported_facilities AS imported ON imported.facility_id = said.facility_id
    WHERE own.facility_code <> said.facility_code
        AND own.facility_code = imported.facility_code
), issues AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        row_no,
        'code_claimed_twice',
        'facility_code',
        facility_code
    FROM claims
)
UPDATE staged_records AS staged
SET facility_code = NULL
FROM claims
WHERE claims.row_no = staged.row_no;

-- name: meet_by_code
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    facilities.facility_id,
    'code'
FROM staged_records AS staged
JOIN facilities ON facilities.facility_code = staged.facility_code
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.row_no NOT IN (SELECT row_no FROM merging);

-- name: meet_by_code_without_zeros
-- A spreadsheet takes 013081 for a number and writes 13081. With the same name, constituency and type it is the same
-- facility, unless several fit; the facility keeps the code that it has, and the record is reported in every run. The
-- name is looked for first, because it has an index, and each name once: hundreds of records may share "Dispensary", and
-- so may thousands of facilities. A code that a person gave its facility is reported elsewhere (manual_edit_kept).
WITH asking AS MATERIALIZED (
    SELECT
        row_no,
        facility_code AS said_code,
        ltrim(facility_code, '0') AS bare_code,
        lower(facility_name) AS name,
        facility_type,
        constituency_id
    FROM staged_records AS staged
    WHERE round = $1::bigint
        AND row_no BETWEEN $2::bigint AND $3::bigint
        AND facility_code ~ '^[0-9]*[1-9][0-9]*$'
        AND staged.row_no NOT IN (SELECT row_no FROM merging)
), namesakes AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        facilities.facility_code,
        ltrim(facilities.facility_code, '0') AS bare_code,
        names.name,
        facilities.ward_id
    FROM (SELECT DISTINCT name FROM asking) AS names
    JOIN facilities ON lower(facilities.facility_name) = names.name
), fitting AS (
    SELECT
        staged.row_no,
        staged.said_code,
        namesakes.facility_id,
        namesakes.facility_code,
        count(*) OVER (PARTITION BY staged.row_no) AS candidates
    FROM asking AS staged
    JOIN namesakes USING (bare_code, name)
    LEFT JOIN wards ON wards.ward_id = namesakes.ward_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = namesakes.facility_id
    WHERE staged.constituency_id IN (wards.constituency_id, imported.constituency_id)
        AND coalesce(imported.facility_type = staged.facility_type, true)
), met AS (
    INSERT INTO merging (row_no, facility_id, met_by)
    SELECT
        row_no,
        facility_id,
        'code'
    FROM fitting
    WHERE candidates = 1
), alike AS (
    SELECT
        row_no,
        said_code,
        facility_code
    FROM fitting
    WHERE candidates = 1
    UNION ALL
    SELECT
        merging.row_no,
        staged.facility_code,
        facilities.facility_code
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facilities USING (facility_id)
    JOIN etl.imported_facilities AS imported USING (facility_id)
    WHERE merging.met_by IN ('content', 'superseded')
        AND facilities.facility_code <> staged.facility_code
        AND staged.facility_code ~ '^[0-9]*[1-9][0-9]*$'
        AND ltrim(facilities.facility_code, '0') = ltrim(staged.facility_code, '0')
        AND facilities.facility_code = imported.facility_code
), issues AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        row_no,
        'code_zeros_differ',
        'facility_code',
        said_code
    FROM alike
)
UPDATE staged_records AS staged
SET facility_code = alike.facility_code
FROM alike
WHERE alike.row_no = staged.row_no;

-- name: meet_by_former_code
-- A person gave the facility another code than the last import had left, and its source still sends the former one.
-- With the same name and constituency it is the same facility, unless another one bears the code now. The name is
-- looked for first, because it has an index, and each name once (see above).
WITH asking AS MATERIALIZED (
    SELECT *
    FROM staged_records AS staged
    WHERE round = $1::bigint
        AND row_no BETWEEN $2::bigint AND $3::bigint
        AND staged.row_no NOT IN (SELECT row_no FROM merging)
), recoded AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        lower(facilities.facility_name) AS name,
        imported.facility_code,
        imported.constituency_id,
        wards.constituency_id AS constituency_of_ward
    FROM (SELECT DISTINCT lower(facility_name) AS name FROM asking) AS names
    JOIN facilities ON lower(facilities.facility_name) = names.name
    JOIN etl.imported_facilities AS imported
        ON imported.facility_id = facilities.facility_id
        AND imported.facility_code <> facilities.facility_code
    LEFT JOIN wards ON wards.ward_id = facilities.ward_id
)
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    recoded.facility_id,
    'former code'
FROM asking AS staged
JOIN recoded
    ON recoded.facility_code = staged.facility_code
    AND recoded.name = lower(staged.facility_name)
WHERE staged.constituency_id IN (recoded.constituency_of_ward, recoded.constituency_id)
    AND NOT EXISTS (SELECT FROM facilities AS bearer WHERE bearer.facility_code = staged.facility_code);

-- name: find_doubtful_meetings
-- A record with the code of a facility in another constituency or county, which has moved or is another facility; or
-- with the number of one, in any constituency. $1 says by which of the two it was met. The source of a facility that a
-- person renamed still calls it as the last import left it.
-- Also a record with the code of one facility and, in that one's very place, the name of another: a column of codes was
-- sorted apart from the names, or two codes were exchanged. Each facility would be renamed, and get the other's
-- telephone numbers beside its own. Where no sure ward is said, the constituency counts, or else the county. A namesake
-- whose code is one of ours had no code that could have been exchanged, and one that has come before in the file has its
-- own: where every row is called "Dispensary", each stays itself. A settled one of the batch is remembered only once all
-- is merged; others that heed who came before meet it, and are merged again with it.
-- Also a record whose source knows another facility, of this very name, by its key; and one with the code of a facility
-- that another record of its file is about, under another key: a body has numbered its facilities anew, or typed a code
-- wrong. A facility would be renamed, or lost. A short number is no such key: it may just count rows.
-- is_another: a gender desk under the code of the police station that it is in, a recovery centre under that of its
-- hospital, or the other way round. Their names share the place, but they have different telephones. With the very same
-- name they are one facility.
-- The met are put together once: the planner, who does not know how many they are, compared each namesake with the whole
-- directory (9 s for 8,000 records).
WITH met AS MATERIALIZED (
    SELECT
        staged.row_no,
        staged.file_no,
        staged.record_number,
        staged.source,
        staged.source_key,
        staged.facility_code,
        staged.facility_name AS claimant_name,
        staged.facility_type,
        staged.ward_id,
        staged.ward_match,
        staged.constituency_id,
        staged.county_id,
        staged.latitude,
        staged.longitude,
        facilities.facility_id,
        facilities.facility_name AS bearer_name,
        facilities.ward_id AS ward_of_bearer,
        coalesce(imported.facility_name, facilities.facility_name) AS imported_name,
        imported.facility_type AS imported_type,
        imported.constituency_id AS imported_constituency_id,
        imported.county_id AS imported_county_id
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facilities USING (facility_id)
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = facilities.facility_id
    WHERE merging.met_by = $1
)
SELECT
    met.row_no,
    met.facility_code,
    met.claimant_name,
    met.bearer_name,
    met.imported_name,
    false AS is_another
FROM met
LEFT JOIN wards ON wards.ward_id = met.ward_of_bearer
LEFT JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
WHERE $1 = 'registration number'
    OR coalesce(constituencies.constituency_id, met.imported_constituency_id) <> met.constituency_id
    OR coalesce(constituencies.county_id, met.imported_county_id) <> met.county_id
UNION
SELECT
    met.row_no,
    met.facility_code,
    met.claimant_name,
    met.bearer_name,
    met.imported_name,
    false
FROM met
JOIN facilities AS namesake
    ON lower(namesake.facility_name) = lower(met.claimant_name)
    AND namesake.facility_id <> met.facility_id
LEFT JOIN wards ON wards.ward_id = namesake.ward_id
LEFT JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = namesake.facility_id
WHERE $1 = 'code'
    AND CASE
        WHEN met.ward_match NOT IN ('fuzzy', 'part') AND met.ward_id <> namesake.ward_id THEN false
        ELSE coalesce(
            met.constituency_id = coalesce(wards.constituency_id, imported.constituency_id),
            met.county_id = coalesce(constituencies.county_id, imported.county_id)
        )
    END
    AND lower(met.claimant_name) NOT IN (lower(met.bearer_name), lower(met.imported_name))
    AND NOT EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = namesake.facility_code)
    AND NOT EXISTS (
        SELECT
        FROM facility_coordinates AS point
        WHERE point.facility_id = namesake.facility_id
            AND point.is_active
            AND pg_temp.are_apart(met.latitude, met.longitude, point.latitude, point.longitude)
    )
    AND NOT EXISTS (
        SELECT
        FROM run_facilities AS earlier
        WHERE earlier.facility_id = namesake.facility_id
            AND earlier.file_no = met.file_no
    )
    AND NOT EXISTS (
        SELECT
        FROM staged_settled AS earlier
        WHERE earlier.facility_id = namesake.facility_id
            AND earlier.file_no = met.file_no
            AND earlier.record_number < met.record_number
            AND NOT earlier.is_superseded
    )
UNION
SELECT
    met.row_no,
    met.facility_code,
    met.claimant_name,
    met.bearer_name,
    met.imported_name,
    false
FROM met
JOIN run_facilities AS earlier USING (facility_id, file_no)
JOIN etl.facility_source AS known
    ON known.facility_id = earlier.facility_id
    AND known.source = earlier.source
    AND known.content_hash = earlier.content_hash
WHERE $1 = 'code'
    AND known.source_key <> met.source_key
    AND NOT pg_temp.is_row_number(known.source_key)
    AND NOT pg_temp.is_row_number(met.source_key)
UNION
SELECT
    met.row_no,
    met.facility_code,
    met.claimant_name,
    met.bearer_name,
    met.imported_name,
    false
FROM met
JOIN etl.facility_source AS known USING (source, source_key)
JOIN facilities AS own ON own.facility_id = known.facility_id
WHERE $1 = 'code'
    AND lower(own.facility_name) = lower(met.claimant_name)
    AND lower(met.claimant_name) NOT IN (lower(met.bearer_name), lower(met.imported_name))
    AND NOT pg_temp.is_row_number(met.source_key)
UNION
SELECT
    met.row_no,
    met.facility_code,
    met.claimant_name,
    met.bearer_name,
    met.imported_name,
    true
FROM met
CROSS JOIN (
    VALUES
        ('Gender Desk', 'Police%'),
        ('GBV Recovery Centre', '%Hospital%')
) AS kinds (part, whole)
WHERE $1 = 'code'
    AND (
        (met.facility_type = kinds.part AND met.imported_type LIKE kinds.whole)
        OR (met.facility_type LIKE kinds.whole AND met.imported_type = kinds.part)
    )
    AND lower(met.claimant_name) NOT IN (lower(met.bearer_name), lower(met.imported_name))
ORDER BY is_another;

-- name: withdraw_claimed_code
UPDATE staged_records
SET facility_code = NULL
WHERE row_no = $1::bigint;

-- name: forget_meeting
-- $2 is the facility, or null for every facility that the record may be.
DELETE FROM merging
WHERE row_no = $1::bigint
    AND ($2::integer IS NULL OR facility_id = $2::integer);

-- name: generate_codes
-- The same facility gets the same code in every run and on every machine: the text hashed is its name, county,
-- constituency and type, as far as they are known.
UPDATE staged_records AS staged
SET generated_code = staged.code_prefix || '-' || left(
    encode(
        sha256(
            convert_to(
                concat_ws(
                    '|',
                    lower(trim(regexp_replace(staged.facility_name, '[^[:alnum:]]+', ' ', 'g'))),
                    (SELECT lower(county_name) FROM counties WHERE counties.county_id = staged.county_id),
                    (
                        SELECT lower(constituency_name)
                        FROM constituencies
                        WHERE constituencies.constituency_id = staged.constituency_id
                    ),
                    lower(staged.facility_type)
                ),
                'UTF8'
            )
        ),
        'hex'
    ),
    12
)
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.facility_code IS NULL;

-- name: meet_by_generated_code
-- The facility had no code then and has none now; its name may have changed since, which code_map remembers. $4 says
-- whether the source's own key takes precedence: of two facilities with one name each has its own key, even if a record
-- does not say where it is. A short number may just count rows.
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    facilities.facility_id,
    'generated code'
FROM staged_records AS staged
JOIN etl.code_map USING (generated_code)
JOIN facilities USING (facility_id)
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.row_no NOT IN (SELECT row_no FROM merging)
    AND coalesce(
        NOT $4::boolean
        OR (
            SELECT bool_or(known.facility_id = code_map.facility_id)
            FROM etl.facility_source AS known
            JOIN facilities AS keyed ON keyed.facility_id = known.facility_id
            WHERE known.source = staged.source
                AND known.source_key = staged.source_key
                AND NOT pg_temp.is_row_number(known.source_key)
        ),
        true
    );

-- name: part_generated_codes
-- Two places with one name in one constituency have one generated code. More than 1 km apart they are two facilities,
-- as they are by name; so they are in two wards that are sure, if one of them does not say more precisely where it is.
-- But a source may correct the ward of its own facility, unless its file has a record for either, or several facilities
-- have the name. The generated code of the second also includes its coordinates or its ward, so that it remains the
-- second's. One that its source knows by a key is met by that key: it has moved. A person is told, because the first may
-- be what moved.
WITH met AS (
    SELECT
        staged.row_no,
        staged.file_no,
        staged.source,
        staged.generated_code,
        staged.code_prefix,
        staged.constituency_id,
        merging.facility_id,
        CASE
            WHEN located.are_apart THEN concat_ws('|', staged.latitude, staged.longitude)
            WHEN located.are_apart IS NULL
                AND staged.ward_match NOT IN ('fuzzy', 'part')
                AND staged.ward_id NOT IN (facilities.ward_id, coalesce(imported.ward_id, facilities.ward_id))
                AND coalesce(
                    imported.ward_match NOT IN ('fuzzy', 'part') OR imported.ward_id <> facilities.ward_id,
                    true
                ) THEN lower(wards.ward_name)
        END AS place,
        located.are_apart IS NOT NULL AS is_measured
    FROM staged_records AS staged
    JOIN etl.code_map USING (generated_code)
    JOIN merging USING (row_no)
    JOIN facilities ON facilities.facility_id = merging.facility_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = merging.facility_id
    LEFT JOIN wards ON wards.ward_id = staged.ward_id
    CROSS JOIN LATERAL (
        SELECT
            bool_and(pg_temp.are_apart(staged.latitude, staged.longitude, point.latitude, point.longitude)) AS are_apart
        FROM facility_coordinates AS point
        WHERE point.facility_id = code_map.facility_id
            AND point.is_active
    ) AS located
    WHERE staged.round = $1::bigint
        AND staged.row_no BETWEEN $2::bigint AND $3::bigint
        AND staged.facility_code IS NULL
        AND merging.met_by = 'generated code'
), parted AS (
    SELECT
        met.*,
        code_prefix || '-' || left(
            encode(sha256(convert_to(concat_ws('|', generated_code, place), 'UTF8')), 'hex'),
            12
        ) AS own_code
    FROM met
    WHERE place IS NOT NULL
), apart AS (
    SELECT
        row_no,
        generated_code,
        own_code
    FROM parted
    WHERE is_measured
        OR EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = parted.own_code)
        OR NOT EXISTS (
            SELECT
            FROM etl.facility_source AS known
            WHERE known.facility_id = parted.facility_id
                AND known.source = parted.source
        )
        OR EXISTS (
            SELECT
            FROM run_facilities AS earlier
            WHERE earlier.facility_id = parted.facility_id
                AND earlier.file_no = parted.file_no
        )
        OR EXISTS (
            SELECT
            FROM facilities AS own
            JOIN facilities AS namesake ON lower(namesake.facility_name) = lower(own.facility_name)
            JOIN wards ON wards.ward_id = namesake.ward_id
            WHERE own.facility_id = parted.facility_id
                AND namesake.facility_id <> parted.facility_id
                AND wards.constituency_id = parted.constituency_id
        )
), forgotten AS (
    DELETE FROM merging
    USING apart
    WHERE merging.row_no = apart.row_no
), issues AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        row_no,
        'code_claimed_twice',
        'facility_code',
        generated_code
    FROM apart
)
UPDATE staged_records AS staged
SET generated_code = apart.own_code
FROM apart
WHERE apart.row_no = staged.row_no;

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
-- in the statements below, the constituency does, too.
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

-- name: find_ambiguous_meetings
SELECT
    merging.row_no,
    merging.met_by,
    string_agg(facilities.facility_code, ', ' ORDER BY facilities.facility_code) AS codes
FROM merging
JOIN facilities USING (facility_id)
GROUP BY
    merging.row_no,
    merging.met_by
HAVING count(*) > 1;

-- name: postpone_early_meetings
-- A record of the round met the facility of an earlier record that waits for a later round, because that one follows
-- others which share a key with it: the record waits until the earlier one, which may rename the facility, is merged.
-- So do records that come after it and wait anyway, because they may follow it. $1 is the round. Whoever shares a key is
-- counted, not joined: of the records that wait the planner knows the rounds that they had before they were postponed,
-- took them for a few, and compared all with all (43 s for a batch of a file in which each record comes five times).
WITH waiting AS (
    SELECT
        staged.row_no,
        staged.round,
        keys.key
    FROM staged_records AS staged
    CROSS JOIN LATERAL (
        VALUES
            ('code ' || staged.facility_code),
            ('number ' || staged.registration_number),
            ('name ' || staged.name_key),
            ('content ' || staged.source || ' ' || staged.content_hash::uuid),
            ('key ' || staged.source || ' ' || staged.source_key)
    ) AS keys (key)
    WHERE staged.round > $1::bigint
), met AS (
    SELECT
        merging.row_no,
        keys.key
    FROM merging
    JOIN facilities USING (facility_id)
    LEFT JOIN etl.facility_source AS known USING (facility_id)
    CROSS JOIN LATERAL (
        VALUES
            ('code ' || facilities.facility_code),
            ('number ' || facilities.registration_number),
            ('name ' || pg_temp.name_key(facilities.facility_name)),
            ('content ' || known.source || ' ' || known.content_hash),
            ('key ' || known.source || ' ' || known.source_key)
    ) AS keys (key)
), shared AS (
    SELECT
        row_no,
        round,
        key
    FROM waiting
    UNION ALL
    SELECT
        row_no,
        NULL,
        key
    FROM met
), early AS (
    SELECT
        row_no,
        last_round AS round
    FROM (
        SELECT
            row_no,
            round,
            max(round) OVER (PARTITION BY key COLLATE "C" ORDER BY row_no) AS last_round
        FROM shared
        WHERE key IS NOT NULL
    ) AS counted
    WHERE round IS NULL
        AND last_round IS NOT NULL
), postponed AS (
    SELECT
        min(row_no) AS first_row,
        max(round) + 1 - $1::bigint AS rounds
    FROM early
    HAVING count(*) > 0
), forgotten AS (
    DELETE FROM merging
    USING early
    WHERE early.row_no = merging.row_no
)
UPDATE staged_records AS staged
SET round = staged.round + postponed.rounds
FROM postponed
WHERE staged.row_no IN (SELECT row_no FROM early)
    OR (staged.row_no > postponed.first_row AND staged.round > $1::bigint);

-- name: postpone_second_meetings
-- Two records of the round turned out to be one facility: the later one waits for the next round, and so do those that
-- come after it and wait anyway, because they may follow it. A superseded record changes nothing, but what comes before
-- it may make it news. $1 is the round.
WITH second AS (
    DELETE FROM merging
    USING (
        SELECT
            row_no,
            count(*) FILTER (WHERE met_by <> 'superseded') OVER (
                PARTITION BY facility_id
                ORDER BY row_no
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS earlier
        FROM merging
    ) AS counted
    WHERE counted.row_no = merging.row_no
        AND counted.earlier > 0
    RETURNING merging.row_no
)
UPDATE staged_records AS staged
SET round = staged.round + 1
WHERE staged.row_no IN (SELECT row_no FROM second)
    OR (staged.round > $1::bigint AND staged.row_no > (SELECT min(row_no) FROM second));

-- name: forget_postponed_issues
-- What was reported of the key or generated code of a postponed record is reported when the record is met again, if it
-- is still so; that its own code was taken stays reported. $1 is the round.
DELETE FROM staged_issues AS issues
USING staged_records AS staged
WHERE staged.row_no = issues.row_no
    AND staged.round > $1::bigint
    AND (
        issues.kind = 'source_key_claimed_twice'
        OR (
            issues.kind = 'code_claimed_twice'
            AND EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = issues.raw_value)
        )
    );

-- name: note_claimed_generated_codes
-- What is reported of places with one name that lie apart (part_generated_codes) is reported of records met by content
-- or key, too, wherever the bearer is now: it may have moved while the record was settled. Nothing is reported of a
-- superseded record.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'code_claimed_twice',
    'facility_code',
    staged.generated_code
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN etl.code_map USING (generated_code)
JOIN facilities AS bearer ON bearer.facility_id = code_map.facility_id
WHERE merging.met_by IN ('content', 'source key')
    AND staged.facility_code IS NULL
    AND merging.facility_id <> bearer.facility_id;

-- name: meet_new
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    nextval($4::regclass),
    'new'
FROM staged_records AS staged
WHERE staged.round = $1::bigint
    AND staged.row_no BETWEEN $2::bigint AND $3::bigint
    AND staged.row_no NOT IN (SELECT row_no FROM merging)
ORDER BY staged.row_no;

-- name: leave_overtaken_rejects
-- A reject that is run again as it came is older than what its source has said of the facility in a run since: it would
-- reopen a clinic that was closed meanwhile. One that somebody corrected is news. $1 is the run's run_no: what was
-- refused after it came later than it, too, and lands in its order. As it came: its text is that of the reject, which may
-- be a correction that was refused.
UPDATE merging
SET met_by = 'superseded'
FROM staged_records AS staged
JOIN etl.rejects AS answered
    ON answered.source = staged.source
    AND answered.content_hash = staged.answers
    AND left(encode(sha256(convert_to(answered.raw, 'UTF8')), 'hex'), 32) = staged.content_hash
WHERE staged.row_no = merging.row_no
    AND merging.met_by <> 'new'
    AND answered.closed_by_run_no IS NULL
    AND EXISTS (
        SELECT
        FROM etl.facility_source AS since
        WHERE since.facility_id = merging.facility_id
            AND since.source = staged.source
            AND since.run_no > answered.run_no
            AND since.run_no < $1::integer
    );

-- name: ways_met
SELECT DISTINCT met_by
FROM merging;

-- name: last_round
SELECT coalesce(max(round), 0) AS last_round
FROM staged_records;

-- name: rows_in_range
-- Where to halve a range that the database refused.
SELECT
    min(row_no) AS first_row,
    max(row_no) AS last_row,
    (percentile_disc(0.5) WITHIN GROUP (ORDER BY row_no))::bigint AS middle_row
FROM staged_records
WHERE round = $1::bigint
    AND row_no BETWEEN $2::bigint AND $3::bigint;

-- name: withdraw_record
-- It was refused: no later round may use it.
UPDATE staged_records
SET round = 0
WHERE row_no = $1::bigint;

-- name: note_claimed_key
-- $2 is the kind of issue, $3 the field, $4 the code or key.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
VALUES ($1::bigint, $2, $3, $4);
