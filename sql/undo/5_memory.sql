-- What etl remembers of facilities: how they were imported, their codes, their lineage, their rejects. $1 is the undone
-- run; $2 a file_no of it, or null for the whole run; $3 the run that does the undoing, null where a run takes back a
-- file of its own.

-- name: forget_undone_facilities
-- What is gone, with the codes that were generated for it, and what the run met in the directory as the first to do so:
-- of those there was no row before. By EXCEPT: asked of each facility, the planner, who has not counted what the run
-- wrote, compared all with all (4.5 million rows for 3,000).
WITH unknown AS (
    SELECT undo.facility_id
    FROM undo_changes AS undo
    LEFT JOIN facilities USING (facility_id)
    WHERE facilities.facility_id IS NULL
    UNION
    (
        SELECT met.facility_id
        FROM etl.imported_facilities AS met
        JOIN etl.facility_source AS known USING (facility_id, run_no)
        WHERE met.run_no = $1::integer
            AND ($2::integer IS NULL OR known.file_no = $2::integer)
        EXCEPT
        SELECT former.facility_id
        FROM etl.former_imported AS former
        WHERE former.changed_by_run_no = $1::integer
        EXCEPT
        SELECT other.facility_id
        FROM etl.facility_source AS other
        WHERE other.run_no = $1::integer
            AND other.file_no <> $2::integer
    )
), gone AS (
    DELETE FROM etl.imported_facilities AS imported
    USING unknown
    WHERE imported.facility_id = unknown.facility_id
    RETURNING imported.*
), codes AS (
    DELETE FROM etl.code_map
    USING unknown
    WHERE code_map.facility_id = unknown.facility_id
        AND NOT EXISTS (SELECT FROM facilities WHERE facilities.facility_id = code_map.facility_id)
    RETURNING code_map.*
)
INSERT INTO etl.former_imported (changed_by_run_no, changed_by_file_no, facility_id, image)
SELECT
    $3::integer,
    1,
    gone.facility_id,
    to_jsonb(gone) || jsonb_build_object(
        'generated_codes',
        generated.codes
    )
FROM gone
LEFT JOIN (
    SELECT
        facility_id,
        jsonb_agg(generated_code) AS codes
    FROM codes
    GROUP BY facility_id
) AS generated USING (facility_id)
WHERE $3::integer IS NOT NULL;

-- name: find_imported_before
-- The first image is the row as it was before the run. It comes back if the row is still as the run left it, except the
-- fields that the facility kept: they stay as the run left them, or the importer would take for an edit what it wrote
-- itself. If a later run has written the row since, only the fields that the facility got back come back. If the run
-- has left no image, it has written nothing of what the importer remembers: it overwrote a person's edit with what was
-- imported before.
INSERT INTO undone_imported (facility_id, image, present_image)
WITH images AS (
    SELECT
        facility_id,
        former_id,
        left_run_no,
        image,
        lead(image) OVER (PARTITION BY facility_id ORDER BY former_id) AS next_image,
        changed_by_run_no = $1::integer AND ($2::integer IS NULL OR changed_by_file_no = $2::integer) AS is_of_run
    FROM etl.former_imported
    WHERE changed_by_run_no >= $1::integer
), former AS (
    SELECT DISTINCT ON (facility_id)
        facility_id,
        image,
        last_value(next_image) OVER all_of_run AS next_image,
        last_value(left_run_no) OVER all_of_run AS left_run_no
    FROM images
    WHERE is_of_run
    WINDOW all_of_run AS (
        PARTITION BY facility_id
        ORDER BY former_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
    ORDER BY
        facility_id,
        former_id
)
SELECT
    former.facility_id,
    CASE
        WHEN present.run_no IS NOT DISTINCT FROM former.left_run_no
            THEN former.image || coalesce(settled.fields, '{}') || coalesce(stayed.fields, '{}')
        ELSE to_jsonb(present) || coalesce(returned.fields, '{}')
    END || coalesce(corrected.fields, '{}') || jsonb_build_object('field_sources', sources.fields),
    to_jsonb(present)
FROM former
JOIN facilities USING (facility_id)
LEFT JOIN etl.imported_facilities AS present USING (facility_id)
LEFT JOIN undo_changes AS undo
    ON undo.row_id = facilities.facility_id
    AND undo.table_name = 'facilities'
    AND undo.operation <> 'insert'
-- What the image has of another run that was taken back meanwhile is not what the facility has.
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(written.field, to_jsonb(present) -> written.field) AS fields
    FROM (
        SELECT DISTINCT jsonb_object_keys(changes.before) AS field
        FROM etl.runs AS undos
        JOIN etl.changes ON changes.run_no = undos.undoes_run_no
        WHERE undos.status = 'succeeded'
            AND changes.facility_id = former.facility_id
            AND changes.table_name = 'facilities'
            AND changes.operation = 'update'
    ) AS written
    WHERE to_jsonb(present) ? written.field
        AND NOT coalesce(undo.before ? written.field, false)
) AS settled
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(kept.field, coalesce(to_jsonb(present), undo.before) -> kept.field) AS fields
    FROM jsonb_object_keys(undo.kept) AS kept (field)
) AS stayed
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(put_back.field, former.image -> put_back.field) AS fields
    FROM jsonb_object_keys(undo.before) AS put_back (field)
    WHERE former.image ? put_back.field
) AS returned
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(other.field, other.value) AS fields
    FROM jsonb_each(undo.corrected - ARRAY(SELECT jsonb_object_keys(undo.kept))) AS other (field, value)
    WHERE former.image ? other.field
) AS corrected
-- Who wrote a ranked field goes back field by field: what the run left is in the image that the next change made, and a
-- source that nothing has changed since is the one before the run, unless the field keeps its value.
CROSS JOIN LATERAL (
    SELECT
        former.image -> 'field_sources' AS first,
        coalesce(former.next_image -> 'field_sources', present.field_sources) AS left_by_run,
        coalesce(present.field_sources, former.image -> 'field_sources') AS last
) AS source_of
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(of_field.name, of_field.source), '{}') AS fields
    FROM (
        SELECT
            field AS name,
            CASE
                WHEN source_of.last -> field IS DISTINCT FROM source_of.left_by_run -> field
                    OR undo.kept ? CASE field
                        WHEN 'operational_status' THEN 'operational_status_id'
                        WHEN 'ward_name' THEN 'ward_id'
                        WHEN 'address' THEN 'address_line_1'
                        ELSE field
                    END THEN source_of.last -> field
                ELSE source_of.first -> field
            END AS source
        FROM jsonb_object_keys(source_of.last || source_of.first) AS keys (field)
    ) AS of_field
    WHERE of_field.source IS NOT NULL
) AS sources
WHERE present.run_no IS NOT DISTINCT FROM former.left_run_no
    OR (
        present.run_no IS NOT NULL
        AND (
            coalesce(returned.fields, corrected.fields) IS NOT NULL
            OR sources.fields <> present.field_sources
        )
    );

