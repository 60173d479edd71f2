"""Invented facilities in the shape of the national list, for machines without it: the same keys, about the same sizes.

35 county files with 9,267 records, one of 1,005; half with services (13 each on average), one in eight without
coordinates, coordinates exchanged, nine in ten without a registration number. Places are the project's own reference.
"""

from __future__ import annotations

import csv
import random
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).resolve().parents[1] / "gvrc" / "geography" / "data"
COUNTIES = 35
LARGEST, LARGEST_RECORDS, OTHER_RECORDS = "nairobi", 1005, 243
TYPES = ["Dispensary", "Medical Clinic", "Basic Health Centre", "Primary care hospitals"]
OWNERS = ["Ministry of Health", "Private Practice", "Faith Based Organization", "Non-Governmental Organizations"]
SERVICES = [f"Service {number} of a facility with a name of usual length" for number in range(60)]
UUIDS = uuid.UUID("00000000-0000-4000-8000-000000000000")


def generated_county_files() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give the name and the records of 35 counties, the same at every call."""
    counties = sorted(wards_by_county().items(), key=lambda item: item[0] != "Nairobi")[:COUNTIES]
    code = 10_000
    for county, wards in counties:
        stem = county.lower().replace(" ", "_").replace("-", "_").replace("'", "")
        count = LARGEST_RECORDS if stem == LARGEST else OTHER_RECORDS
        yield stem, [facility(code + number, county, wards) for number in range(count)]
        code += count


def wards_by_county() -> dict[str, list[tuple[str, str]]]:
    """Read (constituency, ward) of every county."""
    counties = {row["county_code"]: row["county_name"] for row in rows_of("counties")}
    constituencies = {row["constituency_code"]: row for row in rows_of("constituencies")}
    wards: dict[str, list[tuple[str, str]]] = {name: [] for name in counties.values()}
    for row in rows_of("wards"):
        constituency = constituencies[row["constituency_code"]]
        wards[counties[constituency["county_code"]]].append((constituency["constituency_name"], row["ward_name"]))
    return wards


def rows_of(table: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facility(code: int, county: str, wards: list[tuple[str, str]]) -> dict[str, Any]:
    """Invent one facility from its code alone."""
    chance = random.Random(code)  # noqa: S311 - the same data at every call, no secret
    constituency, ward = chance.choice(wards)
    kind, owner = chance.randrange(len(TYPES)), chance.choice(OWNERS)
    services = chance.sample(SERVICES, chance.randint(7, 19)) if chance.random() < 0.5 else []
    placed = chance.random() < 0.88
    name = f"{ward} {TYPES[kind]} {code}"
    return {
        "code": code,
        "name": name,
        "officialname": name,
        "registration_number": f"R-{code}" if chance.random() < 0.1 else None,
        "keph_level_name": f"Level {kind + 2}",
        "facility_type_name": TYPES[kind],
        "facility_type_category": TYPES[kind].upper(),
        **{key: key_of(key, value) for key, value in (("county", county), ("constituency", constituency))},
        "ward": key_of("ward", constituency + ward),
        "owner_name": owner,
        "owner_type_name": owner,
        "regulatory_body_name": owner,
        "beds": chance.randrange(20),
        "cots": chance.randrange(5),
        "search": None,
        "county_name": county,
        "constituency_name": constituency,
        "sub_county": key_of("sub_county", constituency),
        "sub_county_name": constituency,
        "ward_name": ward,
        **{key: key_of(key, TYPES[kind]) for key in ("keph_level", "facility_type", "owner_type", "owner")},
        "operation_status": key_of("operation_status", "Operational"),
        "operation_status_name": "Operational",
        **{f"open_{when}": chance.random() < 0.2 for when in ("whole_day", "public_holidays", "weekends")},
        "open_late_night": False,
        "services": [key_of("service", service) for service in services],
        "categories": [key_of("category", service) for service in services[:4]],
        "service_names": services,
        "approved": True,
        "is_public_visible": True,
        "created": "2020-05-15T15:14:31.000000Z",
        "closed": False,
        "is_published": True,
        "id": key_of("facility", str(code)),
        "lat": f"{34 + 7 * chance.random():.5f}" if placed else None,
        "long": f"{5 - 9 * chance.random():.5f}" if placed else None,
    }


@cache
def key_of(kind: str, value: str) -> str:
    return str(uuid.uuid5(UUIDS, f"{kind} {value}"))
