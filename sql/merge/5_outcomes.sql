-- What became of the batch's records and rows, and what the run remembers of the facilities that it met. $1 is the
-- run's run_no.

-- name: count_outcomes
-- A record of a facility that this run met before takes the earlier record's place: inserted stays inserted, and the
-- earlier record becomes superseded.
WITH own AS (
    SELECT
        staged.file_no,
        merging.facility_id,
        merging.met_by,
        CASE
            WHEN merging.met_by = 'superseded' THEN 'superseded'
            WHEN merging.met_by = 'new' THEN 'inserted'
            WHEN merging.facility_id IN (SELECT facility_id FROM batch_changes) THEN 'updated'
            ELSE 'unchanged'
        END AS outcome
    FROM merging
    JOIN staged_records AS staged USING (row_no)
), counted AS (
    SELECT
        own.file_no,
        CASE
            WHEN earlier.outcome IN ('inserted', 'updated') AND own.outcome <> 'superseded' THEN earlier.outcome
            ELSE own.outcome
        END AS outcome,
        1 AS records
    FROM own
    -- A new facility cannot have been met before in this run: where most are new, that saves looking for it.
    LEFT JOIN run_facilities AS earlier
        ON earlier.facility_id = own.facility_id
        AND own.met_by <> 'new'
    UNION ALL
    SELECT
        earlier.file_no,
        moved.outcome,
        moved.records
    FROM own
    JOIN run_facilities AS earlier USING (facility_id)
    CROSS JOIN LATERAL (VALUES (earlier.outcome, -1), ('superseded', 1)) AS moved (outcome, records)
    WHERE own.met_by NOT IN ('new', 'superseded')
)
INSERT INTO batch_outcomes (file_no, outcome, records)
SELECT
    file_no,
    outcome,
    sum(records)
FROM counted
GROUP BY
    file_no,
    outcome;

-- name: count_outcomes_of_new
-- The same where the batch has met nothing.
INSERT INTO batch_outcomes (file_no, outcome, records)
SELECT
    staged.file_no,
    'inserted',
    count(*)
FROM merging
JOIN staged_records AS staged USING (row_no)
GROUP BY staged.file_no;

-- name: count_rows_of_new
INSERT INTO batch_tables (file_no, table_name, outcome, rows)
SELECT
    inserted.file_no,
    counted.table_name,
    'inserted',
    counted.rows
FROM (
    SELECT
        staged.file_no,
        count(staged.latitude) AS coordinates,
        sum(staged.contacts) AS contacts,
        sum(staged.services) AS services,
        sum(staged.owners) AS owners,
        sum(staged.gbv_categories) AS gbv_categories,
        sum(staged.infrastructure) AS infrastructure
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    WHERE merging.met_by = 'new'
    GROUP BY staged.file_no
) AS inserted
CROSS JOIN LATERAL (
    VALUES
        ('facility_coordinates', inserted.coordinates),
        ('facility_contacts', inserted.contacts),
        ('facility_services', inserted.services),
        ('facility_owners', inserted.owners),
        ('facility_gbv_categories', inserted.gbv_categories),
        ('facility_infrastructure', inserted.infrastructure)
) AS counted (table_name, rows)
WHERE counted.rows > 0;

