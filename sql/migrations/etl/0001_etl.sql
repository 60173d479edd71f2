-- What the importer remembers. Nothing here refers to a table outside this schema: a foreign key, view or trigger
-- from here onto the directory would break the application's own deletes, flushes and migrations.
-- The schema and etl.migrations are made by gvrc/migrations.py before the first file runs.

CREATE TABLE etl.runs (
    run_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL UNIQUE,
    kind text NOT NULL, -- import, undo, retry
    undoes_run_no integer, -- of an undo: the run that it took back
    status text NOT NULL, -- running, succeeded, partial, failed, interrupted
    fingerprint text NOT NULL, -- of rules, aliases and settings; another fingerprint reads every file again
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    quality_score double precision,
    error text,
    has_images boolean NOT NULL DEFAULT true -- before and after of its changes; false once keep_changes_days are over
);

CREATE TABLE etl.files (
    run_no integer NOT NULL REFERENCES etl.runs ON DELETE CASCADE,
    file_no integer NOT NULL,
    path text NOT NULL,
    sha256 text NOT NULL,
    source text NOT NULL,
    fingerprint text NOT NULL,
    status text NOT NULL, -- pending, succeeded, unchanged, failed, not_attempted
    error text,
    path_taken text, -- where in the document the records were
    read bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    issues bigint NOT NULL DEFAULT 0,
    rejects jsonb NOT NULL DEFAULT '{}', -- reason: n
    issue_kinds jsonb NOT NULL DEFAULT '{}', -- kind: n
    ward_match jsonb NOT NULL DEFAULT '{}', -- method: n
    tables jsonb NOT NULL DEFAULT '{}', -- table of the directory: {outcome: rows}
    unmapped jsonb NOT NULL DEFAULT '{}', -- key: [n, masked example]
    PRIMARY KEY (run_no, file_no)
);

CREATE INDEX files_sha256_idx ON etl.files (sha256, source, fingerprint) WHERE status IN ('succeeded', 'unchanged');

CREATE TABLE etl.rejects (
    reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_no integer NOT NULL REFERENCES etl.runs ON DELETE CASCADE,
    file_no integer NOT NULL,
    record_number bigint NOT NULL,
    source text NOT NULL,
    content_hash text NOT NULL, -- of the raw record: a retry that lands closes the rejects of the same content
    reason text NOT NULL,
    field text,
    detail text,
    suggestion text,
    raw text NOT NULL,
    closed_by_run_no integer,
    closed_by_file_no integer
);

CREATE INDEX rejects_open_idx ON etl.rejects (source, content_hash) WHERE closed_by_run_no IS NULL;

-- There is an issue for nearly every record of some sources: a foreign key took as long as the rest of their insertion,
-- and a run is never deleted.
CREATE TABLE etl.issues (
    issue_id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000) PRIMARY KEY,
    run_no integer NOT NULL,
    file_no integer NOT NULL,
    record_number bigint NOT NULL,
    facility_id integer,
    kind text NOT NULL,
    field text NOT NULL,
    raw_value text
);

CREATE INDEX issues_run_idx ON etl.issues (run_no, facility_id);

-- Lineage: the records that a facility's values came from, one row a record.
CREATE TABLE etl.facility_source (
    source text NOT NULL,
    content_hash uuid NOT NULL, -- 128 bits; as text the key was twice as large and slow
    source_key text,
    facility_id integer NOT NULL,
    run_no integer NOT NULL,
    file_no integer NOT NULL,
    record_number bigint NOT NULL,
    is_superseded boolean NOT NULL DEFAULT false,
    PRIMARY KEY (content_hash, source)
);

CREATE INDEX facility_source_source_key_idx ON etl.facility_source (source_key, source) WHERE source_key IS NOT NULL;
CREATE INDEX facility_source_facility_id_idx ON etl.facility_source (facility_id);

-- Lineage as it was before a record took its place: what undo puts back.
CREATE TABLE etl.former_lineage (
    former_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_by_run_no integer NOT NULL,
    changed_by_file_no integer NOT NULL,
    overtaken_file_no integer, -- the file of the same run whose record was superseded
    source text NOT NULL,
    content_hash uuid NOT NULL,
    source_key text,
    facility_id integer NOT NULL,
    run_no integer NOT NULL,
    file_no integer NOT NULL,
    record_number bigint NOT NULL,
    is_superseded boolean NOT NULL
);

CREATE INDEX former_lineage_run_idx ON etl.former_lineage (changed_by_run_no);

-- Each facility as the last import left it: what a person has changed since is what differs from this. Also what
-- the directory has no column for.
CREATE TABLE etl.imported_facilities (
    facility_id integer PRIMARY KEY,
    run_no integer NOT NULL,
    facility_name text NOT NULL,
    facility_code text NOT NULL,
    registration_number text,
    facility_type text,
    operational_status_id integer,
    ward_id integer,
    is_active boolean NOT NULL,
    address_line_1 text NOT NULL,
    description text NOT NULL,
    website_url text NOT NULL,
    official_name text,
    facility_level text,
    opening text,
    sub_county_name text,
    constituency_id integer,
    county_id integer,
    place_level text NOT NULL,
    ward_match text NOT NULL,
    ward_score double precision,
    ward_candidates text,
    quality_score double precision,
    recorded_on date,
    field_sources jsonb NOT NULL DEFAULT '{}' -- of ranked fields (source_rank): which source gave the present value
);

-- A row of it as it was before a run changed it: what undo puts back, if no later run has changed it since.
CREATE TABLE etl.former_imported (
    former_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_by_run_no integer NOT NULL,
    changed_by_file_no integer NOT NULL,
    left_run_no integer, -- the run_no that the row was left with; null where it was deleted
    facility_id integer NOT NULL,
    image jsonb NOT NULL
);

CREATE INDEX former_imported_run_idx ON etl.former_imported (changed_by_run_no);

-- A generated code is remembered, so that a facility that was renamed or given a real code is still met by it.
CREATE TABLE etl.code_map (
    generated_code text PRIMARY KEY,
    facility_id integer NOT NULL
);

CREATE INDEX code_map_facility_id_idx ON etl.code_map (facility_id);

-- Before and after of what a run wrote. An insert of a whole facility is one row, and stands for its children too;
-- "after" of an insert is null: the row itself is its image until something changes it, and that change has it.
CREATE TABLE etl.changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000) PRIMARY KEY,
    run_no integer NOT NULL,
    file_no integer NOT NULL,
    facility_id integer NOT NULL,
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    operation text NOT NULL, -- insert, update, delete
    before jsonb,
    after jsonb
);

CREATE INDEX changes_run_idx ON etl.changes (run_no, facility_id);
