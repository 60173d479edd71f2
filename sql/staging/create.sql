-- The staging tables of a run: temporary, so that a crash leaves none; types as the frames have them, the merge casts.

-- name: create_staged_records
-- The index, and those of merging: rounds change after the planner has counted them, and nobody has counted yet what was
-- met. What it takes for one row it looks up; without an index it read 8,000 rows for each of 8,000 (61 s).
CREATE TEMPORARY TABLE staged_records (
    row_no bigint NOT NULL,
    round bigint NOT NULL, -- the k-th record of the same facility in this batch is merged in round k
    file_no bigint NOT NULL,
    record_number bigint NOT NULL,
    source text NOT NULL,
    source_key text,
    content_hash text NOT NULL,
    answers text, -- the content hash of the reject that this record is the correction of
    facility_name text NOT NULL,
    name_key text NOT NULL, -- without its signs (gvrc/loading/staging.py)
    facility_code text,
    code_prefix text NOT NULL,
    generated_code text, -- filled by generate_codes for a record without a code
    registration_number text,
    facility_type text,
    operational_status text,
    is_active boolean,
    address text,
    description text,
    website_url text,
    official_name text,
    facility_level text,
    opening text,
    sub_county_name text,
    ward_id bigint,
    constituency_id bigint,
    county_id bigint,
    place_level text NOT NULL,
    ward_match text NOT NULL,
    ward_score double precision,
    ward_candidates text,
    latitude double precision,
    longitude double precision,
    collected_on text,
    recorded_on text,
    quality_score double precision,
    contacts bigint NOT NULL, -- how many rows of each table of children the record gives
    services bigint NOT NULL,
    owners bigint NOT NULL,
    gbv_categories bigint NOT NULL,
    infrastructure bigint NOT NULL
);

CREATE INDEX ON staged_records (row_no);

-- name: create_staged_contacts
CREATE TEMPORARY TABLE staged_contacts (
    row_no bigint NOT NULL,
    position bigint NOT NULL,
    contact_type text NOT NULL,
    contact_value text NOT NULL,
    contact_key text NOT NULL,
    contact_person_name text NOT NULL
);

-- name: create_staged_ended_contacts
-- What records call out of use.
CREATE TEMPORARY TABLE staged_ended_contacts (
    row_no bigint NOT NULL,
    contact_type text NOT NULL,
    contact_key text NOT NULL
);

-- name: create_staged_services
CREATE TEMPORARY TABLE staged_services (
    row_no bigint NOT NULL,
    service_name text NOT NULL,
    service_category text NOT NULL
);

-- name: create_staged_owners
CREATE TEMPORARY TABLE staged_owners (
    row_no bigint NOT NULL,
    owner_name text NOT NULL,
    owner_type text NOT NULL
);

-- name: create_staged_gbv_categories
CREATE TEMPORARY TABLE staged_gbv_categories (
    row_no bigint NOT NULL,
    gbv_category text NOT NULL
);

-- name: create_staged_infrastructure
CREATE TEMPORARY TABLE staged_infrastructure (
    row_no bigint NOT NULL,
    infrastructure_type text NOT NULL,
    condition_status text NOT NULL,
    capacity bigint NOT NULL
);

-- name: create_staged_rejects
CREATE TEMPORARY TABLE staged_rejects (
    file_no bigint NOT NULL,
    record_number bigint NOT NULL,
    source text NOT NULL,
    content_hash text NOT NULL,
    reason text NOT NULL,
    field text,
    detail text,
    suggestion text,
    raw text NOT NULL,
    nobodys text,
    is_correction boolean NOT NULL, -- of a record that was rejected before: a person has changed it
    corrected_by text -- the earlier run that loaded the correction of it
);

-- name: create_staged_issues
CREATE TEMPORARY TABLE staged_issues (
    row_no bigint NOT NULL,
    kind text NOT NULL,
    field text NOT NULL,
    raw_value text
);

-- name: create_merging
-- The records of the round that is being merged, each with its facility and how it was met.
CREATE TEMPORARY TABLE merging (
    row_no bigint NOT NULL,
    facility_id integer NOT NULL,
    -- content, code, former code, generated code, source key, registration number, name, former name, new; superseded
    met_by text NOT NULL
);

CREATE INDEX ON merging (row_no);

CREATE INDEX ON merging (facility_id);

-- name: create_unrepeated_contacts
-- Contacts in use that a record's source gave before, and in whose place the record gives others of the type.
CREATE TEMPORARY TABLE unrepeated_contacts (
    row_no bigint NOT NULL,
    contact_id bigint NOT NULL,
    is_only_record boolean NOT NULL, -- else the source may say in another record what it does not in this one
    is_imported_primary boolean NOT NULL
);