-- name: count_rows_of_met
-- Each row that a record gave was inserted, updated, already there as it is (unchanged), or replaced by another record
-- of the run (superseded): a row that the run itself had written and wrote again counts as one row, not two.
WITH given AS (
    SELECT
        staged.file_no,
        merging.facility_id,
        merging.met_by,
        counted.table_name,
        counted.rows
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    CROSS JOIN LATERAL (
        VALUES
            ('facility_coordinates', CASE WHEN staged.latitude IS NULL THEN 0 ELSE 1 END),
            ('facility_contacts', staged.contacts),
            ('facility_services', staged.services),
            ('facility_owners', staged.owners),
            ('facility_gbv_categories', staged.gbv_categories),
            ('facility_infrastructure', staged.infrastructure)
    ) AS counted (table_name, rows)
    WHERE merging.met_by <> 'new'
        AND (counted.rows > 0 OR counted.table_name = 'facility_contacts')
), written AS (
    SELECT
        changes.facility_id,
        changes.table_name,
        count(*) FILTER (WHERE changes.operation = 'insert') AS inserted,
        -- One row may be switched on and made the primary one.
        count(DISTINCT changes.row_id) FILTER (WHERE changes.operation = 'update' AND NOT again.is_so) AS updated,
        count(DISTINCT changes.row_id) FILTER (WHERE changes.operation = 'update' AND again.is_so) AS superseded,
        -- A contact that was switched off, or is no longer the primary one, is none of those that the record gave; nor is
        -- every one that became the primary one in its place.
        count(DISTINCT changes.row_id) FILTER (
            WHERE changes.operation = 'update'
                AND changes.table_name = 'facility_contacts'
                AND (
                    changes.after ->> 'is_active' = 'false'
                    OR (changes.before ->> 'is_primary')::boolean > (changes.after ->> 'is_primary')::boolean
                    OR (
                        (changes.before ->> 'is_primary')::boolean < (changes.after ->> 'is_primary')::boolean
                        AND NOT EXISTS (
                            SELECT
                            FROM merging
                            JOIN staged_contacts AS staged USING (row_no)
                            JOIN contact_types AS types ON types.type_name = staged.contact_type
                            WHERE merging.facility_id = changes.facility_id
                                AND types.contact_type_id = (changes.after ->> 'contact_type_id')::integer
                                AND pg_temp.is_same_contact(changes.after ->> 'contact_value', staged.contact_key)
                        )
                    )
                )
        ) AS not_given
    FROM batch_changes AS changes
    CROSS JOIN LATERAL (
        SELECT
            EXISTS (
                SELECT
                FROM run_facilities AS earlier
                WHERE earlier.facility_id = changes.facility_id
                    AND earlier.outcome = 'inserted'
            )
            OR EXISTS (
                SELECT
                FROM etl.changes AS own
                WHERE own.run_no = $1::integer
                    AND own.facility_id = changes.facility_id
                    AND own.table_name = changes.table_name
                    AND own.row_id = changes.row_id
            ) AS is_so
    ) AS again
    WHERE changes.table_name <> 'facilities'
    GROUP BY
        changes.facility_id,
        changes.table_name
)
INSERT INTO batch_tables (file_no, table_name, outcome, rows)
SELECT
    given.file_no,
    given.table_name,
    counted.outcome,
    sum(counted.rows)
FROM given
LEFT JOIN written
    ON written.facility_id = given.facility_id
    AND written.table_name = given.table_name
    AND given.met_by <> 'superseded'
CROSS JOIN LATERAL (
    VALUES
        ('inserted', coalesce(written.inserted, 0)),
        ('updated', coalesce(written.updated, 0)),
        ('superseded', CASE WHEN given.met_by = 'superseded' THEN given.rows ELSE coalesce(written.superseded, 0) END),
        ('not_given', coalesce(written.not_given, 0)),
        (
            'unchanged',
            CASE
                WHEN given.met_by = 'superseded' THEN 0
                ELSE given.rows
                    - coalesce(written.inserted + written.updated + written.superseded - written.not_given, 0)
            END
        )
) AS counted (outcome, rows)
WHERE counted.rows > 0
GROUP BY
    given.file_no,
    given.table_name,
    counted.outcome;

-- name: remember_run_facilities
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT
    merging.facility_id,
    staged.file_no,
    staged.source,
    staged.content_hash::uuid,
    CASE
        WHEN merging.met_by = 'new' THEN 'inserted'
        WHEN merging.facility_id IN (SELECT facility_id FROM batch_changes) THEN 'updated'
        ELSE 'unchanged'
    END
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by <> 'superseded'
ON CONFLICT (facility_id) DO UPDATE
SET
    file_no = excluded.file_no,
    source = excluded.source,
    content_hash = excluded.content_hash,
    outcome = CASE WHEN run_facilities.outcome = 'unchanged' THEN excluded.outcome ELSE run_facilities.outcome END;

-- name: batch_outcomes
SELECT
    file_no,
    outcome,
    sum(records)::bigint AS records
FROM batch_outcomes
GROUP BY
    file_no,
    outcome;

-- name: batch_tables
SELECT
    file_no,
    table_name,
    outcome,
    sum(rows)::bigint AS rows
FROM batch_tables
GROUP BY
    file_no,
    table_name,
    outcome;
