-- What scripts/quality_report.py tells: how good the entries are, where, from whom, and what is missing.

-- name: quality_by_county
-- Of the active facilities: the mean score of those that an import brought, and how many have what.
WITH entries AS (
    SELECT
        facilities.facility_id,
        coalesce(counties.county_name, '(no county)') AS county_name,
        imported.quality_score,
        facilities.ward_id IS NOT NULL AS has_ward,
        facilities.operational_status_id IS NOT NULL AS has_status,
        EXISTS (
            SELECT
            FROM facility_coordinates AS children
            WHERE children.facility_id = facilities.facility_id
                AND children.is_active
        ) AS has_coordinates,
        EXISTS (
            SELECT
            FROM facility_contacts AS children
            WHERE children.facility_id = facilities.facility_id
                AND children.is_active
        ) AS has_contacts,
        EXISTS (
            SELECT
            FROM facility_services AS children
            WHERE children.facility_id = facilities.facility_id
                AND children.is_active
        ) AS has_services,
        EXISTS (
            SELECT
            FROM facility_owners AS children
            WHERE children.facility_id = facilities.facility_id
        ) AS has_owner
    FROM facilities
    LEFT JOIN wards USING (ward_id)
    LEFT JOIN constituencies USING (constituency_id)
    LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
    LEFT JOIN counties ON counties.county_id = coalesce(constituencies.county_id, imported.county_id)
    WHERE facilities.is_active
)
SELECT
    county_name,
    count(*) AS facilities,
    round(avg(quality_score)::numeric, 1)::float8 AS quality_score,
    count(*) FILTER (WHERE has_ward) AS with_ward,
    count(*) FILTER (WHERE has_coordinates) AS with_coordinates,
    count(*) FILTER (WHERE has_contacts) AS with_contacts,
    count(*) FILTER (WHERE has_services) AS with_services,
    count(*) FILTER (WHERE has_owner) AS with_owner,
    count(*) FILTER (WHERE has_status) AS with_status
FROM entries
GROUP BY county_name
ORDER BY
    quality_score NULLS FIRST,
    county_name;

-- name: quality_by_source
-- A facility that several sources speak of counts for each.
SELECT
    known.source,
    count(DISTINCT known.facility_id) AS facilities,
    round(avg(imported.quality_score)::numeric, 1)::float8 AS quality_score,
    round(100 * avg((imported.place_level = 'ward')::integer), 1)::float8 AS percent_in_a_ward,
    (
        SELECT count(*)
        FROM etl.rejects
        WHERE rejects.source = known.source
            AND rejects.closed_by_run_no IS NULL
    ) AS open_rejects
FROM etl.facility_source AS known
LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
WHERE NOT known.is_superseded
GROUP BY known.source
ORDER BY
    quality_score NULLS FIRST,
    known.source;

-- name: quality_issues
-- The issues of each facility's last import: what a person should look at, the most frequent first.
SELECT
    issues.kind,
    issues.field,
    count(*) AS issues,
    count(DISTINCT issues.facility_id) AS facilities
FROM etl.issues
JOIN etl.imported_facilities AS imported USING (facility_id, run_no)
GROUP BY
    issues.kind,
    issues.field
ORDER BY
    issues DESC,
    issues.kind,
    issues.field;

-- name: quality_rejects
SELECT
    source,
    reason,
    count(*) AS open_rejects
FROM etl.rejects
WHERE closed_by_run_no IS NULL
GROUP BY
    source,
    reason
ORDER BY
    open_rejects DESC,
    source,
    reason;

-- name: quality_worst
-- The entries that a survivor could rely on least.
SELECT
    facilities.facility_code::text AS facility_code,
    facilities.facility_name::text AS facility_name,
    imported.quality_score,
    imported.place_level,
    imported.ward_match
FROM facilities
JOIN etl.imported_facilities AS imported USING (facility_id)
WHERE facilities.is_active
ORDER BY
    imported.quality_score NULLS FIRST,
    facilities.facility_code
LIMIT 20;

-- name: statistics_by_type
SELECT
    coalesce(imported.facility_type, '(no type)') AS facility_type,
    count(*) AS facilities,
    count(*) FILTER (WHERE facilities.is_active) AS active
FROM facilities
LEFT JOIN etl.imported_facilities AS imported USING (facility_id)
GROUP BY imported.facility_type
ORDER BY
    facilities DESC,
    facility_type;

-- name: statistics_by_status
SELECT
    coalesce(operational_statuses.status_name, '(no status)')::text AS operational_status,
    count(*) AS facilities
FROM facilities
LEFT JOIN operational_statuses USING (operational_status_id)
GROUP BY operational_statuses.status_name
ORDER BY
    facilities DESC,
    operational_status;

-- name: statistics_by_gbv_category
SELECT
    gbv_categories.category_name::text AS gbv_category,
    count(links.facility_id) AS facilities
FROM gbv_categories
LEFT JOIN facility_gbv_categories AS links USING (gbv_category_id)
GROUP BY gbv_categories.category_name
ORDER BY
    facilities DESC,
    gbv_category;
