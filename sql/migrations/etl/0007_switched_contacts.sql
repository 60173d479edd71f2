-- Which contacts an import, or an undo, has switched off or on: asked for each contact that a record calls out of use,
-- and rare among all that was changed.

CREATE INDEX changes_contacts_idx ON etl.changes (row_id)
    WHERE table_name = 'facility_contacts' AND operation = 'update';
