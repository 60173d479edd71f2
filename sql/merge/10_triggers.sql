-- If the facilities' tables have triggers (gvrc/loading/watched.py): what did they leave of what was written? A trigger
-- may silently drop a write (RETURN NULL), or change it. Without these statements, records that were never written
-- would be counted as inserted, and a value that a trigger changes would differ from the record's and be written again
-- in every run.

-- name: unwritten_facilities
-- Facilities of which nothing is left as the record says. If nothing was written, or the code is another one, by which
-- the next record of the facility would not find it, the record is refused (reason). Otherwise the write changed
-- nothing.
SELECT
    merging.row_no,
    merging.facility_id::bigint AS facility_id,
    CASE
        WHEN facilities.facility_id IS NULL THEN 'dropped what was to be inserted'
        WHEN facilities.facility_code <> coalesce(staged.facility_code, staged.generated_code)
            THEN 'changed facility_code to ' || facilities.facility_code
                || ': by its own the facility would not be found again'
    END AS reason
FROM merging
JOIN staged_records AS staged USING (row_no)
LEFT JOIN facilities USING (facility_id)
WHERE merging.met_by = 'new'
    AND facilities.facility_code IS DISTINCT FROM coalesce(staged.facility_code, staged.generated_code)
UNION ALL
SELECT
    wanted.row_no,
    wanted.facility_id,
    CASE
        WHEN changes.after IS NULL OR changes.after = changes.before THEN 'dropped what was to be updated'
        WHEN changes.after ->> 'facility_code' NOT IN (wanted.facility_code, changes.before ->> 'facility_code')
            THEN 'changed facility_code to ' || (changes.after ->> 'facility_code')
                || ': by its own the facility would not be found again'
    END
FROM wanted_facilities AS wanted
JOIN batch_changes AS changes USING (facility_id)
WHERE changes.table_name = 'facilities'
    AND (
        changes.after IS NULL
        OR changes.after ->> 'facility_code' NOT IN (wanted.facility_code, changes.before ->> 'facility_code')
        OR NOT EXISTS (
            SELECT
            FROM unnest(
                ARRAY[
                    'facility_name', 'facility_code', 'registration_number', 'operational_status_id', 'ward_id',
                    'is_active', 'address_line_1', 'description', 'website_url', 'facility_type'
                ]
            ) AS field
            WHERE changes.before -> field IS DISTINCT FROM changes.after -> field
        )
    );

-- name: withdraw_refused_records
-- $1 is a JSON list of row_no. No later round may use them.
WITH refused AS (
    SELECT row_no::bigint AS row_no
    FROM jsonb_array_elements_text($1::jsonb) AS row_no
), meetings AS (
    DELETE FROM merging
    USING refused
    WHERE merging.row_no = refused.row_no
), issues AS (
    DELETE FROM staged_issues AS staged
    USING refused
    WHERE staged.row_no = refused.row_no
)
UPDATE staged_records AS staged
SET round = 0
FROM refused
WHERE staged.row_no = refused.row_no;

-- name: note_changed_new_facilities
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    merging.row_no,
    'changed_by_database',
    value.field,
    value.said
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN facilities USING (facility_id)
LEFT JOIN operational_statuses AS statuses USING (operational_status_id)
CROSS JOIN LATERAL (
    VALUES
        ('facility_name', staged.facility_name, facilities.facility_name::text),
        ('registration_number', staged.registration_number, facilities.registration_number),
        ('operational_status', staged.operational_status, statuses.status_name),
        (
            'ward_name',
            CASE
                WHEN staged.ward_id <> facilities.ward_id OR facilities.ward_id IS NULL
                    THEN (SELECT ward_name FROM wards WHERE wards.ward_id = staged.ward_id)
            END,
            NULL
        ),
        ('is_active', staged.is_active::text, facilities.is_active::text),
        ('address', staged.address, facilities.address_line_1),
        ('description', staged.description, facilities.description),
        ('website_url', staged.website_url, facilities.website_url)
) AS value (field, said, present)
WHERE merging.met_by = 'new'
    AND value.said IS NOT NULL
    AND value.present IS DISTINCT FROM value.said;

