-- Codes and numbers that return are first taken from who bears them, unless that one keeps them.

-- name: keep_later
-- A column that is no longer what the run left was changed since: it stays, and is reported.
UPDATE undo_changes AS undo
SET
    before = coalesce(split.same, '{}'),
    kept = split.other
FROM (
    SELECT
        one.change_id,
        jsonb_object_agg(former.key, former.value)
            FILTER (WHERE image -> former.key IS NOT DISTINCT FROM one.after -> former.key) AS same,
        jsonb_object_agg(former.key, former.value)
            FILTER (WHERE image -> former.key IS DISTINCT FROM one.after -> former.key) AS other
    FROM undo_changes AS one
    CROSS JOIN pg_temp.image_of(one.table_name, one.row_id) AS image
    CROSS JOIN jsonb_each(one.before) AS former
    WHERE one.operation = 'update'
        AND image IS NOT NULL
    GROUP BY one.change_id
) AS split
WHERE undo.change_id = split.change_id
    AND undo.operation = 'update';

-- name: keep_borne_keys
-- A code or number that another facility bears now stays there, and is reported. Run until it keeps nothing: it is free
-- when its bearer gives it up in this undo, and whether the bearer does depends on what that one is to get back. Two
-- may have borne one before, where another file of the run wrote in between: the later of them does again. What the run
-- had deleted does not come back without its code, but does without its number. $1: whether a number must be filled.
WITH claims AS (
    SELECT
        undo.change_id,
        undo.facility_id,
        key.field,
        undo.before ->> key.field AS value,
        row_number() OVER (
            PARTITION BY
                key.field,
                undo.before ->> key.field
            ORDER BY undo.change_id DESC
        ) AS place
    FROM undo_changes AS undo
    CROSS JOIN (VALUES ('facility_code'), ('registration_number')) AS key (field)
    WHERE undo.table_name = 'facilities'
        AND undo.operation IN ('update', 'delete')
        AND undo.before ? key.field
), borne AS (
    SELECT
        claims.change_id,
        claims.field,
        bearer.facility_id AS bearer_id
    FROM claims
    JOIN facilities AS bearer ON bearer.facility_code = claims.value
    WHERE claims.field = 'facility_code'
        AND bearer.facility_id <> claims.facility_id
    UNION ALL
    SELECT
        claims.change_id,
        claims.field,
        bearer.facility_id
    FROM claims
    JOIN facilities AS bearer
        ON bearer.registration_number = claims.value
        AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
    WHERE claims.field = 'registration_number'
        AND bearer.facility_id <> claims.facility_id
), given_up AS (
    SELECT
        claims.facility_id,
        claims.field
    FROM claims
    JOIN facilities AS own USING (facility_id)
    WHERE claims.value IS DISTINCT FROM (
        CASE claims.field WHEN 'facility_code' THEN own.facility_code ELSE own.registration_number END
    )
), refused AS (
    -- By IN, which is hashed: the planner, who has not counted the claims, joined each with all.
    SELECT
        change_id,
        jsonb_object_agg(field, value) AS kept
    FROM claims
    WHERE value <> ''
        AND (
            place > 1
            OR (change_id, field) IN (
                SELECT
                    change_id,
                    field
                FROM borne
                WHERE (bearer_id, field) NOT IN (SELECT facility_id, field FROM given_up)
            )
        )
    GROUP BY change_id
)
UPDATE undo_changes AS undo
SET
    before = CASE
        WHEN undo.operation = 'update' THEN undo.before - ARRAY(SELECT jsonb_object_keys(refused.kept))
        WHEN refused.kept ? 'facility_code' OR undo.kept ? 'registration_number' THEN NULL
        ELSE undo.before || jsonb_build_object(
            'registration_number',
            CASE WHEN $1::boolean THEN '-' || (undo.before ->> 'facility_code') END
        )
    END,
    kept = coalesce(undo.kept, '{}') || refused.kept
FROM refused
WHERE undo.change_id = refused.change_id
    AND undo.table_name = 'facilities'
    AND undo.operation IN ('update', 'delete');

-- name: find_restored
-- The before images of what will be restored; the after images are added when it has been.
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before)
SELECT
    undo.facility_id,
    undo.table_name,
    undo.row_id,
    'update',
    image
FROM undo_changes AS undo
CROSS JOIN pg_temp.image_of(undo.table_name, undo.row_id) AS image
WHERE undo.operation = 'update'
    AND undo.before <> '{}'
    AND image IS NOT NULL;

-- name: release_former_codes
-- Two facilities that get each other's code back would meet in the unique key: the codes are first taken from both. By
-- INTERSECT: joined, the planner, who has not counted what is taken back, compared all with all (9 million for 3,000).
WITH contested AS (
    SELECT undo.after ->> 'facility_code' AS facility_code
    FROM undo_changes AS undo
    WHERE undo.table_name = 'facilities'
        AND undo.operation = 'update'
    INTERSECT
    SELECT undo.before ->> 'facility_code'
    FROM undo_changes AS undo
    WHERE undo.table_name = 'facilities'
        AND undo.operation IN ('update', 'delete')
)
UPDATE facilities
SET facility_code = '~' || facilities.facility_id
FROM undo_changes AS undo
JOIN contested ON contested.facility_code = undo.after ->> 'facility_code'
WHERE facilities.facility_id = undo.row_id
    AND undo.table_name = 'facilities'
    AND undo.operation = 'update'
    AND undo.before ->> 'facility_code' <> facilities.facility_code;

-- name: release_former_numbers
UPDATE facilities
SET registration_number = '~' || facilities.facility_id
FROM undo_changes AS undo
JOIN undo_changes AS other ON other.before ->> 'registration_number' = undo.after ->> 'registration_number'
WHERE facilities.facility_id = undo.row_id
    AND undo.table_name = 'facilities'
    AND undo.operation = 'update'
    AND undo.before ? 'registration_number'
    AND undo.before ->> 'registration_number' IS DISTINCT FROM facilities.registration_number
    AND other.table_name = 'facilities'
    AND other.operation IN ('update', 'delete')
    AND other.row_id <> undo.row_id;
