-- Which facilities are settled now (sql/migrations/etl/0002_settled_facilities.sql), which superseded records are known
-- (0004_superseded_records.sql), and the records that come again.

-- name: find_merged_to_weigh
-- Only what is settled is weighed: a facility that has no other record that counts, that no person has edited, and whose
-- issues a repetition would find again. Those that the merge found in what else was there do not qualify, nor does a
-- point shared with neighbours. A ward that was chosen among several by the points of other facilities may be another
-- one tomorrow. What a record overwrote when it first came is repeated each time that it comes
-- (repeat_superseded_conflicts), but not what it overwrites when it comes again.
INSERT INTO facilities_to_weigh (facility_id)
SELECT merging.facility_id
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by <> 'superseded'
    AND staged.ward_match <> 'coordinates'
    AND (staged.ward_id IS NOT NULL OR staged.ward_candidates IS NULL)
    AND NOT EXISTS (
        SELECT
        FROM staged_issues AS issues
        WHERE issues.row_no = merging.row_no
            AND (
                issues.kind IN (
                    'code_claimed_twice',
                    'code_zeros_differ',
                    'contact_out_of_use',
                    'contact_person_kept',
                    'coordinates_shared',
                    'manual_edit_kept',
                    'owner_not_repeated',
                    'service_not_repeated',
                    'source_key_claimed_twice',
                    'source_outranked',
                    'ward_kept'
                )
                OR (
                    issues.kind = 'superseded_conflict'
                    AND merging.met_by = 'content'
                    AND merging.facility_id IN (SELECT facility_id FROM batch_changes)
                )
            )
    )
    AND NOT EXISTS (
        SELECT
        FROM wanted_facilities AS wanted
        WHERE wanted.row_no = merging.row_no
            AND wanted.edited_fields <> '{}'
    )
    -- A contact that its source does not repeat is told in every run, unless that has another record of the facility.
    AND NOT EXISTS (
        SELECT
        FROM unrepeated_contacts AS former
        WHERE former.row_no = merging.row_no
            AND NOT pg_temp.supersedes(merging.facility_id, staged.source, staged.content_hash::uuid)
    )
    AND (
        merging.met_by = 'new'
        OR NOT EXISTS (
            SELECT
            FROM etl.facility_source AS other
            WHERE other.facility_id = merging.facility_id
                AND (other.source, other.content_hash) <> (staged.source, staged.content_hash::uuid)
                AND NOT other.is_superseded
        )
    );

-- name: find_spans_to_weigh
INSERT INTO spans_to_weigh (first_facility, last_facility)
SELECT
    min(facility_id),
    max(facility_id)
FROM (
    SELECT
        facility_id,
        facility_id - row_number() OVER (ORDER BY facility_id) AS island
    FROM facilities_to_weigh
) AS numbered
GROUP BY island;

-- name: weigh_facilities
-- The sum includes whatever the merge looks at, and the facility's whole row: a change of any of it changes the number.
-- Each table has its own seed, so that a value that moves from one table to another changes the sum.
INSERT INTO facility_states (facility_id, state)
SELECT
    part.facility_id,
    (sum(part.hash) % 9223372036854775807)::bigint AS state
FROM spans_to_weigh AS span
CROSS JOIN LATERAL (
    SELECT
        facility_id,
        hashtextextended(facilities::text, 0) AS hash
    FROM facilities
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
    UNION ALL
    SELECT
        facility_id,
        hashtextextended(concat_ws(' ', latitude, longitude, collection_method), 1)
    FROM facility_coordinates
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
        AND is_active
    UNION ALL
    SELECT
        facility_id,
        hashtextextended(concat_ws(' ', contact_type_id, contact_value), 2)
    FROM facility_contacts
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
    UNION ALL
    SELECT
        facility_id,
        hashtextextended(service_name, 3)
    FROM facility_services
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
    UNION ALL
    SELECT
        facility_id,
        hashtextextended(owner_name, 4)
    FROM facility_owners
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
    UNION ALL
    SELECT
        facility_id,
        hashint8extended(gbv_category_id, 5)
    FROM facility_gbv_categories
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
    UNION ALL
    SELECT
        facility_id,
        hashtextextended(concat_ws(' ', infrastructure_type_id, capacity), 6)
    FROM facility_infrastructure
    WHERE facility_id BETWEEN span.first_facility AND span.last_facility
) AS part
GROUP BY part.facility_id;