-- name: find_imported_corrected
-- An undo that left all of a facility alone has left no image, but its undo may have fields to bring back.
INSERT INTO undone_imported (facility_id, image, present_image)
SELECT
    undo.facility_id,
    to_jsonb(present) || corrected.fields,
    to_jsonb(present)
FROM undo_changes AS undo
JOIN etl.imported_facilities AS present USING (facility_id)
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(other.field, other.value) AS fields
    FROM jsonb_each(undo.corrected - ARRAY(SELECT jsonb_object_keys(undo.kept))) AS other (field, value)
    WHERE to_jsonb(present) ? other.field
) AS corrected
WHERE undo.table_name = 'facilities'
    AND undo.operation = 'update'
    AND corrected.fields IS NOT NULL
    AND undo.facility_id NOT IN (
        SELECT facility_id
        FROM etl.former_imported
        WHERE changed_by_run_no = $1::integer
            AND ($2::integer IS NULL OR changed_by_file_no = $2::integer)
    );

-- name: keep_imported_of_undone
-- $1 is the run that does the undoing.
INSERT INTO etl.former_imported (changed_by_run_no, changed_by_file_no, left_run_no, facility_id, image)
SELECT
    $1::integer,
    1,
    (image ->> 'run_no')::integer,
    facility_id,
    present_image
FROM undone_imported
WHERE present_image IS NOT NULL;

-- name: remove_imported_of_undone
DELETE FROM etl.imported_facilities AS present
USING undone_imported AS undone
WHERE present.facility_id = undone.facility_id;

-- name: put_back_imported
INSERT INTO etl.imported_facilities
SELECT row.*
FROM undone_imported
CROSS JOIN jsonb_populate_record(NULL::etl.imported_facilities, undone_imported.image) AS row;

-- name: put_back_codes
-- The generated codes of a facility that is there again; one that another facility bears now stays with that one.
INSERT INTO etl.code_map (generated_code, facility_id)
SELECT
    code.generated_code,
    facilities.facility_id
FROM undone_imported
JOIN facilities USING (facility_id)
CROSS JOIN jsonb_array_elements_text(
    nullif(undone_imported.image -> 'generated_codes', 'null')
) AS code (generated_code)
ON CONFLICT (generated_code) DO UPDATE
SET facility_id = excluded.facility_id
WHERE NOT EXISTS (SELECT FROM facilities WHERE facilities.facility_id = code_map.facility_id);

