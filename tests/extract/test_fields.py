"""What keys mean: literal records -> the fields they give, what did not win, and what nobody knows."""

from __future__ import annotations

import csv
import json
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from reading import facilities, read_bytes

from gvrc.columns import EXTRACTED, ISSUE_FIELDS
from gvrc.extract import read_record
from gvrc.meaning.key_table import rows_of_table
from gvrc.meaning.meanings import Keys
from gvrc.meaning.paths import normal_key
from gvrc.meaning.vocabulary import spelt_out
from gvrc.normalise import normalise
from gvrc.reading.fields import EXTRACT_ISSUES
from gvrc.reading.left_over import masked
from gvrc.reading.single_keys import LIFECYCLE
from gvrc.sources import FIELDS, SourceRules

UUID = "d662c8df-7116-4116-9eee-9b09f441ebc3"


def read(record: dict[str, Any], **pinned: tuple[str, ...]) -> dict[str, Any]:
    rules = SourceRules(name="x", code_prefix="X", files=("*",), keys=pinned)
    (found,) = facilities(read_bytes(json.dumps([{"name": "Umoja Clinic"} | record]).encode(), rules=[rules])[0])
    return {field: value for field, value in found.items() if field != "facility_name" or value != "Umoja Clinic"}


def unmapped(record: dict[str, Any]) -> dict[str, tuple[int, str]]:
    return read_bytes(json.dumps([{"name": "Umoja Clinic"} | record]).encode())[1].unmapped


def contacts(*entries: tuple[str, object]) -> str:
    return json.dumps([{"key": key, "value": value} for key, value in entries], separators=(",", ":"))


