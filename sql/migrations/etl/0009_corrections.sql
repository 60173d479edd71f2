-- Which correction closed a reject: a further one of the same reject is about the facility that it made.

ALTER TABLE etl.rejects ADD COLUMN answered_by_hash text; -- the content hash of the record that closed it
