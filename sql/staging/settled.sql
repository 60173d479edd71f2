-- How facilities stand in the directory, in one number each: on the connection that merges, and on the one that asks.

-- name: create_weighed_facilities
CREATE TEMPORARY TABLE weighed_facilities (
    facility_id integer NOT NULL
);

-- name: create_weighed_spans
-- The same as spans of consecutive keys: the facilities of a file lie together, and a span is one look into an index.
CREATE TEMPORARY TABLE weighed_spans (
    first_facility integer NOT NULL,
    last_facility integer NOT NULL
);

-- name: create_facility_states
CREATE TEMPORARY TABLE facility_states (
    facility_id integer NOT NULL,
    state bigint NOT NULL
);
