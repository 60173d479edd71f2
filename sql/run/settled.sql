-- Before a batch is transformed: which of its records have come before, and changed nothing since?

-- name: has_settled
SELECT EXISTS (SELECT FROM etl.settled_facilities) OR EXISTS (SELECT FROM etl.superseded_records) AS has_settled;

-- name: create_asked_records
CREATE TEMPORARY TABLE asked_records (
    row_no bigint NOT NULL,
    source text NOT NULL,
    content_hash text NOT NULL,
    rules bigint NOT NULL
);

-- name: create_known_records
CREATE TEMPORARY TABLE known_records (
    row_no bigint NOT NULL,
    facility_id integer NOT NULL,
    source_key text,
    rules bigint NOT NULL,
    is_superseded boolean NOT NULL
);

-- name: empty_asked
TRUNCATE
    asked_records,
    known_records,
    facilities_to_weigh,
    spans_to_weigh,
    facility_states;

-- name: analyze_asked
ANALYZE asked_records;

-- name: find_known
-- A record that is also an open reject was refused since, under other rules: it lands again, and closes the reject.
INSERT INTO known_records (row_no, facility_id, source_key, rules, is_superseded)
SELECT
    asked.row_no,
    known.facility_id,
    known.source_key,
    asked.rules,
    known.is_superseded
FROM asked_records AS asked
JOIN etl.facility_source AS known
    ON known.source = asked.source
    AND known.content_hash = asked.content_hash::uuid
WHERE NOT EXISTS (
    SELECT
    FROM etl.rejects AS open
    WHERE open.source = asked.source
        AND open.content_hash = asked.content_hash
        AND open.closed_by_run_no IS NULL
);

-- name: find_known_to_weigh
INSERT INTO facilities_to_weigh (facility_id)
SELECT DISTINCT facility_id
FROM known_records
WHERE NOT is_superseded;

-- name: find_settled
-- What was weighed is put together first: the planner takes each equality for a rare one, and would compare all with
-- all. And each facility is looked up by its key: to read all that are settled for each batch took 0.36 s at 740,000.
-- How the facility of a superseded record stands is nothing to it.
WITH weighed AS MATERIALIZED (
    SELECT
        known.*,
        states.state
    FROM known_records AS known
    JOIN facility_states AS states USING (facility_id)
    WHERE NOT known.is_superseded
)
SELECT
    weighed.row_no,
    settled.facility_id::bigint AS facility_id,
    weighed.source_key,
    settled.facility_code,
    settled.ward_match,
    settled.issues,
    settled.coordinates::bigint AS facility_coordinates,
    settled.contacts::bigint AS facility_contacts,
    settled.services::bigint AS facility_services,
    settled.owners::bigint AS facility_owners,
    settled.gbv_categories::bigint AS facility_gbv_categories,
    settled.infrastructure::bigint AS facility_infrastructure,
    settled.refused_number,
    false AS is_superseded
FROM weighed
CROSS JOIN LATERAL (
    SELECT *
    FROM etl.settled_facilities
    WHERE settled_facilities.facility_id = weighed.facility_id
    OFFSET 0
) AS settled
WHERE settled.rules = weighed.rules
    AND settled.state = weighed.state
UNION ALL
SELECT
    known.row_no,
    known.facility_id,
    known.source_key,
    superseded.facility_code,
    superseded.ward_match,
    superseded.issues,
    superseded.coordinates,
    superseded.contacts,
    superseded.services,
    superseded.owners,
    superseded.gbv_categories,
    superseded.infrastructure,
    NULL,
    true
FROM known_records AS known
JOIN asked_records AS asked USING (row_no)
CROSS JOIN LATERAL (
    SELECT *
    FROM etl.superseded_records
    WHERE superseded_records.source = asked.source
        AND superseded_records.content_hash = asked.content_hash::uuid
    OFFSET 0
) AS superseded
WHERE known.is_superseded
    AND superseded.rules = known.rules;
