-- The issues of what landed, and the rejects: what was refused, corrected and closed. $1 is the run's run_no.

-- name: note_generated_codes
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    staged.row_no,
    'code_generated',
    'facility_code',
    NULL
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE staged.facility_code IS NULL;

-- name: save_issues
-- The issues of a record that was loaded before with the same content are already there.
INSERT INTO etl.issues (run_no, file_no, record_number, facility_id, kind, field, raw_value)
SELECT
    $1::integer,
    staged.file_no,
    staged.record_number,
    merging.facility_id,
    issues.kind,
    issues.field,
    issues.raw_value
FROM staged_issues AS issues
JOIN merging USING (row_no)
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by NOT IN ('content', 'superseded');

-- name: issues_of_merge
-- The issues that the merge itself found, which the steps before it could not know.
SELECT
    staged.file_no,
    staged.record_number,
    staged.facility_code,
    issues.kind,
    issues.field
FROM staged_issues AS issues
JOIN staged_records AS staged USING (row_no)
WHERE issues.kind IN (
    'changed_by_database',
    'code_claimed_twice',
    'code_generated',
    'code_zeros_differ',
    'contact_not_repeated',
    'contact_out_of_use',
    'contact_person_kept',
    'dropped_by_database',
    'manual_edit_kept',
    'owner_not_repeated',
    'registration_number_claimed_twice',
    'service_not_repeated',
    'source_key_claimed_twice',
    'source_outranked',
    'superseded_conflict',
    'ward_kept'
);

-- name: find_corrected_rejects
-- A record that somebody corrected, and that comes again as it was, is not open again: its correction stands. In the run
-- that brings the correction it is another record with the same text.
UPDATE staged_rejects AS staged
SET corrected_by = corrected.run_id
FROM (
    SELECT DISTINCT ON (closed.source, closed.content_hash)
        closed.source,
        closed.content_hash,
        runs.run_id
    FROM etl.rejects AS closed
    JOIN etl.runs ON runs.run_no = closed.closed_by_run_no
    WHERE closed.is_corrected
        AND closed.closed_by_run_no = closed.answered_by_run_no
        AND closed.closed_by_run_no < $1::integer
    ORDER BY
        closed.source,
        closed.content_hash,
        closed.closed_by_run_no DESC
) AS corrected
WHERE corrected.source = staged.source
    AND corrected.content_hash = staged.content_hash
    AND NOT staged.is_correction;

-- name: corrected_rejects
-- Where the correction was refused as well, that is open, and the record is known.
SELECT
    staged.file_no,
    staged.corrected_by,
    count(*) AS records
FROM staged_rejects AS staged
WHERE staged.corrected_by IS NOT NULL
    AND NOT EXISTS (
        SELECT
        FROM etl.rejects AS open
        WHERE open.source = staged.source
            AND open.content_hash = staged.content_hash
            AND open.closed_by_run_no IS NULL
    )
GROUP BY
    staged.file_no,
    staged.corrected_by;

-- name: close_other_reasons
-- A record that is refused again, now for another reason, is open only once; so is one that was corrected, and refused
-- as it is now: as that it is kept, not as it was. But the same text may be that of another record.
UPDATE etl.rejects AS open
SET
    closed_by_run_no = $1::integer,
    closed_by_file_no = staged.file_no,
    answered_by_run_no = $1::integer,
    answered_by_file_no = staged.file_no,
    is_corrected = staged.is_correction
FROM staged_rejects AS staged
WHERE open.source = staged.source
    AND open.content_hash = staged.content_hash
    AND open.closed_by_run_no IS NULL
    AND staged.corrected_by IS NULL
    AND (
        open.reason <> staged.reason
        OR (staged.is_correction AND open.raw <> staged.raw)
    )
    AND NOT EXISTS (
        SELECT
        FROM staged_rejects AS same
        WHERE same.source = open.source
            AND same.content_hash = open.content_hash
            AND same.reason = open.reason
            AND same.raw = open.raw
    );

-- name: save_rejects
-- A record that was refused before, with the same content and for the same reason, is already open.
INSERT INTO etl.rejects (
    run_no,
    file_no,
    record_number,
    source,
    content_hash,
    reason,
    field,
    detail,
    suggestion,
    raw,
    nobodys
)
SELECT
    $1::integer,
    staged.file_no,
    staged.record_number,
    staged.source,
    staged.content_hash,
    staged.reason,
    staged.field,
    staged.detail,
    staged.suggestion,
    staged.raw,
    staged.nobodys
FROM staged_rejects AS staged
WHERE staged.corrected_by IS NULL
    AND NOT EXISTS (
        SELECT
        FROM etl.rejects AS open
        WHERE open.source = staged.source
            AND open.content_hash = staged.content_hash
            AND open.reason = staged.reason
            AND (open.raw = staged.raw OR NOT staged.is_correction)
            AND open.closed_by_run_no IS NULL
    );

-- name: close_landed_rejects
UPDATE etl.rejects AS open
SET
    closed_by_run_no = $1::integer,
    closed_by_file_no = staged.file_no,
    answered_by_run_no = $1::integer,
    answered_by_file_no = staged.file_no,
    answered_by_hash = staged.content_hash,
    is_corrected = open.content_hash <> staged.content_hash
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE open.source = staged.source
    AND open.content_hash IN (staged.content_hash, staged.answers)
    AND open.closed_by_run_no IS NULL;
