-- The reference and the lookups of a fresh database, out of the project's own CSV files, by way of temporary tables.

-- name: create_seed_counties
CREATE TEMPORARY TABLE seed_counties (county_code text, county_name text);

-- name: create_seed_constituencies
CREATE TEMPORARY TABLE seed_constituencies (constituency_code text, constituency_name text, county_code text);

-- name: create_seed_wards
CREATE TEMPORARY TABLE seed_wards (ward_code text, ward_name text, constituency_code text);

-- name: create_seed_lookups
CREATE TEMPORARY TABLE seed_lookups (lookup text, name text, description text, sort_order bigint);

-- name: seed_counties
INSERT INTO counties (county_code, county_name)
SELECT
    county_code,
    county_name
FROM seed_counties
ORDER BY county_code::integer;

-- name: seed_constituencies
INSERT INTO constituencies (constituency_code, constituency_name, county_id)
SELECT
    seed.constituency_code,
    seed.constituency_name,
    counties.county_id
FROM seed_constituencies AS seed
JOIN counties USING (county_code)
ORDER BY seed.constituency_code::integer;

-- name: seed_wards
INSERT INTO wards (ward_code, ward_name, constituency_id)
SELECT
    seed.ward_code,
    seed.ward_name,
    constituencies.constituency_id
FROM seed_wards AS seed
JOIN constituencies USING (constituency_code)
ORDER BY seed.ward_code::integer;

-- name: seed_operational_statuses
INSERT INTO operational_statuses (status_name, description, sort_order)
SELECT
    name,
    description,
    sort_order
FROM seed_lookups
WHERE lookup = 'operational_statuses'
ORDER BY sort_order;

-- name: seed_contact_types
INSERT INTO contact_types (type_name)
SELECT name
FROM seed_lookups
WHERE lookup = 'contact_types'
ORDER BY sort_order;

-- name: seed_service_categories
INSERT INTO service_categories (category_name, description)
SELECT
    name,
    description
FROM seed_lookups
WHERE lookup = 'service_categories'
ORDER BY sort_order;

-- name: seed_owner_types
INSERT INTO owner_types (type_name, description)
SELECT
    name,
    description
FROM seed_lookups
WHERE lookup = 'owner_types'
ORDER BY sort_order;

-- name: seed_gbv_categories
INSERT INTO gbv_categories (category_name, description)
SELECT
    name,
    description
FROM seed_lookups
WHERE lookup = 'gbv_categories'
ORDER BY sort_order;

-- name: seed_infrastructure_types
INSERT INTO infrastructure_types (type_name, description)
SELECT
    name,
    description
FROM seed_lookups
WHERE lookup = 'infrastructure_types'
ORDER BY sort_order;

-- name: seed_condition_statuses
INSERT INTO condition_statuses (status_name, description)
SELECT
    name,
    description
FROM seed_lookups
WHERE lookup = 'condition_statuses'
ORDER BY sort_order;

-- name: seed_importer_account
-- The password can never match a hash, the telephone number is a word: nobody can sign in or be called.
INSERT INTO users (full_name, email, phone_number, username)
VALUES ('GVRC importer', 'importer@gvrc.invalid', 'importer', 'importer@gvrc.invalid');
