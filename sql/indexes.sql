-- The founding guide's indexes, made without stopping anybody who reads or writes:
--     python scripts/tune.py                    says which are there, which are redundant, and makes the others
--     psql "$DATABASE_URL" -f sql/indexes.sql   makes them, no questions asked
-- CONCURRENTLY must stand outside a transaction, one statement at a time. An attempt that was cut short leaves an
-- index marked invalid, which costs every write and helps no read: scripts/tune.py drops it and makes it again.

-- name: idx_facilities_facility_code
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_facility_code ON facilities (facility_code);

-- name: idx_facilities_registration_number
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_registration_number ON facilities (registration_number);

-- name: idx_facilities_ward_id
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_ward_id ON facilities (ward_id);

-- name: idx_facilities_operational_status
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_operational_status ON facilities (operational_status_id);

-- name: idx_facilities_active
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_active ON facilities (facility_id) WHERE is_active = TRUE;

-- name: idx_facilities_location_status
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_location_status ON facilities (ward_id, operational_status_id);

-- name: idx_facilities_created_updated
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_facilities_created_updated ON facilities (created_at, updated_at);
