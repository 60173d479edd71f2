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
-- $1 is a JSON list of them, the fingerprint with each.
INSERT INTO etl.decided_places
SELECT *
FROM jsonb_populate_recordset(NULL::etl.decided_places, $1::jsonb);
