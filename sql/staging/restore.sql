-- name: restore_run_facilities
-- After a lost connection: what this run met so far, as far as it was committed.
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT DISTINCT ON (known.facility_id)
    known.facility_id,
    known.file_no,
    known.source,
    known.content_hash,
    CASE
        WHEN EXISTS (
            SELECT
            FROM etl.changes
            WHERE changes.run_no = known.run_no
                AND changes.facility_id = known.facility_id
                AND changes.table_name = 'facilities'
                AND changes.operation = 'insert'
        ) THEN 'inserted'
        WHEN EXISTS (
            SELECT
            FROM etl.changes
            WHERE changes.run_no = known.run_no
                AND changes.facility_id = known.facility_id
        ) THEN 'updated'
        ELSE 'unchanged'
    END
FROM etl.facility_source AS known
WHERE known.run_no = $1::integer
    AND NOT known.is_superseded
ORDER BY
    known.facility_id,
    known.file_no DESC,
    known.record_number DESC;

-- name: restore_run_superseded
-- As far as it is remembered: a record that had been superseded before this run, and came again, is not.
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    overtaken_file_no,
    source,
    content_hash
FROM etl.former_lineage
WHERE changed_by_run_no = $1::integer
    AND overtaken_file_no IS NOT NULL;

-- name: restore_refused_claims
INSERT INTO refused_claims (facility_id, file_no, record_number, source, content_hash, kind, claimed)
SELECT
    known.facility_id,
    known.file_no,
    known.record_number,
    known.source,
    known.content_hash,
    issues.kind,
    issues.raw_value
FROM etl.facility_source AS known
JOIN etl.issues AS issues USING (run_no, facility_id, file_no, record_number)
WHERE known.run_no = $1::integer
    AND NOT known.is_superseded
    AND issues.kind IN ('code_claimed_twice', 'registration_number_claimed_twice')
    AND NOT EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = issues.raw_value);