MEANINGS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"Name of Shelter": "Amani", "Location (County)": "Nairobi", "Type of Services": "PEP"},
        {
            "facility_name": "Amani",
            "issue.value_not_used": "name=Umoja Clinic",
            "county_name": "Nairobi",
            "services": '"PEP"',
        },
    ),
    ({"nationalPhoneNumber": "0700"}, {"contacts": contacts(("nationalPhoneNumber", "0700"))}),
    ({"websiteUri": "x.org", "place_id": "ChI"}, {"website_url": "x.org", "source_key": "ChI"}),
    ({"Coordinates (Lat, Long)": "-1.28, 36.8"}, {"coordinates": "-1.28, 36.8"}),
    (
        {"X_COORD": 36.8, "Y_COORD": -1.28, "24 HR": "Yes"},
        {"latitude": "-1.28", "longitude": "36.8", "open_whole_day": "Yes"},
    ),
    ({"is_open": "no"}, {"is_active": "no"}),
    ({"opening_hours": "Permanently closed"}, {"is_closed": "Permanently closed"}),
    ({"hours": "Mo-Fr 8-5; Su closed"}, {}),
    ({"Functionality": "Non-functional"}, {"operational_status": "Non-functional"}),
    ({"po_box": "46324", "street": "Ngong Rd"}, {"address": "Ngong Rd, P.O. Box 46324"}),
    ({"is_deleted": True}, {"is_closed": "true"}),
    ({"deleted_at": "2020-01-02"}, {"is_closed": "2020-01-02"}),
    ({"deleted": False, "archived": "No"}, {}),
    ({"deletedAt": {"$date": {"$numberLong": "1700000000000"}}}, {"is_closed": "1700000000000"}),
    ({"IS_DELETED_FLAG": "Y"}, {"is_closed": "Y"}),
    ({"do_not_refer": True}, {"is_closed": "true"}),
    ({"ACTIVE_FLAG": "N"}, {"is_active": "N"}),
    ({"Still running": "No"}, {"is_active": "No"}),
    ({"lifecycleStatus": "decommissioned"}, {"operational_status": "decommissioned"}),
    ({"Functioning": "Non-functional"}, {"operational_status": "Non-functional"}),
    ({"opening_status": "CLOSED_PERMANENTLY"}, {"operational_status": "CLOSED_PERMANENTLY"}),
    ({"operating": False}, {"is_active": "false"}),
    ({"no_longer_operating": "Yes", "trashed": 0, "removed_at": None}, {"is_closed": "Yes"}),
    ({"discontinued": False, "no_longer_in_use": "No"}, {}),
    ({"closure": {"date": "2020-01-02", "reason": "funding"}}, {"is_closed": "2020-01-02"}),
    ({"Facility closed": "Yes"}, {"is_closed": "Yes"}),
    ({"closeDate": "2020-01-02", "inactive_since": None}, {"is_closed": "2020-01-02"}),
    ({"If closed, when?": "2019"}, {"is_closed": "2019"}),
    ({"decommissioned_date": "2020-01-02"}, {"is_closed": "2020-01-02"}),
    ({"end_date": "2019-05-01"}, {}),  # of a licence, a contract, a project
    ({"Status of operation": "Closed"}, {"operational_status": "Closed"}),
    ({"Station Status": "Closed", "OP_STATUS": None}, {"operational_status": "Closed"}),
    ({"Whether operational": "No"}, {"is_active": "No"}),
    ({"Is the home still in operation?": "No"}, {"is_active": "No"}),
    ({"Currently functional": "No"}, {"is_active": "No"}),
    ({"Je, kituo kinafanya kazi?": "Hapana"}, {"is_active": "Hapana"}),
    # what tells the state of anything counts only where it says closed
    ({"status": {"code": "CLOSED"}}, {"is_closed": "CLOSED"}),
    ({"status": {"code": "A1"}}, {}),
    ({"state": "Closed", "row_status": "deleted"}, {"is_closed": "deleted", "issue.value_not_used": "state=Closed"}),
    ({"state": "Active", "record_status": "Submitted"}, {}),
    (
        {"gender_desk": {"officer": "A. Person", "phone": "0700000016"}},
        {"contacts": contacts(("gender_desk.phone", "0700000016"), ("gender_desk.officer", "A. Person"))},
    ),
    ({"Gender Desk": "Yes"}, {}),
    ({"gender_desk": {"hotline": "1195"}}, {"contacts": contacts(("gender_desk.hotline", "1195"))}),
    # what stands in a hospital is the facility where it is named, and the hospital's own otherwise
    (
        {"name": None, "hospital": {"name": "Lindi Hospital"}, "gbvrc": {"name": "Lindi GBVRC", "phone": "0700000016"}},
        {
            "facility_name": "Lindi GBVRC",
            "contacts": contacts(("gbvrc.phone", "0700000016")),
            "issue.value_not_used": "hospital.name=Lindi Hospital",
        },
    ),
    # bodies other than clinics
    (
        {"name": None, "Court Station": "Lindi Law Courts", "Registry Tel": "0700000016", "Lat (deg)": -1.3},
        {"facility_name": "Lindi Law Courts", "contacts": contacts(("Registry Tel", "0700000016")), "latitude": "-1.3"},
    ),
    (
        {"name": None, "Jina la nyumba salama": "Amani", "Simu ya dharura": "1195", "Simu ya msimamizi": "0700000017"},
        {"facility_name": "Amani", "contacts": contacts(("Simu ya dharura", "1195"))},
    ),
    (
        {"name": None, "desk_name": "Lindi Gender Desk", "station": "Lindi Police Station"},
        {"facility_name": "Lindi Police Station", "issue.value_not_used": "desk_name=Lindi Gender Desk"},
    ),
    # what a key refers to in its place, and the groups of a form as objects
    (
        {"ward_id": {"name": "Lindi", "constituency_id": {"name": "Kibra", "county_id": {"name": "Nairobi"}}}},
        {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"},
    ),
    (
        {
            "name": None,
            "grp_station": {"station_name": "Lindi Police Station", "ward": "Lindi"},
            "grp_ocs": {"ocs_name": "A. Person", "ocs_phone": "0700000016"},
            "grp_survivor": {"name": "Sample Person", "phone": "0700000017"},
            "grp_contact": {"phone": "0700000018"},
        },
        {
            "facility_name": "Lindi Police Station",
            "ward_name": "Lindi",
            "contacts": contacts(
                ("grp_contact.phone", "0700000018"),
                ("grp_ocs.ocs_name", "A. Person"),
                ("grp_ocs.ocs_phone", "0700000016"),
            ),
        },
    ),
    ({"grp_survivor/phone": "0700000017"}, {}),
    # the tags of humanitarian data, and the signs that SharePoint writes as numbers
    (
        {"name": None, "#org+name": "Amani Trust", "#adm1+name": "Nairobi", "#geo+lat": "-1.3", "#geo+lon": "36.8"},
        {"facility_name": "Amani Trust", "county_name": "Nairobi", "latitude": "-1.3", "longitude": "36.8"},
    ),
    (
        {"Sub_x0020_County": "Kibra", "OData__x0057_ard": "Lindi"},
        {"sub_county_name": "Kibra", "ward_name": "Lindi"},
    ),
    ({"Gender Desk Contact": "0700000017"}, {"contacts": contacts(("Gender Desk Contact", "0700000017"))}),
    # a site's own wrapping of a text, and of the fields that it added
    (
        {"name": {"rendered": "Kayole Clinic"}, "acf": {"ward": "Soweto"}},
        {"facility_name": "Kayole Clinic", "ward_name": "Soweto"},
    ),
    # names
    (
        {"facility_name": "Kayole Clinic"},
        {"facility_name": "Kayole Clinic", "issue.value_not_used": "name=Umoja Clinic"},
    ),
    ({"officialname": "Umoja Clinic Limited"}, {"official_name": "Umoja Clinic Limited"}),
    ({"Official Name": "Umoja Clinic"}, {}),
    ({"name": None, "officialname": "Kayole"}, {"facility_name": "Kayole"}),
    ({"name": UUID, "F_NAME": "Kayole"}, {"facility_name": "Kayole"}),
    ({"name": "N/A", "station_name": "Kayole"}, {"facility_name": "Kayole"}),
    # codes and keys
    ({"code": 13259}, {"facility_code": "13259"}),
    ({"mfl_code": None, "Code": "13259"}, {"facility_code": "13259"}),
    ({"code": True, "FID": 7}, {"facility_code": "7"}),
    ({"id": UUID}, {"source_key": UUID}),
    ({"@id": "node/5"}, {"source_key": "node/5"}),
    ({"reg_no": "017079"}, {"registration_number": "017079"}),
    ({"registration_number": "None"}, {}),
    # kind, level, status
    ({"facility_type_name": "Dispensary", "facility_type": UUID}, {"facility_type": "Dispensary"}),
    ({"Facility type": "Dispensary", "Facility_type_category": "DISPENSARY"}, {"facility_type": "Dispensary"}),
    ({"Facility type": "Nursing Homes", "Facility_type_category": "NURSING HOME"}, {"facility_type": "Nursing Homes"}),
    ({"type": "Feature", "amenity": "police"}, {"facility_type": "police"}),
    ({"keph_level": 4}, {"facility_level": "4"}),
    ({"status": "Operational"}, {"operational_status": "Operational"}),
    ({"status": "publish"}, {}),
    ({"operational": "N"}, {"is_active": "N"}),
    ({"status": True}, {"is_active": "true"}),
    ({"operation_status": UUID, "operation_status_name": "Closed"}, {"operational_status": "Closed"}),
    ({"active": False, "closed": 0}, {"is_active": "false", "is_closed": "0"}),
    # places
    ({"county": UUID, "county_name": "Nairobi"}, {"county_name": "Nairobi"}),
    ({"county": 47, "County Name": "Nairobi"}, {"county_name": "Nairobi"}),
    ({"county": {"id": 47, "name": "Nairobi"}}, {"county_name": "Nairobi"}),
    (
        {"location": {"county": "Nairobi", "ward": {"name": "Umoja I"}}},
        {"county_name": "Nairobi", "ward_name": "Umoja I"},
    ),
    ({"ward_details": {"name": "x"}}, {}),
    ({"Sub county": "Kibra", "Constituency": "Langata"}, {"constituency_name": "Langata", "sub_county_name": "Kibra"}),
    ({"Constituen": "WESTLANDS"}, {"constituency_name": "WESTLANDS"}),
    (
        {"Location": "PARKLANDS", "District": "WESTLANDS", "Province": "NAIROBI"},
        {"place_hint": "PARKLANDS, WESTLANDS, NAIROBI"},
    ),
    (
        {"County": "Nairobi", "county_name": "Kisumu"},
        {"county_name": "Kisumu", "issue.value_not_used": "County=Nairobi"},
    ),
    ({"Kaunti": "Nairobi", "Kata": "Lindi"}, {"county_name": "Nairobi", "ward_name": "Lindi"}),
    (
        {"county": ["Nairobi"], "ward": ["Lindi", "Sarangombe"]},  # who serves two wards is in neither of them surely
        {"county_name": "Nairobi", "issue.value_not_used": "ward=Lindi; ward=Sarangombe"},
    ),
    ({"ward": [{"name": "Lindi"}, {"name": "LINDI"}]}, {"ward_name": "Lindi"}),
    (
        {"branches_at": "x", "ward": [{"name": "Lindi"}, {"name": "Makina"}, {"name": "Lindi"}]},
        {"issue.value_not_used": "ward.name=Lindi; ward.name=Makina; ward.name=Lindi"},
    ),
    ({"county_assembly_ward": "Lindi"}, {"ward_name": "Lindi"}),
    ({"admin1": "Nairobi", "admin3": "Lindi"}, {"county_name": "Nairobi", "ward_name": "Lindi"}),
    ({"county": "NAIROBI ", "county_name": "Nairobi"}, {"county_name": "Nairobi"}),
    # coordinates
    ({"lat": "-1.28", "long": 36.8}, {"latitude": "-1.28", "longitude": "36.8"}),
    ({"coordinates": {"latitude": -1.0, "lng": 36.0}}, {"latitude": "-1.0", "longitude": "36.0"}),
    ({"location": {"coordinates": {"lat": -1.5, "lon": 36}}}, {"latitude": "-1.5", "longitude": "36"}),
    ({"location": "-1.28, 36.8"}, {"coordinates": "-1.28, 36.8"}),
    ({"location": [-1.28, 36.8]}, {"coordinates": "[-1.28,36.8]"}),
    ({"lat_long": ["36.8", "-1.28"]}, {"coordinates": '["36.8","-1.28"]'}),
    ({"location": "Hurlingham"}, {"place_hint": "Hurlingham"}),
    (
        {"location": "Along Ngong Road, opp. the market", "landmark": "Blue gate", "village": "Kwa Njenga"},
        {
            "address": "Blue gate, Along Ngong Road, opp. the market",
            "place_hint": "Along Ngong Road, opp. the market, Kwa Njenga",
        },
    ),
    (
        {"location": {"type": "Point", "coordinates": [36.8, -1.28]}},
        {"geometry": '{"type":"Point","coordinates":[36.8,-1.28]}'},
    ),
    ({"geometry": {"x": 36.8, "y": -1.28}}, {"latitude": "-1.28", "longitude": "36.8"}),
    ({"geom": "POINT (36.8 -1.28)"}, {"coordinates": "POINT (36.8 -1.28)"}),
    # contacts
    ({"phone": "0700000016/0700000017"}, {"contacts": '[{"key":"phone","value":"0700000016/0700000017"}]'}),
    ({"toll_free_number": 1195}, {"contacts": '[{"key":"toll_free_number","value":1195}]'}),
    (
        {"contacts": [{"type": "phone", "value": "0700000016"}, "0700000017"]},
        {"contacts": contacts(("contacts", {"type": "phone", "value": "0700000016"}), ("contacts", "0700000017"))},
    ),
    (
        {"contacts": {"phone": "0700000016", "email": "a@example.org"}},
        {"contacts": contacts(("contacts.phone", "0700000016"), ("contacts.email", "a@example.org"))},
    ),
    (
        {"facility_contacts": [{"contact_type_name": "MOBILE", "contact": "0700000016"}]},
        {"contacts": contacts(("facility_contacts", {"contact_type_name": "MOBILE", "contact": "0700000016"}))},
    ),
    ({"officer_in_charge": {"name": "X"}}, {"contacts": '[{"key":"officer_in_charge.name","value":"X"}]'}),
    (
        {"officer_in_charge": {"name": "X", "phone": "0700000016"}},
        {"contacts": contacts(("officer_in_charge", {"name": "X", "phone": "0700000016"}))},
    ),
    (
        {"contact": [{"contact_person": "X", "email": "x@example.org"}]},
        {"contacts": contacts(("contact", {"contact_person": "X", "email": "x@example.org"}))},
    ),
    ({"alternative_contact_person": "X"}, {"contacts": contacts(("alternative_contact_person", "X"))}),
    ({"phone": "", "mobile": "N/A"}, {}),
    ({"website": "http://example.org"}, {"website_url": "http://example.org"}),
    # services, owner, the rest
    ({"service_names": ["PEP", "HTS"], "services": [UUID]}, {"services": '["PEP","HTS"]'}),
    ({"services": "PEP, HTS"}, {"services": '"PEP, HTS"'}),
    ({"facility_services": [{"service_name": "PEP"}]}, {"services": '[{"service_name":"PEP"}]'}),
    ({"services": []}, {}),
    ({"gbv_category": "Physical Violence"}, {"gbv_categories": '"Physical Violence"'}),
    ({"owner": UUID, "owner_name": "Ministry of Health"}, {"owner_name": "Ministry of Health"}),
    ({"owner": {"name": "Ministry of Health"}}, {"owner_name": "Ministry of Health"}),
    (
        {
            "respondent/phone": "0700000016",
            "survivor_details/mobile": "0700000017",
            "visit/respondent/email": "a@x.org",
            "interviewee/phone_number": "0700000018",
        },
        {},
    ),
    (
        {"contact_person/phone": "0700000016", "focal_person/mobile": "0700000017", "respondent/county": "Nairobi"},
        {
            "contacts": contacts(("contact_person/phone", "0700000016"), ("focal_person/mobile", "0700000017")),
            "county_name": "Nairobi",
        },
    ),
    (
        {"location.county.name": "Nairobi", "location.ward": "Umoja I", "geo.lat": "-1.28", "geo.lng": "36.8"},
        {"county_name": "Nairobi", "ward_name": "Umoja I", "latitude": "-1.28", "longitude": "36.8"},
    ),
    (
        {"services[0].name": "PEP", "interviewer.name": "X", "respondent.phone": "0700000016", "county.id": "a1"},
        {"services": '[{"name":"PEP"}]'},
    ),
    ({"owner": {"name": "Imara Trust", "type": "NGO"}}, {"owner_name": "Imara Trust", "owner_type": "NGO"}),
    ({"closedDate": "2020-01-31"}, {"is_closed": "2020-01-31"}),
    ({"Official Phone": "0700000016"}, {"contacts": contacts(("Official Phone", "0700000016"))}),
    ({"website": {"url": "https://example.org", "description": "x"}}, {"website_url": "https://example.org"}),
    (
        {"location_1": {"latitude": "-1.31", "longitude": "36.875", "human_address": '{"city": ""}'}},
        {"latitude": "-1.31", "longitude": "36.875"},
    ),
    ({"permanently_closed": True}, {"is_closed": "true"}),
    (
        {"permanently_closed": False, "temporarily_closed": True},
        {"is_closed": "true", "issue.value_not_used": "permanently_closed=false"},
    ),
    ({"permanently_closed": True, "temporarily_closed": False}, {"is_closed": "true"}),
    ({"temporarily_closed": False}, {}),
    ({"closed": "No", "is_deleted": True}, {"is_closed": "true", "issue.value_not_used": "closed=No"}),
    ({"closed": False, "closed_date": "2020"}, {"is_closed": "2020", "issue.value_not_used": "closed=false"}),
    ({"is_active": "Yes", "is_functional": "No"}, {"is_active": "No", "issue.value_not_used": "is_active=Yes"}),
    (
        {"operation_status_name": "Operational", "regulatory_status_name": "License Suspended"},
        {"operational_status": "License Suspended", "issue.value_not_used": "operation_status_name=Operational"},
    ),
    (
        {"operation_status_name": "Closed", "regulatory_status_name": "License Suspended"},
        {"operational_status": "Closed", "issue.value_not_used": "regulatory_status_name=License Suspended"},
    ),
    (
        {"operation_status_name": "Operational", "regulatory_status_name": "No"},
        {"operational_status": "Operational", "issue.value_not_used": "regulatory_status_name=No"},
    ),
    ({"is_active": True, "is_open": False}, {"is_active": "true", "issue.value_not_used": "is_open=false"}),
    (
        {"operational_status": "Operational", "regulatory_status": "Inactive"},
        {"operational_status": "Operational", "issue.value_not_used": "regulatory_status=Inactive"},
    ),
    (
        {"operational_status": "Operational", "facility_status": "Incomplete"},
        {"operational_status": "Operational", "issue.value_not_used": "facility_status=Incomplete"},
    ),
    ({"regulatory_status": "Inactive"}, {"operational_status": "Inactive"}),
    ({"year_closed": 2019}, {"is_closed": "2019"}),
    ({"in_use": "No"}, {"is_active": "No"}),
    ({"Is the facility in use?": "No"}, {"is_active": "No"}),
    ({"Facility operational": "No"}, {"is_active": "No"}),
    ({"not_operational": "Yes"}, {"is_closed": "Yes"}),
    ({"not_operational": "No"}, {}),
    ({"licence_status": "Revoked"}, {"operational_status": "Revoked"}),
    ({"status": "Operational", "licence_status": "Incomplete"}, {"operational_status": "Operational"}),
    ({"status": "Operational", "licence_status": "Licensed"}, {"operational_status": "Operational"}),
    ({"license_status": "Pending"}, {}),
    ({"license_status": "Active"}, {}),
    (
        {"county": "Nairobi", "ward": "Lindi", "location": "Lindi Ward, Nairobi County"},
        {"county_name": "Nairobi", "ward_name": "Lindi", "place_hint": "Lindi Ward, Nairobi County"},
    ),
    ({"status_remarks": "Closed in 2019"}, {"description": "Closed in 2019"}),
    (
        {"phone": "0700000016", "alt_phone": "0700000017", "emergency_line": "0700000018"},
        {"contacts": contacts(("phone", "0700000016"), ("alt_phone", "0700000017"), ("emergency_line", "0700000018"))},
    ),
    ({"decommissioned": "Yes"}, {"is_closed": "Yes"}),
    ({"is_active": "Hapana"}, {"is_active": "Hapana"}),
    ({"is_active": "No (closed 2020)"}, {"is_active": "No (closed 2020)"}),
    ({"Active (Y/N)": "N"}, {"is_active": "N"}),
    ({"Is the facility open?": "No"}, {"is_active": "No"}),
    (
        {"hali": "Imefungwa", "aina_ya_kituo": "Hospitali"},
        {"operational_status": "Imefungwa", "facility_type": "Hospitali"},
    ),
    ({"hali_ya_ndoa": "x", "hali_ya_kituo": "Wazi"}, {"operational_status": "Wazi"}),
    (
        {"kaunti": "Nairobi", "eneo_bunge": "Makadara", "anwani": "Jogoo Road", "huduma": "PEP"},
        {"county_name": "Nairobi", "constituency_name": "Makadara", "address": "Jogoo Road", "services": '"PEP"'},
    ),
    (
        {"KMHFR Code": "5", "CAW": "Lindi", "GPS Point": "1, 36"},
        {"facility_code": "5", "ward_name": "Lindi", "coordinates": "1, 36"},
    ),
    ({"Health Facility": "Yes", "Rescue Centre": "No", "Police Station": "Y"}, {}),
    ({"is_operational": "No"}, {"is_active": "No"}),
    ({"functional": False}, {"is_active": "false"}),
    ({"functional": "Not functional"}, {"operational_status": "Not functional"}),
    ({"address_line_1": "Moi Avenue", "address_line_2": ""}, {"address": "Moi Avenue"}),
    ({"address_line_1": "Moi Avenue", "po_box": "1"}, {"address": "Moi Avenue, P.O. Box 1"}),
    ({"beds": 15, "cots": 0}, {"beds": "15", "cots": "0"}),
    ({"open_24_hours": "Yes"}, {"open_whole_day": "Yes"}),
    ({"created": "2015-09-26", "updated": "2020-01-01"}, {"recorded_on": "2020-01-01"}),
    # wrappings
    ({"properties": {"code": 5, "county": "Nairobi"}}, {"facility_code": "5", "county_name": "Nairobi"}),
    ({"facility_details": {"mfl_code": 5}}, {"facility_code": "5"}),
    ({"nearest_facility": {"mfl_code": 5, "name": "Kayole"}}, {}),
]


