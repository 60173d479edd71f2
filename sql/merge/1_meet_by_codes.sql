-- Meeting by exact content, code, former code and generated code; the parameters are as in 1_meet.sql.

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
-- that its source knows by another key: a body has numbered its facilities anew, or typed a code wrong. A facility would
-- be renamed, or lost. A short number is no such key: it may just count rows. is_by_key: only the keys tell so. As a form
-- gives each of its answers a key, a name counts, too, that many facilities have. The row that asks most comes last.
-- is_another: both of these at once, whatever the names share, for the body tells the two apart itself; and a gender desk
-- under the code of the police station that it is in, a recovery centre under that of its hospital, or the other way
-- round. Their names share the place, but they have different telephones. With the very same name they are one facility.
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
    row_no,
    facility_code,
    claimant_name,
    bearer_name,
    imported_name,
    is_by_key,
    is_another
FROM (
    SELECT
        met.*,
        false AS is_by_key,
        false AS is_another
    FROM met
    LEFT JOIN wards ON wards.ward_id = met.ward_of_bearer
    LEFT JOIN constituencies ON constituencies.constituency_id = wards.constituency_id
    WHERE $1 = 'registration number'
        OR coalesce(constituencies.constituency_id, met.imported_constituency_id) <> met.constituency_id
        OR coalesce(constituencies.county_id, met.imported_county_id) <> met.county_id
    UNION
    SELECT
        met.*,
        false,
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
        met.*,
        true,
        EXISTS (
            SELECT
            FROM etl.facility_source AS known_by_key
            JOIN facilities AS own ON own.facility_id = known_by_key.facility_id
            WHERE known_by_key.source = met.source
                AND known_by_key.source_key = met.source_key
                AND own.facility_id <> met.facility_id
                AND lower(own.facility_name) = lower(met.claimant_name)
        )
    FROM met
    JOIN etl.facility_source AS known USING (facility_id, source)
    WHERE $1 = 'code'
        AND NOT known.is_superseded
        AND known.source_key <> met.source_key
        AND NOT pg_temp.is_row_number(known.source_key)
        AND NOT pg_temp.is_row_number(met.source_key)
    UNION
    SELECT
        met.*,
        true,
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
        met.*,
        false,
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
) AS doubtful
ORDER BY
    is_another,
    is_by_key DESC;

-- name: withdraw_claimed_code
UPDATE staged_records
SET facility_code = NULL
WHERE row_no = $1::bigint;

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
