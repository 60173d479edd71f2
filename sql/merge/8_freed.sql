-- At the end of a run (gvrc/loading/freed.py): codes and registration numbers that were refused to a record, and that no
-- facility bears any more. If this run did not give them out, the next one would, and running again would change
-- something; and one larger batch would have given them, too.

-- name: remember_refused_claims
-- The code that we made of a name is no claim of its record.
INSERT INTO refused_claims (facility_id, file_no, record_number, source, content_hash, kind, claimed)
SELECT
    merging.facility_id,
    staged.file_no,
    staged.record_number,
    staged.source,
    staged.content_hash::uuid,
    issues.kind,
    issues.raw_value
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN staged_issues AS issues USING (row_no)
WHERE issues.kind IN ('code_claimed_twice', 'registration_number_claimed_twice')
    AND NOT EXISTS (SELECT FROM etl.code_map WHERE code_map.generated_code = issues.raw_value);

-- name: remember_settled_refused
INSERT INTO refused_claims (facility_id, file_no, record_number, source, content_hash, kind, claimed)
SELECT
    facility_id,
    file_no,
    record_number,
    source,
    content_hash::uuid,
    'registration_number_claimed_twice',
    refused_number
FROM staged_settled
WHERE refused_number IS NOT NULL;

-- name: stage_freed
-- For each facility whose last record of the run went without its code or number, a record that says nothing but these.
-- What the merge takes from a record as it is, is filled with what the facility has. A number whose bearer was refused
-- another one may be free, too: two facilities may exchange their numbers. Of their codes nobody knows which of two
-- exchanged columns is the wrong one; and a code goes to the first that claims it, as in the next run.
-- Claims are counted by windows and looked up in a CASE: the planner takes joined ones for few, and compares all with all.
WITH claims AS (
    SELECT
        refused.*,
        max(refused.record_number) OVER (PARTITION BY refused.facility_id) AS last_record
    FROM refused_claims AS refused
    JOIN run_facilities AS met USING (facility_id, file_no, source, content_hash)
), standing AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY kind, claimed ORDER BY file_no, record_number) AS place
    FROM claims
    WHERE record_number = last_record
), freed AS (
    SELECT
        facility_id,
        file_no,
        record_number,
        source,
        content_hash,
        max(claimed) FILTER (WHERE kind = 'code_claimed_twice') AS facility_code,
        max(claimed) FILTER (WHERE kind = 'registration_number_claimed_twice') AS registration_number
    FROM standing
    WHERE CASE kind
        WHEN 'code_claimed_twice'
            THEN place = 1
                AND NOT EXISTS (SELECT FROM facilities AS bearer WHERE bearer.facility_code = standing.claimed)
        ELSE NOT EXISTS (
            SELECT
            FROM facilities AS bearer
            WHERE bearer.registration_number = standing.claimed
                AND bearer.registration_number <> '' -- a fresh directory's key is an index on just these
                AND (
                    bearer.facility_id = standing.facility_id
                    OR bearer.facility_id NOT IN ( -- hashed, unlike NOT EXISTS
                        SELECT facility_id
                        FROM refused_claims
                        WHERE kind = 'registration_number_claimed_twice'
                    )
                )
        )
    END
    GROUP BY
        facility_id,
        file_no,
        record_number,
        source,
        content_hash
)
INSERT INTO staged_records (
    row_no,
    round,
    file_no,
    record_number,
    source,
    content_hash,
    facility_name,
    name_key,
    facility_code,
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
    row_number() OVER (ORDER BY freed.file_no, freed.record_number),
    1,
    freed.file_no,
    freed.record_number,
    freed.source,
    freed.content_hash::text,
    facilities.facility_name,
    '',
    freed.facility_code,
    '',
    freed.registration_number,
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
FROM freed
JOIN facilities USING (facility_id)
JOIN etl.imported_facilities AS imported USING (facility_id);

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

-- name: given
SELECT
    staged.file_no,
    met.outcome,
    count(*) AS records,
    count(*) FILTER (WHERE staged.registration_number = changes.after ->> 'registration_number') AS numbers
FROM batch_changes AS changes
JOIN merging USING (facility_id)
JOIN staged_records AS staged USING (row_no)
JOIN run_facilities AS met USING (facility_id)
GROUP BY
    staged.file_no,
    met.outcome;

-- name: mark_given
UPDATE run_facilities AS met
SET outcome = 'updated'
FROM batch_changes AS changes
WHERE changes.facility_id = met.facility_id
    AND met.outcome = 'unchanged';

-- name: forget_given_issues
-- What the run reported of them is no longer so. $1 is its run_no. Those of codes are given, to be counted; the claim of
-- a settled record to a number was reported in an earlier run.
WITH forgotten AS (
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
        AND CASE
            WHEN issues.kind = 'registration_number_claimed_twice'
                THEN staged.registration_number = changes.after ->> 'registration_number'
            WHEN issues.kind IN ('code_claimed_twice', 'code_generated')
                THEN staged.facility_code = changes.after ->> 'facility_code'
        END
    RETURNING
        issues.file_no,
        issues.kind
)
SELECT
    file_no,
    kind,
    count(*) AS issues
FROM forgotten
WHERE kind <> 'registration_number_claimed_twice'
GROUP BY
    file_no,
    kind;