-- name: put_back_former_codes
-- The generated codes that the run gave to a facility that stays: each belongs again to whom it did before, or to
-- nobody. One that a later run gave to another facility stays there.
WITH former AS (
    SELECT DISTINCT ON (generated_code)
        generated_code,
        facility_id,
        last_value(left_facility_id) OVER (
            PARTITION BY generated_code
            ORDER BY former_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS left_facility_id
    FROM etl.former_codes
    WHERE changed_by_run_no = $1::integer
        AND ($2::integer IS NULL OR changed_by_file_no = $2::integer)
    ORDER BY
        generated_code,
        former_id
), fitting AS (
    SELECT
        former.generated_code,
        facilities.facility_id,
        present.facility_id AS present_facility_id
    FROM former
    LEFT JOIN facilities USING (facility_id)
    LEFT JOIN etl.code_map AS present USING (generated_code)
    WHERE facilities.facility_id IS DISTINCT FROM present.facility_id
        -- It is nobody's if the facility to which the run gave it is gone.
        AND (present.facility_id IS NULL OR present.facility_id = former.left_facility_id)
), kept AS (
    INSERT INTO etl.former_codes (
        changed_by_run_no,
        changed_by_file_no,
        left_facility_id,
        generated_code,
        facility_id
    )
    SELECT
        $3::integer,
        1,
        facility_id,
        generated_code,
        present_facility_id
    FROM fitting
    WHERE $3::integer IS NOT NULL
), gone AS (
    DELETE FROM etl.code_map
    USING fitting
    WHERE code_map.generated_code = fitting.generated_code
        AND fitting.facility_id IS NULL
)
INSERT INTO etl.code_map (generated_code, facility_id)
SELECT
    generated_code,
    facility_id
FROM fitting
WHERE facility_id IS NOT NULL
ON CONFLICT (generated_code) DO UPDATE
SET facility_id = excluded.facility_id;

-- name: forget_undone_lineage
-- For the next import, the undone records were never loaded. For an undo, they are those that it put back and that were
-- not there before: what it overwrote has an image of its own.
WITH brought AS (
    SELECT
        source,
        content_hash
    FROM etl.facility_source
    WHERE run_no = $1::integer
        AND ($2::integer IS NULL OR file_no = $2::integer)
    UNION
    SELECT
        known.source,
        known.content_hash
    FROM etl.former_lineage AS former
    JOIN etl.facility_source AS known USING (content_hash, source, facility_id, run_no, file_no, record_number)
    JOIN etl.runs AS undone
        ON undone.undoes_run_no = former.changed_by_run_no
        AND undone.undoes_run_no <> former.run_no
    WHERE undone.run_no = $1::integer
        AND NOT EXISTS (
            SELECT
            FROM etl.former_lineage AS overwritten
            WHERE overwritten.changed_by_run_no = $1::integer
                AND overwritten.content_hash = former.content_hash
                AND overwritten.source = former.source
        )
), gone AS (
    DELETE FROM etl.facility_source AS known
    USING brought
    WHERE known.content_hash = brought.content_hash
        AND known.source = brought.source
    RETURNING known.*
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
    $3::integer,
    1,
    gone.*
FROM gone
WHERE $3::integer IS NOT NULL;

-- name: put_back_lineage
-- The first image of each record is how it was before the run; what is overwritten leaves an image for the undo of this
-- undo. The facility may be gone: if two runs are taken back and brought back in another order, it comes back after its
-- lineage, without which the next name that its body gives it would double it.
WITH former AS (
    SELECT DISTINCT ON (former.source, former.content_hash)
        former.source,
        former.content_hash,
        former.source_key,
        former.facility_id,
        former.run_no,
        former.file_no,
        former.record_number,
        former.is_superseded
    FROM etl.former_lineage AS former
    WHERE former.changed_by_run_no = $1::integer
        AND ($2::integer IS NULL OR former.changed_by_file_no = $2::integer)
        -- What the undone run itself had written, and then superseded, is undone too.
        AND NOT (former.run_no = $1::integer AND ($2::integer IS NULL OR former.file_no = $2::integer))
    ORDER BY
        former.source,
        former.content_hash,
        former.former_id
), kept AS (
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
        $3::integer,
        1,
        present.*
    FROM former
    JOIN etl.facility_source AS present
        ON present.content_hash = former.content_hash
        AND present.source = former.source
    WHERE $3::integer IS NOT NULL
)
INSERT INTO etl.facility_source (
    source,
    content_hash,
    source_key,
    facility_id,
    run_no,
    file_no,
    record_number,
    is_superseded
)
SELECT former.*
FROM former
ON CONFLICT (content_hash, source) DO UPDATE
SET
    source_key = excluded.source_key,
    facility_id = excluded.facility_id,
    run_no = excluded.run_no,
    file_no = excluded.file_no,
    record_number = excluded.record_number,
    is_superseded = excluded.is_superseded;

-- name: reopen_rejects
-- What a file of the run closed is open again, as if it had not been read; its own rejects are forgotten.
UPDATE etl.rejects
SET
    closed_by_run_no = NULL,
    closed_by_file_no = NULL,
    answered_by_run_no = NULL,
    answered_by_file_no = NULL,
    is_corrected = false
WHERE closed_by_run_no = $1::integer
    AND closed_by_file_no = $2::integer;
