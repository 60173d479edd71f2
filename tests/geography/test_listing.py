"""The command that answers a list of places: ``scripts/resolve_wards.py``."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.geography.test_resolver import square_of_lindi

ROOT = Path(__file__).resolve().parents[2]
OURS = ["ward_code", "ward", "constituency", "county", "level", "method", "score", "candidates", "flags", "suggestion"]
LIST = """County,Constituency,Ward,Lat,Lon,note
Nairobi,Kibra,lindi ward,36.79,-1.31,exchanged
Nairobi,Westlands,Kileleshwa,,,
Nairobi,Kibra,Xyz,0,0,no such ward
"""


def resolve_wards(*arguments: str, given: str | bytes = LIST, status: int = 0) -> tuple[list[dict[str, str]], str]:
    """Run the command on a list; give the rows that it writes and what it says."""
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts" / "resolve_wards.py", *arguments],
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("GVRC_", "DATABASE_URL"))},
    )
    assert ended.returncode == status, ended.stderr.decode()
    return list(csv.DictReader(io.StringIO(ended.stdout.decode()))), ended.stderr.decode()


def written(*cells: str) -> str:
    """Give cells as one line of a CSV file."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def test_a_list_is_answered_row_by_row_beside_what_was_given() -> None:
    rows, said = resolve_wards("-")
    assert list(rows[0]) == ["County", "Constituency", "Ward", "Lat", "Lon", "note", *OURS]
    assert [[row[column] for column in ("note", *OURS[:7], "flags")] for row in rows] == [
        ["exchanged", "1387", "Lindi", "Kibra", "Nairobi", "ward", "normalised", "1.0", "coordinates_exchanged"],
        ["", "1374", "Kileleshwa", "Dagoretti North", "Nairobi", "ward", "county", "1.0", "constituency_mismatch"],
        ["no such ward", "", "", "Kibra", "Nairobi", "constituency", "none", "0.0", "coordinates_dropped"],
    ]
    assert said.startswith("2 of 3 places have a ward")


@pytest.mark.parametrize(
    ("lat", "lon", "flags"),
    [
        ("-1.3106", "36.7906", ""),
        ("1°18'38\"S", "36°47'26\"E", ""),
        ("1.3106 S", "36.7906 E", ""),
        ("-1,3106", "36,7906", ""),
        ("36°47'26\"E", "1°18'38\"S", "coordinates_exchanged"),
        ("N/A", "unknown", ""),
        ("-1.3106", "", "coordinates_dropped"),
        ("somewhere", "36.7906", "coordinates_dropped"),
    ],
)
def test_coordinates_are_read_as_an_import_reads_them(lat: str, lon: str, flags: str, tmp_path: Path) -> None:
    given = written("county", "constituency", "ward", "lat", "lon") + written("Nairobi", "Kibra", "Lindi", lat, lon)
    (row,), _ = resolve_wards("-", "--boundaries", str(square_of_lindi(tmp_path)), given=given)
    assert (row["ward"], row["flags"]) == ("Lindi", flags)


def test_cells_that_say_that_they_are_empty_are_empty() -> None:
    (row,), _ = resolve_wards("-", given="county,constituency,ward\nNairobi,N/A,Lindi&nbsp;\n")
    assert (row["ward"], row["flags"]) == ("Lindi", "")


def test_columns_that_have_our_names_are_kept_as_given() -> None:
    rows, _ = resolve_wards("-", given="county,constituency,ward,level\nNairobi,Kibra,lindi,4\n")
    assert list(rows[0])[:4] == ["given_county", "given_constituency", "given_ward", "given_level"]
    assert (rows[0]["given_ward"], rows[0]["ward"], rows[0]["given_level"]) == ("lindi", "Lindi", "4")


def test_a_file_is_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(f"\ufeff{LIST}", encoding="utf-8")
    rows, _ = resolve_wards(str(tmp_path / "places.csv"), "--output", str(tmp_path / "answers.csv"))
    assert rows == []
    assert len((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()) == 4


def test_without_aliases_only_the_rules_answer() -> None:
    given = "county,constituency,ward\nLaikipia,Laikipia West,Githiga\n"
    assert [resolve_wards("-", *option, given=given)[0][0]["ward_code"] for option in ([], ["--no-aliases"])] == [
        "813",
        "",
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_may_be_parted_as_a_spreadsheet_saves_it(separator: str) -> None:
    given = "county,constituency,ward\nNairobi,Kibra,Lindi\n".replace(",", separator)
    assert [row["ward"] for row in resolve_wards("-", given=given)[0]] == ["Lindi"]


def test_boundaries_warn_of_a_point_far_from_its_ward(tmp_path: Path) -> None:
    given = "county,constituency,ward,lat,lon\nNairobi,Kibra,Lindi,0.5,36.8\nNairobi,Kibra,Lindi,-1.3,36.8\n"
    rows, _ = resolve_wards("-", "--boundaries", str(square_of_lindi(tmp_path)), given=given)
    assert [row["flags"] for row in rows] == ["far_from_ward", ""]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("place\nLindi\n", "The list has no column county, constituency, ward; it needs"),
        ("", "The list is not a CSV file in UTF-8"),
        (b"county,constituency,ward\n\xff,,\n", "The list is not a CSV file in UTF-8"),
        ('county,constituency,ward\na,b,"c', "The list is not a CSV file in UTF-8"),
    ],
)
def test_what_is_not_such_a_list_is_one_clear_line(given: str | bytes, message: str) -> None:
    _, said = resolve_wards("-", given=given, status=2)
    assert said.startswith(f"error: {message}")
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    _, said = resolve_wards(str(tmp_path / "none.csv"), status=2)
    assert said.startswith(f"error: {tmp_path}/none.csv cannot be read: No such file or directory.")


@pytest.mark.parametrize("text", ["", "{}", '{"features": [{}]}', '{"features": []}'])
def test_boundaries_that_are_none_are_one_clear_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "wards.geojson").write_text(text, encoding="utf-8")
    _, said = resolve_wards("-", "--boundaries", str(tmp_path / "wards.geojson"), status=2)
    assert said.startswith(f"error: {tmp_path}/wards.geojson: ")
    assert said.count("\n") == 1


def test_a_database_answers_with_its_own_wards(fresh_url: str) -> None:
    rows, _ = resolve_wards("-", "--database-url", fresh_url)
    assert [(row["ward"], row["constituency"]) for row in rows] == [
        ("Lindi", "Kibra"),
        ("Kileleshwa", "Dagoretti North"),
        ("", "Kibra"),
    ]