@pytest.mark.parametrize(("record", "fields"), MEANINGS, ids=lambda value: json.dumps(value)[:60])
def test_a_key_means_its_field(record: dict[str, Any], fields: dict[str, str]) -> None:
    assert read(record) == fields


@pytest.mark.parametrize(
    ("tags", "landing", "left"),
    [
        ({"disused:amenity": "clinic"}, {"facility_type": "clinic", "is_closed": "disused"}, {}),
        ({"was:healthcare": "yes"}, {"is_closed": "closed"}, {}),
        ({"abandoned": "yes", "amenity": "clinic"}, {"facility_type": "clinic", "is_closed": "yes"}, {}),
        (
            {"amenity": "clinic", "was:amenity": "pharmacy"},
            {"facility_type": "clinic"},
            {"tags.was:amenity": (1, "pharmacy")},
        ),
        (
            {"demolished:building": "yes", "amenity": "clinic"},
            {"facility_type": "clinic", "is_closed": "demolished"},
            {},
        ),
        (
            {"razed:building": "house", "building": "yes"},
            {},
            {"tags.razed:building": (1, "house"), "tags.building": (1, "yes")},
        ),
        (
            {"disused:amenity": "pub", "office": "ngo"},
            {},
            {"tags.disused:amenity": (1, "pub"), "tags.office": (1, "ngo")},
        ),
        (
            {"disused:amenity": "clinic", "office": "no"},
            {"facility_type": "clinic", "is_closed": "disused"},
            {"tags.office": (1, "no")},
        ),
        (
            {"disused:amenity": "clinic", "was:healthcare": "yes"},
            {"facility_type": "clinic", "is_closed": "disused", "issue.value_not_used": "tags.was:healthcare=closed"},
            {},
        ),
        ({"end_date": "2019-05-01", "amenity": "clinic"}, {"facility_type": "clinic", "is_closed": "2019-05-01"}, {}),
        ({"amenity": "vacant"}, {"is_closed": "closed"}, {}),
        ({"shop": "vacant", "amenity": "clinic"}, {"facility_type": "clinic"}, {"tags.shop": (1, "vacant")}),
        ({"opening_hours": "off"}, {"is_closed": "closed"}, {}),
        ({"opening_hours": "Mo-Fr 08:00-17:00; PH off"}, {}, {"tags.opening_hours": (1, "Mo-Fr 08:00-17:00; PH off")}),
        ({"disused:building": "yes"}, {}, {"tags.disused:building": (1, "yes")}),
        ({"building": "hospital"}, {}, {"tags.building": (1, "hospital")}),
        ({"building": "Jubilee House"}, {"address": "Jubilee House"}, {}),
    ],
)
def test_what_is_disused_in_openstreetmap_is_closed_unless_it_is_something_else_now(
    tags: dict[str, str], landing: dict[str, str], left: dict[str, tuple[int, str]]
) -> None:
    assert (read({"tags": tags}), unmapped({"tags": tags})) == (landing, left)


