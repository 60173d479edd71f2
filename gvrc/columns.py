"""The columns that a frame has between two steps. Every step's docstring points here.

A step may add columns; it never drops one that a later step names. What a repaired value was before is kept in
a column ``issue.<kind>`` (text, null where there is no issue), so that every step stays one chain of expressions;
``rules.collect_issues`` turns these columns into rows at the end.
"""

from __future__ import annotations

import polars as pl

ISSUE_PREFIX = "issue."

# ---- extract: every value is text, lists and objects are JSON text, absent is null -------------------------------


EXTRACTED = pl.Schema(
    {
        "file_no": pl.Int64,  # number of the source file in the run, from 1
        "record_number": pl.Int64,  # number of the record in its file, from 1
        "raw": pl.String,  # the record as it came, JSON text; null where gvrc/reading/raw.py has packed it
        "content_hash": pl.String,  # 128 bits of the sha256 of raw, hexadecimal: the record's identity in the lineage
        "reject_reason": pl.String,  # set here only for what is not a readable record
        "reject_detail": pl.String,
        "nobodys": pl.String,  # what it says of codes and points and is no facility's own in its list, a text a line
        "facility_name": pl.String,
        "official_name": pl.String,  # where it differs from facility_name
        "facility_code": pl.String,
        "source_key": pl.String,  # uuid, osm id, pk: the source's own key, not a code
        "registration_number": pl.String,
        "facility_type": pl.String,
        "facility_level": pl.String,
        "operational_status": pl.String,
        "is_active": pl.String,
        "is_closed": pl.String,
        "county_name": pl.String,
        "constituency_name": pl.String,
        "ward_name": pl.String,
        "sub_county_name": pl.String,
        "place_hint": pl.String,  # province, district, division, location: older units
        "latitude": pl.String,
        "longitude": pl.String,
        "coordinates": pl.String,  # "-1.28, 36.8", or the JSON text of a list or an object
        "geometry": pl.String,  # GeoJSON geometry, JSON text; wins over the other coordinate columns
        "projection": pl.String,  # EPSG's number of the map projection whose metres the coordinates are
        "contacts": pl.String,  # JSON text: [{"key": the key it stood under, "value": as it came}, ...]
        "services": pl.String,  # JSON text: a list as it came; the usual case is a list of strings
        "gbv_categories": pl.String,  # JSON text: a list as it came
        "owner_name": pl.String,
        "owner_type": pl.String,
        "address": pl.String,
        "description": pl.String,
        "website_url": pl.String,
        "beds": pl.String,
        "cots": pl.String,
        "open_whole_day": pl.String,
        "open_public_holidays": pl.String,
        "open_weekends": pl.String,
        "open_late_night": pl.String,
        "recorded_on": pl.String,  # when the source last changed the record, else when it made it
    }
)

# ---- normalise: typed, cleaned, in the words of the glossary; names keep their spelling -----------------------------

CONTACT = pl.Struct(
    {
        "contact_type": pl.String,  # Phone, Mobile, Toll Free, Hotline, Email, Website, Postal Address, Fax
        "contact_value": pl.String,  # E.164, a short code, a lower-cased e-mail, an URL
        "contact_raw": pl.String,  # the text as it came, its beginning if it is a long one
        "contact_person_name": pl.String,  # "" when not given
    }
)

# What a record calls out of use: no contact, but one of the directory's may be it.
ENDED_CONTACT = pl.Struct({"contact_type": pl.String, "contact_value": pl.String})

