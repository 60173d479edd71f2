"""A record whose ward is not sure leaves the ward that is there; where it lies elsewhere, a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

IN_LINDI = CLINIC | {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"}
WARD = "SELECT ward_name AS name FROM facilities JOIN wards USING (ward_id)"
TOLD = "SELECT DISTINCT field, raw_value FROM etl.issues WHERE kind = 'ward_kept'"


def moved(**place: Any) -> dict[str, Any]:
    nowhere = dict.fromkeys(("county_name", "constituency_name", "ward_name"), "")
    return IN_LINDI | nowhere | place


def told(account: RunAccount) -> int:
    return sum(file.issues["ward_kept"] for file in account.files)


@pytest.mark.parametrize(
    "place",
    [
        {"county_name": "Kisumu"},
        {"county_name": "Kisumu", "constituency_name": "Nyando", "ward_name": "Nonesuch"},
        {"county_name": "Nairobi", "constituency_name": "Langata"},
    ],
)
def test_a_ward_that_stays_although_its_record_now_lies_elsewhere_is_told_in_every_run(
    settings: Settings, fresh: Database, tmp_path: Path, place: dict[str, str]
) -> None:
    assert told(run([write(tmp_path, "a.json", [IN_LINDI])], settings)) == 0
    path = write(tmp_path, "a.json", [moved(**place)])
    before = content(fresh)
    account = run([path], settings)
    assert (outcome(account), told(account)) == ({"read": 1, "unchanged": 1}, 1)
    assert rows(fresh, TOLD) == [{"field": "ward_name", "raw_value": "Lindi (Kibra, Nairobi)"}]
    assert rows(fresh, WARD) == [{"name": "Lindi"}]
    again = run([path], settings, Options(force=True))
    assert (outcome(again), told(again)) == ({"read": 1, "unchanged": 1}, 1)
    assert content(fresh) == before


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"county_name": "Nairobi"},
        {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Nonesuch"},
        {"county_name": "Kisumu", "constituency_name": "Kibra"},
        {"county_name": "Kisumu", "constituency_name": "Nyando", "ward_name": "Ahero"},
    ],
)
def test_of_a_ward_that_the_record_does_not_deny_or_that_it_replaces_nothing_is_told(
    settings: Settings, fresh: Database, tmp_path: Path, place: dict[str, str]
) -> None:
    run([write(tmp_path, "a.json", [IN_LINDI])], settings)
    assert told(run([write(tmp_path, "a.json", [moved(**place)])], settings)) == 0
    assert rows(fresh, TOLD) == []
