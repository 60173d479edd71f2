-- Keys that somebody gave by hand, before the sequence reached them: looked for once such a key was met.

-- name: table_of_key
-- The table whose primary key $1 is.
SELECT relation.relname::text AS table_name
FROM pg_constraint AS key
JOIN pg_class AS relation ON relation.oid = key.conrelid
WHERE key.conname = $1
    AND key.contype = 'p'
    AND relation.relnamespace = 'public'::regnamespace;

-- name: pass_given_keys
-- Keys of table $1 that somebody gave by hand lie ahead of its sequence $2: it is moved past them, up to the next
-- million, by nextval, for which the right to use the sequence is enough. A key farther ahead is left until it is met.
WITH given AS (
    SELECT
        'facilities' AS table_name,
        facility_id AS key
    FROM facilities
    UNION ALL
    SELECT
        'facility_contacts',
        contact_id
    FROM facility_contacts
    UNION ALL
    SELECT
        'facility_coordinates',
        coordinate_id
    FROM facility_coordinates
    UNION ALL
    SELECT
        'facility_services',
        service_id
    FROM facility_services
    UNION ALL
    SELECT
        'facility_owners',
        owner_id
    FROM facility_owners
    UNION ALL
    SELECT
        'facility_gbv_categories',
        id
    FROM facility_gbv_categories
    UNION ALL
    SELECT
        'facility_infrastructure',
        infrastructure_id
    FROM facility_infrastructure
    UNION ALL
    SELECT
        'operational_statuses',
        operational_status_id
    FROM operational_statuses
    UNION ALL
    SELECT
        'contact_types',
        contact_type_id
    FROM contact_types
    UNION ALL
    SELECT
        'service_categories',
        service_category_id
    FROM service_categories
    UNION ALL
    SELECT
        'owner_types',
        owner_type_id
    FROM owner_types
    UNION ALL
    SELECT
        'gbv_categories',
        gbv_category_id
    FROM gbv_categories
    UNION ALL
    SELECT
        'infrastructure_types',
        infrastructure_type_id
    FROM infrastructure_types
    UNION ALL
    SELECT
        'condition_statuses',
        condition_status_id
    FROM condition_statuses
), behind AS (
    SELECT coalesce(pg_sequence_last_value($2::regclass), 0) AS last_value
), led AS (
    SELECT
        behind.last_value,
        max(given.key) AS last_key
    FROM behind
    JOIN given ON given.key BETWEEN behind.last_value + 1 AND behind.last_value + 1000000
    WHERE given.table_name = $1
    GROUP BY behind.last_value
)
SELECT count(nextval($2::regclass)) AS passed
FROM led
CROSS JOIN generate_series(led.last_value + 1, led.last_key);
