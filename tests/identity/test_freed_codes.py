"""A code that a facility gives up late in a run goes in this run to the record that was refused it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.database import connect
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.identity.test_freed_numbers import lose_connection_at_the_end
from tests.settled.test_settled import stands, told
from tests.test_pipeline import CLINIC, outcomes, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

LISTED = Options(source="list")
NAMES = {"a": "Amani Clinic", "b": "Baraka Dispensary", "c": "Chemi Hospital", "d": "Dawa Health Centre"}
FIRST, LATER = [("a", 1), ("b", 2), ("c", 3)], [("a", 2), ("b", 3), ("c", 4)]


def record(key: str, code: int, **others: Any) -> dict[str, Any]:
    """Make a record of a facility that its body knows by a key, whatever its code."""
    id_ = f"0000000{key}-0000-4000-8000-000000000000"
    return CLINIC | {"id": id_, "code": code, "name": NAMES[key], "registration_number": None} | others


def write_months(folder: Path, *months: list[tuple[str, int]]) -> list[str]:
    """Write the list of each month; no record is like that of the month before."""
    return [
        write(folder, f"month_{at}.json", [record(key, code, beds=at) for key, code in month])
        for at, month in enumerate(months)
    ]


def codes(database: Database) -> dict[str, str]:
    found = rows(database, "SELECT facility_name, facility_code FROM facilities ORDER BY 1")
    return {row["facility_name"].split()[0]: row["facility_code"] for row in found}


def run_again(path: str, settings: Settings) -> dict[str, int]:
    """Run a file again, all of its records merged: what was written."""
    again = run([path], settings, Options(source="list", force=True)).totals()
    return {name: again[name] for name in ("inserted", "updated", "rejected") if again[name]}


@pytest.mark.parametrize("batch_size", [1, 100])
@pytest.mark.parametrize(
    "case",
    [
        (LATER, {"Amani": "2", "Baraka": "3", "Chemi": "4"}, 0),
        (LATER[::-1], {"Amani": "2", "Baraka": "3", "Chemi": "4"}, 0),
        ([("a", 2), ("b", 1)], {"Amani": "1", "Baraka": "2", "Chemi": "3"}, 2),
    ],
    ids=["each gives up its own for the next", "in the other order", "two are exchanged"],
)
def test_a_body_that_numbers_its_facilities_anew_has_its_codes_after_one_run(
    settings: Settings,
    fresh: Database,
    tmp_path: Path,
    batch_size: int,
    case: tuple[list[tuple[str, int]], dict[str, str], int],
) -> None:
    later, left, claimed = case
    changed = msgspec.structs.replace(settings, batch_size=batch_size)
    first, second = write_months(tmp_path, FIRST, later)
    run([first], changed, LISTED)
    account = run([second], changed, LISTED)
    assert codes(fresh) == left
    assert outcomes(account) == [{"read": len(later), "updated": len(later)}]
    assert (account.files[0].issues["code_claimed_twice"], account.files[0].issues["code_generated"]) == (claimed,) * 2
    assert rows(fresh, "SELECT count(*) AS n FROM etl.issues WHERE kind = 'code_claimed_twice'") == [{"n": claimed}]
    assert run_again(second, changed) == {}
    assert codes(fresh) == left


def test_a_facility_elsewhere_is_given_the_code_that_it_was_refused_in_place_of_a_generated_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "before.json", [record("b", 2)])], settings, LISTED)
    elsewhere: dict[str, Any] = {"county_name": "Mombasa", "constituency_name": "Kisauni", "ward_name": "Bamburi"}
    elsewhere |= {"lat": None, "long": None}
    claimants = [record("a", 2, **elsewhere), record("d", 2, **elsewhere)]
    path = write(tmp_path, "a.json", [*claimants, record("b", 3)])
    account = run([path], settings, LISTED)
    assert codes(fresh)["Amani"] == "2"
    assert codes(fresh)["Baraka"] == "3"
    assert codes(fresh)["Dawa"].startswith("LIST-")
    assert outcomes(account) == [{"read": 3, "inserted": 2, "updated": 1}]
    assert account.files[0].issues["code_claimed_twice"] == 1
    before = stands(fresh)
    assert run_again(path, settings) == {}
    assert stands(fresh) == before


def test_a_dry_run_says_who_is_given_a_code_and_gives_it_to_nobody(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    first, later = write_months(tmp_path, FIRST, LATER)
    run([first], settings, LISTED)
    planned = run([later], settings, Options(source="list", dry_run=True))
    assert codes(fresh) == {"Amani": "1", "Baraka": "2", "Chemi": "3"}
    assert told(run([later], settings, LISTED)) == told(planned)


def test_a_given_code_is_taken_back_with_its_run(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    first, later = write_months(tmp_path, FIRST, LATER)
    run([first], settings, LISTED)
    before = stands(fresh) | {"etl.issues": None}
    account = run([later], settings, LISTED)
    undo(account.run_id, settings)
    assert codes(fresh) == {"Amani": "1", "Baraka": "2", "Chemi": "3"}
    assert stands(fresh) | {"etl.issues": None} == before


def test_a_code_is_given_after_a_lost_connection_too(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, later = write_months(tmp_path, FIRST, LATER)
    run([first], settings, LISTED)
    losses = lose_connection_at_the_end(fresh, monkeypatch)
    run([later], msgspec.structs.replace(settings, retry_wait_seconds=0.01), LISTED)
    assert losses
    assert codes(fresh) == {"Amani": "2", "Baraka": "3", "Chemi": "4"}


MONTH = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 5)), min_size=1, max_size=4, unique_by=lambda said: said[0]
)


@examples(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(MONTH, MONTH))
def test_whoever_numbers_anew_has_nothing_to_gain_by_a_second_run_whatever_the_size_of_a_batch(
    settings: Settings,
    tmp_path: Path,
    further_urls: Callable[[], str],
    months: tuple[list[tuple[str, int]], ...],
) -> None:
    paths, borne = write_months(tmp_path, *months), []
    for batch_size in (1, 100):
        changed = msgspec.structs.replace(settings, database_url=further_urls(), batch_size=batch_size)
        for path in paths:
            run([path], changed, LISTED)
        with connect(str(changed.database_url)) as database:
            borne.append(codes(database))
            before = stands(database)
            assert run_again(paths[-1], changed) == {}
            assert stands(database) == before
    assert borne[0] == borne[1]
