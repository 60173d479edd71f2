"""Two of one name in two wards of a constituency are two facilities; a corrected ward makes no second one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

SHELTER = {"name": "Amani Shelter", "county": "Nairobi", "constituency": "Westlands"}
IN_KITISURU = SHELTER | {"ward": "Kitisuru", "phone": "0700000016"}
IN_KARURA = SHELTER | {"ward": "Karura", "phone": "0700000017"}
IN_KANGEMI = SHELTER | {"ward": "Kangemi", "phone": "0700000018"}
BOTH = [("Kitisuru", "+254700000016"), ("Karura", "+254700000017")]
PLACES = """
    SELECT ward_name, string_agg(contact_value, ' ' ORDER BY contact_value) AS contacts
    FROM facilities LEFT JOIN wards USING (ward_id) LEFT JOIN facility_contacts USING (facility_id)
    GROUP BY facility_id, ward_name ORDER BY facility_id
"""


def load(settings: Settings, folder: Path, *records: dict[str, Any], name: str = "a.json", force: bool = False) -> Any:
    return run([write(folder, name, list(records))], settings, Options(force=force))


def places(database: Database) -> list[tuple[str, str]]:
    return [(row["ward_name"], row["contacts"]) for row in rows(database, PLACES)]


@pytest.fixture(params=[1, 100])
def sized(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return msgspec.structs.replace(settings, batch_size=request.param)


def test_two_of_one_name_in_two_wards_of_one_file_are_two_and_stay_two(
    sized: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = load(sized, tmp_path, IN_KITISURU, IN_KARURA)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert account.files[0].issues == {"code_generated": 2, "code_claimed_twice": 1}
    assert places(fresh) == BOTH
    before = content(fresh)
    for records in ((IN_KITISURU, IN_KARURA), (IN_KARURA, IN_KITISURU)):
        again = load(sized, tmp_path, *records, force=True)
        assert outcome(again) == {"read": 2, "unchanged": 2}
        assert again.files[0].issues == {"code_generated": 2, "code_claimed_twice": 1}
    assert content(fresh) == before


@pytest.mark.parametrize("is_turned", [False, True])
def test_what_is_new_of_one_of_them_goes_to_that_one(
    sized: Settings, fresh: Database, tmp_path: Path, is_turned: bool
) -> None:
    load(sized, tmp_path, IN_KITISURU, IN_KARURA)
    changed: list[dict[str, Any]] = [
        IN_KITISURU | {"description": "Day and night"},
        IN_KARURA | {"description": "By day"},
    ]
    account = load(sized, tmp_path, *(changed[::-1] if is_turned else changed))
    assert outcome(account) == {"read": 2, "updated": 2}
    assert places(fresh) == BOTH


def test_a_second_one_that_comes_later_beside_the_first_is_another(
    sized: Settings, fresh: Database, tmp_path: Path
) -> None:
    load(sized, tmp_path, IN_KITISURU)
    assert outcome(load(sized, tmp_path, IN_KITISURU, IN_KARURA)) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert places(fresh) == BOTH


def test_a_ward_that_its_source_corrects_makes_no_second_facility(
    sized: Settings, fresh: Database, tmp_path: Path
) -> None:
    load(sized, tmp_path, IN_KITISURU)
    corrected = IN_KITISURU | {"ward": "Karura"}
    assert outcome(load(sized, tmp_path, corrected)) == {"read": 1, "updated": 1}
    assert outcome(load(sized, tmp_path, IN_KITISURU)) == {"read": 1, "updated": 1}
    assert places(fresh) == BOTH[:1]


@pytest.mark.parametrize("ward", [None, "Nonesuch", "Karurra"])
def test_a_record_whose_ward_is_not_known_or_not_sure_may_be_the_one_before(
    sized: Settings, fresh: Database, tmp_path: Path, ward: str | None
) -> None:
    account = load(sized, tmp_path, IN_KITISURU, IN_KITISURU | {"ward": ward})
    assert outcome(account) == {"read": 2, "inserted": 1, "superseded": 1}
    assert len(places(fresh)) == 1


def test_another_body_meets_the_one_in_the_ward_that_it_says(sized: Settings, fresh: Database, tmp_path: Path) -> None:
    load(sized, tmp_path, IN_KITISURU, IN_KARURA)
    said = IN_KARURA | {"phone": "0700000019"}
    assert outcome(load(sized, tmp_path, said, name="another_body.json")) == {"read": 1, "updated": 1}
    assert places(fresh) == [BOTH[0], ("Karura", "+254700000017 +254700000019")]


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("code", [None, 13_080])
def test_another_body_that_has_both_takes_the_place_of_neither(
    sized: Settings, fresh: Database, tmp_path: Path, code: int | None, is_turned: bool
) -> None:
    load(sized, tmp_path, IN_KITISURU | {"code": code})
    said = [IN_KITISURU, IN_KARURA]
    load(sized, tmp_path, *(said[::-1] if is_turned else said), name="another_body.json")
    assert places(fresh) == BOTH


def test_another_body_that_says_no_ward_is_asked_which_of_them_it_means(sized: Settings, tmp_path: Path) -> None:
    load(sized, tmp_path, IN_KITISURU, IN_KARURA)
    account = load(sized, tmp_path, SHELTER, name="another_body.json")
    assert account.files[0].rejects == {"identity_ambiguous": 1}


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_third_ward_takes_the_place_of_neither(
    sized: Settings, fresh: Database, tmp_path: Path, is_turned: bool
) -> None:
    load(sized, tmp_path, IN_KITISURU, IN_KARURA)
    records = [IN_KITISURU, IN_KANGEMI, IN_KARURA]
    load(sized, tmp_path, *(records[::-1] if is_turned else records))
    assert places(fresh) == [*BOTH, ("Kangemi", "+254700000018")]


@pytest.mark.parametrize("is_coded_first", [False, True])
def test_one_with_a_code_and_one_without_in_two_wards_of_one_file_are_two(
    sized: Settings, fresh: Database, tmp_path: Path, is_coded_first: bool
) -> None:
    coded = IN_KITISURU | {"code": 13_080}
    records: list[dict[str, Any]] = [coded, IN_KARURA] if is_coded_first else [IN_KARURA, coded]
    assert outcome(load(sized, tmp_path, *records)) == {"read": 2, "inserted": 2}
    assert sorted(places(fresh)) == sorted(BOTH)


def test_within_a_kilometre_they_are_one_whatever_the_ward(sized: Settings, tmp_path: Path) -> None:
    near = {"lat": -1.24, "long": 36.79}
    account = load(sized, tmp_path, IN_KITISURU | near, IN_KARURA | near)
    assert outcome(account) == {"read": 2, "inserted": 1, "superseded": 1}
