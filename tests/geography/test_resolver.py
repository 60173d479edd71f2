from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvrc.columns import PLACE
from gvrc.errors import UsageError
from gvrc.geography import GeographicMapper, PlaceResolver, Thresholds, read_aliases, read_shipped_reference
from gvrc.geography.mapper import GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.geography.conftest import Places

# ---- what a record gets ----------------------------------------------------------------------------------------------


def test_a_ward_is_found_only_within_its_constituency(resolver: PlaceResolver, places: Places) -> None:
    found = resolver.resolve(
        places(("Kiambu", "Thika Town", "Township"), ("Kiambu", "Kiambu", "Township"), ("Kiambu", "Ruiru", "Township"))
    )
    assert found.select("ward_id", "place_level", "ward_match", "ward_score").rows() == [
        (564, "ward", "exact", 1.0),
        (585, "ward", "exact", 1.0),
        (None, "county", "none", 0.0),
    ]


@pytest.mark.parametrize(
    ("names", "ward_id", "method"),
    [
        (("Nairobi", "Kibra", "lindi"), 1387, "exact"),
        (("Siaya", "Gem", "Gem N."), 1169, "normalised"),
        (("Nakuru", "Naivasha", "Viwanda"), 843, "alias"),
        (("Embu", "Manyatta", "Gaturi North"), 317, "county"),
        (("Nairobi", "Kibra", "Kenyatta Golf Course"), 1389, "part"),
        (("Nairobi", "Kibra", "Laini Sabba"), 1386, "fuzzy"),
        (("Nakuru", None, "Biashara", None, -0.295, 36.075), 876, "coordinates"),
        (("Nakuru", None, "Biashara"), None, "none"),
    ],
)
def test_each_match_method_has_its_name(
    resolver: PlaceResolver, places: Places, names: tuple[str | float | None, ...], ward_id: int | None, method: str
) -> None:
    assert resolver.resolve(places(names)).select("ward_id", "ward_match").row(0) == (ward_id, method)


@pytest.mark.parametrize(
    ("names", "sure"),
    [
        (("Nairobi", "Kibra", "Nonesuch"), ("constituency", 278, 47)),
        (("Nairobi", None, "Nonesuch"), ("county", None, 47)),
        ((None, "Kibra", "Nonesuch"), ("constituency", 278, 47)),
        ((None, None, "Lindi"), ("none", None, None)),
        (("Kisumu", "Kibra", "Lindi"), ("none", None, None)),
        (("Nyeri", "Tetu", "Iriaini"), ("county", None, 19)),
        (("Nakuru", "Kuresoi", "Nonesuch"), ("county", None, 32)),
        (("Homa Bay", "Rachuonyo", "Nonesuch"), ("county", None, 43)),
    ],
)
def test_an_unplaced_record_keeps_the_level_that_is_sure(
    resolver: PlaceResolver, places: Places, names: tuple[str | None, ...], sure: tuple[str, int | None, int | None]
) -> None:
    found = resolver.resolve(places(names))
    assert found.select("place_level", "constituency_id", "county_id").row(0) == sure
    assert found["ward_id"].item() is None


def test_candidates_are_at_most_three_and_best_first(resolver: PlaceResolver, places: Places) -> None:
    found = resolver.resolve(places(("Nairobi", "Embakasi West", "Umoja"), ("Nairobi", "Kibra", "Lindi")))
    assert found["ward_candidates"].to_list() == [
        "Umoja I (Embakasi West, Nairobi) 0.90; Umoja Ii (Embakasi West, Nairobi) 0.90",
        None,
    ]


def test_a_ward_outside_the_stated_constituency_is_an_issue(resolver: PlaceResolver, places: Places) -> None:
    found = resolver.resolve(
        places(
            ("Embu", "Manyatta", "Gaturi North"),
            ("Embu", None, "Gaturi North"),
            ("Embu", "Runyenjes", "Gaturi North"),
            ("Kisumu", "Ahero", "Nyando"),
        )
    )
    assert found["issue.constituency_mismatch"].to_list() == ["Manyatta", None, None, "Ahero"]