def test_an_end_date_outside_of_openstreetmaps_tags_closes_nothing() -> None:
    assert read({"end_date": "2019-05-01"}) == {}


@pytest.mark.parametrize(
    ("record", "landing", "left"),
    [
        ({"lat": "1.31", "lat_dir": "S"}, {"latitude": "1.31 S"}, {}),
        ({"lat": 1.31, "lat_hemisphere": "South"}, {"latitude": "1.31 S"}, {}),
        ({"lat": 1.31, "lat_hemisphere": "Kusini"}, {"latitude": "1.31 S"}, {}),
        ({"latitude": "1 18 36", "NS": "s."}, {"latitude": "1 18 36 S"}, {}),
        ({"gps": {"longitude": 36.87, "EW": "E"}}, {"longitude": "36.87 E"}, {}),
        ({"lat": "1.31 S", "lat_dir": "S"}, {"latitude": "1.31 S"}, {}),
        ({"lat": "1.31 N", "lat_dir": "S"}, {"latitude": "1.31 N S"}, {}),
        ({"lat": "1.31", "lat_dir": "?"}, {"latitude": "1.31"}, {"lat_dir": (1, "?")}),
        ({"lat_dir": "S"}, {}, {"lat_dir": (1, "S")}),
        ({"lat": "1.31", "other": {"lat_dir": "S"}}, {"latitude": "1.31"}, {"other.lat_dir": (1, "S")}),
    ],
)
def test_a_side_in_a_column_of_its_own_goes_with_the_degrees_beside_it(
    record: dict[str, Any], landing: dict[str, str], left: dict[str, tuple[int, str]]
) -> None:
    assert (read(record), unmapped(record)) == (landing, left)


def test_a_side_goes_only_with_the_degrees_of_its_own_row() -> None:
    rows: list[dict[str, str | None]]
    rows = [{"lat": "1.31", "lat_dir": "S"}, {"lat": "0.51"}, {"lat_dir": "S"}, {"lat": "0.52", "lat_dir": None}]
    content = json.dumps([{"name": f"Umoja Clinic {row}", **said} for row, said in enumerate(rows)])
    frame, reading = read_bytes(content.encode())
    assert frame["latitude"].to_list() == ["1.31 S", "0.51", None, "0.52"]
    assert reading.unmapped == {"lat_dir": (1, "S")}


def test_degrees_south_of_the_equator_by_a_column_of_its_own_land_there() -> None:
    record = {"name": "Umoja Clinic", "lat": "1.31", "lat_dir": "S", "lon": "36.87", "lon_dir": "E"}
    assert normalise(read_record(record)).select("latitude", "longitude").row(0) == (-1.31, 36.87)


@pytest.mark.parametrize(
    ("record", "landing", "left"),
    [
        ({"Lat (deg)": 1, "Lat (min)": 18, "Lat (sec)": 49.5, "N/S": "S"}, {"latitude": "1° 18' 49.5\" S"}, {}),
        ({"lat_deg": "1", "lat_min": "18.8", "lat_dir": "South"}, {"latitude": "1° 18.8' S"}, {}),
        ({"Latitude Degrees": -1, "Latitude Minutes": 18}, {"latitude": "-1° 18'"}, {}),
        ({"Long (deg)": 36, "Long (min)": 47, "Long (sec)": 2}, {"longitude": "36° 47' 2\""}, {}),
        # On which side of the equator, nobody has said: neither counts, and the issue says why.
        ({"Lat (deg)": 1, "Lat (min)": 18, "Lat (sec)": 49}, {"latitude": "1° 18' 49\" N or S"}, {}),
        ({"Lat (deg)": -1.3136}, {"latitude": "-1.3136"}, {}),
        ({"Lat (min)": 18}, {}, {"Lat (min)": (1, "18")}),
        # The edges of a map, and the minutes of another angle.
        (
            {"lat": -1.31, "lat_min": -1.5, "lat_max": -1.2},
            {"latitude": "-1.31"},
            {"lat_min": (1, "-1.5"), "lat_max": (1, "-1.2")},
        ),
        ({"lat_deg": -1, "other": {"lat_min": 18}}, {"latitude": "-1"}, {"other.lat_min": (1, "18")}),
    ],
)
def test_minutes_and_seconds_in_columns_of_their_own_go_with_their_degrees(
    record: dict[str, Any], landing: dict[str, str], left: dict[str, tuple[int, str]]
) -> None:
    assert (read(record), unmapped(record)) == (landing, left)


def test_of_an_angle_in_three_columns_the_degrees_alone_are_no_place() -> None:
    record = {"name": "Umoja Clinic", "Lat (deg)": 1, "Lat (min)": 18, "Lat (sec)": 36, "N/S": "S"}
    record |= {"Long (deg)": 36, "Long (min)": 52, "Long (sec)": 12, "E/W": "E"}
    assert normalise(read_record(record)).select("latitude", "longitude").row(0) == pytest.approx((-1.31, 36.87))
    del record["N/S"]
    assert normalise(read_record(record)).select("latitude", "longitude").row(0) == (None, None)


