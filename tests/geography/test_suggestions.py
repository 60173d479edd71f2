from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvrc.geography import PlaceResolver, add_ward_suggestion, read_aliases, read_shipped_reference

if TYPE_CHECKING:
    from pathlib import Path

    from tests.geography.conftest import Places


@pytest.mark.parametrize(
    ("names", "suggestion"),
    [
        (("Nairobi", "Kibra", "Lindi"), None),
        (
            ("Nairobi", "Kibra", "Lyndy"),
            (
                "ward 'Lyndy' (constituency 'Kibra', county 'Nairobi') not found; nearest: Lindi (Kibra, Nairobi) 0.68;"
                " if the first is meant, add to config/ward_aliases.csv: Lyndy,Nairobi,Kibra,Lindi"
            ),
        ),
        (
            ("Nairobi", "Kibra", "Xyz, 9"),
            (
                "ward 'Xyz, 9' (constituency 'Kibra', county 'Nairobi') not found;"
                ' add to config/ward_aliases.csv: "Xyz, 9",<county>,<constituency>,<ward>'
            ),
        ),
        (
            ("Nairobi", "Kibra", "N/A"),
            "no ward given (constituency 'Kibra', county 'Nairobi'); give the ward in the source file",
        ),
        (
            (None, None, "Lindi"),
            (
                "ward 'Lindi' (constituency '-', county '-') not found; nearest: Lindi (Kibra, Nairobi) 1.00;"
                " give the county in the source file"
            ),
        ),
        (
            ("Kisumu", "Kibra", "Lindi"),
            (
                "ward 'Lindi' (constituency 'Kibra', county 'Kisumu') not found; nearest: Lindi (Kibra, Nairobi) 1.00;"
                " the constituency is in another county: mend one of the two in the source file"
            ),
        ),
        (
            ("Nyeri", None, "Iriaini"),
            (
                "ward 'Iriaini' (constituency '-', county 'Nyeri') not found; nearest: Iriaini (Mathira, Nyeri) 1.00 |"
                " Iria-Ini (Othaya, Nyeri) 1.00; several wards bear this name: give the constituency, or"
                " coordinates, in the source file"
            ),
        ),
    ],
)
def test_an_open_ward_says_what_was_given_what_is_near_and_what_settles_it(
    resolver: PlaceResolver, places: Places, names: tuple[str | None, ...], suggestion: str | None
) -> None:
    assert add_ward_suggestion(resolver.resolve(places(names)))["ward_suggestion"].item() == suggestion


def test_a_ward_that_the_database_lacks_is_to_be_added_there(places: Places) -> None:
    reference = read_shipped_reference().filter(~(read_shipped_reference()["ward_name"] == "Lindi"))
    found = PlaceResolver(reference, read_aliases()).resolve(places(("Nairobi", "Kibra", "Lindi")))
    assert add_ward_suggestion(found)["ward_suggestion"].item() == (
        "ward 'Lindi' (constituency 'Kibra', county 'Nairobi') not found; nearest:"
        " Lindi (Kibra, Nairobi; not in the database) 1.00; the database lacks the ward Lindi: add it there"
    )


def test_the_suggested_row_settles_the_name(tmp_path: Path, resolver: PlaceResolver, places: Places) -> None:
    records = places(("Nairobi", "Kibra", 'Lyn"dy, Kib'))
    row = add_ward_suggestion(resolver.resolve(records))["ward_suggestion"].item().partition(".csv: ")[2]
    (tmp_path / "aliases.csv").write_text(f"alias,county,constituency,ward\n{row}\n", encoding="utf-8")
    settled = PlaceResolver(read_shipped_reference(), read_aliases(tmp_path / "aliases.csv")).resolve(records)
    assert settled.select("ward_id", "ward_match").row(0) == (1387, "alias")
