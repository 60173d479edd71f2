-- What scripts/verify.py looks for. Each statement lists what is wrong, one row for each finding: key says which row it
-- is about, detail what the matter is. No contact value and no name of a person is shown.

-- name: count_tables
SELECT
    'facilities' AS table_name,
    count(*) AS rows
FROM facilities
UNION ALL
SELECT
    'facility_contacts',
    count(*)
FROM facility_contacts
UNION ALL
SELECT
    'facility_coordinates',
    count(*)
FROM facility_coordinates
UNION ALL
SELECT
    'facility_services',
    count(*)
FROM facility_services
UNION ALL
SELECT
    'facility_owners',
    count(*)
FROM facility_owners
UNION ALL
SELECT
    'facility_gbv_categories',
    count(*)
FROM facility_gbv_categories
UNION ALL
SELECT
    'facility_infrastructure',
    count(*)
FROM facility_infrastructure
UNION ALL
SELECT
    'counties',
    count(*)
FROM counties
UNION ALL
SELECT
    'constituencies',
    count(*)
FROM constituencies
UNION ALL
SELECT
    'wards',
    count(*)
FROM wards;

-- name: count_counties
-- Facilities of each county, those without one last; a facility without a ward counts if its import knew the county.
WITH placed AS (
    SELECT
        facilities.facility_id,
        facilities.is_active,
        coalesce(constituencies.county_id, imported.county_id) AS county_id,
        facilities.ward_id IS NOT NULL AS has_ward,
        EXISTS (
            SELECT
            FROM facility_coordinates AS coordinates
            WHERE coordinates.facility_id = facilities.facility_id
                AND coordinates.is_active
        ) AS has_coordinates,
        EXISTS (
            SELECT
            FROM facility_contacts AS contacts
            WHERE contacts.facility_id = facilities.facility_id
                AND contacts.is_active
        ) AS has_contacts
    FROM facilities
    LEFT JOIN wards USING (ward_id)
    LEFT JOIN constituencies USING (constituency_id)
    LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
)
SELECT
    coalesce(counties.county_name, '(no county)') AS county_name,
    count(*) AS facilities,
    count(*) FILTER (WHERE placed.is_active) AS active,
    count(*) FILTER (WHERE placed.has_ward) AS with_ward,
    count(*) FILTER (WHERE placed.has_coordinates) AS with_coordinates,
    count(*) FILTER (WHERE placed.has_contacts) AS with_contacts
FROM placed
LEFT JOIN counties USING (county_id)
GROUP BY counties.county_name
ORDER BY counties.county_name NULLS LAST;

-- name: last_run_account
SELECT
    runs.run_id,
    runs.kind,
    runs.status,
    runs.started_at::text AS started_at,
    coalesce(sum(files.read), 0)::bigint AS read,
    coalesce(sum(files.inserted), 0)::bigint AS inserted,
    coalesce(sum(files.updated), 0)::bigint AS updated,
    coalesce(sum(files.unchanged), 0)::bigint AS unchanged,
    coalesce(sum(files.superseded), 0)::bigint AS superseded,
    coalesce(sum(files.rejected), 0)::bigint AS rejected
FROM etl.runs
LEFT JOIN etl.files USING (run_no)
WHERE runs.run_no = (SELECT max(run_no) FROM etl.runs)
GROUP BY runs.run_no;

-- name: verify_account
-- Every record that was read has exactly one outcome. A file that failed has none after the point where it failed.
SELECT
    runs.run_id || ' ' || files.path AS key,
    format(
        'read %s, but inserted %s, updated %s, unchanged %s, superseded %s, rejected %s',
        files.read, files.inserted, files.updated, files.unchanged, files.superseded, files.rejected
    ) AS detail
FROM etl.files
JOIN etl.runs USING (run_no)
WHERE runs.status <> 'running'
    AND files.read <> files.inserted + files.updated + files.unchanged + files.superseded + files.rejected
ORDER BY
    files.run_no,
    files.file_no;

-- name: verify_orphans
-- Rows whose facility is gone. Foreign keys forbid them, unless somebody switched them off.
SELECT
    children.table_name || ' ' || children.id AS key,
    'facility ' || children.facility_id || ' is not there' AS detail