-- name: unsettle
DELETE FROM etl.settled_facilities AS settled
USING merging
WHERE settled.facility_id = merging.facility_id
    AND merging.met_by <> 'superseded'
    AND NOT EXISTS (SELECT FROM facilities_to_weigh AS weighed WHERE weighed.facility_id = settled.facility_id);

-- name: settle
-- $1 is {file_no: rules} as JSON.
INSERT INTO etl.settled_facilities AS former (
    facility_id,
    rules,
    facility_code,
    state,
    ward_match,
    issues,
    coordinates,
    contacts,
    services,
    owners,
    gbv_categories,
    infrastructure,
    refused_number
)
SELECT
    merging.facility_id,
    ($1::jsonb ->> staged.file_no::text)::bigint,
    facilities.facility_code,
    states.state,
    staged.ward_match,
    coalesce(said.issues, ''),
    CASE WHEN staged.latitude IS NULL THEN 0 ELSE 1 END,
    staged.contacts,
    staged.services,
    staged.owners,
    staged.gbv_categories,
    staged.infrastructure,
    said.refused_number
FROM facilities_to_weigh
JOIN merging USING (facility_id)
JOIN staged_records AS staged USING (row_no)
JOIN facilities USING (facility_id)
JOIN facility_states AS states USING (facility_id)
LEFT JOIN (
    SELECT
        row_no,
        string_agg(kind || ' ' || field, E'\n') AS issues,
        max(raw_value) FILTER (WHERE kind = 'registration_number_claimed_twice') AS refused_number
    FROM staged_issues
    GROUP BY row_no
) AS said USING (row_no)
WHERE merging.met_by <> 'superseded'
ON CONFLICT (facility_id) DO UPDATE
SET
    rules = excluded.rules,
    facility_code = excluded.facility_code,
    state = excluded.state,
    ward_match = excluded.ward_match,
    issues = excluded.issues,
    coordinates = excluded.coordinates,
    contacts = excluded.contacts,
    services = excluded.services,
    owners = excluded.owners,
    gbv_categories = excluded.gbv_categories,
    infrastructure = excluded.infrastructure,
    refused_number = excluded.refused_number
WHERE former IS DISTINCT FROM excluded;

-- name: save_superseded
-- What is counted for superseded records; a record may have come twice. $1 as above.
INSERT INTO etl.superseded_records AS former (
    source,
    content_hash,
    rules,
    facility_code,
    ward_match,
    issues,
    coordinates,
    contacts,
    services,
    owners,
    gbv_categories,
    infrastructure
)
SELECT DISTINCT ON (staged.source, staged.content_hash)
    staged.source,
    staged.content_hash::uuid,
    ($1::jsonb ->> staged.file_no::text)::bigint,
    staged.facility_code,
    staged.ward_match,
    coalesce(said.issues, ''),
    CASE WHEN staged.latitude IS NULL THEN 0 ELSE 1 END,
    staged.contacts,
    staged.services,
    staged.owners,
    staged.gbv_categories,
    staged.infrastructure
FROM merging
JOIN staged_records AS staged USING (row_no)
LEFT JOIN (
    SELECT
        row_no,
        string_agg(kind || ' ' || field, E'\n') AS issues
    FROM staged_issues
    GROUP BY row_no
) AS said USING (row_no)
WHERE merging.met_by = 'superseded'
    AND NOT EXISTS (
        SELECT
        FROM staged_issues AS issues
        WHERE issues.row_no = merging.row_no
            AND issues.kind = 'coordinates_shared'
    )
    AND staged.ward_match <> 'coordinates'
    AND (staged.ward_id IS NOT NULL OR staged.ward_candidates IS NULL)
