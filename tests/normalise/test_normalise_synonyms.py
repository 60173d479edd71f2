from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path

import pytest

from gvrc.values.synonyms import canonical_name, read_synonyms
from gvrc.values.text import fold

TABLES = sorted(
    table.name.removesuffix(".csv")
    for table in files("gvrc").joinpath("values", "synonyms").iterdir()
    if table.name.endswith(".csv")
)
KMHFL = Path(__file__).parents[3] / "shared/data/kmhfl"


def rows(*path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("gvrc").joinpath(*path).read_text(encoding="utf-8").splitlines()))


def test_the_tables_are_there() -> None:
    assert TABLES == [
        "contact_types",
        "facility_levels",
        "facility_types",
        "gbv_categories",
        "operational_statuses",
        "owner_types",
        "service_categories",
    ]


@pytest.mark.parametrize("table", TABLES)
def test_a_spelling_means_one_thing_and_has_a_source(table: str) -> None:
    spellings = [fold(row["given"]) for row in rows("values", "synonyms", f"{table}.csv")]
    assert len(spellings) == len(set(spellings))
    assert all(
        row["given"] and row["canonical"] and row["source"] for row in rows("values", "synonyms", f"{table}.csv")
    )


@pytest.mark.parametrize("table", TABLES)
def test_a_canonical_name_means_itself(table: str) -> None:
    for name in set(read_synonyms(table).values()):
        assert canonical_name(table, name) == name


@pytest.mark.parametrize("table", [table for table in TABLES if not table.startswith("facility_")])
def test_a_fresh_database_has_every_canonical_name(table: str) -> None:
    named = [row["name"] for row in rows("lookups.csv") if row["lookup"] == table]
    unknown = {"owner_types": ["Unknown"], "service_categories": ["Other"]}.get(table, [])  # as lookup_defaults says
    assert sorted([*set(read_synonyms(table).values()), *unknown]) == sorted(named)


def test_a_lookup_is_described_and_in_order() -> None:
    lookups = rows("lookups.csv")
    assert all(row["description"] for row in lookups)
    for lookup in {row["lookup"] for row in lookups}:
        orders = [int(row["sort_order"]) for row in lookups if row["lookup"] == lookup]
        assert orders == list(range(1, len(orders) + 1))


def test_every_type_but_that_of_many_kinds_of_help_has_a_service_category() -> None:
    types = set(read_synonyms("facility_types").values())
    assert {name for name in types if not canonical_name("service_categories", name)} == {"GBV Support Organisation"}


@pytest.mark.parametrize(
    ("table", "given", "canonical"),
    [
        ("facility_types", "Zahanati", "Dispensary"),
        ("facility_types", "Kituo cha Afya", "Health Centre"),
        ("facility_types", "Dawati la jinsia na watoto", "Gender Desk"),
        ("owner_types", "Serikali", "Public"),
    ],
)
def test_types_and_owners_are_known_in_swahili(table: str, given: str, canonical: str) -> None:
    assert canonical_name(table, given) == canonical


def test_a_level_is_known_in_figures_in_words_and_as_romans_write_it() -> None:
    given = ("KEPH Level 4", "KEPH Level IV", "Keph level four", "Level Four", "KEPH IV")
    assert [canonical_name("facility_levels", level) for level in given] == ["Level 4"] * 5
    assert canonical_name("facility_levels", "Tier 3") is None


@pytest.mark.skipif(not KMHFL.exists(), reason="the register's export (../shared/data/kmhfl) is not here")
@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("facility_type_name", "facility_types"),
        ("keph_level_name", "facility_levels"),
        ("owner_type_name", "owner_types"),
        ("owner_name", "owner_types"),
        ("operation_status_name", "operational_statuses"),
    ],
)
def test_every_word_of_the_national_register_is_known(key: str, table: str) -> None:
    given = {
        record[key]
        for path in KMHFL.glob("*.json")
        for record in json.loads(path.read_text(encoding="utf-8"))["results"]
    }
    assert {word for word in given if word and not canonical_name(table, word)} == set()
