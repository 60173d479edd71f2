-- Once all batches of a run are merged: of which facilities do the files say nothing any more, although their source
-- sent them before?

-- name: unsent_facilities
-- $1 is the run_no, $2 the files as JSON: {file_no, source, path}, $3 how many facilities the run has met. What a
-- source sends without a change leaves its lineage as it is; so a facility is unsent if the run has not met it, and the
-- file that it came in last has come again: under the same path, or because the run has met a third of what came in it,
-- be it changed meanwhile or not. Also under a new path that differs from its own only in numbers, such as those of a
-- month, if half of what stands in the new file came in it: of another numbered page or county it did not. A body that
-- sends a file for each county may send one of them alone, and a list of one county says nothing of the national one.
-- After a lost connection the run does not know any more what it has met unchanged ($3): then nothing is told.
-- Each step is taken once, beginning with what the run has met: the planner, who has not counted it, would repeat what
-- it takes for a single row for each facility of the source (1.2 s for one file of 1,005 records beside 9,267), and one
-- file need not read the lineage of all others.
WITH sent AS MATERIALIZED (
    SELECT
        file_no,
        source,
        path
    FROM jsonb_to_recordset($2::jsonb) AS sent (file_no bigint, source text, path text)
    WHERE (SELECT count(*) FROM run_facilities) = $3::bigint
), met AS MATERIALIZED (
    SELECT
        known.source,
        known.run_no,
        known.file_no,
        run_facilities.file_no AS sent_file_no,
        count(*) AS met
    FROM (
        SELECT
            source,
            run_no,
            file_no,
            facility_id
        FROM etl.facility_source
        UNION ALL
        SELECT
            source,
            run_no,
            file_no,
            facility_id
        FROM etl.former_lineage
        WHERE changed_by_run_no = $1::integer
    ) AS known
    JOIN run_facilities USING (facility_id)
    WHERE known.source IN (SELECT source FROM sent)
        AND known.run_no < $1::integer
    GROUP BY
        known.source,
        known.run_no,
        known.file_no,
        run_facilities.file_no
), under_new_paths AS MATERIALIZED (
    SELECT
        sent.file_no,
        sent.source,
        regexp_replace(sent.path, '[0-9]+', '', 'g') AS undated_path,
        count(*) AS met
    FROM sent
    JOIN run_facilities USING (file_no)
    WHERE NOT EXISTS (
            SELECT
            FROM etl.files
            WHERE files.source = sent.source
                AND files.path = sent.path
                AND files.run_no < $1::integer
        )
    GROUP BY
        sent.file_no,
        sent.source,
        sent.path
), of_another_date AS MATERIALIZED (
    SELECT
        former.source,
        former.run_no,
        former.file_no
    FROM under_new_paths AS sent
    JOIN met
        ON met.source = sent.source
        AND met.sent_file_no = sent.file_no
    JOIN etl.files AS former
        ON former.run_no = met.run_no
        AND former.file_no = met.file_no
    WHERE 2 * met.met >= sent.met
        AND regexp_replace(former.path, '[0-9]+', '', 'g') = sent.undated_path
), lists AS MATERIALIZED (
    SELECT
        source,
        run_no,
        file_no,
        sum(met) AS met,
        FALSE AS is_same_path
    FROM met
    GROUP BY
        source,
        run_no,
        file_no
    UNION ALL
    SELECT
        source,
        run_no,
        file_no,
        0,
        TRUE
    FROM of_another_date
    UNION ALL
    SELECT
        files.source,
        files.run_no,
        files.file_no,
        0,
        TRUE
    FROM etl.files
    JOIN sent USING (source, path)
    WHERE files.run_no < $1::integer
), unmet AS MATERIALIZED (
    SELECT
        known.source,
        known.run_no,
        known.file_no,
        facilities.facility_code
    FROM etl.facility_source AS known
    JOIN facilities USING (facility_id)
    WHERE (known.source, known.run_no, known.file_no) IN (SELECT source, run_no, file_no FROM lists)
        AND facilities.is_active
        AND NOT EXISTS (SELECT FROM run_facilities AS met WHERE met.facility_id = known.facility_id)
), counted AS MATERIALIZED (
    SELECT
        source,
        run_no,
        file_no,
        count(*) AS unmet
    FROM unmet
    GROUP BY
        source,
        run_no,
        file_no
), come_again AS MATERIALIZED (
    SELECT DISTINCT
        source,
        run_no,
        file_no
    FROM lists
    JOIN counted USING (source, run_no, file_no)
    WHERE lists.is_same_path
        OR 2 * lists.met >= counted.unmet
)
SELECT DISTINCT
    source,
    facility_code::text AS facility_code
FROM unmet
JOIN come_again USING (source, run_no, file_no)
ORDER BY
    source,
    facility_code;
