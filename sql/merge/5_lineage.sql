-- Which record the values of a facility came from, and which records it superseded. $1 is the run's run_no.

-- name: note_superseded_conflicts
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    merging.row_no,
    'superseded_conflict',
    former.key,
    former.value
FROM merging
JOIN run_facilities USING (facility_id)
JOIN batch_changes AS changes USING (facility_id)
CROSS JOIN LATERAL jsonb_each_text(changes.before) AS former
JOIN LATERAL jsonb_each_text(changes.after) AS latter ON latter.key = former.key
WHERE merging.met_by NOT IN ('new', 'superseded')
    AND changes.table_name = 'facilities'
    AND former.value <> ''
    AND former.value IS DISTINCT FROM latter.value
    AND former.key NOT IN ('updated_at', 'updated_by');

-- name: repeat_superseded_conflicts
-- A record that was loaded before, with what it overwrote then, counts as it did then: its file says the same.
INSERT INTO staged_issues (row_no, kind, field, raw_value)
SELECT
    merging.row_no,
    former.kind,
    former.field,
    former.raw_value
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN etl.facility_source AS known
    ON known.source = staged.source
    AND known.content_hash = staged.content_hash::uuid
JOIN etl.issues AS former
    ON former.run_no = known.run_no
    AND former.facility_id = known.facility_id
    AND former.file_no = known.file_no
    AND former.record_number = known.record_number
WHERE merging.met_by = 'content'
    AND former.kind = 'superseded_conflict';

-- name: keep_overtaken_lineage
INSERT INTO etl.former_lineage (
    changed_by_run_no,
    changed_by_file_no,
    overtaken_file_no,
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT
    $1::integer,
    staged.file_no,
    earlier.file_no,
    known.*
FROM merging
JOIN staged_records AS staged USING (row_no)
JOIN run_facilities AS earlier USING (facility_id)
JOIN etl.facility_source AS known
    ON known.source = earlier.source
    AND known.content_hash = earlier.content_hash
WHERE merging.met_by NOT IN ('new', 'superseded');

-- name: mark_superseded
-- What is known of a settled record stays known, except what its merge found: a superseded record claims no number and
-- overwrites nothing. Each is looked up by the key of its facility, whose row the later record takes over.
WITH marked AS (
    UPDATE etl.facility_source AS known
    SET is_superseded = true
    FROM merging
    JOIN staged_records AS staged USING (row_no)
    JOIN run_facilities AS earlier USING (facility_id)
    WHERE merging.met_by NOT IN ('new', 'superseded')
        AND known.source = earlier.source
        AND known.content_hash = earlier.content_hash
        AND (known.source, known.content_hash) <> (staged.source, staged.content_hash::uuid)
        AND NOT known.is_superseded
    RETURNING
        earlier.file_no,
        known.source,
        known.content_hash,
        known.facility_id
), remembered AS (
    INSERT INTO etl.superseded_records (
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
    SELECT
        marked.source,
        marked.content_hash,
        settled.rules,
        CASE WHEN settled.issues !~ 'code_generated ' THEN settled.facility_code END,
        settled.ward_match,
        settled.issues,
        settled.coordinates,
        settled.contacts,
        settled.services,
        settled.owners,
        settled.gbv_categories,
        settled.infrastructure
    FROM marked
    CROSS JOIN LATERAL (
        SELECT *
        FROM etl.settled_facilities
        WHERE settled_facilities.facility_id = marked.facility_id
        OFFSET 0
    ) AS settled
    WHERE settled.refused_number IS NULL
        AND settled.issues !~ 'superseded_conflict '
    ON CONFLICT (content_hash, source) DO NOTHING
)
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    file_no,
    source,
    content_hash
FROM marked;

-- name: remember_superseded
INSERT INTO run_superseded (file_no, source, content_hash)
SELECT
    staged.file_no,
    staged.source,
    staged.content_hash::uuid
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by = 'superseded';

-- name: forget_former_lineage
-- A source's newer record of a facility replaces its older one; those of this run stay, marked. The records that the
-- older one had superseded go with it: should one of them come again, it is news.
WITH former AS (
    DELETE FROM etl.facility_source AS known
    USING
        merging,
        staged_records AS staged
    WHERE staged.row_no = merging.row_no
        AND merging.met_by NOT IN ('new', 'content', 'superseded')
        AND known.facility_id = merging.facility_id
        AND known.source = staged.source
        AND known.content_hash <> staged.content_hash::uuid
        AND known.run_no <> $1::integer
        AND NOT EXISTS (
            SELECT
            FROM run_superseded AS came
            WHERE came.source = known.source
                AND came.content_hash = known.content_hash
        )
    RETURNING
        staged.file_no AS changed_by_file_no,
        known.*
), superseded AS (
    DELETE FROM etl.superseded_records AS known
    USING former
    WHERE known.source = former.source
        AND known.content_hash = former.content_hash
)
INSERT INTO etl.former_lineage (
    changed_by_run_no,
    changed_by_file_no,
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT
    $1::integer,
    former.*
FROM former;

-- name: save_lineage
INSERT INTO etl.facility_source (
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number
)
SELECT
    staged.source,
    staged.content_hash::uuid,
    staged.source_key,
    merging.facility_id,
    $1::integer,
    staged.file_no,
    staged.record_number
FROM merging
JOIN staged_records AS staged USING (row_no)
WHERE merging.met_by NOT IN ('content', 'superseded')
ON CONFLICT (content_hash, source) DO UPDATE
SET
    facility_id = excluded.facility_id,
    run_no = excluded.run_no,
    file_no = excluded.file_no,
    record_number = excluded.record_number,
    is_superseded = false;