@pytest.mark.parametrize("word", sorted(set(LIFECYCLE.values())))
def test_each_word_for_what_is_past_is_read_as_closed(word: str) -> None:
    normalised = normalise(read_record({"name": "Umoja Clinic", "closed": word}))
    assert normalised.select("is_active", "issue.status_unknown").row(0) == (False, None)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("Which county is the facility located in?", "county_name"),
        ("Ward where your organization is found", "ward_name"),
        ("What is the phone number of the hospital?", "contacts"),
        ("Services provided by the station", "services"),
        ("What is your name?", None),
        ("Please select your county", None),
        ("Your phone number", None),
        ("Ward where the survivor lives", None),
        ("Police station where you reported", None),
        ("Type of shelter provided", None),
        ("County office", None),
    ],
)
def test_a_question_is_read_where_it_is_asked_of_a_facility(question: str, field: str | None) -> None:
    assert list(read({question: "Nairobi"})) == [field] * (field is not None)


@pytest.mark.parametrize("header", [{}, {"_reject": {"reason": "ward_unresolved"}}])
def test_the_address_of_who_filled_a_google_form_in_is_no_contact_of_the_facility(header: dict[str, Any]) -> None:
    form = {"Timestamp": "11/2/2026 10:04:05", "Email Address": "jane@example.org", "Facility name": "Umoja Clinic"}
    for rows in ([header | form], [header | form] * 40):
        frame, reading = read_bytes(json.dumps(rows).encode())
        assert frame["contacts"].null_count() == len(rows)
        assert reading.unmapped["Email Address"] == (len(rows), "***")
    own = {"Email Address": "clinic@example.org"} | form, form | {"Facility email": "clinic@example.org"}
    frame, _ = read_bytes(json.dumps(own).encode())
    assert frame["contacts"].null_count() == 0


MICROSOFT_FORM = {
    "ID": 1,
    "Start time": 45321.4,
    "Completion time": 45321.5,
    "Email": "jane@example.org",
    "Name": "Sample Person",
    "Facility name": "Umoja Clinic",
}


def test_who_filled_a_microsoft_form_in_is_no_contact_and_no_name_of_the_facility() -> None:
    rows = [MICROSOFT_FORM, MICROSOFT_FORM | {"Facility name": ""}]
    frame, reading = read_bytes(json.dumps(rows).encode())
    assert frame.select("facility_name", "contacts").rows() == [("Umoja Clinic", None), (None, None)]
    assert reading.unmapped["Email"] == reading.unmapped["Name"] == (2, "***")
    own = {"Name": "Umoja Clinic", "Start time": "8:00", "Email": "clinic@example.org"}
    assert read(own)["contacts"] == contacts(("Email", "clinic@example.org"))


@pytest.mark.parametrize("sim", ["simserial", "subscriberid"])
def test_the_number_of_the_telephone_on_which_a_form_was_filled_in_is_no_contact_of_the_facility(sim: str) -> None:
    form = {sim: "89254", "deviceid": "354", "phonenumber": "0700000073", "facility_name": "Umoja Clinic"}
    point = {"type": "Point", "coordinates": [36.8, -1.28]}
    for document in ([form], [form] * 60, [{"type": "Feature", "geometry": point, "properties": form}]):
        assert read_bytes(json.dumps(document).encode())[0]["contacts"].null_count() == len(document)
    asked = form | {"phone_number": "0700000016", "facility/phonenumber": "0700000017"}
    assert read(asked)["contacts"] == contacts(("phone_number", "0700000016"), ("facility/phonenumber", "0700000017"))
    own = {"facility_name": "Umoja Clinic", "phonenumber": "0700000016"}
    assert read(own)["contacts"] == contacts(("phonenumber", "0700000016"))


def test_what_nobody_knows_is_counted_with_an_example() -> None:
    record = {
        "approved": True,
        "county": UUID,
        "services": [UUID, UUID],
        "nearest": {"mfl_code": 5, "tags": {"a": "b"}},
    }
    assert unmapped(record) == {
        "approved": (1, "true"),
        "county": (1, UUID),
        "services": (1, "a list of 2"),
        "nearest.mfl_code": (1, "5"),
        "nearest.tags.a": (1, "b"),
    }


@pytest.mark.parametrize(
    ("services", "left"),
    [
        (
            [{"service_name": "Walk-in desk", "service_category": "Legal", "is_free": True, "cost_range": ""}],
            {"services.service_category": (1, "Legal"), "services.is_free": (1, "true")},
        ),
        ([{"name": "PEP", "hours": "24/7"}, "HTS", {"name": "PRC", "hours": "8-5"}], {"services.hours": (2, "24/7")}),
        ([{"name": "PEP", "available": True}, {"name": "PRC", "available": False, "hours": "8-5"}], {}),
        (
            [{"category": "Medical", "services": [{"name": "PEP", "price": 0}]}],
            {"services.category": (1, "Medical"), "services.price": (1, "0")},
        ),
        ({"name": "PEP", "hours": "24/7"}, {"services.hours": (1, "24/7")}),
        ({"PEP": True, "Surgery": "No"}, {}),
        ({"PEP": {"available": True, "cost": "free"}}, {"services.cost": (1, "free")}),
        ({"PEP": {"available": False, "cost": "free"}, "HTS": True}, {}),
        (["PEP", "HTS"], {}),
    ],
)
def test_what_an_object_says_beside_the_name_of_a_service_is_counted(
    services: object, left: dict[str, tuple[int, str]]
) -> None:
    assert unmapped({"services": services}) == left


def test_a_link_to_a_map_is_read_for_its_pin() -> None:
    link = "https://maps.google.com/?q=-1.3167,36.787"
    assert read({"google_maps_link": link}) == {"coordinates": link}


@pytest.mark.parametrize(
    ("question", "is_of_facility"),
    [
        ("_Record GPS", True),
        ("_GPS coordinates of the facility", True),
        ("g/_gps point", True),
        ("_GPS of the survivor", False),
        ("_Location of incident", False),
        ("survivor/_gps point", False),
        ("_Your location", False),
        ("_start-geopoint", False),
        ("nearest_facility_location", False),
        ("ward_location", False),
    ],
)
def test_the_parts_of_a_point_that_a_form_asked_for_are_read(question: str, is_of_facility: bool) -> None:
    answers = {f"{question}_latitude": -1.3167, f"{question}_longitude": 36.787}
    assert read(answers) == ({"latitude": "-1.3167", "longitude": "36.787"} if is_of_facility else {})


@pytest.mark.parametrize(
    ("record", "services", "left"),
    [
        ({"Counselling": "Y", "PEP": "Yes", "Legal Aid": "N"}, '["Counselling","PEP"]', {}),
        ({"g/services/pep": "1", "g/services/legal_aid": 0}, '["pep"]', {}),
        ({"Services offered": "Counselling PEP", "Services offered/PEP": 1}, '["PEP"]', {}),
        ({"Services offered": "PEP", "Services offered/PEP": 0}, '"PEP"', {}),
        ({"services": ["PEP"], "PEP": "Yes"}, '["PEP"]', {}),
        ({"services": ["Screening", "PEP"], "Counselling": "Yes"}, '["Screening","PEP"]', {}),
        ({"Counselling": "No"}, None, {}),
        ({"services/pep": 0, "services/counselling": 0}, None, {}),
        ({"PEP": 1}, None, {"PEP": (1, "1")}),
        ({"PEP": "to be asked for"}, None, {"PEP": (1, "to be asked for")}),
        ({"Police": "Yes", "Shelter": "Yes"}, None, {"Police": (1, "Yes"), "Shelter": (1, "Yes")}),
        ({"survivors/pep": "1"}, None, {"survivors/pep": (1, "***")}),
    ],
)
def test_a_service_may_have_a_column_of_yes_and_no(
    record: dict[str, Any], services: str | None, left: dict[str, tuple[int, str]]
) -> None:
    assert (read(record).get("services"), unmapped(record)) == (services, left)


@pytest.mark.parametrize("repeated", [1, 40])
def test_a_row_of_a_column_of_yes_and_no_is_read_whatever_the_others_say(repeated: int) -> None:
    cells = ["Yes", "No", 12, "on Mondays", None] * repeated
    rows = [{"name": f"Clinic {row}", "PEP": cell} for row, cell in enumerate(cells)]
    frame, reading = read_bytes(json.dumps(rows).encode())
    assert frame["services"].to_list() == ['["PEP"]', None, None, None, None] * repeated
    assert reading.unmapped == {"PEP": (2 * repeated, "12")}