NORMALISED = pl.Schema(
    {  # type: ignore[arg-type]  # mypy joins types and instances of types to object
        "file_no": pl.Int64,
        "record_number": pl.Int64,
        "raw": pl.String,
        "content_hash": pl.String,
        "reject_reason": pl.String,
        "reject_detail": pl.String,
        "nobodys": pl.String,
        "facility_name": pl.String,
        "official_name": pl.String,
        "facility_code": pl.String,
        "source_key": pl.String,
        "registration_number": pl.String,
        "facility_type": pl.String,  # canonical name (facility_types.csv), else as given with an issue
        "facility_level": pl.String,  # "Level 2"
        "operational_status": pl.String,  # canonical name, null when not given
        "is_active": pl.Boolean,  # null when nothing says so
        "county_name": pl.String,
        "constituency_name": pl.String,
        "ward_name": pl.String,
        "sub_county_name": pl.String,
        "place_hint": pl.String,
        "latitude": pl.Float64,  # degrees, inside Kenya or null
        "longitude": pl.Float64,
        "contacts": pl.List(CONTACT),
        "ended_contacts": pl.List(ENDED_CONTACT),  # null where there is none
        "services": pl.List(pl.String),  # distinct names, in the order given
        "gbv_categories": pl.List(pl.String),  # canonical names
        "owner_name": pl.String,
        "owner_type": pl.String,  # canonical name
        "address": pl.String,
        "description": pl.String,
        "website_url": pl.String,
        "beds": pl.Int64,
        "cots": pl.Int64,
        "open_whole_day": pl.Boolean,
        "open_public_holidays": pl.Boolean,
        "open_weekends": pl.Boolean,
        "open_late_night": pl.Boolean,
        "recorded_on": pl.Date,
    }
)

# ---- geography: where it is, and how we know -------------------------------------------------------------------------

# The reference that places are matched against: the database's own wards, or the shipped ones. A constituency
# without a ward has one row with ward_id and ward_name null.
REFERENCE = pl.Schema(
    {
        "ward_id": pl.Int64,
        "ward_name": pl.String,
        "constituency_id": pl.Int64,
        "constituency_name": pl.String,
        "county_id": pl.Int64,
        "county_name": pl.String,
        "centroid_lat": pl.Float64,  # null where the reference has none
        "centroid_lng": pl.Float64,
    }
)

PLACE = pl.Schema(
    {
        "ward_id": pl.Int64,
        "constituency_id": pl.Int64,
        "county_id": pl.Int64,
        "place_level": pl.String,  # the level that is sure: ward, constituency, county, none
        "ward_match": pl.String,  # exact, normalised, alias, county, part, fuzzy, coordinates, none
        "ward_score": pl.Float64,  # 0 to 1
        "ward_candidates": pl.String,  # at most three, "Ward (Constituency, County) 0.91; ..."; null when placed surely
        "issue.constituency_mismatch": pl.String,
        "issue.county_contradiction": pl.String,
        "issue.far_from_ward": pl.String,
    }
)

# ---- issues: what landed, but should be looked at. kind -> the field it is about ------------------------------------

ISSUE_FIELDS = {
    # extract
    "duplicate_key": "record",
    "invalid_text": "record",
    "number_out_of_range": "record",
    "value_not_used": "record",
    "coordinates_shared": "coordinates",
    "location_withheld": "coordinates",
    # normalise
    "name_repaired": "facility_name",
    "code_repaired": "facility_code",
    "registration_number_junk": "registration_number",
    "registration_number_repaired": "registration_number",
    "coordinates_exchanged": "coordinates",
    "coordinates_dropped": "coordinates",
    "coordinates_conflict": "coordinates",
    "status_unknown": "operational_status",
    "status_conflict": "operational_status",
    "closed_in_words": "operational_status",
    "facility_type_unknown": "facility_type",
    "facility_level_unknown": "facility_level",
    "owner_type_unknown": "owner_type",
    "gbv_category_unknown": "gbv_categories",
    "service_invalid": "services",
    "contact_invalid": "contacts",
    "number_invalid": "record",
    "flag_invalid": "record",
    "date_invalid": "recorded_on",
    # geography
    "constituency_mismatch": "constituency_name",
    "county_contradiction": "county_name",
    "far_from_ward": "ward_name",
    "ward_unresolved": "ward_name",
    "ward_kept": "ward_name",
    "at_risk_ward": "ward_name",
    # identity
    "code_generated": "facility_code",
    "code_claimed_twice": "facility_code",
    "source_key_claimed_twice": "source_key",
    "contact_not_repeated": "contacts",
    "contact_out_of_use": "contacts",
    "contact_person_kept": "contacts",
    "service_not_repeated": "services",
    "owner_not_repeated": "owners",
    "code_zeros_differ": "facility_code",
    "possible_double": "facility_code",
    "superseded_conflict": "record",
    "manual_edit_kept": "record",
    "source_outranked": "record",
    "registration_number_claimed_twice": "registration_number",
    # lengths and lookups of the database
    "text_cut": "record",
    "lookup_missing": "record",
    # triggers of the database
    "changed_by_database": "record",
    "dropped_by_database": "record",
}