ORDER BY
    staged.source,
    staged.content_hash,
    staged.row_no
ON CONFLICT (content_hash, source) DO UPDATE
SET
    rules = excluded.rules,
    facility_code = excluded.facility_code,
    ward_match = excluded.ward_match,
    issues = excluded.issues,
    coordinates = excluded.coordinates,
    contacts = excluded.contacts,
    services = excluded.services,
    owners = excluded.owners,
    gbv_categories = excluded.gbv_categories,
    infrastructure = excluded.infrastructure
WHERE former IS DISTINCT FROM excluded;

-- name: touched_facilities
-- A settled record is left out only if no other record of the run is about its facility: the order of the two would
-- matter. A record of the batch with its source key may be another facility, and is one if it is met first. A record of
-- the run may also be given the number that a settled facility went without, in whatever round, or nobody may bear that
-- number any more. A superseded record says nothing of its facility, and went without no number. $1 is the run_no.
SELECT staged.row_no
FROM staged_settled AS staged
JOIN run_facilities AS earlier USING (facility_id)
WHERE NOT staged.is_superseded
UNION
SELECT staged.row_no
FROM staged_settled AS staged
JOIN staged_records AS other USING (source, source_key)
WHERE NOT staged.is_superseded
UNION
SELECT staged.row_no
FROM staged_settled AS staged
JOIN facilities AS bearer
    ON bearer.registration_number = staged.refused_number
    AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
WHERE EXISTS (
        SELECT
        FROM run_facilities AS earlier
        WHERE earlier.facility_id = bearer.facility_id
            AND earlier.outcome = 'inserted'
    )
    OR EXISTS (
        SELECT
        FROM etl.changes
        WHERE changes.run_no = $1::integer
            AND changes.facility_id = bearer.facility_id
            AND changes.table_name = 'facilities'
            AND changes.before ? 'registration_number'
    )
UNION
SELECT staged.row_no
FROM staged_settled AS staged
WHERE staged.refused_number IS NOT NULL
    AND NOT EXISTS (
        SELECT
        FROM facilities AS bearer
        WHERE bearer.registration_number = staged.refused_number
            AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
            AND bearer.facility_id <> staged.facility_id
    )
UNION
SELECT row_no
FROM staged_settled
WHERE NOT is_superseded
    AND facility_id IN (
        SELECT facility_id
        FROM staged_settled
        WHERE NOT is_superseded
        GROUP BY facility_id
        HAVING count(*) > 1
    );

-- name: touched_superseded
-- What was looked up before may have been forgotten since, with the lineage or the facility: then the record is news.
-- And if the run has written to its facility, the two are merged in order. Each record is looked up by its key.
SELECT staged.row_no
FROM staged_settled AS staged
LEFT JOIN LATERAL (
    SELECT true AS is_so
    FROM etl.facility_source AS lineage
    JOIN facilities USING (facility_id)
    WHERE lineage.source = staged.source
        AND lineage.content_hash = staged.content_hash::uuid
        AND lineage.facility_id = staged.facility_id
        AND lineage.is_superseded
    OFFSET 0
) AS known ON true
WHERE staged.is_superseded
    AND (
        known.is_so IS NULL
        OR EXISTS (
            SELECT
            FROM run_facilities AS earlier
            WHERE earlier.facility_id = staged.facility_id
                AND earlier.outcome <> 'unchanged'
        )
    );

-- name: remember_settled
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT
    facility_id,
    file_no,
    source,
    content_hash::uuid,
    'unchanged'
FROM staged_settled
WHERE NOT is_superseded;

-- name: remember_settled_superseded
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    file_no,
    source,
    content_hash::uuid
FROM staged_settled
WHERE is_superseded;
