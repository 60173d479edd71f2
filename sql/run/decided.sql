-- The places that were decided before (sql/migrations/etl/0005_decided_places.sql).

-- name: decided_places
-- $1 is the fingerprint of the resolver.
SELECT
    county_name,
    constituency_name,
    sub_county_name,
    ward_name,
    ward_no,
    tied,
    ward_match,
    ward_score,
    ward_candidates,
    is_mismatch,
    contradicts,
    ward_id,
    constituency_id,
    county_id,
    centroid_lat,
    centroid_lng
FROM etl.decided_places
WHERE fingerprint = $1;

-- name: forget_other_places
-- What other rules or other wards decided.
DELETE FROM etl.decided_places
WHERE fingerprint <> $1;

-- name: keep_decided_places
-- $2 is a JSON list of them.
INSERT INTO etl.decided_places
SELECT
    $1,
    place.*
FROM jsonb_to_recordset($2::jsonb) AS place (
    county_name text,
    constituency_name text,
    sub_county_name text,
    ward_name text,
    ward_no bigint,
    tied bigint[],
    ward_match text,
    ward_score double precision,
    ward_candidates text,
    is_mismatch boolean,
    contradicts boolean,
    ward_id bigint,
    constituency_id bigint,
    county_id bigint,
    centroid_lat double precision,
    centroid_lng double precision
);
