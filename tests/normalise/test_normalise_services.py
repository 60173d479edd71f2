from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.values.services import add_service_category, add_services
from gvrc.values.text import clean_value

if TYPE_CHECKING:
    from collections.abc import Callable

UUID = "1a536286-c5b9-46f4-a72f-919c1fccb8e8"


@pytest.mark.parametrize(
    ("services", "names"),
    [
        ('["Post-rape care", "Counselling"]', ["Post-rape care", "Counselling"]),
        ('["Counselling", "counselling ", "COUNSELLING"]', ["Counselling"]),
        ('["B", "A", "b"]', ["B", "A"]),
        ('"PEP, HTS; Legal aid"', ["PEP", "HTS", "Legal aid"]),
        ('["Childhood Illness, (IMCI)"]', ["Childhood Illness, (IMCI)"]),
        ("\"['PEP', 'HTS']\"", ["PEP", "HTS"]),
        ('[{"service_name": "Counselling", "id": 3}, {"name": "PEP"}]', ["Counselling", "PEP"]),
        ('["Care &amp; support", " None ", "", null]', ["Care & support"]),
        ('"Counselling, PEP; Legal aid"', ["Counselling", "PEP", "Legal aid"]),
        ("Counselling, PEP", ["Counselling", "PEP"]),
        ('["Tests, kits"]', ["Tests, kits"]),
        ('[{"serviceName": "PEP"}, {"Service Name": "HTS"}, {"Name": "Legal aid"}]', ["PEP", "HTS", "Legal aid"]),
        ('{"Service": ["PEP", "HTS"]}', ["PEP", "HTS"]),
        ('[{"category": "Medical", "services": ["PEP", {"name": "HTS"}]}]', ["PEP", "HTS"]),
        ('[{"id": 1, "name": "Medical care", "children": [{"name": "PEP"}]}]', ["Medical care", "PEP"]),
        ('[{"category": "Medical", "services": []}]', ["Medical"]),
        ('["No-scalpel vasectomy", "PEP (available)"]', ["No-scalpel vasectomy", "PEP (available)"]),
        ('{"Counselling": true, "Surgery": false}', ["Counselling"]),
        ('{"PEP": {"available": true, "cost": "free"}, "HTS": {"offered": "Yes"}}', ["PEP", "HTS"]),
        (r'"{PEP,\"Legal aid\"}"', ["PEP", "Legal aid"]),
        ('[{"services_id": {"id": 1, "name": "PEP"}}]', ["PEP"]),
        ('"pep counselling legal_aid"', ["pep", "counselling", "legal_aid"]),
        ('"post rape care"', ["post rape care"]),
        ('{"Counselling": true, "Surgery": false, "PEP": null, "Legal aid": ""}', ["Counselling"]),
        ('{"Counselling": "Yes", "Surgery": "No", "PEP": "Ndiyo"}', ["Counselling", "PEP"]),
        ('"Medical care (PEP, EC), legal aid"', ["Medical care (PEP, EC)", "legal aid"]),
        ('"Care (PEP, EC"', ["Care (PEP", "EC"]),
        ('"1) PEP, 2) HTS"', ["PEP", "HTS"]),
        (
            r'"1. PEP\n2.HTS\n• Legal aid\n- Shelter\n24 hour line"',
            ["PEP", "HTS", "Legal aid", "Shelter", "24 hour line"],
        ),
        (
            '"<ul><li><b>PEP</b> kits</li><li>HTS</li></ul>Shelter<br/>Food < 3 days"',
            ["PEP kits", "HTS", "Shelter", "Food < 3 days"],
        ),
        ('[{"name": "PEP", "available": true}, {"name": "HTS", "status": "Active"}]', ["PEP", "HTS"]),
        ('[{"category": "Medical", "name": "Counselling", "services": ["PEP"]}]', ["Counselling", "PEP"]),
        ('[{"service_name": "PEP", "option_name": "Yes"}, {"name": "HTS", "option": "Level 4"}]', ["PEP", "HTS"]),
        ('"HTS &amp; STI; PEP&nbsp;kits"', ["HTS & STI", "PEP kits"]),
        ('"&lt;li&gt;PEP&lt;/li&gt;&lt;li&gt;HTS &amp;amp; STI&lt;/li&gt;"', ["PEP", "HTS & STI"]),
        ('"• PEP • HTS • Legal aid"', ["PEP", "HTS", "Legal aid"]),
        ('"Mediation; court work \u25cf Legal aid"', ["Mediation", "court work", "Legal aid"]),
        ('"PEP \u00b7 HTS"', ["PEP", "HTS"]),
        ('"1) PEP 2) HTS 3) Legal aid"', ["PEP", "HTS", "Legal aid"]),
        ('"Care of 1st degree burns, 2) PEP"', ["Care of 1st degree burns", "PEP"]),
        ('"Level 2. Care"', ["Level 2. Care"]),
        ('[["Counselling"], ["PEP"]]', ["Counselling", "PEP"]),
        ('[{"medical": ["PEP", {"name": "HTS"}], "legal": [], "psychosocial": ["Care"]}]', ["PEP", "HTS", "Care"]),
        ('[{"Medical": {"PEP": true, "Surgery": false}, "Legal": {"Court": "Yes"}}]', ["PEP", "Court"]),
        ('[{"edges": [{"cursor": "a", "node": {"name": "PEP"}}, {"node": {"name": "HTS"}}]}]', ["PEP", "HTS"]),
        ('"Counselling / PEP / HIV/AIDS testing"', ["Counselling", "PEP", "HIV/AIDS testing"]),
        ('[{"__metadata": {"type": "Collection(Edm.String)"}, "results": ["PEP", "HTS"]}]', ["PEP", "HTS"]),
        ('[{"data": [{"id": 1, "attributes": {"name": "PEP"}}, {"attributes": {"name": "HTS"}}]}]', ["PEP", "HTS"]),
        ('[{"nodes": [{"name": "PEP"}]}]', ["PEP"]),
        ('[{"en": "Counselling", "sw": "Ushauri"}]', ["Counselling"]),
        ("[]", []),
        ("null", []),
        ("None", []),
    ],
)
def test_services_are_distinct_names_in_the_order_given(
    landed: Callable[..., dict[str, Any]], services: str, names: list[str]
) -> None:
    assert landed(services=services) == ({"services": names} if names else {})


