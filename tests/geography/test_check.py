"""``make geography`` finds what is wrong with the shipped tables: each kind of fault, put in on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from gvrc.geography import check, read_aliases, read_shipped_reference, reference
from gvrc.geography.check import find_alias_faults, find_bent_words, find_faults, find_repeated, find_table_faults
from gvrc.geography.labels import read_gazetteer
from gvrc.geography.thresholds import Thresholds
from gvrc.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.geography.aliases import Aliases
    from gvrc.geography.words import Level

COUNTIES = "county_code,county_name,source\n1,Mombasa,IEBC\n2,Kwale,IEBC\n"


def with_alias(level: Level, **row: str) -> Aliases:
    """Give the shipped aliases and one more."""
    aliases = read_aliases()
    table: pl.DataFrame = getattr(aliases, level)
    added = pl.DataFrame([dict.fromkeys(table.columns) | row], schema=table.schema)
    return replace(aliases, **{level: pl.concat([table, added])})


def renamed(ward_id: int, ward_name: str) -> pl.DataFrame:
    """Give the shipped reference with another name for one ward."""
    name = pl.when(ward_id=ward_id).then(pl.lit(ward_name)).otherwise("ward_name")
    return read_shipped_reference().with_columns(ward_name=name)


def test_the_shipped_tables_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(find_faults()) == []
    assert check.main() == 0
    assert "Checked: 47 counties, 290 constituencies, 1,450 wards" in capsys.readouterr().out


def test_a_fault_is_printed_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "COUNTS", {"counties": 48})
    assert check.main() == 1
    assert capsys.readouterr().out.endswith("\ncounties.csv is not numbered from 1 to 48\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (COUNTIES.replace("2,Kwale", "3,Kwale"), "counties.csv is not numbered from 1 to 2"),
        (COUNTIES.replace("Kwale,IEBC", "Kwale,"), "counties.csv has empty cells"),
    ],
)
def test_a_table_with_a_gap_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, fault: str) -> None:
    monkeypatch.setattr(reference, "DATA", tmp_path)
    (tmp_path / "counties.csv").write_text(COUNTIES, "utf-8")
    assert list(find_table_faults("counties", 2)) == []
    (tmp_path / "counties.csv").write_text(text, "utf-8")
    assert list(find_table_faults("counties", 2)) == [fault]


def test_two_wards_of_one_name_in_one_constituency_are_told() -> None:
    first, second = read_shipped_reference().head(2).rows(named=True)
    assert first["constituency_id"] == second["constituency_id"]
    wards = renamed(second["ward_id"], f"{first['ward_name']} Ward".upper())
    assert set(find_repeated(wards, "ward", "constituency")) == {
        f"the ward {first['ward_name']} is there twice",
        f"the ward {first['ward_name'].upper()} WARD is there twice",
    }


@pytest.mark.parametrize(
    ("ward_name", "fault"),
    [
        ("Norht Kisumu", "the word norht of a real name is read as north"),
        ("Wrad Kisumu", "the word wrad of a real name is dropped as one for a level"),
    ],
)
def test_a_real_word_that_would_be_bent_is_told(ward_name: str, fault: str) -> None:
    assert list(find_bent_words(renamed(1, ward_name))) == [fault]


@pytest.mark.parametrize(
    ("aliases", "fault"),
    [
        (
            with_alias("county", alias="Coast", county="Mombassa", origin="county_aliases.csv"),
            "county_aliases.csv: Coast is another name of no known place",
        ),
        (
            with_alias(
                "constituency",
                alias="Old Town",
                county="Mombasa",
                constituency="Mvitta",
                origin="constituency_aliases.csv",
            ),
            "constituency_aliases.csv: Old Town is another name of no known place",
        ),
        (
            with_alias(
                "ward", alias="a", county="Nairobi", constituency="Kibra", ward="Lindy", origin="ward_aliases.csv"
            ),
            "ward_aliases.csv: the alias 'a' is for the ward 'Lindy'",
        ),
    ],
)
def test_an_alias_that_points_nowhere_is_told(aliases: Aliases, fault: str) -> None:
    gazetteer = read_gazetteer(read_shipped_reference(), aliases, Thresholds())
    (told,) = find_alias_faults(aliases, gazetteer)
    assert told.startswith(fault)
