"""Of the numbers that a facility is known by, that of the national list is its code, and none of another register."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import facilities, read_bytes

from gvrc.sources import SourceRules

CLINIC = {"name": "Lindi Clinic", "county": "Nairobi", "ward": "Lindi"}
MFL, DHIS2, LICENCE = ("MFL", "13023"), ("DHIS2", "k7QxWm2Rt5s"), ("Operating licence", "SAMPLE/7/2026")


def read(*records: dict[str, Any], rules: tuple[SourceRules, ...] = ()) -> list[tuple[str | None, str | None]]:
    """Give code and registration number of each record."""
    frame, _ = read_bytes(json.dumps({"facilities": records}).encode(), "body.json", rules=rules)
    return [(one.get("facility_code"), one.get("registration_number")) for one in facilities(frame)]


FORMS: dict[str, Any] = {
    "identifiers by their system": lambda given: {
        "identifiers": [{"system": f"http://example.org/{by.lower()}", "value": number} for by, number in given]
    },
    "identifiers of FHIR": lambda given: {
        "identifier": [{"type": {"coding": [{"code": "x", "display": by}]}, "value": number} for by, number in given]
    },
    "codes by their scheme": lambda given: {"codes": [{"scheme": by, "code": number} for by, number in given]},
    "ids of other systems": lambda given: {"externalIds": [{"source": by, "id": number} for by, number in given]},
    "ids under the names of systems": lambda given: {
        "external_ids": {by.lower().replace(" ", "_"): number for by, number in given}
    },
    "attributes of OpenMRS": lambda given: {
        "attributes": [{"attributeType": {"display": f"{by} code"}, "value": number} for by, number in given]
    },
    "attributes of DHIS2": lambda given: {
        "attributeValues": [{"attribute": {"name": f"{by} code"}, "value": number} for by, number in given]
    },
}


@pytest.mark.parametrize("count", [1, 60])  # few records are read as objects, many as columns
@pytest.mark.parametrize("given", [[MFL], [MFL, DHIS2], [DHIS2, MFL], [LICENCE, DHIS2, MFL]])
@pytest.mark.parametrize("form", FORMS)
def test_the_number_of_the_national_list_is_the_code_wherever_it_stands(form: str, given: Any, count: int) -> None:
    own = [[(by, str(13023 + row) if by == "MFL" else number) for by, number in given] for row in range(count)]
    codes = read(*[CLINIC | {"name": f"Lindi Clinic {row}"} | FORMS[form](given) for row, given in enumerate(own)])
    assert [code for code, _ in codes] == [str(13023 + row) for row in range(count)]


@pytest.mark.parametrize("by", ["DHIS2", "Telephone", "KRA PIN", "https://www.openstreetmap.org", "wikidata"])
@pytest.mark.parametrize("key", ["identifier", "identifiers", "ids", "codes"])
def test_a_number_of_another_register_is_no_code_and_is_counted(key: str, by: str) -> None:
    record = CLINIC | {key: [{"system": by, "value": "k7QxWm2Rt5s"}]}
    frame, reading = read_bytes(json.dumps({"facilities": [record]}).encode())
    assert "facility_code" not in facilities(frame)[0]
    assert reading.unmapped[f"{key}.value"][0] == 1


def test_a_licence_is_the_registration_number() -> None:
    numbers = [{"type": by, "value": number} for by, number in (LICENCE, MFL)]
    assert read(CLINIC | {"identifiers": numbers}) == [("13023", "SAMPLE/7/2026")]


def test_an_identifier_of_which_nobody_knows_whose_it_is_is_the_code_where_there_is_no_better_one() -> None:
    numbers = [{"system": "http://example.org", "value": "A-7"}, {"type": "MFL", "value": "13023"}]
    frame, _ = read_bytes(json.dumps([CLINIC | {"identifier": numbers}, CLINIC | {"identifier": numbers[:1]}]).encode())
    first, second = facilities(frame)
    assert (first["facility_code"], first["issue.value_not_used"]) == ("13023", "identifier.value=A-7")
    assert (second["facility_code"], second.get("issue.value_not_used")) == ("A-7", None)


@pytest.mark.parametrize(
    "codes", [[{"code": "EC", "name": "Emergency contraception"}], {"EC": "Contraception"}, ["EC"]]
)
def test_codes_of_anything_else_are_none_of_the_facility(codes: Any) -> None:
    assert read(CLINIC | {"codes": codes}) == [(None, None)]


def test_the_number_of_whom_a_facility_belongs_to_is_not_its_own() -> None:
    assert read(CLINIC | {"managing_organization": {"identifiers": [{"system": "MFL", "value": "13023"}]}}) == [
        (None, None)
    ]


def test_what_a_source_pins_is_its_code_whoever_gave_it() -> None:
    rules = SourceRules(name="body", code_prefix="BODY", files=("body*",), keys={"facility_code": ("ref",)})
    numbers = {"ref": "B-1", "identifiers": [{"system": "MFL", "value": "13023"}]}
    assert read(CLINIC | numbers, rules=(rules,)) == [("B-1", None)]


def test_a_place_of_which_a_single_pair_is_told_among_others_with_several_loses_none() -> None:
    told = {"County": "Kisumu", "Ward": "Kondele"}
    places = [
        {"name": "Kondele Clinic", "data": [{"@name": key, "value": value} for key, value in told.items()]},
        {"name": "Migosi Clinic", "data": [{"@name": "County", "value": "Kisumu"}]},
    ]
    frame, _ = read_bytes(json.dumps({"Placemark": places}).encode())
    assert [one["county_name"] for one in facilities(frame)] == ["Kisumu", "Kisumu"]


@pytest.mark.parametrize(
    ("category", "field"), [("PRIVATE", "owner_type"), ("Faith Based", "owner_type"), ("Hospital", "facility_type")]
)
def test_the_category_of_a_facility_is_its_kind_or_who_owns_it(category: str, field: str) -> None:
    frame, reading = read_bytes(json.dumps([CLINIC | {"facility_category": category}]).encode())
    known = {name: value for name, value in facilities(frame)[0].items() if name in ("owner_type", "facility_type")}
    assert (known, dict(reading.unmapped)) == ({field: category}, {})
