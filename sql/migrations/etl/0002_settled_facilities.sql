-- Settled: a facility that stands as the one record it came from says, under the rules of then. When the same record
-- comes again under the same rules, and the facility is still as it was left, there is nothing to transform or merge.
-- Rows may be deleted at any time: the record then takes the long way, and comes out the same.

CREATE TABLE etl.settled_facilities (
    facility_id integer PRIMARY KEY,
    rules bigint NOT NULL, -- hash of all that decides how the record comes out: gvrc/settled.py
    facility_code text NOT NULL, -- with the state, it is still the facility's
    state bigint NOT NULL, -- hash of the facility and what belongs to it, as they were left: weigh_facilities
    ward_match text NOT NULL,
    issues text NOT NULL, -- a line for each issue of the record: kind and field
    coordinates smallint NOT NULL, -- how many rows of each table the record gives
    contacts smallint NOT NULL,
    services smallint NOT NULL,
    owners smallint NOT NULL,
    gbv_categories smallint NOT NULL,
    infrastructure smallint NOT NULL
);