FROM (
    SELECT
        'facility_contacts' AS table_name,
        contact_id::bigint AS id,
        facility_id
    FROM facility_contacts
    UNION ALL
    SELECT
        'facility_coordinates',
        coordinate_id,
        facility_id
    FROM facility_coordinates
    UNION ALL
    SELECT
        'facility_services',
        service_id,
        facility_id
    FROM facility_services
    UNION ALL
    SELECT
        'facility_owners',
        owner_id,
        facility_id
    FROM facility_owners
    UNION ALL
    SELECT
        'facility_gbv_categories',
        id,
        facility_id
    FROM facility_gbv_categories
    UNION ALL
    SELECT
        'facility_infrastructure',
        infrastructure_id,
        facility_id
    FROM facility_infrastructure
) AS children
LEFT JOIN facilities USING (facility_id)
WHERE facilities.facility_id IS NULL
ORDER BY
    children.table_name,
    children.id;

-- name: verify_places
-- A facility whose ward, a ward whose constituency, a constituency whose county is gone.
SELECT
    'facility ' || facility_code AS key,
    'ward ' || facilities.ward_id || ' is not there' AS detail
FROM facilities
LEFT JOIN wards USING (ward_id)
WHERE facilities.ward_id IS NOT NULL
    AND wards.ward_id IS NULL
UNION ALL
SELECT
    'ward ' || wards.ward_name,
    'constituency ' || wards.constituency_id || ' is not there'
FROM wards
LEFT JOIN constituencies USING (constituency_id)
WHERE constituencies.constituency_id IS NULL
UNION ALL
SELECT
    'constituency ' || constituencies.constituency_name,
    'county ' || constituencies.county_id || ' is not there'
FROM constituencies
LEFT JOIN counties USING (county_id)
WHERE counties.county_id IS NULL
ORDER BY key;

-- name: verify_active_coordinates
SELECT
    'facility ' || facilities.facility_code AS key,
    count(*) || ' active pairs of coordinates' AS detail
FROM facility_coordinates AS coordinates
JOIN facilities USING (facility_id)
WHERE coordinates.is_active
GROUP BY facilities.facility_code
HAVING count(*) > 1
ORDER BY facilities.facility_code;

-- name: verify_outside_kenya
-- The same box as in an import: latitude -4.9 to 5.6, longitude 33.8 to 42.0.
SELECT
    'facility ' || facilities.facility_code AS key,
    format('latitude %s, longitude %s is not in Kenya', trim_scale(latitude), trim_scale(longitude))
        || CASE
            WHEN longitude BETWEEN -4.9 AND 5.6 AND latitude BETWEEN 33.8 AND 42.0 THEN ': they are exchanged'
            ELSE ''
        END AS detail
FROM facility_coordinates
JOIN facilities USING (facility_id)
WHERE facility_coordinates.is_active
    AND NOT (latitude BETWEEN -4.9 AND 5.6 AND longitude BETWEEN 33.8 AND 42.0)
ORDER BY facilities.facility_code;

-- name: verify_duplicate_keys
-- Keys that differ only in case or in spaces: the database's unique index lets them pass, a person does not.
SELECT
    'facility_code ' || min(facility_code) AS key,
    count(*) || ' facilities: ' || left(string_agg(facility_code, ', ' ORDER BY facility_id), 100) AS detail
FROM facilities
GROUP BY lower(trim(facility_code))
HAVING count(*) > 1
UNION ALL
SELECT
    'registration_number ' || min(registration_number),
    count(*) || ' facilities: ' || left(string_agg(facility_code, ', ' ORDER BY facility_id), 100)
FROM facilities
WHERE registration_number <> ''
GROUP BY lower(trim(registration_number))
HAVING count(*) > 1
ORDER BY key;

-- name: verify_duplicate_children
-- The same contact, service or owner twice at one facility.
SELECT
    'facility ' || facilities.facility_code AS key,
    doubles.number || ' times the same ' || doubles.what AS detail