-- name: take_what_triggers_left
-- What the facilities now have becomes what was wanted of them, and is remembered as imported: else the next run would
-- take the difference for a person's edit. That the record says otherwise is an issue. $1 is a JSON list of facilities,
-- or null for all.
WITH differing AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        wanted.row_no,
        'changed_by_database',
        value.field,
        value.said
    FROM wanted_facilities AS wanted
    JOIN facilities USING (facility_id)
    LEFT JOIN operational_statuses AS statuses ON statuses.operational_status_id = wanted.operational_status_id
    CROSS JOIN LATERAL (
        VALUES
            ('facility_name', wanted.facility_name, facilities.facility_name::text, wanted.facility_name),
            ('facility_code', wanted.facility_code, facilities.facility_code, wanted.facility_code),
            (
                'registration_number',
                wanted.registration_number,
                facilities.registration_number,
                wanted.registration_number
            ),
            (
                'operational_status',
                wanted.operational_status_id::text,
                facilities.operational_status_id::text,
                statuses.status_name
            ),
            (
                'ward_name',
                wanted.ward_id::text,
                facilities.ward_id::text,
                (SELECT ward_name FROM wards WHERE wards.ward_id = wanted.ward_id)
            ),
            ('is_active', wanted.is_active::text, facilities.is_active::text, wanted.is_active::text),
            ('address', wanted.address_line_1, facilities.address_line_1, wanted.address_line_1),
            ('description', wanted.description, facilities.description, wanted.description),
            ('website_url', wanted.website_url, facilities.website_url, wanted.website_url)
    ) AS value (field, wanted, present, said)
    WHERE value.present IS DISTINCT FROM value.wanted
        AND ($1::jsonb IS NULL OR $1::jsonb @> to_jsonb(wanted.facility_id))
)
UPDATE wanted_facilities AS wanted
SET
    facility_name = facilities.facility_name,
    facility_code = facilities.facility_code,
    registration_number = facilities.registration_number,
    operational_status_id = facilities.operational_status_id,
    ward_id = facilities.ward_id,
    is_active = facilities.is_active,
    address_line_1 = facilities.address_line_1,
    description = facilities.description,
    website_url = facilities.website_url
FROM facilities
WHERE facilities.facility_id = wanted.facility_id
    AND ($1::jsonb IS NULL OR $1::jsonb @> to_jsonb(wanted.facility_id));

-- name: look_at_rows_again
-- The rows as they are once all triggers have fired; null if a row is gone. It does not use image_of of
-- sql/undo/1_find.sql, which is called row by row and took four times as long (100,000 services: 16 s instead of 4).
UPDATE batch_changes AS changes
SET after = CASE changes.table_name
        WHEN 'facility_contacts'
            THEN (SELECT to_jsonb(present) FROM facility_contacts AS present WHERE contact_id = changes.row_id)
        WHEN 'facility_coordinates'
            THEN (SELECT to_jsonb(present) FROM facility_coordinates AS present WHERE coordinate_id = changes.row_id)
        WHEN 'facility_services'
            THEN (SELECT to_jsonb(present) FROM facility_services AS present WHERE service_id = changes.row_id)
        WHEN 'facility_owners'
            THEN (SELECT to_jsonb(present) FROM facility_owners AS present WHERE owner_id = changes.row_id)
        WHEN 'facility_gbv_categories'
            THEN (SELECT to_jsonb(present) FROM facility_gbv_categories AS present WHERE id = changes.row_id)
        ELSE (SELECT to_jsonb(present) FROM facility_infrastructure AS present WHERE infrastructure_id = changes.row_id)
    END