@pytest.mark.parametrize(
    ("services", "issue"),
    [
        (f'["{UUID}", "Counselling"]', UUID),
        ('[12, "Counselling"]', "12"),
        ('[{"id": 3}, "Counselling"]', '{"id":3}'),
        ('[true, "Counselling"]', "true"),
        ('["Yes", "Counselling"]', "Yes"),
        ('["N", "Counselling"]', "N"),
        ('["call 0700000016", "Counselling", 0.5]', "0.5"),
        ('["Counselling", {"name": "PEP", "available": false}]', '{"name":"PEP","available":false}'),
        ('["Counselling", {"name": "PEP", "offered": "No"}]', '{"name":"PEP","offered":"No"}'),
        ('["Counselling", {"name": "PEP", "Status": "Discontinued"}]', '{"name":"PEP","Status":"Discontinued"}'),
        ('["Counselling", {"service_name": "PEP", "is_active": 0}]', '{"service_name":"PEP","is_active":0}'),
        ('["Counselling", {"service_name": "PEP", "option_name": "No"}]', '{"service_name":"PEP","option_name":"No"}'),
        ('["Counselling", {"name": "PEP", "answer": "Hapana"}]', '{"name":"PEP","answer":"Hapana"}'),
        ('["Counselling", {"kind": "1"}]', '{"kind":"1"}'),
        ('["Counselling", {"Medical": {"available": false}}]', '{"Medical":{"available":false}}'),
        ('["Counselling", {"PEP": ["x"]}]', '{"PEP":["x"]}'),
        ('["Counselling", {"PEP": {"cost": "free"}}]', '{"PEP":{"cost":"free"}}'),
        ('["Counselling", {"available": ["PEP"], "unavailable": ["X"]}]', '{"available":["PEP"],"unavailable":["X"]}'),
        *(
            (f'["Counselling", "{lacks}"]', lacks)
            for lacks in (
                "PEP \u274c",
                "PEP \u2717",
                "PEP (not available)",
                "PEP - Not offered",
                "PEP: No",
                "PEP (no longer offered)",
                "PEP not available",
                "Maternity (closed)",
                "PEP - out of stock",
                "Ushauri haupatikani",
                "No PEP",
                "Hakuna PEP",
                "Hakuna",
                "No services",
                "Same as above",
                "PEP not available here",
                "PEP is not offered at the moment",
                "PEP - not available (refer to KNH)",
                "PEP isn't available",
                "PEP cannot be provided",
                "PEP never available",
                "PEP out of stock",
                "PEP hakuna",
                "PEP: N/A",
                "Does not offer PEP",
                "Not offering PEP",
                "We don't provide PEP",
                "Lacks PEP",
                "Not available: PEP",
            )
        ),
    ],
)
def test_what_names_no_service_is_an_issue(landed: Callable[..., dict[str, Any]], services: str, issue: str) -> None:
    record = landed(services=services)
    assert "Counselling" in record["services"]
    assert record["service_invalid"] == issue


