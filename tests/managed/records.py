"""Records that the tests of this folder import: invented facilities in real wards."""

from __future__ import annotations

from typing import Any

CLINIC: dict[str, Any] = {
    "facility_code": "90001",
    "facility_name": "Port Reitz Test Clinic",
    "registration_number": "TEST-0001",
    "facility_type": "Dispensary",
    "operational_status": "Operational",
    "county": "Mombasa",
    "constituency": "Changamwe",
    "ward": "Port Reitz",
    "latitude": -4.03,
    "longitude": 39.61,
    "phone": "0700000016",
    "email": "clinic@example.org",
    "services": ["Outpatient care"],
    "owner": "Test Ministry",
    "owner_type": "Public",
    "gbv_category": "Physical Violence",
    "beds": 12,
}
POST: dict[str, Any] = {
    "facility_code": "90002",
    "facility_name": "Kipevu Test Police Post",
    "county": "Mombasa",
    "constituency": "Changamwe",
    "ward": "Kipevu",
}
SHELTER: dict[str, Any] = {
    "facility_name": "Kangemi Test Shelter",
    "operational_status": "Closed",
    "county": "Nairobi",
    "constituency": "Westlands",
    "ward": "Kangemi",
}
RECORDS = [CLINIC, POST, SHELTER]