WHERE changes.table_name <> 'facilities';

-- name: futile_rows
-- Rows that were not inserted, or became equal to an existing one, and updates that changed nothing. Otherwise each
-- change of a record would add a second row of what a trigger makes of a service. uncounted: the record has no row
-- there.
WITH ordered AS (
    -- Of two new rows the first one stays. In a dry run the keys count down.
    SELECT
        *,
        array_agg(row_id) OVER (PARTITION BY facility_id, table_name ORDER BY abs(row_id) DESC) AS later_ids
    FROM batch_changes
    WHERE operation = 'insert'
), changed AS MATERIALIZED (
    SELECT *
    FROM ordered
    WHERE NOT after @> (said - 'row_no')
), doubled AS (
    SELECT
        changed.table_name,
        changed.row_id
    FROM changed
    JOIN facility_contacts AS present
        ON present.facility_id = changed.facility_id
        AND present.contact_type_id = (changed.after ->> 'contact_type_id')::integer
        AND lower(present.contact_value) = lower(changed.after ->> 'contact_value')
    WHERE changed.table_name = 'facility_contacts'
        AND present.contact_id <> ALL (changed.later_ids)
    UNION
    SELECT
        changed.table_name,
        changed.row_id
    FROM changed
    JOIN facility_coordinates AS present
        ON present.facility_id = changed.facility_id
        AND present.latitude = (changed.after ->> 'latitude')::numeric
        AND present.longitude = (changed.after ->> 'longitude')::numeric
    WHERE changed.table_name = 'facility_coordinates'
        AND present.coordinate_id <> ALL (changed.later_ids)
    UNION
    SELECT
        changed.table_name,
        changed.row_id
    FROM changed
    JOIN facility_services AS present
        ON present.facility_id = changed.facility_id
        AND lower(present.service_name) = lower(changed.after ->> 'service_name')
    WHERE changed.table_name = 'facility_services'
        AND present.service_id <> ALL (changed.later_ids)
    UNION
    SELECT
        changed.table_name,
        changed.row_id
    FROM changed
    JOIN facility_owners AS present
        ON present.facility_id = changed.facility_id
        AND lower(present.owner_name) = lower(changed.after ->> 'owner_name')
    WHERE changed.table_name = 'facility_owners'
        AND present.owner_id <> ALL (changed.later_ids)
    UNION
    SELECT
        changed.table_name,
        changed.row_id
    FROM changed
    JOIN facility_infrastructure AS present
        ON present.facility_id = changed.facility_id
        AND present.infrastructure_type_id = (changed.after ->> 'infrastructure_type_id')::integer
    WHERE changed.table_name = 'facility_infrastructure'
        AND present.infrastructure_id <> ALL (changed.later_ids)
)
SELECT
    changes.table_name,
    changes.said::text AS said,
    coalesce(changes.after, changes.before)::text AS present,
    coalesce(changes.after = changes.before, changes.after IS NULL) AS is_dropped,
    changes.operation = 'insert' AND (changes.after IS NULL OR merging.met_by = 'new') AS is_uncounted
FROM batch_changes AS changes
JOIN merging ON merging.row_no = (changes.said ->> 'row_no')::bigint
LEFT JOIN doubled
    ON doubled.table_name = changes.table_name
    AND doubled.row_id = changes.row_id
WHERE changes.after IS NULL
    OR doubled.row_id IS NOT NULL
    OR (
        changes.operation = 'update'
        AND changes.before ->> 'latitude' IS NOT DISTINCT FROM changes.after ->> 'latitude'
        AND changes.before ->> 'longitude' IS NOT DISTINCT FROM changes.after ->> 'longitude'
        AND changes.before ->> 'capacity' IS NOT DISTINCT FROM changes.after ->> 'capacity'
        AND (
            changes.table_name <> 'facility_contacts'
            OR changes.before -> 'is_active' IS NOT DISTINCT FROM changes.after -> 'is_active'
        )
    );

