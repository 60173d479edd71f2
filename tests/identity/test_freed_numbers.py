"""A number that a facility gives up late in a run goes in this run to the record that was refused it."""

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
from tests.settled.test_settled import stands, told
from tests.test_pipeline import CLINIC, END_OTHERS, outcomes, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings


CLAIMED_TWICE = "registration_number_claimed_twice"


def record(code: int, number: str | None, **others: Any) -> dict[str, Any]:
    """Make a record of a facility, with its registration number."""
    return CLINIC | {"code": code, "name": f"Clinic {code}", "registration_number": number} | others


def numbers(database: Database) -> dict[str, str | None]:
    facilities = rows(database, "SELECT facility_code, registration_number FROM facilities ORDER BY 1")
    return {row["facility_code"]: row["registration_number"] for row in facilities}


def refused(database: Database) -> list[str]:
    return [
        row["raw_value"] for row in rows(database, f"SELECT raw_value FROM etl.issues WHERE kind = '{CLAIMED_TWICE}'")
    ]


def run_again(paths: list[str], settings: Settings) -> dict[str, int]:
    """Run the same files again, all of their records merged: what was written."""
    again = run(paths, settings, Options(force=True)).totals()
    return {name: again[name] for name in ("inserted", "updated", "rejected") if again[name]}


BEARER, CLAIMANT, GIVES_UP = record(1, "GK-16"), record(2, "GK-16"), record(1, "GK-17")


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_number_that_is_given_up_late_goes_to_its_claimant_in_the_same_run(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    changed = msgspec.structs.replace(settings, batch_size=batch_size)
    path = write(tmp_path, "a.json", [BEARER, CLAIMANT, GIVES_UP])
    account = run([path], changed)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}
    assert outcomes(account) == [{"read": 3, "inserted": 2, "superseded": 1}]
    assert (account.files[0].issues[CLAIMED_TWICE], refused(fresh)) == (0, [])
    assert run_again([path], changed) == {}
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}


def test_a_run_that_was_stopped_before_it_gave_the_number_leaves_that_to_the_next_one(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", [BEARER, CLAIMANT, GIVES_UP])
    with monkeypatch.context() as stopped:
        stopped.setattr("gvrc.loading.freed.give_out_freed", stop)
        with pytest.raises(KeyboardInterrupt):
            run([path], settings)
    assert numbers(fresh) == {"1": "GK-17", "2": None}
    assert outcomes(run([path], settings)) == [{"read": 3, "updated": 1, "unchanged": 1, "superseded": 1}]
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}


def stop(_: object) -> None:
    raise KeyboardInterrupt


def test_a_record_that_came_before_is_an_updated_one_when_it_is_given_its_number(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    claims = write(tmp_path, "claims.json", [CLAIMANT])
    run([write(tmp_path, "bears.json", [BEARER])], settings)
    run([claims], settings)
    assert numbers(fresh) == {"1": "GK-16", "2": None}
    gives_up = write(tmp_path, "gives_up.json", [GIVES_UP])
    account = run([claims, gives_up], settings, Options(force=True))
    assert outcomes(account) == [{"read": 1, "updated": 1}] * 2
    assert account.files[0].issues[CLAIMED_TWICE] == 0
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}
    assert run_again([claims, gives_up], settings) == {}


def test_a_settled_record_is_given_the_number_that_a_later_batch_gives_up(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    changed, listed = msgspec.structs.replace(settings, batch_size=1), Options(source="list")
    run([write(tmp_path, "before.json", [BEARER, CLAIMANT])], changed, listed)
    assert rows(fresh, "SELECT refused_number FROM etl.settled_facilities WHERE refused_number IS NOT NULL")
    path = write(tmp_path, "a.json", [CLAIMANT, record(3, None), GIVES_UP])
    account = run([path], changed, listed)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16", "3": None}
    assert outcomes(account) == [{"read": 3, "inserted": 1, "updated": 2}]
    assert account.files[0].issues[CLAIMED_TWICE] == 0
    assert run_again([path], changed) == {}


def test_whoever_is_given_a_number_leaves_another_one_and_the_first_claimant_has_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "before.json", [BEARER, record(2, "GK-18")])], settings)
    records = [record(3, "GK-18"), record(4, "GK-18"), CLAIMANT, GIVES_UP]
    path = write(tmp_path, "a.json", records)
    account = run([path], settings)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16", "3": "GK-18", "4": None}
    assert outcomes(account) == [{"read": 4, "inserted": 2, "updated": 2}]
    assert (account.files[0].issues[CLAIMED_TWICE], refused(fresh)) == (1, ["GK-18"])
    assert run_again([path], settings) == {}


