-- What the importer's role needs in a managed database, and no more. The tables' owner runs it, once:
--     psql -v role=gvrc_user -d gvrc_admin_production -f sql/checks/grants.sql
-- The founding guide's GRANT ALL ON DATABASE is not enough: on PostgreSQL 15 and newer it gives no right to any
-- table, and none to create one in schema public. A fresh database needs, in place of the rights on tables below:
--     GRANT CREATE ON SCHEMA public TO gvrc_user;

-- CREATE is for schema etl, where the importer keeps its runs, rejects and changes; TEMPORARY for its staging tables.
SELECT format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO %I', current_database(), :'role') \gexec

GRANT USAGE ON SCHEMA public TO :"role";

-- DELETE is for what is taken back: a file that fails after some of its batches were committed, and undo_import.py.
GRANT SELECT, INSERT, UPDATE, DELETE ON
    public.facilities,
    public.facility_contacts,
    public.facility_coordinates,
    public.facility_services,
    public.facility_owners,
    public.facility_gbv_categories,
    public.facility_infrastructure
TO :"role";

-- INSERT is for create_lookups: true (the default); without it SELECT is enough.
GRANT SELECT, INSERT ON
    public.operational_statuses,
    public.contact_types,
    public.service_categories,
    public.owner_types,
    public.gbv_categories,
    public.infrastructure_types,
    public.condition_statuses
TO :"role";

GRANT SELECT ON
    public.counties,
    public.constituencies,
    public.wards
TO :"role";

-- Of the users it reads who may be named by created_by, never a password. create_actor: true needs, for one run:
--     GRANT INSERT ON public.users TO gvrc_user;
--     GRANT USAGE ON SEQUENCE public.users_user_id_seq TO gvrc_user;
GRANT SELECT (user_id, email, is_superuser) ON public.users TO :"role";

-- The keys come from the application's own sequences.
SELECT format('GRANT USAGE ON SEQUENCE %s TO %I', sequence.oid::regclass, :'role')
FROM pg_depend AS owned
JOIN pg_class AS sequence ON sequence.oid = owned.objid AND sequence.relkind = 'S'
WHERE owned.refclassid = 'pg_class'::regclass
    AND owned.deptype IN ('a', 'i')
    AND owned.refobjid IN (
        'public.facilities'::regclass,
        'public.facility_contacts'::regclass,
        'public.facility_coordinates'::regclass,
        'public.facility_services'::regclass,
        'public.facility_owners'::regclass,
        'public.facility_gbv_categories'::regclass,
        'public.facility_infrastructure'::regclass,
        'public.operational_statuses'::regclass,
        'public.contact_types'::regclass,
        'public.service_categories'::regclass,
        'public.owner_types'::regclass,
        'public.gbv_categories'::regclass,
        'public.infrastructure_types'::regclass,
        'public.condition_statuses'::regclass
    )
\gexec

-- Where another role made schema etl (by scripts/migrate.py), the importer's may use it. That other role then applies
-- the migrations of new versions, too; the importer's may use their tables as well.
SELECT format('GRANT USAGE ON SCHEMA etl TO %I', :'role')
WHERE to_regnamespace('etl') IS NOT NULL
UNION ALL
SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA etl TO %I', :'role')
WHERE to_regnamespace('etl') IS NOT NULL
UNION ALL
SELECT format(
    'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA etl GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
    pg_get_userbyid(nspowner),
    :'role'
)
FROM pg_namespace
WHERE nspname = 'etl'
    AND nspowner <> to_regrole(:'role')
\gexec
