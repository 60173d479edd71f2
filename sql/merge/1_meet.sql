-- Which facility is each record of the round? By exact content, code, former code, generated code (1_meet_by_codes.sql),
-- the source's own key, registration number (1_meet_by_keys.sql), name and place, former name (1_meet_by_names.sql), in
-- this order; a record that meets none is a new facility. Here is what is common to all, and which record must wait.
-- $1 is the round, $2 and $3 the first and last row_no. What has met is left out by NOT IN, which is hashed: with NOT
-- EXISTS the planner, who has not counted what has met, takes those that are left for one, and compares all with all.

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
-- reopen a clinic that was closed meanwhile. So is one that has landed: its file comes again once another of its rejects
-- is corrected. One that somebody corrected is news. $1 is the run's run_no: what was refused after it came later than
-- it, too, and lands in its order. As it came: its text is that of the reject, which may be a correction that was
-- refused. What counts is when it was refused last.
WITH refused AS (
    SELECT
        staged.row_no,
        max(answered.run_no) AS run_no
    FROM staged_records AS staged
    JOIN etl.rejects AS answered
        ON answered.source = staged.source
        AND answered.content_hash = staged.answers
        AND left(encode(sha256(convert_to(answered.raw, 'UTF8')), 'hex'), 32) = staged.content_hash
    GROUP BY staged.row_no
)
UPDATE merging
SET met_by = 'superseded'
FROM staged_records AS staged
JOIN refused USING (row_no)
WHERE staged.row_no = merging.row_no
    AND EXISTS (
        SELECT
        FROM etl.facility_source AS since
        WHERE since.facility_id = merging.facility_id
            AND since.source = staged.source
            AND since.content_hash <> staged.content_hash::uuid
            AND since.run_no > refused.run_no
            AND since.run_no < $1::integer
    );

-- name: forget_meeting
-- $2 is the facility, or null for every facility that the record may be.
DELETE FROM merging
WHERE row_no = $1::bigint
    AND ($2::integer IS NULL OR facility_id = $2::integer);

-- name: withdraw_record
-- It was refused: no later round may use it.
UPDATE staged_records
SET round = 0
WHERE row_no = $1::bigint;

-- name: note_claimed_key
-- $2 is the kind of issue, $3 the field, $4 the code or key.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
VALUES ($1::bigint, $2, $3, $4);

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
