-- A facility that went without its registration number, because another one bears it, is settled too: as long as
-- another one does. The national list has 37 of them every month.

ALTER TABLE etl.settled_facilities ADD COLUMN refused_number text;
