"""Who answers a number that a facility has already: what stands is kept, and what a record says otherwise is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

NAMED = CLINIC | {"contact_person": "Sample Matron"}


def people(database: Database) -> list[Any]:
    return [row["contact_person_name"] for row in rows(database, "SELECT contact_person_name FROM facility_contacts")]


@pytest.mark.parametrize("said", [{}, {"contact_person": "Sample Clerk"}])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_another_person_at_a_number_that_is_there_is_told_at_every_run(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, said: dict[str, str]
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    run([write(tmp_path, "a.json", [CLINIC | said])], settings)
    stood, path = people(fresh), write(tmp_path, "b.json", [NAMED])
    for _ in range(2):
        account = run([path], settings, Options(force=True))
        assert account.files[0].issues["contact_person_kept"] == 1
        assert people(fresh) == stood
    before = content(fresh)
    assert outcome(run([path], settings, Options(force=True))) == {"read": 1, "unchanged": 1}
    assert content(fresh) == before
    told = rows(fresh, "SELECT field, raw_value FROM etl.issues WHERE kind = 'contact_person_kept'")
    assert told == [{"field": "contacts", "raw_value": "+254700000016"}]


@pytest.mark.parametrize("said", [{}, {"contact_person": "SAMPLE MATRON"}, {"phone": "0700000017"}])
def test_who_says_no_name_or_the_same_or_has_another_number_is_not_told(
    settings: Settings, tmp_path: Path, said: dict[str, str]
) -> None:
    run([write(tmp_path, "a.json", [NAMED])], settings)
    account = run([write(tmp_path, "b.json", [CLINIC | {"description": "By day"} | said])], settings)
    assert account.files[0].issues["contact_person_kept"] == 0
