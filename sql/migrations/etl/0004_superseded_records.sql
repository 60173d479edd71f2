-- A record that another one of its facility superseded is merged to nothing when it comes again: it is counted. What is
-- counted is remembered here, so that it need not be opened for it. All of it follows from the record and the rules, none
-- of it from what became of the facility; that the record is superseded still, etl.facility_source tells. Rows may be
-- deleted at any time: the record then takes the long way, and comes out the same.

CREATE TABLE etl.superseded_records (
    source text NOT NULL,
    content_hash uuid NOT NULL,
    rules bigint NOT NULL, -- as in etl.settled_facilities, and so are the others
    facility_code text, -- that the record states, or its facility had: for the log
    ward_match text NOT NULL,
    issues text NOT NULL,
    coordinates smallint NOT NULL,
    contacts smallint NOT NULL,
    services smallint NOT NULL,
    owners smallint NOT NULL,
    gbv_categories smallint NOT NULL,
    infrastructure smallint NOT NULL,
    PRIMARY KEY (content_hash, source)
);
