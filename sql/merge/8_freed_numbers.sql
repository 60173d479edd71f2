-- At the end of a run (gvrc/loading/freed.py): numbers that were refused to a record, and that no facility bears any
-- more. If this run did not give them out, the next one would, and running again would change something; and one larger
-- batch would have given them, too.

-- name: remember_refused_numbers
INSERT INTO refused_numbers (facility_id, file_no, record_number, source, content_hash, registration_number)
SELECT
    merging.facility_id,
    staged.file_no,
    staged.record_number,
    staged.source,
    staged.content_hash::uuid,
    issues.raw_value
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN staged_issues AS issues USING (row_no)
WHERE issues.kind = 'registration_number_claimed_twice';

-- name: remember_settled_refused
INSERT INTO refused_numbers (facility_id, file_no, record_number, source, content_hash, registration_number)
SELECT
    facility_id,
    file_no,
    record_number,
    source,
    content_hash::uuid,
    refused_number
FROM staged_settled
WHERE refused_number IS NOT NULL;

-- name: stage_freed_numbers
-- For each facility whose last record of the run went without its number, a record that says nothing but the number.
-- What the merge takes from a record as it is, is filled with what the facility has. A number whose bearer was refused
-- another one may be free, too: two facilities may exchange their numbers.
INSERT INTO staged_records (
    row_no,
    round,
    file_no,
    record_number,
    source,
    content_hash,
    facility_name,
    name_key,
    code_prefix,
    registration_number,
    place_level,
    ward_match,
    ward_score,
    ward_candidates,
    quality_score,
    contacts,
    services,
    owners,
    gbv_categories,
    infrastructure
)
SELECT
    row_number() OVER (ORDER BY refused.file_no, refused.record_number),
    1,
    refused.file_no,
    refused.record_number,
    refused.source,
    refused.content_hash::text,
    facilities.facility_name,
    '',
    '',
    refused.registration_number,
    imported.place_level,
    imported.ward_match,
    imported.ward_score,
    imported.ward_candidates,
    imported.quality_score,
    0,
    0,
    0,
    0,
    0
FROM (
    SELECT DISTINCT ON (met.facility_id) refused.*
    FROM refused_numbers AS refused
    JOIN run_facilities AS met USING (facility_id, file_no, source, content_hash)
    ORDER BY
        met.facility_id,
        refused.record_number DESC
) AS refused
JOIN facilities USING (facility_id)
JOIN etl.imported_facilities AS imported USING (facility_id)
WHERE NOT EXISTS (
    SELECT
    FROM facilities AS bearer
    WHERE bearer.registration_number = refused.registration_number
        AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
        AND (
            bearer.facility_id = refused.facility_id
            OR bearer.facility_id NOT IN (SELECT facility_id FROM refused_numbers) -- hashed, unlike NOT EXISTS
        )
);

-- name: meet_refused
INSERT INTO merging (row_no, facility_id, met_by)
SELECT
    staged.row_no,
    met.facility_id,
    'content'
FROM staged_records AS staged
JOIN run_facilities AS met
    ON met.source = staged.source
    AND met.content_hash = staged.content_hash::uuid;

-- name: given_numbers
SELECT
    staged.file_no,
    met.outcome,
    count(*) AS records
FROM batch_changes AS changes
JOIN merging USING (facility_id)
JOIN staged_records AS staged USING (row_no)
JOIN run_facilities AS met USING (facility_id)
GROUP BY
    staged.file_no,
    met.outcome;

-- name: mark_given_numbers
UPDATE run_facilities AS met
SET outcome = 'updated'
FROM batch_changes AS changes
WHERE changes.facility_id = met.facility_id
    AND met.outcome = 'unchanged';

-- name: forget_given_issues
-- What the run reported of them is no longer so. $1 is its run_no.
DELETE FROM etl.issues AS issues
USING
    batch_changes AS changes,
    merging,
    staged_records AS staged
WHERE merging.facility_id = changes.facility_id
    AND staged.row_no = merging.row_no
    AND issues.run_no = $1::integer
    AND issues.facility_id = changes.facility_id
    AND issues.file_no = staged.file_no
    AND issues.record_number = staged.record_number
    AND issues.kind = 'registration_number_claimed_twice';
