-- The first load into an empty fresh directory: foreign keys are checked once, for all rows, at its end, not row by row
-- (190,000 checks for 9,267 facilities). A run that was killed in between leaves no foreign keys: the next run adds
-- them.

-- name: directory_state
SELECT
    EXISTS (SELECT FROM facilities) AS has_facilities,
    -- What a directory that was emptied by hand still remembers; and triggers, whose effect on a row only the row
    -- shows.
    EXISTS (SELECT FROM etl.facility_source)
        OR EXISTS (SELECT FROM etl.settled_facilities)
        OR EXISTS (SELECT FROM etl.rejects WHERE closed_by_run_no IS NULL)
        OR EXISTS (
            SELECT
            FROM pg_trigger
            JOIN pg_class ON pg_class.oid = pg_trigger.tgrelid
            WHERE pg_class.relnamespace = 'public'::regnamespace
                AND NOT pg_trigger.tgisinternal
        ) AS must_merge,
    -- Only the owner of a table can drop foreign keys, and to make them again it must have a right on the tables that
    -- they refer to; another role may have only the right to write.
    (
        SELECT bool_and(pg_has_role(relowner, 'USAGE'))
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p')
            AND starts_with(relname, 'facilit')
    ) AND NOT EXISTS (
        SELECT
        FROM pg_constraint
        JOIN pg_class ON pg_class.oid = pg_constraint.conrelid
        WHERE pg_constraint.contype = 'f'
            AND pg_class.relnamespace = 'public'::regnamespace
            AND starts_with(pg_class.relname, 'facilit')
            AND NOT has_table_privilege(pg_constraint.confrelid, 'REFERENCES')
    ) AS may_make_foreign_keys,
    (
        SELECT count(*)
        FROM pg_constraint
        WHERE contype = 'f'
            AND conrelid = to_regclass('facility_services')
    ) AS foreign_keys;

-- name: drop_foreign_keys
ALTER TABLE facilities
    DROP CONSTRAINT IF EXISTS facilities_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facilities_operational_status_id_fkey,
    DROP CONSTRAINT IF EXISTS facilities_updated_by_fkey,
    DROP CONSTRAINT IF EXISTS facilities_ward_id_fkey;

ALTER TABLE facility_contacts
    DROP CONSTRAINT IF EXISTS facility_contacts_contact_type_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_contacts_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facility_contacts_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_contacts_updated_by_fkey;

ALTER TABLE facility_coordinates
    DROP CONSTRAINT IF EXISTS facility_coordinates_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facility_coordinates_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_coordinates_updated_by_fkey;

ALTER TABLE facility_gbv_categories
    DROP CONSTRAINT IF EXISTS facility_gbv_categories_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facility_gbv_categories_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_gbv_categories_gbv_category_id_fkey;

ALTER TABLE facility_infrastructure
    DROP CONSTRAINT IF EXISTS facility_infrastructure_condition_status_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_infrastructure_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facility_infrastructure_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_infrastructure_infrastructure_type_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_infrastructure_updated_by_fkey;

ALTER TABLE facility_owners
    DROP CONSTRAINT IF EXISTS facility_owners_created_by_fkey,
    DROP CONSTRAINT IF EXISTS facility_owners_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_owners_owner_type_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_owners_updated_by_fkey;

ALTER TABLE facility_services
    DROP CONSTRAINT IF EXISTS facility_services_facility_id_fkey,
    DROP CONSTRAINT IF EXISTS facility_services_service_category_id_fkey;

-- name: add_foreign_keys
ALTER TABLE facilities
    ADD CONSTRAINT facilities_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facilities_operational_status_id_fkey
        FOREIGN KEY (operational_status_id) REFERENCES operational_statuses(operational_status_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facilities_updated_by_fkey
        FOREIGN KEY (updated_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facilities_ward_id_fkey
        FOREIGN KEY (ward_id) REFERENCES wards(ward_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_contacts
    ADD CONSTRAINT facility_contacts_contact_type_id_fkey
        FOREIGN KEY (contact_type_id) REFERENCES contact_types(contact_type_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_contacts_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_contacts_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_contacts_updated_by_fkey
        FOREIGN KEY (updated_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_coordinates
    ADD CONSTRAINT facility_coordinates_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_coordinates_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_coordinates_updated_by_fkey
        FOREIGN KEY (updated_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_gbv_categories
    ADD CONSTRAINT facility_gbv_categories_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_gbv_categories_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_gbv_categories_gbv_category_id_fkey
        FOREIGN KEY (gbv_category_id) REFERENCES gbv_categories(gbv_category_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_infrastructure
    ADD CONSTRAINT facility_infrastructure_condition_status_id_fkey
        FOREIGN KEY (condition_status_id) REFERENCES condition_statuses(condition_status_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_infrastructure_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_infrastructure_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_infrastructure_infrastructure_type_id_fkey
        FOREIGN KEY (infrastructure_type_id) REFERENCES infrastructure_types(infrastructure_type_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_infrastructure_updated_by_fkey
        FOREIGN KEY (updated_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_owners
    ADD CONSTRAINT facility_owners_created_by_fkey
        FOREIGN KEY (created_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_owners_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_owners_owner_type_id_fkey
        FOREIGN KEY (owner_type_id) REFERENCES owner_types(owner_type_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_owners_updated_by_fkey
        FOREIGN KEY (updated_by) REFERENCES users(user_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE facility_services
    ADD CONSTRAINT facility_services_facility_id_fkey
        FOREIGN KEY (facility_id) REFERENCES facilities(facility_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT facility_services_service_category_id_fkey
        FOREIGN KEY (service_category_id) REFERENCES service_categories(service_category_id) DEFERRABLE INITIALLY DEFERRED;
