-- Between two batches (staging) and two rounds of one (merging).

-- name: truncate_staging
TRUNCATE
    staged_records,
    staged_contacts,
    staged_ended_contacts,
    staged_services,
    staged_owners,
    staged_gbv_categories,
    staged_infrastructure,
    staged_rejects,
    staged_issues,
    staged_settled,
    batch_outcomes,
    batch_tables;

-- name: delete_staging
-- The same for a few rows: to truncate a table costs a new file.
DELETE FROM staged_records;

DELETE FROM staged_contacts;

DELETE FROM staged_ended_contacts;

DELETE FROM staged_services;

DELETE FROM staged_owners;

DELETE FROM staged_gbv_categories;

DELETE FROM staged_infrastructure;

DELETE FROM staged_rejects;

DELETE FROM staged_issues;

DELETE FROM staged_settled;

DELETE FROM batch_outcomes;

DELETE FROM batch_tables;

-- name: truncate_merging
TRUNCATE
    merging,
    unrepeated_contacts,
    wanted_facilities,
    ranked_fields,
    batch_changes,
    facilities_to_weigh,
    spans_to_weigh,
    facility_states;

-- name: delete_merging
-- The same for a few rows.
DELETE FROM merging;

DELETE FROM unrepeated_contacts;

DELETE FROM wanted_facilities;

DELETE FROM ranked_fields;

DELETE FROM batch_changes;

DELETE FROM facilities_to_weigh;

DELETE FROM spans_to_weigh;

DELETE FROM facility_states;

-- name: analyze_staged_records
-- Without statistics the planner takes a temporary table for 1,000 rows and joins in loops. Only the columns that
-- are joined by: the wide ones take most of the time.
ANALYZE staged_records (row_no, round, source, content_hash, facility_code, registration_number);

-- name: analyze_staged_services
ANALYZE staged_services (row_no);

-- name: analyze_merging
ANALYZE merging;
