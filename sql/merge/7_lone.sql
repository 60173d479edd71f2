-- The lone records of a first load (gvrc/loading/lone.py): the few things that are not copied straight into the tables.

-- name: number_facilities
-- $1 is the sequence of the keys, $2 how many keys are wanted.
SELECT
    min(numbered.facility_id) AS first_id,
    max(numbered.facility_id) AS last_id,
    now() AS now
FROM (
    SELECT nextval($1::regclass) AS facility_id
    FROM generate_series(1, $2::bigint)
) AS numbered;

-- name: add_lone_span
INSERT INTO spans_to_weigh (first_facility, last_facility)
SELECT
    $1::integer,
    $2::integer;

-- name: facility_states
SELECT
    facility_id,
    state
FROM facility_states;

-- name: truncate_lone
TRUNCATE
    staged_coordinates,
    spans_to_weigh,
    facility_states;