@pytest.mark.parametrize(
    "service",
    [
        *("No scalpel vasectomy", "No-cost legal aid", "Closed adoption", "Norplant", "No charge counselling"),
        *("No FGM campaign", "No to violence", "No smoking clinic", "No. 5 ward", "No 5 ward"),
        *("Referral where PEP is not available", "Transport if not available"),
        *("Counselling (PEP not available)", "PEP (referral only)", "PEP available since 2020"),
    ],
)
def test_a_service_that_only_begins_like_none_is_one(landed: Callable[..., dict[str, Any]], service: str) -> None:
    assert landed(services=json.dumps([service])) == {"services": [service]}


@pytest.mark.parametrize(
    ("answers", "services"),
    [
        ({"PRC": "Y", "PEP": "N", "Counselling": "y"}, ["PRC", "Counselling"]),
        ({"pep": "1", "counselling": "0", "prc": "1"}, ["pep", "prc"]),
        ({"PEP": 1, "Counselling": 0.0, "Legal aid": None}, ["PEP"]),
        ({"PEP": "Y", "P3 forms": "N"}, ["PEP"]),
        ({"Counselling": 1, "beds": 1}, None),
        ({"PEP": 3, "Counselling": 1}, None),
        ({"kind": "Y"}, None),
    ],
)
def test_short_answers_say_which_services_there_are_where_they_can_be_nothing_else(
    landed: Callable[..., dict[str, Any]], answers: dict[str, Any], services: list[str] | None
) -> None:
    assert landed(services=json.dumps(answers)).get("services") == services