@pytest.mark.parametrize(
    ("location", "places", "is_left"),
    [
        (
            "Lindi Ward, Kibra Sub-County, Nairobi County",
            {"ward_name": "Lindi Ward", "sub_county_name": "Kibra Sub-County", "county_name": "Nairobi County"},
            False,
        ),
        ("County: Nairobi; Ward: Lindi; by the river", {"county_name": "Nairobi", "ward_name": "Lindi"}, True),
        ("Lindi Ward, Makina Ward, Nairobi County", {"county_name": "Nairobi County"}, True),
        ("Maternity Ward", {}, True),
        ("Lindi, Nairobi", {}, True),
    ],
)
def test_a_location_that_names_places_with_their_level_gives_them(
    location: str, places: dict[str, str], is_left: bool
) -> None:
    found = {key: value for key, value in read({"location": location}).items() if key in places or "name" in key}
    assert (found, "location" in unmapped({"location": location})) == (places, is_left)


def test_a_unit_of_place_of_which_nothing_is_made_is_counted() -> None:
    record = {"village": "Kwa Njenga", "district": "Embakasi", "location": "Mukuru", "landmark": "Blue gate"}
    assert unmapped(record) == {"village": (1, "Kwa Njenga"), "district": (1, "Embakasi"), "location": (1, "Mukuru")}
    assert unmapped({"location": "Along Ngong Road"}) == unmapped({"location": "-1.28, 36.8"}) == {}


def test_an_example_shows_nothing_personal() -> None:
    assert masked("regulatory_body", "Kenya MPDB") == "Kenya MPDB"
    assert masked("person_to_see", "Sample Person") == "***"
    assert masked("createdBy", "Sample") == "***"
    assert masked("group_b/enumerator", "Sample Person") == masked("survivor_age", 12) == "***"
    assert masked("remark", "call 0700000016 or a@example.org") == "call *** or ***"


@pytest.mark.parametrize(
    ("example", "shown"),
    [
        ("Jane Fict was brought by her sister in May", "***"),
        ("29384756", "xxxxxxxx"),
        (29384756, "xxxxxxxx"),
        ("-1.29210, 36.82190", "-x.xxxxx, xx.xxxxx"),
        ("1999-03-12", "xxxx-xx-xx"),
        ("Mon to Fri", "Mon to Fri"),
        ("8-17", "8-17"),
        (UUID, UUID),
    ],
)
def test_an_example_is_no_running_text_and_no_long_number_whatever_the_key(example: object, shown: str) -> None:
    assert masked("odd", example) == shown


@pytest.mark.parametrize(
    "key",
    [
        *("incident", "incident.type", "assault_type", "abuse", "trauma", "defilement", "rape", "story", "intake"),
        *("jina", "majina", "kesi", "tukio", "hadithi", "malalamiko", "unyanyasaji", "ubakaji"),
    ],
)
def test_a_key_that_tells_of_what_happened_hides_its_example(key: str) -> None:
    assert masked(key, "Jane Fict") == "***"


@pytest.mark.parametrize(
    "key", ["trauma_unit", "rape_services", "incident_desk", "storey", "therapeutic_feeding", "jina_la_kituo"]
)
def test_a_key_that_tells_of_what_is_done_for_persons_keeps_its_example(key: str) -> None:
    assert masked(key, "Sample 7") == "Sample 7"


@pytest.mark.parametrize(
    "key",
    [
        *(
            "perpetrator_name",
            "supervisor",
            "counsellor",
            "counselor_name",
            "social_worker",
            "next_of_kin",
            "nextOfKin",
        ),
        *("proprietor", "witness", "witnesses", "complainant", "data_collector.name", "advocate", "clinician", "dob"),
        *(
            "magistrate",
            "pin",
            "PIN",
            "KRA PIN",
            "survivor",
            "Victim Name",
            "suspect",
            "accusedName",
            "caller",
            "client",
        ),
        *("patient", "guardian", "parent", "parents", "spouse", "child", "children", "childName", "officer", "matron"),
        *(
            "investigating_officer",
            "IO",
            "OCSName",
            "nurse",
            "doctor",
            "Dr",
            "lawyer",
            "chief",
            "id_number",
            "idnumber",
        ),
        *(
            "national_id",
            "NationalID",
            "passport",
            "age",
            "gender",
            "sex",
            "date_of_birth",
            "dateofbirth",
            "DateOfBirth",
        ),
        *("case_number", "caseNo", "ob_number", "OB No", "diagnosis", "hiv", "hiv_status", "survivors.case.x", "by"),
        *("reported_by", "tel", "head", "mother_name", "mtu", "jina_la_mwathiriwa", "umri", "group_a/witness_1"),
    ],
)
def test_a_key_that_tells_of_a_person_or_their_case_hides_its_example(key: str) -> None:
    assert masked(key, "Jane Fict") == masked(key, 37) == "***"


@pytest.mark.parametrize(
    "key",
    [
        *("hours", "opening_hours", "approved", "keph_level", "village", "sub_location", "landmark", "regulatory_body"),
        *(
            "catchment_population",
            "wheelchair",
            "ambulance",
            "nearest.mfl_code",
            "agency",
            "page",
            "storage",
            "package",
        ),
        *("gender_desk_hours", "hiv_testing", "survivor_beds", "childFriendly", "patient_capacity", "hotel_nearby"),
        *("headquarters", "docs", "kidney_unit", "sonography", "mapping", "authority", "water_source", "nursery"),
    ],
)
def test_a_key_that_tells_of_a_facility_keeps_its_example(key: str) -> None:
    assert masked(key, "Sample 7") == "Sample 7"


def test_types_that_are_mixed_under_a_key_are_reported() -> None:
    records = [
        {"name": "A", "code": 1},
        {"name": "B", "code": "2"},
        {"name": "C", "code": 3.0},
        {"name": "D", "x": None},
    ]
    _, reading = read_bytes(json.dumps(records).encode())
    assert reading.mixed_types == {"code": {"number", "text"}}


def test_values_of_every_type_land_as_text() -> None:
    values = [13259, "13259", 13259.0, 1e22, True, 123456789012345678901234567890]
    frame, _ = read_bytes(json.dumps([{"name": "A", "beds": value} for value in values]).encode())
    assert frame["beds"].to_list() == ["13259", "13259", "13259.0", "1e+22", "true", "123456789012345678901234567890"]


def test_pinned_keys_win_and_are_used_for_nothing_else() -> None:
    assert read({"code": 5, "Kituo": "Kayole"}, facility_name=("Kituo",), registration_number=("code",)) == {
        "facility_name": "Kayole",
        "registration_number": "5",
    }


def test_a_pinned_key_may_be_inside_another() -> None:
    assert read({"a": {"b": {"kaunti": "Nairobi"}}}, county_name=("a.b.kaunti",)) == {"county_name": "Nairobi"}


def test_every_frame_has_the_same_columns() -> None:
    frame, _ = read_bytes(b'[{"name": "A"}]')
    assert frame.columns == [*EXTRACTED.names(), *EXTRACT_ISSUES]
    assert dict(frame.schema) == dict(EXTRACTED) | dict.fromkeys(EXTRACT_ISSUES, EXTRACTED["raw"])
    assert {name.removeprefix("issue.") for name in EXTRACT_ISSUES} <= set(ISSUE_FIELDS)


def test_the_table_of_keys_names_real_fields_and_no_key_twice_for_one() -> None:
    rows = rows_of_table()
    assert {field for field, _ in rows} <= set(EXTRACTED)
    assert len(rows) == len(set(rows))
    own = {"file_no", "record_number", "raw", "content_hash", "reject_reason", "reject_detail", "nobodys"}
    assert set(FIELDS) == set(EXTRACTED) - own