-- name: withdraw_futile_rows
-- They are not written again in this round, and what their records say is an issue. $1 is a JSON list of futile_rows.
WITH futile AS (
    SELECT
        (said ->> 'row_no')::bigint AS row_no,
        replace(table_name, 'facility_', '') AS field,
        said,
        present,
        is_dropped,
        is_uncounted
    FROM jsonb_to_recordset($1::jsonb) AS listed (
        table_name text, said jsonb, present jsonb, is_dropped boolean, is_uncounted boolean
    )
), withdrawn_contacts AS (
    DELETE FROM staged_contacts AS staged
    USING
        futile,
        contact_types AS types
    WHERE futile.field = 'contacts'
        AND staged.row_no = futile.row_no
        AND staged.contact_value = futile.said ->> 'contact_value'
        AND staged.contact_type = types.type_name
        AND types.contact_type_id = (futile.said ->> 'contact_type_id')::integer
), withdrawn_ended AS (
    DELETE FROM staged_ended_contacts AS staged
    USING
        futile,
        contact_types AS types
    WHERE futile.field = 'contacts'
        AND staged.row_no = futile.row_no
        AND pg_temp.is_same_contact(futile.said ->> 'contact_value', staged.contact_key)
        AND staged.contact_type = types.type_name
        AND types.contact_type_id = (futile.said ->> 'contact_type_id')::integer
), withdrawn_services AS (
    DELETE FROM staged_services AS staged
    USING futile
    WHERE futile.field = 'services'
        AND staged.row_no = futile.row_no
        AND staged.service_name = futile.said ->> 'service_name'
), withdrawn_owners AS (
    DELETE FROM staged_owners AS staged
    USING futile
    WHERE futile.field = 'owners'
        AND staged.row_no = futile.row_no
        AND staged.owner_name = futile.said ->> 'owner_name'
), withdrawn_gbv_categories AS (
    DELETE FROM staged_gbv_categories AS staged
    USING
        futile,
        gbv_categories AS categories
    WHERE futile.field = 'gbv_categories'
        AND staged.row_no = futile.row_no
        AND staged.gbv_category = categories.category_name
        AND categories.gbv_category_id = (futile.said ->> 'gbv_category_id')::integer
), withdrawn_infrastructure AS (
    DELETE FROM staged_infrastructure AS staged
    USING
        futile,
        infrastructure_types AS types
    WHERE futile.field = 'infrastructure'
        AND staged.row_no = futile.row_no
        AND staged.infrastructure_type = types.type_name
        AND types.infrastructure_type_id = (futile.said ->> 'infrastructure_type_id')::integer
), withdrawn_issues AS (
    INSERT INTO staged_issues (row_no, kind, field, raw_value)
    SELECT
        row_no,
        CASE WHEN is_dropped THEN 'dropped_by_database' ELSE 'changed_by_database' END,
        field,
        coalesce(
            said ->> 'contact_value',
            said ->> 'service_name',
            said ->> 'owner_name',
            (said ->> 'latitude') || ', ' || (said ->> 'longitude'),
            said ->> 'capacity',
            (
                SELECT category_name
                FROM gbv_categories
                WHERE gbv_category_id = (said ->> 'gbv_category_id')::integer
            )
        )
    FROM futile
), counted AS (
    SELECT
        row_no,
        count(*) FILTER (WHERE field = 'contacts' AND is_uncounted) AS contacts,
        count(*) FILTER (WHERE field = 'services' AND is_uncounted) AS services,
        count(*) FILTER (WHERE field = 'owners' AND is_uncounted) AS owners,
        count(*) FILTER (WHERE field = 'gbv_categories' AND is_uncounted) AS gbv_categories,
        count(*) FILTER (WHERE field = 'infrastructure' AND is_uncounted) AS infrastructure,
        count(*) FILTER (WHERE field = 'coordinates') AS points,
        max(latitude::double precision) AS latitude,
        max(longitude::double precision) AS longitude
    FROM futile
    -- With more decimals than are compared, it would differ again.
    LEFT JOIN LATERAL (
        SELECT
            (present ->> 'latitude')::numeric AS latitude,
            (present ->> 'longitude')::numeric AS longitude
    ) AS point ON latitude = round(latitude, 8) AND longitude = round(longitude, 8)
    GROUP BY row_no
)
UPDATE staged_records AS staged
SET
    contacts = staged.contacts - counted.contacts,
    services = staged.services - counted.services,
    owners = staged.owners - counted.owners,
    gbv_categories = staged.gbv_categories - counted.gbv_categories,
    infrastructure = staged.infrastructure - counted.infrastructure,
    -- The point that is there is the record's; if there is none, the record gets none.
    latitude = CASE WHEN counted.points > 0 THEN counted.latitude ELSE staged.latitude END,
    longitude = CASE WHEN counted.points > 0 THEN counted.longitude ELSE staged.longitude END
