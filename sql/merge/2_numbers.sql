-- Only one facility bears a registration number: the second to claim it goes without, and an issue says so.

-- name: refuse_claimed_numbers
-- Run until it refuses nothing: a number is free if its bearer gets another one in this round, and whether the bearer
-- does depends on the bearer's own claim. $1: whether a number that a person has changed is kept; a facility that keeps
-- its number claims no other.
WITH claims AS (
    SELECT
        staged.row_no,
        merging.facility_id,
        staged.registration_number,
        row_number() OVER (PARTITION BY staged.registration_number ORDER BY staged.row_no) AS place
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    LEFT JOIN facilities AS own ON own.facility_id = merging.facility_id
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = merging.facility_id
    WHERE staged.registration_number IS NOT NULL
        AND merging.met_by <> 'superseded'
        -- A facility that already has the number claims nothing: in an unchanged run there is nothing to compare.
        AND own.registration_number IS DISTINCT FROM staged.registration_number
        AND NOT (
            $1::boolean
            AND imported.facility_id IS NOT NULL
            AND own.registration_number IS DISTINCT FROM imported.registration_number
        )
), giving_up AS (
    SELECT own.facility_id
    FROM claims
    JOIN facilities AS own USING (facility_id)
    WHERE claims.registration_number <> own.registration_number
), refused AS (
    SELECT
        claims.row_no,
        claims.registration_number
    FROM claims
    WHERE claims.place > 1
        OR EXISTS (
            SELECT
            FROM facilities AS bearer
            WHERE bearer.registration_number = claims.registration_number
                AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
                AND bearer.facility_id <> claims.facility_id
                AND bearer.facility_id NOT IN (SELECT facility_id FROM giving_up) -- hashed, unlike NOT EXISTS
        )
), issues AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        row_no,
        'registration_number_claimed_twice',
        'registration_number',
        registration_number
    FROM refused
)
UPDATE staged_records AS staged
SET registration_number = NULL
FROM refused
WHERE refused.row_no = staged.row_no;

-- name: release_numbers
-- Two facilities that exchange their numbers would meet in the unique key: the numbers are first taken from both.
UPDATE facilities
SET registration_number = '~' || facilities.facility_id
FROM wanted_facilities AS wanted
JOIN wanted_facilities AS other ON other.registration_number IS NOT NULL
WHERE wanted.facility_id = facilities.facility_id
    AND wanted.registration_number IS DISTINCT FROM facilities.registration_number
    AND other.registration_number = facilities.registration_number
    AND other.facility_id <> facilities.facility_id;
