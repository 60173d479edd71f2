-- Once all batches of a run are merged: which of its facilities has another one's name, in that one's place, under another
-- code? $1 is the run_no.

-- name: note_possible_doubles
-- A body that recodes its list, or a spreadsheet that takes something off its codes, makes a second facility of each: two
-- codes are two facilities. Told is the one that came after the other, at every run that speaks of it, as far_from_ward
-- is. Of two that one file speaks of, its body says itself that they are two (the national list has five such pairs).
-- One with a code of ours has met its namesake by name, or it was told why not. Where a ward is not known, what is sure
-- of the place counts. Names are compared with their signs: to take these out takes 0.2 s for the national list. A dry
-- run's keys are negative.
WITH named AS MATERIALIZED (
    SELECT
        facilities.facility_id,
        facilities.facility_code,
        facilities.ward_id,
        lower(facilities.facility_name::text) COLLATE "C" AS name,
        met.file_no
    FROM facilities
    LEFT JOIN run_facilities AS met USING (facility_id)
    WHERE facilities.is_active
), alike AS MATERIALIZED ( -- few: to join all with all takes ten times as long
    SELECT named.*
    FROM named
    JOIN (
        SELECT
            ward_id,
            name
        FROM named
        GROUP BY
            ward_id,
            name
        HAVING count(*) > 1
            AND count(file_no) > 0
    ) AS shared USING (ward_id, name)
), namesakes AS (
    SELECT
        speaking.facility_id,
        speaking.facility_code,
        speaking.file_no,
        other.facility_id AS other_id,
        other.facility_code AS other_code,
        other.file_no AS other_file_no
    FROM alike AS speaking
    JOIN alike AS other USING (ward_id, name)
    WHERE speaking.file_no IS NOT NULL
        AND other.facility_id <> speaking.facility_id
    UNION ALL
    SELECT
        speaking.facility_id,
        speaking.facility_code,
        speaking.file_no,
        other.facility_id,
        other.facility_code,
        other.file_no
    FROM named AS unplaced
    JOIN named AS placed USING (name)
    JOIN etl.imported_facilities AS imported ON imported.facility_id = unplaced.facility_id
    JOIN etl.imported_facilities AS placed_imported ON placed_imported.facility_id = placed.facility_id
    CROSS JOIN LATERAL (
        VALUES
            (unplaced.facility_id, unplaced.facility_code, unplaced.file_no),
            (placed.facility_id, placed.facility_code, placed.file_no)
    ) AS speaking (facility_id, facility_code, file_no)
    CROSS JOIN LATERAL (
        VALUES
            (unplaced.facility_id, unplaced.facility_code, unplaced.file_no),
            (placed.facility_id, placed.facility_code, placed.file_no)
    ) AS other (facility_id, facility_code, file_no)
    WHERE unplaced.ward_id IS NULL
        AND placed_imported.county_id = imported.county_id
        AND placed_imported.constituency_id IS NOT DISTINCT FROM imported.constituency_id
        AND speaking.file_no IS NOT NULL
        AND other.facility_id <> speaking.facility_id
), doubles AS (
    SELECT DISTINCT ON (later.facility_id)
        later.file_no,
        known.record_number,
        later.facility_id,
        later.facility_code,
        later.other_code
    FROM namesakes AS later
    JOIN run_facilities AS met USING (facility_id)
    JOIN etl.facility_source AS known USING (source, content_hash)
    LEFT JOIN etl.imported_facilities AS imported ON imported.facility_id = later.facility_id
    LEFT JOIN etl.imported_facilities AS other_imported ON other_imported.facility_id = later.other_id
    WHERE coalesce(
            later.other_file_no < later.file_no,
            (later.other_id < 0, abs(later.other_id)) < (later.facility_id < 0, abs(later.facility_id))
        )
        AND coalesce(imported.facility_type = other_imported.facility_type, true)
        AND NOT EXISTS (
            SELECT
            FROM etl.code_map
            WHERE code_map.generated_code IN (later.facility_code, later.other_code)
        )
    ORDER BY
        later.facility_id,
        later.other_code
), saved AS (
    INSERT INTO etl.issues (run_no, file_no, record_number, facility_id, kind, field, raw_value)
    SELECT
        $1::integer,
        doubles.file_no,
        doubles.record_number,
        doubles.facility_id,
        'possible_double',
        'facility_code',
        doubles.other_code
    FROM doubles
    WHERE NOT EXISTS (
        SELECT
        FROM etl.issues AS former
        WHERE former.facility_id = doubles.facility_id
            AND former.kind = 'possible_double'
            AND former.raw_value = doubles.other_code
    )
)
SELECT
    file_no,
    record_number,
    facility_code::text AS facility_code,
    'possible_double' AS kind,
    'facility_code' AS field
FROM doubles
ORDER BY
    file_no,
    record_number;
