-- Superseded records that count again (gvrc/loading/reinstated.py), because what superseded them comes no more.

-- name: find_rivals
-- For each superseded record, the other records of its facility that may keep it superseded: those that are not
-- superseded, and those of its own source that came after it; each with the file that it came in.
SELECT
    known.source,
    encode(uuid_send(known.content_hash), 'hex') AS content_hash,
    file.path,
    rival.source AS rival_source,
    encode(uuid_send(rival.content_hash), 'hex') AS rival_hash,
    rival_file.path AS rival_path
FROM etl.facility_source AS known
JOIN facilities USING (facility_id)
JOIN etl.facility_source AS rival
    ON rival.facility_id = known.facility_id
    AND (rival.source, rival.content_hash) <> (known.source, known.content_hash)
JOIN etl.files AS file
    ON file.run_no = known.run_no
    AND file.file_no = known.file_no
JOIN etl.files AS rival_file
    ON rival_file.run_no = rival.run_no
    AND rival_file.file_no = rival.file_no
WHERE known.is_superseded
    AND (
        NOT rival.is_superseded
        OR (
            rival.source = known.source
            AND (rival.run_no, rival.file_no, rival.record_number) > (known.run_no, known.file_no, known.record_number)
        )
    );

-- name: reinstate
-- $1 is the run's run_no, $2 the records as JSON: {source, content_hash, file_no, is_gone}. Records of the source that
-- are gone leave the lineage, as if a newer record had come; once per run, because what supersedes a record later
-- stays.
WITH known AS (
    SELECT
        said.file_no AS changed_by_file_no,
        said.is_gone,
        lineage.*
    FROM jsonb_to_recordset($2::jsonb) AS said (source text, content_hash uuid, file_no integer, is_gone boolean)
    JOIN etl.facility_source AS lineage USING (source, content_hash)
    WHERE (said.is_gone OR lineage.is_superseded)
        AND NOT EXISTS (
            SELECT
            FROM etl.former_lineage AS former
            WHERE former.changed_by_run_no = $1::integer
                AND former.source = lineage.source
                AND former.content_hash = lineage.content_hash
        )
), former AS (
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
        changed_by_file_no,
        source,
        content_hash,
        source_key,
        facility_id,
        run_no,
        file_no,
        record_number,
        is_superseded
    FROM known
), gone AS (
    DELETE FROM etl.facility_source AS lineage
    USING known
    WHERE known.is_gone
        AND lineage.source = known.source
        AND lineage.content_hash = known.content_hash
)
UPDATE etl.facility_source AS lineage
SET is_superseded = false
FROM known
WHERE NOT known.is_gone
    AND lineage.source = known.source
    AND lineage.content_hash = known.content_hash;
