-- The one active point of a facility; the parameters are as in 4_children.sql.

-- name: insert_coordinates_of_new
INSERT INTO facility_coordinates (
    coordinate_id,
    facility_id,
    latitude,
    longitude,
    collection_date,
    data_source,
    collection_method,
    is_active,
    created_at,
    updated_at,
    created_by,
    updated_by
)
SELECT
    nextval($2::regclass),
    located.facility_id,
    located.latitude::numeric(10, 8),
    located.longitude::numeric(11, 8),
    coalesce(located.collected_on::date, current_date),
    left(located.source, 100),
    'imported',
    true,
    now(),
    now(),
    $1::integer,
    $1::integer
FROM (
    SELECT
        merging.facility_id,
        staged.latitude,
        staged.longitude,
        staged.collected_on,
        staged.source
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by = 'new'
    UNION ALL
    SELECT
        facility_id,
        latitude,
        longitude,
        collected_on,
        source
    FROM staged_coordinates -- of lone records; one of the two is empty
) AS located
WHERE located.latitude IS NOT NULL
ORDER BY located.facility_id;

-- name: insert_coordinates_of_met
WITH lacking AS (
    SELECT
        nextval($2::regclass) AS coordinate_id,
        merging.facility_id,
        staged.latitude::numeric(10, 8) AS latitude,
        staged.longitude::numeric(11, 8) AS longitude,
        coalesce(staged.collected_on::date, current_date) AS collection_date,
        left(staged.source, 100) AS data_source,
        merging.row_no
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by <> 'superseded'
        AND (merging.met_by <> 'new' OR $3::boolean)
        AND staged.latitude IS NOT NULL
        AND NOT EXISTS (
            SELECT
            FROM facility_coordinates AS present
            WHERE present.facility_id = merging.facility_id
                AND (
                    present.is_active
                    -- A person has switched this very point off.
                    OR (present.latitude, present.longitude)
                        = (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
                )
        )
), inserted AS (
    INSERT INTO facility_coordinates (
        coordinate_id,
        facility_id,
        latitude,
        longitude,
        collection_date,
        data_source,
        collection_method,
        is_active,
        created_at,
        updated_at,
        created_by,
        updated_by
    )
    SELECT
        coordinate_id,
        facility_id,
        latitude,
        longitude,
        collection_date,
        data_source,
        'imported',
        true,
        now(),
        now(),
        $1::integer,
        $1::integer
    FROM lacking
    RETURNING *
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, after, said)
SELECT
    lacking.facility_id,
    'facility_coordinates',
    lacking.coordinate_id,
    'insert',
    to_jsonb(inserted),
    CASE WHEN $3::boolean THEN to_jsonb(lacking) END
FROM lacking
LEFT JOIN inserted USING (coordinate_id);

-- name: note_kept_points
-- A point that a person collected is kept; if the record says that the facility is elsewhere, that is an issue.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'manual_edit_kept',
    'coordinates',
    format('%s, %s', staged.latitude, staged.longitude)
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN facility_coordinates AS present USING (facility_id)
WHERE merging.met_by NOT IN ('new', 'superseded')
    AND present.is_active
    AND present.collection_method <> 'imported'
    AND staged.latitude IS NOT NULL
    AND (present.latitude, present.longitude)
        IS DISTINCT FROM (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
    AND NOT EXISTS (
        SELECT
        FROM ranked_fields AS ranked
        WHERE ranked.row_no = merging.row_no
            AND ranked.field = 'coordinates'
            AND ranked.is_outranked
    );

-- name: update_coordinates
-- One active point per facility: it moves, and its former place is in the change. A point that was not imported (a
-- person collected it) is kept if $2 says that manual edits are. So is a point of which the record has a rounding: a
-- spreadsheet's -1.3, 36.9 for -1.310123, 36.875123 says nothing new, and would move the facility by three kilometres.
WITH moved AS (
    SELECT
        merging.row_no,
        present.facility_id,
        present.coordinate_id,
        to_jsonb(present) AS before,
        staged.latitude::numeric(10, 8) AS latitude,
        staged.longitude::numeric(11, 8) AS longitude,
        coalesce(staged.collected_on::date, current_date) AS collection_date,
        left(staged.source, 100) AS data_source
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN facility_coordinates AS present USING (facility_id)
    CROSS JOIN LATERAL (
        SELECT greatest(
            scale(trim_scale(staged.latitude::numeric)),
            scale(trim_scale(staged.longitude::numeric))
        ) AS decimals
    ) AS said
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND present.is_active
        AND staged.latitude IS NOT NULL
        AND (present.latitude, present.longitude)
            IS DISTINCT FROM (staged.latitude::numeric(10, 8), staged.longitude::numeric(11, 8))
        AND (round(present.latitude, said.decimals), round(present.longitude, said.decimals))
            IS DISTINCT FROM (staged.latitude::numeric, staged.longitude::numeric)
        AND (trunc(present.latitude, said.decimals), trunc(present.longitude, said.decimals))
            IS DISTINCT FROM (staged.latitude::numeric, staged.longitude::numeric)
        AND (NOT $2::boolean OR present.collection_method = 'imported')
        AND NOT EXISTS (
            SELECT
            FROM ranked_fields AS ranked
            WHERE ranked.row_no = merging.row_no
                AND ranked.field = 'coordinates'
                AND ranked.is_outranked
        )
), updated AS (
    UPDATE facility_coordinates AS present
    SET
        latitude = moved.latitude,
        longitude = moved.longitude,
        collection_date = moved.collection_date,
        data_source = moved.data_source,
        collection_method = 'imported',
        updated_at = now(),
        updated_by = $1::integer
    FROM moved
    WHERE present.coordinate_id = moved.coordinate_id
    RETURNING present.*
)
INSERT INTO batch_changes (facility_id, table_name, row_id, operation, before, after, said)
SELECT
    moved.facility_id,
    'facility_coordinates',
    moved.coordinate_id,
    'update',
    moved.before,
    to_jsonb(updated),
    CASE WHEN $3::boolean THEN to_jsonb(moved) - 'before' END
FROM moved
LEFT JOIN updated USING (coordinate_id);
