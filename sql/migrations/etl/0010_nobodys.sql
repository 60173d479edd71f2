-- What a list showed to be no facility's own: without the list around it, a reject that is run again would take it.

ALTER TABLE etl.rejects ADD COLUMN nobodys text; -- codes and a point that the record says, a text a line