FROM counted
WHERE counted.row_no = staged.row_no;

-- name: note_changed_rows
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    (said ->> 'row_no')::bigint,
    'changed_by_database',
    replace(table_name, 'facility_', ''),
    coalesce(
        said ->> 'contact_value',
        said ->> 'service_name',
        said ->> 'owner_name',
        (said ->> 'latitude') || ', ' || (said ->> 'longitude'),
        said ->> 'capacity',
        (SELECT category_name FROM gbv_categories WHERE gbv_category_id = (said ->> 'gbv_category_id')::integer)
    )
FROM batch_changes
WHERE NOT after @> (said - 'row_no')
    OR (operation = 'insert' AND after ->> 'is_active' = 'false' AND said IS NOT NULL);

-- name: forget_changes_of_new
-- As without watching triggers: what belongs to a new facility is taken back and brought back with it. Forgotten, too,
-- is that a contact became, or is no longer, the primary one, where a trigger left it as it was.
DELETE FROM batch_changes AS changes
USING merging
WHERE merging.facility_id = changes.facility_id
    AND (
        merging.met_by = 'new'
        OR (
            changes.table_name = 'facility_contacts'
            AND changes.operation = 'update'
            AND changes.said IS NULL
            AND coalesce(changes.after = changes.before, true)
        )
    );

-- name: uncreated_lookup_names
-- Without these names, what belongs to a facility would find no lookup row, and be left out.
SELECT
    'contact_types' AS table_name,
    contact_type AS name
FROM staged_contacts
WHERE NOT EXISTS (SELECT FROM contact_types WHERE type_name = contact_type)
UNION
SELECT
    'service_categories',
    service_category
FROM staged_services
WHERE NOT EXISTS (SELECT FROM service_categories WHERE category_name = service_category)
UNION
SELECT
    'owner_types',
    owner_type
FROM staged_owners
WHERE NOT EXISTS (SELECT FROM owner_types WHERE type_name = owner_type)
UNION
SELECT
    'gbv_categories',
    gbv_category
FROM staged_gbv_categories
WHERE NOT EXISTS (SELECT FROM gbv_categories WHERE category_name = gbv_category)
UNION
SELECT
    'infrastructure_types',
    infrastructure_type
FROM staged_infrastructure
WHERE NOT EXISTS (SELECT FROM infrastructure_types WHERE type_name = infrastructure_type)
UNION
SELECT
    'condition_statuses',
    condition_status
FROM staged_infrastructure
WHERE NOT EXISTS (SELECT FROM condition_statuses WHERE status_name = condition_status)
UNION
SELECT
    'operational_statuses',
    operational_status
FROM staged_records
WHERE operational_status IS NOT NULL
    AND NOT EXISTS (SELECT FROM operational_statuses WHERE status_name = operational_status)
ORDER BY
    table_name,
    name;