FROM (
    SELECT
        facility_id,
        'contact' AS what,
        count(*) AS number
    FROM facility_contacts
    WHERE is_active
    GROUP BY
        facility_id,
        contact_type_id,
        lower(contact_value)
    HAVING count(*) > 1
    UNION ALL
    SELECT
        facility_id,
        'service',
        count(*)
    FROM facility_services
    WHERE is_active
    GROUP BY
        facility_id,
        lower(service_name)
    HAVING count(*) > 1
    UNION ALL
    SELECT
        facility_id,
        'owner',
        count(*)
    FROM facility_owners
    GROUP BY
        facility_id,
        lower(owner_name)
    HAVING count(*) > 1
) AS doubles
JOIN facilities USING (facility_id)
ORDER BY
    facilities.facility_code,
    doubles.what;

-- name: verify_same_place
-- Facilities of one name in one ward: one of them may be a duplicate.
SELECT
    format('%s (%s)', min(facilities.facility_name), min(wards.ward_name)) AS key,
    count(*) || ' facilities: ' || left(string_agg(facility_code, ', ' ORDER BY facility_id), 100) AS detail
FROM facilities
JOIN wards USING (ward_id)
WHERE facilities.is_active
GROUP BY
    lower(trim(facilities.facility_name)),
    facilities.ward_id
HAVING count(*) > 1
ORDER BY key;

-- name: verify_same_constituency
-- Facilities of one name, but for its signs, in several wards of one constituency: two, or one whose ward two bodies
-- disagree about. Two that bodies gave codes for are two. The name key is as in sql/staging/functions.sql.
WITH named AS (
    SELECT
        facilities.facility_name,
        facilities.facility_code,
        facilities.ward_id,
        wards.ward_name,
        constituencies.constituency_id,
        constituencies.constituency_name,
        replace(
            replace(
                translate(
                    lower(facilities.facility_name),
                    'àáâãäåçèéêëìíîïñòóôõöùúûüýÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ .,:;_/()"''`[]´‘’ʼ–-',
                    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuy'
                ),
                '&',
                'and'
            ),
            'center',
            'centre'
        ) AS name_key,
        EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = facilities.facility_code) AS is_generated
    FROM facilities
    JOIN wards USING (ward_id)
    JOIN constituencies USING (constituency_id)
    WHERE facilities.is_active
)
SELECT
    format('%s (%s)', min(facility_name), constituency_name) AS key,
    count(*) || ' facilities: '
        || left(string_agg(facility_code || ' in ' || ward_name, ', ' ORDER BY facility_code), 200) AS detail
FROM named
GROUP BY
    name_key,
    constituency_id,
    constituency_name
HAVING count(DISTINCT ward_id) > 1
    AND bool_or(is_generated)
ORDER BY key;

-- name: verify_former_codes
-- A person gave a facility another code, and a later record with the former code, under another name, became a facility
-- of its own: perhaps the code is that one's, perhaps the body renamed the facility.
SELECT
    'facility ' || edited.facility_code AS key,
    format('its former code %s is borne by %s', bearer.facility_code, bearer.facility_name) AS detail
FROM facilities AS edited
JOIN etl.imported_facilities AS imported USING (facility_id)
JOIN facilities AS bearer ON bearer.facility_code = imported.facility_code
WHERE edited.facility_code <> imported.facility_code
    AND edited.is_active
    AND bearer.is_active
ORDER BY key;

-- name: verify_wards_at_risk
-- The application of a managed database may delete a ward whose stored name ends in " Ward", with every facility in it.
SELECT
    format('%s (%s)', wards.ward_name, constituencies.constituency_name) AS key,
    (SELECT count(*) FROM facilities WHERE facilities.ward_id = wards.ward_id) || ' facilities' AS detail
FROM wards
JOIN constituencies USING (constituency_id)
WHERE wards.ward_name::text COLLATE "C" LIKE '% Ward'
    AND to_regclass('public.django_migrations') IS NOT NULL
ORDER BY key;

-- name: verify_without_ward
SELECT
    'facility ' || facility_code AS key,
    'has no ward' AS detail
FROM facilities
WHERE ward_id IS NULL
    AND is_active
ORDER BY facility_code;

-- name: verify_lineage
-- The importer remembers a facility that is no longer there: somebody deleted it. A later import creates it again.
SELECT DISTINCT
    'facility ' || known.facility_id AS key,
    'was deleted since it was imported' AS detail
FROM etl.facility_source AS known
LEFT JOIN facilities USING (facility_id)
WHERE facilities.facility_id IS NULL
ORDER BY key;