def test_the_table_of_words_writes_them_as_keys_are_compared_and_none_twice_in_a_list() -> None:
    with files("gvrc.meaning").joinpath("words.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    words = [(row["list"], word) for row in rows for pattern in row["words"].split() for word in spelt_out(pattern)]
    assert [word for _, word in words if normal_key(word) != word] == []
    assert [word for word, count in Counter(words).items() if count > 1] == []


def test_every_key_of_the_design_is_known() -> None:
    keys = [
        "facility_name",
        "facilityname",
        "officialname",
        "official_name",
        "name",
        "F_NAME",
        "Facility_N",
        "Name_of_Sc",
        "station_name",
        "police_station",
        "organization_name",
        "organisation",
        "institution",
        "name_en",
        "tags.name",
        "facility_code",
        "code",
        "mfl_code",
        "mflcode",
        "kmhfl_code",
        "facilitycode",
        "hie_id",
        "FNO",
        "HMIS_",
        "FID",
        "identifier.value",
        "@id",
        "registration_number",
        "reg_no",
        "regno",
        "licence_number",
        "license_no",
        "registration",
        "facility_type_name",
        "facility_type",
        "facility_type_category",
        "type",
        "category",
        "amenity",
        "healthcare",
        "institution_type",
        "keph_level_name",
        "level",
        "county",
        "constituency",
        "ward",
        "county_name",
        "location.county",
        "adm1_name",
        "sub_county",
        "province",
        "district",
        "division",
        "location",
        "sub-location",
        "operation_status_name",
        "operational_status",
        "status",
        "active",
        "is_active",
        "closed",
        "regulatory_status_name",
        "lat",
        "latitude",
        "y",
        "long",
        "lng",
        "lon",
        "longitude",
        "x",
        "coordinates.lat",
        "lat_long",
        "center.lat",
        "geometry",
        "phone",
        "phone_number",
        "telephone",
        "tel",
        "mobile",
        "contact",
        "contact_value",
        "contacts",
        "toll_free_number",
        "email",
        "website",
        "url",
        "contact_person",
        "contact_person_name",
        "officer_in_charge.name",
        "service_names",
        "services",
        "facility_services",
        "service_type",
        "categories",
        "owner_name",
        "owner",
        "operator",
        "ownership",
        "agency",
        "owner_type_name",
        "operator_type",
        "beds",
        "cots",
        "address",
        "description",
        "gbv_category",
        "gbv_categories",
    ]
    assert [key for key in keys if not Keys().meanings(tuple(key.split(".")))] == []


def test_two_people_keep_their_own_numbers() -> None:
    people = [{"name": "Jane Fict", "phone": "0700000104"}, {"name": "Joe Fict", "phone": "0700000105"}]
    named = {"+254700000104": "Jane Fict", "+254700000105": "Joe Fict"}
    apart = {"contact_person": "Jane Fict", "phone": "0700000104", "officer_in_charge": people[1]}
    records: list[dict[str, Any]] = [{"contact_person": people}, {"contact": people}, apart]
    for record in records:
        found = normalise(read_record({"name": "Umoja Clinic"} | record))["contacts"].to_list()[0]
        assert {contact["contact_value"]: contact["contact_person_name"] for contact in found} == named


@pytest.mark.parametrize(
    "above",
    [
        {
            "ancestors": [
                {"name": "Kenya", "level": 1},
                {"name": "Nairobi", "level": 2},
                {"name": "Kibra", "level": 3},
                {"name": "Lindi", "level": 4},
            ]
        },
        {
            "parent": {
                "id": "bbbbbbbbbbb",
                "name": "Lindi Ward",
                "parent": {
                    "name": "Kibra Sub County",
                    "parent": {"name": "Nairobi County", "parent": {"name": "Kenya"}},
                },
            }
        },
    ],
)
@pytest.mark.parametrize("count", [1, 60])  # few records are read as objects, many as columns
def test_a_unit_of_dhis2_takes_its_places_from_the_units_above_it(above: dict[str, Any], count: int) -> None:
    frame, _ = read_bytes(json.dumps([{"name": "Lindi Clinic", "code": "7"} | above] * count).encode())
    (record,) = {tuple(record.items()) for record in facilities(frame)}
    places = {key: value.removesuffix(" County").removesuffix(" Ward") for key, value in record if "_name" in key}
    assert places | {"facility_name": ""} == {
        "facility_name": "",
        "county_name": "Nairobi",
        "sub_county_name": places["sub_county_name"],
        "ward_name": "Lindi",
    }
    assert places["sub_county_name"].startswith("Kibra")


@pytest.mark.parametrize(
    "above",
    [{"parent": {"name": "Sample Trust"}}, {"ancestors": [{"name": "County"}, "Lindi Ward", None, {"level": 4}]}],
)
def test_what_does_not_say_which_unit_it_is_gives_no_place(above: dict[str, Any]) -> None:
    frame, reading = read_bytes(json.dumps([{"name": "Lindi Clinic"} | above]).encode())
    assert facilities(frame) == [{"facility_name": "Lindi Clinic"}]
    assert reading.unmapped


@pytest.mark.parametrize("count", [1, 60])
def test_a_record_of_salesforce_has_its_own_columns_and_no_user_for_an_owner(count: int) -> None:
    record = {
        "attributes": {"type": "Account", "url": "/services/data/v58.0/sobjects/Account/001"},
        "Name": "Lindi Shelter",
        "Owner": {"attributes": {"type": "User"}, "Name": "Sample Admin", "Email": "sample@example.org"},
        "County__c": "Nairobi",
        "Ward__c": "Lindi",
        "Location__Latitude__s": -1.31,
        "Location__Longitude__s": 36.79,
    }
    frame, reading = read_bytes(json.dumps([record] * count).encode())
    places = {"county_name": "Nairobi", "ward_name": "Lindi", "latitude": "-1.31", "longitude": "36.79"}
    assert facilities(frame) == [{"facility_name": "Lindi Shelter"} | places] * count
    assert reading.unmapped["Owner"] == (count, "an object of 3 keys")
    assert "Sample Admin" not in str(reading.unmapped)


def test_the_account_of_a_user_is_no_owner_and_an_organisation_is() -> None:
    owners = [{"username": "sample", "name": "Sample User"}, {"name": "Sample Trust"}]
    frame, _ = read_bytes(json.dumps([{"name": "Lindi Shelter", "owner": owner} for owner in owners]).encode())
    assert frame["owner_name"].to_list() == [None, "Sample Trust"]


@pytest.mark.parametrize("value", ["1195", 1195, ["116", "0700 000 003"]])
@pytest.mark.parametrize("key", ["number", "Lines"])
@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_a_hotline_is_a_contact_and_of_anything_else_is_counted(key: str, value: Any, count: int) -> None:
    lines = {"hotlines": [{"name": "Sample line", "county": "Nairobi", key: value}] * count}
    numbers = value if isinstance(value, list) else [value]
    frame, reading = read_bytes(json.dumps(lines).encode())
    assert [json.loads(said) for said in frame["contacts"]] == [[{"key": key, "value": one} for one in numbers]] * count
    assert not reading.unmapped
    frame, reading = read_bytes(json.dumps([{"name": "Lindi Clinic", key: value}] * count).encode())
    assert frame["contacts"].to_list() == [None] * count
    assert reading.unmapped[key][0] == count


@pytest.mark.parametrize("key", ["facility_phone", "grp_contact/facility_phone", "Station Contact", "helplines"])
def test_the_number_of_the_facility_itself_is_a_contact(key: str) -> None:
    frame, _ = read_bytes(json.dumps([{"name": "Lindi Clinic", key: "0700 000 071"}]).encode())
    assert frame["contacts"].to_list() == [json.dumps([{"key": key, "value": "0700 000 071"}], separators=(",", ":"))]


@pytest.mark.parametrize("key", ["address.state", "address.addressRegion", "BillingState", "countyDistrict"])
def test_a_state_is_a_county_where_it_has_the_name_of_one(key: str) -> None:
    outer, _, inner = key.partition(".")
    records = [{"name": "Lindi Clinic", outer: {inner: said} if inner else said} for said in ("Nairobi", "Open", "KE")]
    frame, reading = read_bytes(json.dumps(records).encode())
    assert frame["county_name"].to_list() == ["Nairobi", None, None]
    assert reading.unmapped[key][0] == 2


@pytest.mark.parametrize(
    "hours", [{"opening_hours": "Mon-Fri 8am-5pm"}, {"hours": {"monday": "8-17"}}, {"opens_at": "08:00"}]
)
def test_a_flag_that_it_is_not_open_beside_hours_is_of_this_hour_and_told(hours: dict[str, Any]) -> None:
    shut = {"name": "Umoja Clinic", "is_open": False}
    assert read_all([shut | hours, shut | {"name": "Kayole Clinic", "county": "Nairobi"}]) == [
        {"facility_name": "Umoja Clinic", "issue.value_not_used": "is_open=false"},
        {"facility_name": "Kayole Clinic", "county_name": "Nairobi", "is_active": "false"},
    ]


@pytest.mark.parametrize(
    "said",
    [{"is_open": "No", "hours": "8-5"}, {"is_active": False, "hours": "8-5"}, {"is_open": False, "hours": "Closed"}],
)
def test_what_a_body_says_of_a_closed_facility_beside_its_former_hours_counts(said: dict[str, Any]) -> None:
    read = read_all([{"name": "Umoja Clinic"} | said])[0]
    assert {"is_active", "is_closed"} & read.keys()


def test_a_station_in_swahili_gives_where_it_is_how_to_reach_it_and_that_it_is_closed() -> None:
    station = {
        "jina": "Kituo cha Lindi",
        "mahali": {"kaunti": "Nairobi", "eneobunge": "Kibra", "wadi": "Lindi"},
        "mawasiliano": {"simu": "0700 000 080", "msimamizi": "Mtu wa Mfano"},
        "kimefungwa": "Ndio",
        "inafanya_kazi": "Hapana",
    }
    assert read_all([station]) == [
        {
            "facility_name": "Kituo cha Lindi",
            "county_name": "Nairobi",
            "constituency_name": "Kibra",
            "ward_name": "Lindi",
            "contacts": '[{"key":"mawasiliano","value":{"simu":"0700 000 080","msimamizi":"Mtu wa Mfano"}}]',
            "is_closed": "Ndio",
            "is_active": "Hapana",
        }
    ]


def read_all(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return facilities(read_bytes(json.dumps(records).encode())[0])


@pytest.mark.parametrize("key", ["Health Facility", "Rescue Centre", "Kituo", "Police Station", "Station"])
def test_a_kind_of_place_names_the_facility_where_nothing_else_does(key: str) -> None:
    assert read_all([{key: "Lindi", "County": "Nairobi"}]) == [{"facility_name": "Lindi", "county_name": "Nairobi"}]
    assert read_all([{key: "Lindi", "Name": "Umoja Clinic", "County": "Nairobi"}]) == [
        {"facility_name": "Umoja Clinic", "county_name": "Nairobi", "issue.value_not_used": f"{key}=Lindi"}
    ]


@pytest.mark.parametrize("key", ["Police Station", "station"])
def test_a_persons_name_beside_a_stations_is_that_of_the_one_to_ask_for(key: str) -> None:
    record = {key: "Lindi", "Name": "Sample Person", "County": "Nairobi", "Phone": "0700000016"}
    assert read_all([record]) == [
        {
            "facility_name": "Lindi",
            "county_name": "Nairobi",
            "contacts": '[{"key":"contact_person","value":"Sample Person"},{"key":"Phone","value":"0700000016"}]',
        }
    ]
    once_more = {key: "Lindi Makina", "Name": "Lindi Makina", "County": "Nairobi"}
    assert read_all([once_more]) == [{"facility_name": "Lindi Makina", "county_name": "Nairobi"}]


def test_the_name_of_a_gender_desk_is_none_of_its_officer() -> None:
    desk = {"name": "Gender Desk", "officer": "Sample Officer", "phone": "0700000016"}
    record = {"station_name": "Lindi Police Station", "county": "Nairobi", "desks": [desk]}
    frame, reading = read_bytes(json.dumps([record]).encode())
    told = {"gender_desk.phone": "0700000016", "gender_desk.officer": "Sample Officer"}
    assert {said["key"]: said["value"] for said in json.loads(frame["contacts"][0])} == told
    assert reading.unmapped == {"desks.name": (1, "Gender Desk")}


def test_the_gender_desk_of_a_station_s_desks_is_called_under_its_own_number_and_others_are_counted() -> None:
    station = {
        "station": "Kondele Police Station",
        "phone": "0700 000 068",
        "desks": [
            {"name": "Crime Desk", "phone": "0700 000 070"},
            {"type": "Gender Desk", "phone": "0700 000 069", "officer_in_charge": "Insp. Sample Person"},
        ],
    }
    frame, reading = read_bytes(json.dumps([station]).encode())
    contacts = (
        '[{"key":"phone","value":"0700 000 068"},{"key":"gender_desk.phone","value":"0700 000 069"},'
        '{"key":"gender_desk.officer_in_charge","value":"Insp. Sample Person"}]'
    )
    assert facilities(frame) == [{"facility_name": "Kondele Police Station", "contacts": contacts}]
    assert reading.unmapped == {"desks": (1, "a list of 1"), "gender_desk.type": (1, "Gender Desk")}


def test_the_officers_of_a_gender_desk_stand_with_their_own_numbers() -> None:
    desk = {"phone": "0700 000 076", "officers": [{"rank": "Cpl", "name": "Sample Officer", "phone": "0700 000 077"}]}
    read = normalise(read_bytes(json.dumps([{"name": "Lindi Police Station", "gbv_desk": desk}]).encode())[0])
    assert [(found["contact_value"], found["contact_person_name"]) for found in read["contacts"][0]] == [
        ("+254700000076", ""),
        ("+254700000077", "Sample Officer"),
    ]


def test_a_column_that_says_something_of_a_contact_means_what_its_source_has_pinned_it_to() -> None:
    record = {"phone": "0700000016", "phone_status": "Closed"}
    assert read(record, operational_status=("phone_status",)) == {
        "contacts": contacts(("phone", "0700000016")),
        "operational_status": "Closed",
    }
    assert read(record) == {"contacts": contacts(("phone", {"value": "0700000016", "status": "Closed"}))}


def test_the_units_that_another_body_lies_in_are_not_those_of_the_facility() -> None:
    units = [{"level": "county", "name": "Wajir"}, {"level": "ward", "name": "Wagberi"}]
    assert read({"location": units}) == {"county_name": "Wajir", "ward_name": "Wagberi"}
    assert read({"owner": {"location": units}}) == {}


def test_what_a_column_says_of_a_contact_is_said_of_no_other() -> None:
    record = {"phone": "0700000016", "alternative_phone": "0700000017", "alternative_phone_role": "survivor"}
    of_a_survivor = ("alternative_phone", {"value": "0700000017", "role": "survivor"})
    assert read(record) == {"contacts": contacts(("phone", "0700000016"), of_a_survivor)}
    assert unmapped(record) == {}


def test_what_a_column_says_of_a_contact_that_is_not_there_is_counted() -> None:
    assert unmapped({"phone": None, "phone_status": "disconnected"}) == {"phone_status": (1, "***")}
    assert unmapped({"phone_status": "disconnected"}) == {"phone_status": (1, "***")}


@pytest.mark.parametrize("count", [1, 60])
def test_lists_that_were_made_columns_are_lists_in_any_wrapper(count: int) -> None:
    said = {"name": "Umoja Clinic", "phones[0].number": "0700000016", "phones[1].number": "116", "phones[1].use": "old"}
    point = {"type": "Point", "coordinates": [36.8, -1.28]}
    feature = {"type": "Feature", "geometry": point, "properties": said}
    for record, key in ((said, "phones"), (feature, "properties.phones")):
        found = contacts((key, {"number": "0700000016"}), (key, {"number": "116", "use": "old"}))
        assert read_bytes(json.dumps([record] * count).encode())[0]["contacts"].to_list() == [found] * count


def test_contacts_that_were_made_columns_go_with_their_person_and_with_what_is_said_of_them() -> None:
    record = {"name": "Umoja Clinic", "contacts.phone": "0700000016", "contacts.contact_person": "Sample Person"}
    found = normalise(read_record(record | {"emergency_contact.phone": "0700000017"}))
    assert {(of["contact_value"], of["contact_person_name"]) for of in found["contacts"].to_list()[0]} == {
        ("+254700000016", "Sample Person"),
        ("+254700000017", "Sample Person"),
    }
    assert normalise(read_record(record | {"contacts.private": True}))["contacts"].to_list() == [[]]


def test_a_point_that_was_made_columns_is_a_point() -> None:
    assert read({"location[0]": -1.31, "location[1]": 36.8}) == {"coordinates": "[-1.31,36.8]"}