def test_a_ward_in_one_cell_outside_the_constituency_of_that_cell_is_an_issue(
    resolver: PlaceResolver, places: Places
) -> None:
    found = resolver.resolve(places((None, None, "Kisumu/Kisumu Central/Ahero")))
    assert found.select("ward_id", "issue.constituency_mismatch").row(0) == (1208, "Kisumu/Kisumu Central/Ahero")


@pytest.mark.parametrize(
    ("constituency", "ward"),
    [
        (None, "{county}/{constituency}/{ward}"),
        (None, "{ward} / {constituency} / {county}"),
        (None, "{ward}, {constituency}, {county} County"),
        ("{county} > {constituency}", "{ward}"),
        ("{constituency}, {county}", "{ward}"),
    ],
)
def test_a_place_in_one_cell_is_answered_as_in_cells_of_their_own(
    resolver: PlaceResolver, places: Places, constituency: str | None, ward: str
) -> None:
    units = read_shipped_reference().select("county_name", "constituency_name", "ward_name").rows()
    by_slashes = ward.count("/") > 1
    plain = [
        names for names in units if not re.search(r"[\\,]", "".join(names)) and not ("/" in names[1] and by_slashes)
    ]
    named = [dict(zip(("county", "constituency", "ward"), names, strict=True)) for names in plain]
    chains = [(None, constituency and constituency.format(**names), ward.format(**names)) for names in named]
    found = resolver.resolve(places(*chains))["ward_id"].to_list()
    assert found == resolver.resolve(places(*plain))["ward_id"].to_list()
    assert None not in found


def test_a_ward_that_is_called_like_a_constituency_of_its_county_lies_in_it() -> None:
    """So a key of a tree that may name either (``reading/around.py``) is read as the constituency."""
    wards = read_shipped_reference()
    constituencies = wards.select("county_id", ward_name="constituency_name").unique()
    namesakes = wards.join(constituencies, on=["county_id", "ward_name"], how="semi")
    assert namesakes.filter(pl.col("ward_name") != pl.col("constituency_name")).is_empty()
    assert len(namesakes) == 50


@pytest.mark.parametrize("cell", ["Kericho/Sigowet/Soin", "Kericho/Sigowet/Soin/Sigowet", "Soin/Sigowet/Kericho"])
def test_slashes_do_not_tell_where_a_name_with_a_slash_ends(resolver: PlaceResolver, places: Places, cell: str) -> None:
    assert resolver.resolve(places((None, None, cell)))["ward_id"].to_list() == [None]


def test_a_constituency_of_another_county_is_an_issue_and_no_place(resolver: PlaceResolver, places: Places) -> None:
    found = resolver.resolve(places(("Kisumu", "Gem", "East Gem")))
    assert found.select("ward_id", "place_level", "issue.county_contradiction").row(0) == (None, "none", "Kisumu")


# ---- coordinates -----------------------------------------------------------------------------------------------------


def test_coordinates_far_from_the_ward_are_an_issue_and_never_a_change(places: Places) -> None:
    points = pl.DataFrame({"ward_id": [1387], "latitude": [-1.31], "longitude": [36.79]})
    resolver = PlaceResolver(read_shipped_reference(), read_aliases(), ward_points=lambda: points)
    found = resolver.resolve(
        places(("Nairobi", "Kibra", "Lindi", None, -1.31, 36.80), ("Nairobi", "Kibra", "Lindi", None, -0.3, 36.79))
    )
    assert found["ward_id"].to_list() == [1387, 1387]
    assert found["issue.far_from_ward"].to_list() == [None, "-0.3, 36.79 is 112 km away"]


def test_a_polygon_is_believed_before_the_middle_of_the_facilities(tmp_path: Path, places: Places) -> None:
    points = pl.DataFrame({"ward_id": [1387], "latitude": [1.0], "longitude": [36.79]})
    resolver = PlaceResolver(
        read_shipped_reference(), read_aliases(), boundaries=square_of_lindi(tmp_path), ward_points=lambda: points
    )
    found = resolver.resolve(
        places(("Nairobi", "Kibra", "Lindi", None, -1.3, 36.8), ("Nairobi", "Kibra", "Lindi", None, 1.0, 36.79))
    )
    assert found["issue.far_from_ward"].to_list() == [None, "1.0, 36.79 is 256 km away"]