def test_what_follows_the_words_not_offered_is_not_offered(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(services='"Counselling, HTS. Services not offered: PEP, Legal aid"') == {
        "services": ["Counselling", "HTS"],
        "service_invalid": "Services not offered: PEP, Legal aid",
    }
    assert landed(services="Not available - PEP; HTS") == {"service_invalid": "Not available - PEP; HTS"}


def test_known_services_that_only_blanks_or_strokes_part_are_one_each(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(services="pep counselling prc") == {"services": ["pep", "counselling", "prc"]}
    assert landed(services="PEP/Counselling/Legal aid") == {"services": ["PEP", "Counselling", "Legal aid"]}
    for one in ("legal aid", "family planning", "medical care", "youth counselling", "HIV/AIDS", "Day/night shelter"):
        assert landed(services=one) == {"services": [one]}


@pytest.mark.parametrize("choice", ["Don't know", "dont_know", "None of the above", "Not sure"])
def test_the_choice_of_who_does_not_know_is_no_service(landed: Callable[..., dict[str, Any]], choice: str) -> None:
    assert landed(services=json.dumps([choice, "PEP"])) == {"services": ["PEP"], "service_invalid": choice}


def test_a_line_that_answers_day_and_night_is_one_service(landed: Callable[..., dict[str, Any]]) -> None:
    whole = ["Day / night shelter", "Ante / post natal care", "Maternal / Child health", "Open / closed ward"]
    assert landed(services=", ".join(whole)) == {"services": whole}
    assert landed(services="24 / 7 counselling, PEP / EC") == {"services": ["24 / 7 counselling", "PEP", "EC"]}


def test_services_nested_too_deep_are_an_issue(landed: Callable[..., dict[str, Any]]) -> None:
    assert list(landed(services="[" * 990 + "]" * 990)) == ["service_invalid"]


@pytest.mark.parametrize(
    ("given", "categories"),
    [
        ('["Sexual Violence", "Physical Violence"]', ["Sexual Violence", "Physical Violence"]),
        ('["rape", "defilement", "FGM"]', ["Sexual Violence", "Harmful Practices"]),
        ('"physical, emotional"', ["Physical Violence", "Emotional/Psychological Violence"]),
        ('[{"category_name": "Digital Violence"}]', ["Digital Violence"]),
        ('{"sexual": "Yes", "physical": "No"}', ["Sexual Violence"]),
    ],
)
def test_gbv_categories_are_canonical(landed: Callable[..., dict[str, Any]], given: str, categories: list[str]) -> None:
    assert landed(gbv_categories=given) == {"gbv_categories": categories}


def test_an_unknown_gbv_category_is_an_issue(landed: Callable[..., dict[str, Any]]) -> None:
    assert landed(gbv_categories='["FGM", "weather"]') == {
        "gbv_categories": ["Harmful Practices"],
        "gbv_category_unknown": "weather",
    }


@pytest.mark.parametrize(
    ("facility_type", "service_name", "category"),
    [
        ("Hospital", "Radiotherapy", "Medical"),
        ("Police Station", "Patrols", "Security"),
        ("Police Station", "Counselling", "Psychosocial"),
        ("GBV Support Organisation", "Legal representation of survivors", "Legal"),
        ("Shelter", "Meals", "Shelter"),
        ("Legal Aid Centre", "Legal Aid", "Legal"),
        (None, "PEP", "Medical"),
        (None, "Ushauri nasaha", "Psychosocial"),
        (None, "Huduma baada ya ubakaji", "Medical"),
        (None, "Gardening", None),
    ],
)
def test_a_service_has_the_category_of_its_name_or_else_of_the_facility(
    facility_type: str | None, service_name: str, category: str | None
) -> None:
    services = pl.DataFrame(
        {"facility_type": [facility_type], "service_name": [service_name]},
        schema_overrides={"facility_type": pl.String},
    )
    assert add_service_category(services)["service_category"].to_list() == [category]


@given(
    st.lists(
        st.lists(st.sampled_from(["PEP", "pep ", "Counselling", "N/A", "a  b", "é", "e\u0301"]), max_size=6), max_size=5
    )
)
def test_reading_many_lists_agrees_with_a_plain_loop(rows: list[list[str]]) -> None:
    import json

    expected = []
    for row in rows:
        names: dict[str, str] = {}
        for name in row:
            cleaned = clean_value(name)
            if cleaned and cleaned.casefold() not in names:
                names[cleaned.casefold()] = cleaned
        expected.append(list(names.values()))
    records = pl.DataFrame({"services": [json.dumps(row) for row in rows]}, schema={"services": pl.String})
    assert add_services(records)["services"].to_list() == expected
