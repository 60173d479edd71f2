-- A generated code as it was before a run gave it to a facility that stood there before: what undo puts back. A facility
-- that was renamed has the code of its new name too, and that must not lead to it once the new name is taken back.

CREATE TABLE etl.former_codes (
    former_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_by_run_no integer NOT NULL,
    changed_by_file_no integer NOT NULL,
    left_facility_id integer, -- whose the run left it; null where it left it to none
    generated_code text NOT NULL,
    facility_id integer -- whose it was before; null where it was nobody's
);

CREATE INDEX former_codes_run_idx ON etl.former_codes (changed_by_run_no);
