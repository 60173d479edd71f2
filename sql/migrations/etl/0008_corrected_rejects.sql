-- What closed a reject. A record that a person corrected stays closed when its source sends it again as it was; one that
-- landed itself, and is refused now, is open again. And what an undo opens again, the undo of that undo closes again: the
-- import that had closed it is remembered meanwhile.

ALTER TABLE etl.rejects
    ADD COLUMN is_corrected boolean NOT NULL DEFAULT false, -- what answered it was not the record itself
    ADD COLUMN answered_by_run_no integer, -- the last import that closed it, also while that is taken back
    ADD COLUMN answered_by_file_no integer;

UPDATE etl.rejects
SET
    answered_by_run_no = closed_by_run_no,
    answered_by_file_no = closed_by_file_no
FROM etl.runs
WHERE runs.run_no = rejects.closed_by_run_no
    AND runs.kind <> 'undo';

CREATE INDEX rejects_corrected_idx ON etl.rejects (source, content_hash) WHERE is_corrected;

-- Of the rejects of a file: run_id that had closed them by a correction: n. They are not open.
ALTER TABLE etl.files ADD COLUMN corrected jsonb NOT NULL DEFAULT '{}';
