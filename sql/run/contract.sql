-- What stands in schema public of a managed database, to be compared with gvrc/contract.csv.

-- name: live_columns
SELECT
    relation.relname::text AS table_name,
    attribute.attname::text AS column_name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type_name,
    attribute.attnotnull AS is_required,
    attribute.atthasdef OR attribute.attidentity <> '' AS is_filled,
    -- Keys and values are sent: the database would refuse one for a column that it insists on filling itself.
    attribute.attidentity = 'a' OR attribute.attgenerated <> '' AS is_always_generated,
    -- Two codes that differ in case only are one there, and PostgreSQL looks for no part of such a text (0A000).
    coalesce(NOT coll.collisdeterministic, false) AS is_loose
FROM pg_attribute AS attribute
JOIN pg_class AS relation ON relation.oid = attribute.attrelid
LEFT JOIN pg_collation AS coll ON coll.oid = attribute.attcollation
WHERE relation.relnamespace = 'public'::regnamespace
    AND relation.relkind IN ('r', 'p')
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY
    table_name,
    attribute.attnum;

-- name: live_unique_keys
-- A partial key, or one over expressions, does not keep every row apart.
SELECT
    relation.relname::text AS table_name,
    string_agg(attribute.attname::text, ' ' ORDER BY attribute.attname::text) AS column_names
FROM pg_index AS key
JOIN pg_class AS relation ON relation.oid = key.indrelid
JOIN pg_attribute AS attribute ON attribute.attrelid = key.indrelid AND attribute.attnum = ANY (key.indkey)
WHERE relation.relnamespace = 'public'::regnamespace
    AND key.indisunique
    AND key.indisvalid
    AND key.indpred IS NULL
    AND key.indexprs IS NULL
GROUP BY
    relation.relname,
    key.indexrelid;

-- name: live_sequences
-- The sequences that give keys: of an identity column ("i"), or owned by a serial one ("a").
SELECT
    relation.relname::text AS table_name,
    attribute.attname::text AS column_name,
    has_sequence_privilege(sequence.oid, 'USAGE') AS may_use
FROM pg_depend AS owned
JOIN pg_class AS sequence ON sequence.oid = owned.objid
JOIN pg_class AS relation ON relation.oid = owned.refobjid
JOIN pg_attribute AS attribute ON attribute.attrelid = owned.refobjid AND attribute.attnum = owned.refobjsubid
WHERE owned.classid = 'pg_class'::regclass
    AND owned.refclassid = 'pg_class'::regclass
    AND owned.deptype IN ('a', 'i')
    AND sequence.relkind = 'S'
    AND relation.relnamespace = 'public'::regnamespace;

-- name: live_privileges
-- Of users the importer may have been given a few columns only.
SELECT
    relation.relname::text AS table_name,
    has_any_column_privilege(relation.oid, 'SELECT') AS may_select,
    has_table_privilege(relation.oid, 'INSERT') AS may_insert,
    has_table_privilege(relation.oid, 'UPDATE') AS may_update,
    has_table_privilege(relation.oid, 'DELETE') AS may_delete
FROM pg_class AS relation
WHERE relation.relnamespace = 'public'::regnamespace
    AND relation.relkind IN ('r', 'p');

-- name: own_privileges
-- Tables of the importer's own on which this user lacks a right, where another role made them. The list of migrations is
-- written by who applies them.
SELECT format('etl.%s', relation.relname) AS table_name
FROM pg_class AS relation
WHERE relation.relnamespace = to_regnamespace('etl')
    AND relation.relkind = 'r'
    AND relation.relname <> 'migrations'
    AND NOT (
        has_table_privilege(relation.oid, 'SELECT')
        AND has_table_privilege(relation.oid, 'INSERT')
        AND has_table_privilege(relation.oid, 'UPDATE')
        AND has_table_privilege(relation.oid, 'DELETE')
    )
ORDER BY table_name;

-- name: live_rules
-- Rules that do something else instead of what is asked, without an error, or for a part of the rows; and those that do
-- something besides, which PostgreSQL does not allow where a statement goes on with what it wrote.
SELECT
    relation.relname::text AS table_name,
    rule.rulename::text AS rule_name,
    CASE WHEN rule.is_instead THEN 'INSTEAD of' ELSE 'beside' END AS does
FROM pg_rewrite AS rule
JOIN pg_class AS relation ON relation.oid = rule.ev_class
WHERE relation.relnamespace = 'public'::regnamespace
    AND relation.relkind IN ('r', 'p')
    AND rule.ev_type IN ('2', '3', '4')
    AND rule.ev_enabled <> 'D'
ORDER BY
    table_name,
    rule_name;

-- name: live_hidden_rows
-- Tables of which row level security may hide rows from this user; a policy that lets all through hides none.
SELECT relation.relname::text AS table_name
FROM pg_class AS relation
WHERE relation.relnamespace = 'public'::regnamespace
    AND relation.relkind IN ('r', 'p')
    AND row_security_active(relation.oid)
    AND (
        EXISTS (SELECT 1 FROM pg_policy AS policy WHERE policy.polrelid = relation.oid AND NOT policy.polpermissive)
        OR NOT EXISTS (
            SELECT 1
            FROM pg_policy AS policy
            CROSS JOIN unnest(policy.polroles) AS role
            WHERE policy.polrelid = relation.oid
                AND policy.polcmd = '*'
                AND pg_get_expr(policy.polqual, policy.polrelid) = 'true'
                AND (role = 0 OR pg_has_role(role, 'USAGE'))
        )
    )
ORDER BY table_name;

-- name: wards_at_risk
-- The application may delete such a ward, with everything in it.
SELECT
    ward_id::bigint AS ward_id,
    ward_name::text AS ward_name
FROM wards
WHERE ward_name::text COLLATE "C" LIKE '% Ward'
ORDER BY ward_id;

-- name: directory_sizes
SELECT
    (SELECT count(*) FROM counties) AS counties,
    (SELECT count(*) FROM constituencies) AS constituencies,
    (SELECT count(*) FROM wards) AS wards,
    (SELECT count(*) FROM facilities) AS facilities;