@pytest.mark.parametrize("batch_size", [1, 100])
def test_two_facilities_exchange_their_numbers_whatever_the_size_of_a_batch(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    changed = msgspec.structs.replace(settings, batch_size=batch_size)
    run([write(tmp_path, "before.json", [BEARER, record(2, "GK-17")])], changed)
    path = write(tmp_path, "a.json", [GIVES_UP, CLAIMANT])
    assert outcomes(run([path], changed)) == [{"read": 2, "updated": 2}]
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}
    assert run_again([path], changed) == {}


def test_a_record_that_another_one_took_the_place_of_is_given_no_number(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [BEARER, CLAIMANT, record(2, None, beds=5), GIVES_UP])
    run([path], settings)
    assert numbers(fresh) == {"1": "GK-17", "2": None}
    assert run_again([path], settings) == {}


def test_a_number_that_a_person_has_changed_is_kept_from_what_was_given_up(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    keeping = msgspec.structs.replace(settings, keep_manual_edits=True)
    run([write(tmp_path, "before.json", [BEARER, record(2, "GK-18")])], keeping)
    fresh.execute("UPDATE facilities SET registration_number = 'GK-19' WHERE facility_code = '2'")
    path = write(tmp_path, "a.json", [CLAIMANT, GIVES_UP])
    run([path], keeping)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-19"}
    assert run_again([path], keeping) == {}


def test_a_dry_run_says_who_is_given_a_number_and_gives_it_to_nobody(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "before.json", [BEARER, record(2, None)])], settings)
    path = write(tmp_path, "a.json", [CLAIMANT, GIVES_UP])
    planned = run([path], settings, Options(dry_run=True))
    assert numbers(fresh) == {"1": "GK-16", "2": None}
    assert told(run([path], settings)) == told(planned)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}


def test_a_given_number_is_taken_back_with_its_run(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "before.json", [BEARER, record(2, "GK-18")])], settings)
    before = stands(fresh) | {"etl.issues": None}
    account = run([write(tmp_path, "a.json", [CLAIMANT, GIVES_UP])], settings)
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}
    undo(account.run_id, settings)
    assert numbers(fresh) == {"1": "GK-16", "2": "GK-18"}
    assert stands(fresh) | {"etl.issues": None} == before


def test_a_number_is_given_after_a_lost_connection_too(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = lose_connection_at_the_end(fresh, monkeypatch)
    patient = msgspec.structs.replace(settings, retry_wait_seconds=0.01)
    account = run([write(tmp_path, "a.json", [BEARER, CLAIMANT, GIVES_UP])], patient)
    assert losses
    assert numbers(fresh) == {"1": "GK-17", "2": "GK-16"}
    assert outcomes(account) == [{"read": 3, "inserted": 2, "superseded": 1}]


def lose_connection_at_the_end(fresh: Database, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have the server end the connections once, before the run gives out what was freed; the list tells that it did."""
    from gvrc.loading import commit

    load_outcomes = commit.load_outcomes
    losses: list[Any] = []

    def lose(loader: Any, batch: Any) -> Any:
        if batch.is_last and not losses:
            losses.append(rows(fresh, END_OTHERS))
        return load_outcomes(loader, batch)

    monkeypatch.setattr(commit, "load_outcomes", lose)
    return losses


FILES = st.tuples(
    *[
        st.lists(
            st.tuples(st.integers(1, 4), st.sampled_from(["GK-16", "GK-17", "GK-18", None])), min_size=1, max_size=6
        )
    ]
    * 2
)


def write_claims(folder: Path, files: tuple[list[tuple[int, str | None]], ...]) -> list[str]:
    """Write files of records that claim numbers, none of them like another."""
    return [
        write(folder, name, [record(code, number, beds=at) for at, (code, number) in enumerate(claims)])
        for name, claims in zip(("a.json", "b.json"), files, strict=True)
    ]


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_after_a_run_nobody_waits_for_a_number_that_nobody_bears_whatever_the_size_of_a_batch(
    settings: Settings,
    tmp_path: Path,
    further_urls: Callable[[], str],
    files: tuple[list[tuple[int, str | None]], ...],
) -> None:
    paths, borne = write_claims(tmp_path, files), []
    for batch_size in (1, 100):
        changed = msgspec.structs.replace(settings, database_url=further_urls(), batch_size=batch_size)
        account = run(paths, changed)
        with connect(str(changed.database_url)) as database:
            borne.append(numbers(database))
            assert set(last_words(files)) <= set(borne[-1].values())
            before = stands(database)
            counted = account.totals()
            kinds = ("inserted", "updated", "unchanged", "superseded", "rejected")
            assert counted["read"] == sum(counted[kind] for kind in kinds)
            assert run_again(paths, changed) == {}
            assert stands(database) == before
    assert borne[0] == borne[1]


def last_words(files: tuple[list[tuple[int, str | None]], ...]) -> list[str]:
    """Give the numbers that the last records of the facilities claim."""
    last = {code: number for claims in files for code, number in claims}
    return [number for number in last.values() if number]