-- name: create_wanted_facilities
-- What the met facilities should be after the round: the record's value, or the present one where it has none.
CREATE TEMPORARY TABLE wanted_facilities (
    row_no bigint NOT NULL,
    facility_id integer NOT NULL,
    facility_name text NOT NULL,
    facility_code text NOT NULL,
    registration_number text,
    operational_status_id integer,
    ward_id integer,
    is_active boolean NOT NULL,
    address_line_1 text NOT NULL,
    description text NOT NULL,
    website_url text NOT NULL,
    facility_type text,
    edited_fields text[] NOT NULL, -- a person changed these since the last import
    kept_fields text[] NOT NULL -- and the record says otherwise
);

-- name: create_source_ranks
-- The setting source_rank; 1 is the most trusted.
CREATE TEMPORARY TABLE source_ranks (
    field text NOT NULL,
    source text NOT NULL,
    rank bigint NOT NULL
);

-- name: create_ranked_fields
-- What the records of the round say of ranked fields.
CREATE TEMPORARY TABLE ranked_fields (
    row_no bigint NOT NULL,
    field text NOT NULL,
    source text NOT NULL, -- whose value stands after the round
    said text NOT NULL,
    differs boolean NOT NULL,
    is_outranked boolean NOT NULL -- the present value came from a source that ranks higher: it stays
);

-- name: create_batch_changes
CREATE TEMPORARY TABLE batch_changes (
    facility_id integer NOT NULL,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    operation text NOT NULL,
    before jsonb,
    after jsonb, -- null where a trigger dropped the write
    said jsonb -- what was sent, and the row_no of the record, where triggers are watched
);

-- name: create_batch_outcomes
-- What became of each record of the batch; file_no is the one it is counted in, which for a superseded record may be
-- a file of an earlier batch.
CREATE TEMPORARY TABLE batch_outcomes (
    file_no bigint NOT NULL,
    outcome text NOT NULL,
    records bigint NOT NULL -- +1, or -1 where a later record took the outcome over
);

-- name: create_batch_tables
-- What became of the batch's rows of each table but facilities, whose rows are the records.
CREATE TEMPORARY TABLE batch_tables (
    file_no bigint NOT NULL,
    table_name text NOT NULL,
    outcome text NOT NULL,
    rows bigint NOT NULL
);

-- name: create_staged_settled
-- The batch's records that need no merge: their facilities are settled, or they are known to be superseded.
CREATE TEMPORARY TABLE staged_settled (
    row_no bigint NOT NULL,
    facility_id bigint NOT NULL,
    file_no bigint NOT NULL,
    record_number bigint NOT NULL,
    source text NOT NULL,
    source_key text,
    content_hash text NOT NULL,
    refused_number text,
    is_superseded boolean NOT NULL
);

-- name: create_staged_coordinates
-- Of the lone records of a first load, whose facilities are there already.
CREATE TEMPORARY TABLE staged_coordinates (
    facility_id integer NOT NULL,
    source text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    collected_on text
);

-- name: create_run_facilities
-- The facilities that this run has met, with the record that speaks for each: it lives as long as the connection. In
-- the statements of a batch its rows are called earlier, after the last batch met.
CREATE TEMPORARY TABLE run_facilities (
    facility_id integer PRIMARY KEY,
    file_no bigint NOT NULL,
    source text NOT NULL,
    content_hash uuid NOT NULL,
    outcome text NOT NULL
);

-- name: create_run_superseded
-- The records that came in this run, and that a later one superseded, in this run or before.
CREATE TEMPORARY TABLE run_superseded (
    file_no bigint NOT NULL,
    source text NOT NULL,
    content_hash uuid NOT NULL
);

-- name: create_refused_claims
-- The records that went without their code or registration number in this run: whoever bears it may give it up later on.
CREATE TEMPORARY TABLE refused_claims (
    facility_id integer NOT NULL,
    file_no bigint NOT NULL,
    record_number bigint NOT NULL,
    source text NOT NULL,
    content_hash uuid NOT NULL,
    kind text NOT NULL,
    claimed text NOT NULL
);

-- name: create_dry_run_ids
-- A dry run takes its keys from here: negative, so that no identity value of the directory is burnt.
CREATE TEMPORARY SEQUENCE dry_run_ids INCREMENT -1 START -1;

-- name: fill_source_ranks
-- $1 is the setting as JSON.
INSERT INTO source_ranks (field, source, rank)
SELECT
    ranked.key,
    named.source,
    named.rank
FROM jsonb_each($1::jsonb) AS ranked
CROSS JOIN LATERAL jsonb_array_elements_text(ranked.value) WITH ORDINALITY AS named (source, rank);
