from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvrc.errors import UsageError
from gvrc.geography import PlaceResolver, read_aliases, read_shipped_reference

if TYPE_CHECKING:
    from pathlib import Path

    from tests.geography.conftest import Places

HEADER = "alias,county,constituency,ward\n"


@pytest.fixture
def alias_file(tmp_path: Path) -> Path:
    return tmp_path / "ward_aliases.csv"


def resolver_with(alias_file: Path, text: str) -> PlaceResolver:
    alias_file.write_text(text, encoding="utf-8")
    return PlaceResolver(read_shipped_reference(), read_aliases(alias_file))


def test_a_line_of_the_users_file_settles_a_spelling(alias_file: Path, places: Places) -> None:
    resolver = resolver_with(alias_file, f'{HEADER}"Silanga, Soweto",NAIROBI,kibra,Laini Saba\n\n')
    found = resolver.resolve(places(("Nairobi", "Kibra", "Silanga Soweto"), ("Nairobi", None, "silanga/soweto")))
    assert found.select("ward_id", "ward_match").rows() == [(1386, "alias"), (1386, "county")]


def test_the_file_that_ships_has_a_header_and_nothing_else() -> None:
    from gvrc.settings import Settings

    assert Settings().ward_aliases.read_text(encoding="utf-8") == HEADER


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the columns must be alias,county,constituency,ward, not "),
        ("alias;county\n", "line 1: the columns must be alias,county,constituency,ward, not alias;county"),
        (f"{HEADER}Silanga,Nairobi,Kibra,\n", "line 2: alias, county, constituency and ward must all be given"),
        (f"{HEADER}\nSilanga,Nairobi,Kibra\n", "line 3: alias, county, constituency and ward must all be given"),
        (f"{HEADER}a,Nairoby,Kibra,Lindi\n", "line 2: the alias 'a' is for the county 'Nairoby', which is not known"),
        (f"{HEADER}a,Nairobi,Kibera,Lindi\n", "line 2: the alias 'a' is for the constituency 'Kibera'"),
        (f"{HEADER}a,Nairobi,Kibra,Lindy\n", "line 2: the alias 'a' is for the ward 'Lindy'"),
        (
            f"{HEADER}Silanga,Nairobi,Kibra,Lindi\nSilanga,Nairobi,Kibra,Makina\n",
            "line 3: 'Silanga' is already a name of another ward of Kibra",
        ),
        (
            f"{HEADER}Woodley,Nairobi,Kibra,Lindi\n",
            "line 2: 'Woodley' is already a name of another ward of Kibra",
        ),
        (f"{HEADER}Lindi,Nairobi,Kibra,Makina\n", "line 2: 'Lindi' is already a name of another ward of Kibra"),
        (f'{HEADER}"Silanga\n', "is not a CSV file in UTF-8"),
    ],
)
def test_a_bad_row_is_an_error_that_names_file_and_line(alias_file: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        resolver_with(alias_file, text)
    assert str(alias_file) in str(error.value)
    assert message in str(error.value)


def test_a_file_that_cannot_be_read_is_an_error(alias_file: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\)"):
        read_aliases(alias_file)
    alias_file.write_bytes(HEADER.encode() + b"\xff,a,b,c\n")
    with pytest.raises(UsageError, match="is not a CSV file in UTF-8"):
        read_aliases(alias_file)