def test_polygons_that_are_nested_without_end_are_a_wrong_file(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text('{"features": ' + "[" * 5_000 + "]" * 5_000 + "}", "utf-8")
    with pytest.raises(UsageError, match="is not a GeoJSON collection of ward polygons"):
        PlaceResolver(read_shipped_reference(), read_aliases(), boundaries=path)


def square_of_lindi(folder: Path) -> Path:
    square = [[36.7, -1.4], [36.9, -1.4], [36.9, -1.3], [36.7, -1.3], [36.7, -1.4]]
    feature = {
        "type": "Feature",
        "properties": {"ward": "LINDI", "constituency": "Kibra", "county": "Nairobi"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    nameless = {"type": "Feature", "properties": {"ward": None}, "geometry": None}
    path = folder / "wards.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, nameless]}))
    return path


# ---- what the answer does not depend on ------------------------------------------------------------------------------

REFERENCE = read_shipped_reference()
WARDS = REFERENCE.select("county_name", "constituency_name", "ward_name").rows()
CELLS = st.sampled_from(WARDS).map(list)


@st.composite
def given_places(draw: st.DrawFn) -> tuple[str | None, ...]:
    """Draw the names of a ward, with a cell of another ward, a letter lost, or nothing in its place."""
    cells = draw(CELLS)
    at = draw(st.integers(0, 2))
    name = cells[at]
    cut = draw(st.integers(0, len(name) - 1))
    cells[at] = draw(st.sampled_from([name, None, name[:cut] + name[cut + 1 :], draw(CELLS)[at]]))
    return tuple(cells)


BATCHES = st.lists(given_places(), min_size=1, max_size=12)
ANSWER = list(PLACE)


def answers(rows: list[tuple[str | None, ...]]) -> list[tuple[object, ...]]:
    """Resolve with a resolver that has not met these names."""
    names = ["county_name", "constituency_name", "ward_name"]
    records = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], schema=GIVEN)
    found = FRESH.forget().resolve(records)
    assert found.columns == [*GIVEN, *PLACE]
    assert found.select(GIVEN.names()).equals(records)
    return found.select(ANSWER).rows()


class ForgetfulResolver(PlaceResolver):
    def forget(self) -> PlaceResolver:
        self._decided = self._decided.clear()
        return self


FRESH = ForgetfulResolver(REFERENCE, read_aliases())


@settings(max_examples=15, deadline=None)
@given(rows=BATCHES, seed=st.randoms())
def test_the_answer_does_not_depend_on_row_order_or_on_the_rest_of_the_batch(
    rows: list[tuple[str | None, ...]], seed: object
) -> None:
    together = answers(rows)
    order = list(range(len(rows)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    assert answers([rows[at] for at in order]) == [together[at] for at in order]
    assert [answers([row])[0] for row in rows[:2]] == together[:2]


@settings(max_examples=15, deadline=None)
@given(rows=BATCHES, letter_case=st.sampled_from([str.upper, str.lower, str.title]))
def test_the_answer_does_not_depend_on_letter_case(rows: list[tuple[str | None, ...]], letter_case: object) -> None:
    other = [tuple(cell and letter_case(cell) for cell in row) for row in rows]  # type: ignore[operator]
    assert without_raw_values(answers(other)) == without_raw_values(answers(rows))


@settings(max_examples=15, deadline=None)
@given(rows=BATCHES, apostrophe=st.sampled_from("'\u2019`\u00b4\u02bc\u2018\u200b"), at=st.integers(0, 30))
def test_the_answer_does_not_depend_on_apostrophes(
    rows: list[tuple[str | None, ...]], apostrophe: str, at: int
) -> None:
    other = [tuple(cell and cell[:at].replace("'", "") + apostrophe + cell[at:] for cell in row) for row in rows]
    assert without_raw_values(answers(other)) == without_raw_values(answers(rows))


def without_raw_values(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Leave out the issues' text, which is the cell as it was written; whether there is an issue stays."""
    return [(*row[:7], *(value is not None for value in row[7:])) for row in rows]


def test_rows_that_repeat_and_an_empty_batch_are_answered_row_by_row(resolver: PlaceResolver, places: Places) -> None:
    row = ("Nairobi", "Kibra", "Lindi")
    assert resolver.resolve(places(row, ("Kwale", None, None), row))["ward_id"].to_list() == [1387, None, 1387]
    assert resolver.resolve(places().clear()).schema == pl.Schema({**GIVEN, **PLACE})


# ---- other references ------------------------------------------------------------------------------------------------


def database_wards(*names: tuple[str, str, str | None]) -> pl.DataFrame:
    """Make a database's reference of (county, constituency, ward); ids count from 101."""
    counties, constituencies = ([name[:depth] for name in names] for depth in (1, 2))
    rows = [
        (
            101 + at if name[2] else None,
            name[2],
            101 + constituencies.index(name[:2]),
            name[1],
            101 + counties.index(name[:1]),
            name[0],
            None,
            None,
        )
        for at, name in enumerate(names)
    ]
    return pl.DataFrame(rows, REFERENCE.schema, orient="row")


def test_a_database_is_matched_by_its_own_wards_however_they_are_spelt(places: Places) -> None:
    reference = database_wards(
        ("NAIROBI CITY", "KIBRA", "LINDI WARD"),
        ("NAIROBI CITY", "KIBRA", "Laini Sabba Ward"),
        ("NAIROBI CITY", "LANG'ATA", "South C Ward"),
    )
    found = PlaceResolver(reference, read_aliases()).resolve(
        places(("Nairobi", "Kibra", "Lindi"), ("Nairobi", "Kibra", "Laini Saba"), ("Nairobi", "Langata", "South-C"))
    )
    assert found.select("ward_id", "constituency_id", "county_id").rows() == [
        (101, 101, 101),
        (102, 101, 101),
        (103, 103, 101),
    ]


def test_a_ward_that_the_database_lacks_does_not_fall_on_its_namesake(places: Places) -> None:
    reference = database_wards(("Kiambu", "Kiambu", "Township"), ("Kiambu", "Thika Town", None))
    found = PlaceResolver(reference, read_aliases()).resolve(
        places(("Kiambu", "Thika Town", "Township"), ("Kiambu", None, "Township"), ("Kiambu", "Kiambu", "Township"))
    )
    assert found.select("ward_id", "constituency_id", "place_level").rows() == [
        (None, 102, "constituency"),
        (None, None, "county"),
        (101, 101, "ward"),
    ]
    assert found["ward_candidates"][0].startswith("Township (Thika Town, Kiambu; not in the database) 1.00")


def test_invented_places_of_a_database_are_places_by_themselves(places: Places) -> None:
    reference = database_wards(
        ("Unknown", "Unknown", "Unknown"),
        ("Malindi", "Malindi Town", "Malindi Town"),
        ("Kilifi", "Malindi", "Malindi Town"),
    )
    found = PlaceResolver(reference, read_aliases()).resolve(
        places(("Kilifi", "Malindi", "Malindi Town"), ("Unknown", "Unknown", "Unknown"))
    )
    assert found["ward_id"].to_list() == [103, None]


def test_exchanged_names_that_two_constituencies_of_a_database_bear_stay_open(places: Places) -> None:
    twice = [
        (9001, "Sabaki Juu", 9101, "Magarini Chini", 9201, "Malindi", None, None),
        (9002, "Sabaki Juu", 9102, "Magarini Chini", 9201, "Malindi", None, None),
    ]
    reference = read_shipped_reference()
    resolver = PlaceResolver(
        pl.concat([reference, pl.DataFrame(twice, reference.schema, orient="row")]), read_aliases(None)
    )
    found = resolver.resolve(places(("Malindi", "Sabaki Juu", "Magarini Chini"), ("Nairobi", "Kibra", "Lindi")))
    assert found.select("ward_id", "county_id", "ward_match").rows() == [(None, 9201, "none"), (1387, 47, "exact")]


def test_a_ward_that_stands_in_for_its_constituency_is_not_the_official_ward_of_a_similar_name(places: Places) -> None:
    # "Tinderet" is also an alias of the official ward Tindiret: the database's own ward goes first.
    reference = database_wards(("Vihiga", "Luanda", "Luanda Ward"), ("Nandi", "Tinderet", "Tinderet Ward"))
    found = PlaceResolver(reference, read_aliases()).resolve(
        places(
            ("Vihiga", "Luanda", "Luanda Township"), ("Vihiga", "Luanda", "Luanda"), ("Nandi", "Tinderet", "Tinderet")
        )
    )
    assert found["ward_id"].to_list() == [None, 101, 102]


def test_of_two_wards_of_one_name_the_one_with_the_official_name_is_meant(places: Places) -> None:
    reference = database_wards(("Nairobi", "Kibra", "Lindi Ward"), ("Nairobi", "Kibra", "Lindi"))
    assert (
        PlaceResolver(reference, read_aliases()).resolve(places(("Nairobi", "Kibra", "Lindi")))["ward_id"].item() == 102
    )


def test_a_second_ward_of_a_name_stays_in_the_constituency_that_the_database_has_it_in(places: Places) -> None:
    # Read as one of Makadara's, it made Kibra a name of Makadara, too, and the shipped aliases of Kibra ambiguous.
    reference = database_wards(
        ("Nairobi", "Makadara", "Viwandani"),
        ("Nairobi", "Kibra", "Viwandani"),
        ("Nairobi", "New Kibra", "Viwandani"),
        ("Nairobi", "Kibra", "Lindi"),
    )
    found = PlaceResolver(reference, read_aliases()).resolve(
        places(*(("Nairobi", constituency, "Viwandani") for constituency in ("Makadara", "Kibra", "New Kibra", None)))
    )
    assert found["ward_id"].to_list() == [101, 102, 103, None]


# ---- remembering -----------------------------------------------------------------------------------------------------


class DictCache:
    """A cache as a dictionary, which says what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []

    def get_many(self, keys: Iterable[str]) -> Mapping[str, str]:
        self.asked = list(keys)
        return {key: self.answers[key] for key in self.asked if key in self.answers}

    def set_many(self, answers: Mapping[str, str]) -> None:
        self.answers |= answers


def test_a_shared_cache_gives_the_same_answers_and_is_asked_once(places: Places) -> None:
    cache, records = (
        DictCache(),
        places(("Kiambu", None, "Township"), ("Embu", "Manyatta", "Gaturi North"), (None, None, None)),
    )
    first, second = (PlaceResolver(REFERENCE, read_aliases(), cache=cache) for _ in range(2))
    found = first.resolve(records)
    assert len(cache.answers) == 3
    second.resolve(records.head(1))
    assert second.resolve(records).equals(found)
    assert len(cache.asked) == 2


def test_a_changed_rule_table_or_threshold_is_another_fingerprint() -> None:
    resolver = PlaceResolver(REFERENCE, read_aliases())
    assert resolver.fingerprint == PlaceResolver(REFERENCE, read_aliases()).fingerprint
    assert resolver.fingerprint != PlaceResolver(REFERENCE, read_aliases(), Thresholds(ward_margin=0.1)).fingerprint
    assert resolver.fingerprint != PlaceResolver(REFERENCE.head(9), read_aliases()).fingerprint


def test_a_run_with_clean_names_never_loads_the_similarity_library() -> None:
    code = """
import sys, polars as pl
import gvrc.geography
assert "gvrc.geography.resolver" not in sys.modules
from gvrc.geography import GeographicMapper
place = {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"}
assert GeographicMapper().map_location(place)["ward_id"] == 1387
assert "rapidfuzz" not in sys.modules and "shapely" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_mapper_reads_flat_and_nested_names_and_keeps_the_facility() -> None:
    mapper = GeographicMapper()
    nested = mapper.map_location(
        {"facility_name": "A", "location": {"county": "Nairobi", "constituency": "Kibra", "ward": "Lindi"}}
    )
    flat = mapper.map_location({"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"})
    assert nested["facility_name"] == "A"
    assert nested["ward_id"] == flat["ward_id"] == 1387
    assert mapper.map_location({})["place_level"] == "none"
