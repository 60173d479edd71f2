-- The lone records of a first load (gvrc/lone.py): the little that is not copied straight into the tables.

-- name: number_facilities
-- $1 is the sequence of the keys, $2 how many are wanted.
SELECT
    min(numbered.facility_id) AS first_id,
    max(numbered.facility_id) AS last_id,
    now() AS now
FROM (
    SELECT nextval($1::regclass) AS facility_id
    FROM generate_series(1, $2::bigint)
) AS numbered;

-- name: insert_lone_coordinates
INSERT INTO facility_coordinates (
    facility_id,
    latitude,
    longitude,
    collection_date,
    data_source,
    collection_method,
    updated_at,
    created_by,
    updated_by
)
SELECT
    facility_id,
    latitude::numeric(10, 8),
    longitude::numeric(11, 8),
    coalesce(collected_on::date, current_date),
    left(source, 100),
    'imported',
    now(),
    $1::integer,
    $1::integer
FROM staged_coordinates;

-- name: span_lone
INSERT INTO weighed_spans (first_facility, last_facility)
SELECT
    $1::integer,
    $2::integer;

-- name: facility_states
SELECT
    facility_id,
    state
FROM facility_states;
