-- A managed database may be emptied by the application, and its keys begun anew. What is remembered of a key is then of
-- a facility that is gone, not of the one that has the key now: that one is a stranger.

-- name: forget_strangers
-- A stranger was made after the run that last wrote the key had ended, and has another code and another name. A key
-- that nobody has will be given again where the sequence is behind it.
WITH strangers AS (
    SELECT imported.facility_id
    FROM etl.imported_facilities AS imported
    JOIN etl.runs USING (run_no)
    LEFT JOIN facilities USING (facility_id)
    WHERE (
        facilities.created_at > runs.finished_at
        AND facilities.facility_code <> imported.facility_code
        AND facilities.facility_name <> imported.facility_name
    )
        OR (
            facilities.facility_id IS NULL
            AND imported.facility_id
                > coalesce(pg_sequence_last_value(pg_get_serial_sequence('facilities', 'facility_id')::regclass), 0)
        )
), lineage AS (
    DELETE FROM etl.facility_source AS known
    USING strangers
    WHERE known.facility_id = strangers.facility_id
    RETURNING
        known.source,
        known.content_hash
), superseded AS (
    DELETE FROM etl.superseded_records AS known
    USING lineage
    WHERE known.source = lineage.source
        AND known.content_hash = lineage.content_hash
), settled AS (
    DELETE FROM etl.settled_facilities AS known
    USING strangers
    WHERE known.facility_id = strangers.facility_id
), codes AS (
    DELETE FROM etl.code_map AS known
    USING strangers
    WHERE known.facility_id = strangers.facility_id
), former_codes AS (
    DELETE FROM etl.former_codes AS known
    USING strangers
    WHERE known.facility_id = strangers.facility_id
        OR known.left_facility_id = strangers.facility_id
), changes AS (
    -- An undo of the run that wrote the key would change or delete the stranger.
    DELETE FROM etl.changes AS known
    USING strangers
    WHERE known.facility_id = strangers.facility_id
)
DELETE FROM etl.imported_facilities AS imported
USING strangers
WHERE imported.facility_id = strangers.facility_id;
