-- How facilities stand in the directory, in one number each: on the connection that merges, and on the one that asks.

-- name: create_facilities_to_weigh
-- Of what was merged those that are settled now; of what is asked about all, to see whether they still are.
CREATE TEMPORARY TABLE facilities_to_weigh (
    facility_id integer NOT NULL
);

-- name: create_spans_to_weigh
-- The same as spans of consecutive keys: the facilities of a file lie together, and a span is one look into an index.
CREATE TEMPORARY TABLE spans_to_weigh (
    first_facility integer NOT NULL,
    last_facility integer NOT NULL
);

-- name: create_facility_states
CREATE TEMPORARY TABLE facility_states (
    facility_id integer NOT NULL,
    state bigint NOT NULL
);
