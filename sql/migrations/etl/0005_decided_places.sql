-- What was found for the names of a place, so that a run over the same places need not look again. All of it follows from
-- the names, the wards and the rules, whose hash is the fingerprint; what coordinates decide is not here. Rows may be
-- deleted at any time: the places are then decided anew, and come out the same.

CREATE TABLE etl.decided_places (
    fingerprint text NOT NULL,
    county_name text,
    constituency_name text,
    sub_county_name text,
    ward_name text,
    ward_no bigint, -- the official number, or that of the database's own ward
    tied bigint[], -- wards of one name that only coordinates tell apart
    ward_match text NOT NULL,
    ward_score double precision NOT NULL,
    ward_candidates text,
    is_mismatch boolean,
    contradicts boolean,
    ward_id bigint,
    constituency_id bigint,
    county_id bigint,
    centroid_lat double precision,
    centroid_lng double precision
);
