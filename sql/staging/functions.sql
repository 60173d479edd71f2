-- What the statements of a merge compare records and facilities by. PostgreSQL puts the expression of such a function
-- in the place of its call before it plans: the plans are those of the expression. (Not so with the last three,
-- which ask tables; few contacts and services need them.)

-- name: create_are_apart
-- Two facilities of one name are two where their points lie more than 1 km from one another; null where one has none.
-- 111.2 km a degree, and Kenya is near enough to the equator for a square.
CREATE FUNCTION pg_temp.are_apart(
    latitude double precision,
    longitude double precision,
    other_latitude double precision,
    other_longitude double precision
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT 111.2 * |/ ((latitude - other_latitude) ^ 2 + (longitude - other_longitude) ^ 2) > 1
$$;

-- name: create_name_key
-- What two spellings of a name have in common, as in gvrc/loading/staging.py. Capitals with accents, too: lower() leaves
-- them as they are where the database has the locale C.
CREATE FUNCTION pg_temp.name_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT replace(
        replace(
            translate(
                lower(name),
                'àáâãäåçèéêëìíîïñòóôõöùúûüýÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ .,:;_/()"''`[]´‘’ʼ–-',
                'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuy'
            ),
            '&',
            'and'
        ),
        'center',
        'centre'
    )
$$;

-- name: create_is_row_number
-- Whether a source's key may count the rows of one export: a short number, alone (OBJECTID) or as a tool writes it:
-- "ID_00012" of a place in KML, "facilities.12" of a layer, "row 12". A body's own number ("HF012") is its identity.
CREATE FUNCTION pg_temp.is_row_number(source_key text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT source_key ~* '^((id|fid|objectid|row|record|item|feature|no)?[^[:alnum:]]*|[[:alpha:]_:]+\.)[0-9]{1,6}$'
$$;

-- name: create_contact_key
-- What two writings of a contact have in common, as staged_contacts of gvrc/loading/staging.py has it: for a key that is
-- a number the last nine digits.
CREATE FUNCTION pg_temp.contact_key(contact_value text, is_number boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN is_number THEN right(regexp_replace(contact_value, '[^0-9]', '', 'g'), 9)
        ELSE lower(contact_value)
    END
$$;

-- name: create_is_same_contact
-- Whether a contact of the directory is the one with this key, in whatever writing.
CREATE FUNCTION pg_temp.is_same_contact(contact_value text, contact_key text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_temp.contact_key(contact_value, contact_key ~ '^[0-9]+$') = contact_key
$$;

-- name: create_last_left
-- What the last import, or undo, that wrote this column of a contact has left in it; null where none has.
CREATE FUNCTION pg_temp.last_left(contact_id bigint, field text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT (changes.after ->> field)::boolean
    FROM etl.changes
    WHERE changes.table_name = 'facility_contacts'
        AND changes.operation = 'update'
        AND changes.row_id = contact_id
        AND changes.after ? field
    ORDER BY
        changes.run_no DESC,
        changes.change_id DESC
    LIMIT 1
$$;

-- name: create_supersedes
-- Whether a source has, besides this record of a facility, others that it superseded.
CREATE FUNCTION pg_temp.supersedes(facility_id integer, source text, content_hash uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM etl.facility_source AS other
        WHERE other.facility_id = supersedes.facility_id
            AND other.source = supersedes.source
            AND other.content_hash <> supersedes.content_hash
            AND other.is_superseded
    )
$$;

-- name: create_is_only_record
-- Whether a source tells of a facility in this record alone: of several, one says what another does not. A record that
-- the run itself reinstated is none that was superseded any more; whoever asks must look for it (former_lineage).
CREATE FUNCTION pg_temp.is_only_record(facility_id integer, source text, content_hash uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT NOT pg_temp.supersedes(facility_id, source, content_hash)
        AND NOT EXISTS (
            SELECT
            FROM run_facilities AS earlier
            WHERE earlier.facility_id = is_only_record.facility_id
                AND earlier.source = is_only_record.source
                AND earlier.content_hash <> is_only_record.content_hash
        )
$$;
