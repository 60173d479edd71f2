"""A superseded record that comes again, and the one that superseded it, are counted as if they had been merged."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc import ledger
from gvrc.database import connect
from gvrc.loading import commit
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.neighbours.test_tied_wards import SECOND_VIWANDANI
from tests.settled.test_settled import clinics, forget_settled, stands, told
from tests.test_pipeline import CLINIC, END_OTHERS, TABLES, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.open_run import Run
    from gvrc.settings import Settings
    from tests.settled.test_settled import Twins

FIRST, SECOND, THIRD = (
    CLINIC | {"description": text, "phone": f"070000001{number}", "beds": number}
    for number, text in enumerate(("Open by day", "Open by night", "Open day and night"), start=1)
)
REMEMBERED = "SELECT encode(uuid_send(content_hash), 'hex') AS content_hash FROM etl.superseded_records ORDER BY 1"
DELETE_FACILITIES = [f"DELETE FROM {table}" for table in reversed(TABLES)]
IN_THE_SAME_WORDS = """
INSERT INTO etl.rejects (run_no, file_no, record_number, source, content_hash, reason, raw)
SELECT run_no, file_no, record_number, source, replace(content_hash::text, '-', ''), 'name_missing', '{}'
FROM etl.facility_source
WHERE is_superseded
"""


def remember(twins: Twins, paths: list[str], **changed: Any) -> None:
    """Import files until nothing of them is opened: most are settled after one run, the others after two."""
    for _ in range(3):
        twins.run(paths, **changed)


@pytest.mark.parametrize("batch_size", [1, 10_000])
def test_a_pair_is_not_opened_again(
    settings: Settings, tmp_path: Path, transformed: list[str], batch_size: int
) -> None:
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    run([path], msgspec.structs.replace(settings, batch_size=batch_size))
    transformed.clear()
    settled = run([path], settings, Options(force=True))
    assert transformed == []
    assert outcome(settled) == {"read": 2, "unchanged": 1, "superseded": 1}


def test_a_pair_of_which_nothing_was_remembered_is_opened_once(
    settings: Settings, fresh: Database, tmp_path: Path, transformed: list[str]
) -> None:
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    run([path], settings)
    forget_settled(fresh)
    for opened in ([CLINIC["name"]] * 2, []):
        transformed.clear()
        run([path], settings, Options(force=True))
        assert transformed == opened


def test_the_pair_of_the_national_list_is_not_opened_again(
    twins: Twins, shared_data: Path, transformed: list[str]
) -> None:
    path = str(shared_data / "kmhfl" / "nandi.json")
    read = twins.run([path]).totals()["read"]
    transformed.clear()
    account = twins.run([path])
    assert len(transformed) == read  # by the long way
    assert account.totals()["superseded"] == 1
    assert account.files[0].issues["superseded_conflict"] == 1


def test_where_one_of_a_pair_has_changed_only_what_speaks_of_its_facility_is_opened(
    settings: Settings, tmp_path: Path, transformed: list[str]
) -> None:
    other = CLINIC | {"code": 13081, "name": "Kayole Safe House"}
    records = [FIRST, SECOND, other, other | {"beds": 9}]
    for _ in range(3):
        run([write(tmp_path, "a.json", records)], settings, Options(force=True))
    transformed.clear()
    account = run([write(tmp_path, "a.json", [*records, THIRD])], settings)
    assert sorted(transformed) == [CLINIC["name"]] * 3
    assert outcome(account) == {"read": 5, "updated": 1, "unchanged": 1, "superseded": 3}


BASES = ("12/", "21/", "1/2")  # which records of a clinic come in each of two files, of two sources
LATER = ("21/", "2/1", "1/", "2/", "112/2", "122/", "123/", "132/", "312/", "13/2", "3/12", "3/", "1/3", "2/13")
COMING = list(itertools.product(BASES, LATER))


def write_orders(folder: Path, orders: list[str]) -> list[str]:
    """Write two files with what each clinic's order says."""
    files: tuple[list[dict[str, Any]], ...] = ([], [])
    for number, order in enumerate(orders):
        for records, said in zip(files, order.split("/"), strict=True):
            records.extend(said_of_clinic(number, said))
    return [write(folder, f"{name}.json", records) for name, records in zip("ab", files, strict=True)]


def said_of_clinic(number: int, order: str) -> list[dict[str, Any]]:
    named = {"code": 14_000 + number, "name": f"Mukuru Clinic {number}"}
    return [(FIRST, SECOND, THIRD)[int(which) - 1] | named for which in order]


@pytest.mark.parametrize("batch_size", [5, 10_000])
def test_whoever_comes_beside_a_pair_and_in_whatever_order_it_comes_out_as_by_the_long_way(
    twins: Twins, tmp_path: Path, batch_size: int
) -> None:
    before, after = ([order[step] for order in COMING] for step in (0, 1))
    for orders in (before, before, before, after, after, after, before, before):
        twins.run(write_orders(tmp_path, orders), batch_size=batch_size)


def test_that_a_superseded_record_came_is_remembered_in_the_batches_after_its_own(
    twins: Twins, tmp_path: Path, transformed: list[str]
) -> None:
    other = CLINIC | {"code": 13081, "name": "Kayole Safe House"}
    remember(twins, [write(tmp_path, "a.json", [FIRST, SECOND, other])])
    transformed.clear()
    path = write(tmp_path, "a.json", [FIRST, other | {"beds": 9}, THIRD])
    account = twins.run([path], batch_size=2)  # the second fills half a batch, and ends it
    assert transformed[:2] == [other["name"], CLINIC["name"]]
    assert outcome(account) == {"read": 3, "updated": 2, "superseded": 1}
    remember(twins, [path])


def test_a_superseded_record_that_had_claimed_anothers_number_claims_none(twins: Twins, tmp_path: Path) -> None:
    bearer = CLINIC | {"code": 13081, "name": "Kayole Safe House", "registration_number": "GK-000016"}
    path = write(tmp_path, "a.json", [bearer, FIRST | {"registration_number": "GK-000016"}, SECOND])
    for claimed in (1, 0, 0):
        assert twins.run([path]).files[0].issues["registration_number_claimed_twice"] == claimed


RECORDS = st.sampled_from(
    [
        record | change
        for record in (FIRST, SECOND)
        for change in (
            {},
            {"code": None, "registration_number": "GK-000016"},
            {"registration_number": "GK-000016", "ward_name": "Harambee"},
            {"id": "7f0c8a52-0000-4000-8000-000000000001"},
            {"code": 13081, "name": "Kayole Safe House", "registration_number": "GK-000016"},
        )
    ]
)
FORGETS = ["DELETE FROM etl.superseded_records", "DELETE FROM etl.settled_facilities"]
EDITS = [
    "UPDATE facilities SET description = 'By a person'",
    "DELETE FROM facility_contacts",
    "UPDATE facilities SET registration_number = NULL",
]
MEANWHILE = ["SELECT 1", *FORGETS, *EDITS]
STEPS = st.tuples(st.lists(RECORDS, min_size=1, max_size=5), st.integers(0, 5), st.sampled_from(MEANWHILE))


@examples(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=3), st.sampled_from([1, 2, 10_000]))
def test_whatever_runs_and_edits_follow_each_other_pairs_come_out_as_by_the_long_way(
    twins: Twins, tmp_path: Path, steps: list[tuple[list[dict[str, Any]], int, str]], batch_size: int
) -> None:
    for records, split, meanwhile in steps:
        parts = [part for part in (records[:split], records[split:]) if part]
        paths = [write(tmp_path, f"{name}.json", part) for name, part in zip("ab", parts, strict=False)]
        remember(twins, paths, batch_size=batch_size)
        twins.execute(meanwhile)


@pytest.mark.parametrize("meanwhile", [*([one] for one in FORGETS), DELETE_FACILITIES])
def test_what_is_deleted_between_two_runs_is_seen_as_by_the_long_way(
    twins: Twins, tmp_path: Path, meanwhile: list[str]
) -> None:
    come_otherwise(twins, tmp_path, meanwhile, hundreds=1)


def test_what_a_person_does_between_two_runs_is_seen_as_by_the_long_way(twins: Twins, tmp_path: Path) -> None:
    edits = [of_clinics(edit, hundred) for hundred, edit in enumerate([*EDITS, IN_THE_SAME_WORDS], start=1)]
    come_otherwise(twins, tmp_path, edits, hundreds=1 + len(edits))  # the first hundred is left alone


def come_otherwise(twins: Twins, folder: Path, meanwhile: list[str], hundreds: int) -> None:
    """Import three clinics of each hundred, and import them as pairs in other orders after what happened meanwhile."""
    before, after = (
        [
            said
            for hundred in range(hundreds)
            for at in range(3)
            for said in said_of_clinic(hundred * 100 + at, orders[at])
        ]
        for orders in (("12", "12", "12"), ("12", "21", "123"))
    )
    remember(twins, [write(folder, "a.json", before)])
    for statement in meanwhile:
        twins.execute(statement)
    for _ in range(3):
        twins.run([write(folder, "a.json", after)])


def of_clinics(edit: str, hundred: int) -> str:
    """Let an edit of all facilities be one of those whose codes are of a hundred."""
    those = f"(SELECT facility_id FROM facilities WHERE facility_code LIKE '{140 + hundred}%')"
    return f"{edit} {'AND' if 'WHERE' in edit else 'WHERE'} facility_id IN {those}"


@pytest.mark.parametrize("keep_manual_edits", [True, False])
def test_an_edit_of_a_person_beside_a_pair_is_seen_as_by_the_long_way(
    twins: Twins, tmp_path: Path, transformed: list[str], keep_manual_edits: bool
) -> None:
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    remember(twins, [path], keep_manual_edits=keep_manual_edits)
    twins.execute("UPDATE facilities SET description = 'By a person'")
    transformed.clear()
    remember(twins, [path], keep_manual_edits=keep_manual_edits)
    # Either the standing one in each run, as it keeps the edit, or both, as it overwrites it, and it alone once more.
    assert len(transformed) == 3 + 6  # by the long way both in each


@pytest.mark.parametrize("statements", [["DELETE FROM etl.facility_source WHERE is_superseded"], DELETE_FACILITIES])
def test_what_goes_after_it_was_asked_for_is_seen_as_by_the_long_way(
    twins: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    remember(twins, [path])
    merge_batch = commit.merge_batch
    path = write(tmp_path, "a.json", [FIRST])

    def delete_before(this_run: Run, *given: Any) -> Any:
        with connect(this_run.url) as person:
            for statement in statements:
                person.execute(statement)
        return merge_batch(this_run, *given)

    with monkeypatch.context() as patched:
        patched.setattr(commit, "merge_batch", delete_before)
        twins.run([path])
    assert outcome(twins.run([path])) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize(
    "changed",
    [{"keep_manual_edits": False}, {"source_rank": {"description": ["b", "a"]}}, {"lookup_defaults": {}}],
    ids=lambda changed: next(iter(changed)),
)
def test_under_another_setting_a_pair_is_opened_once(
    twins: Twins, tmp_path: Path, transformed: list[str], changed: dict[str, Any]
) -> None:
    paths = [write(tmp_path, "a.json", [FIRST]), write(tmp_path, "b.json", [SECOND])]
    remember(twins, paths)
    for opened in (2, 0):
        transformed.clear()
        twins.run(paths, **changed)
        assert len(transformed) == 2 + opened
    twins.run(paths)


def test_the_correction_of_a_reject_is_merged_though_it_is_known_to_be_superseded(twins: Twins, tmp_path: Path) -> None:
    pair = write(tmp_path, "a.json", [FIRST, SECOND])
    remember(twins, [pair])
    twins.execute(IN_THE_SAME_WORDS.replace("replace(content_hash::text, '-', '')", "'answered'"))
    correction = tmp_path / "rejected" / "a.jsonl"
    correction.parent.mkdir()
    header = '{"_reject": {"source": "a", "content_hash": "answered"}, '
    correction.write_text(header + json.dumps(FIRST)[1:] + "\n", "utf-8")
    account = twins.run([str(correction), pair])
    assert outcome(account) == {"read": 3, "unchanged": 1, "superseded": 2}
    assert rows(twins.databases[0], "SELECT closed_by_run_no FROM etl.rejects") == [{"closed_by_run_no": 4}]


def test_after_an_undo_of_what_superseded_it_a_record_stands_as_by_the_long_way(twins: Twins, tmp_path: Path) -> None:
    alone = write(tmp_path, "a.json", [FIRST])
    twins.run([alone])
    pair = write(tmp_path, "b.json", [FIRST | {"beds": 8}, SECOND])
    superseding = twins.run([alone, pair])
    remember(twins, [alone, pair])
    assert outcome(superseding) == {"read": 3, "updated": 1, "superseded": 2}
    for settings, database in zip((twins.settings, twins.long), twins.databases, strict=True):
        (second,) = rows(database, "SELECT run_id FROM etl.runs WHERE run_no = 2")
        undo(second["run_id"], settings)
    assert rows(twins.databases[0], REMEMBERED) == []
    assert stands(twins.databases[0]) == stands(twins.databases[1])
    for paths in ([alone], [alone, pair], [alone, pair], [pair]):
        remember(twins, paths)


@pytest.mark.parametrize("batch_size", [2, 10_000])
def test_a_failed_file_of_a_pair_is_taken_back_as_by_the_long_way(
    twins: Twins, tmp_path: Path, batch_size: int
) -> None:
    first, last = write(tmp_path, "a.json", [FIRST]), write(tmp_path, "c.json", [SECOND])
    between = write(tmp_path, "b.json", [FIRST | {"beds": 8}, *clinics(6)])
    remember(twins, [first, between, last], batch_size=batch_size)
    write(tmp_path, "b.json", [THIRD, FIRST | {"beds": 8}, *clinics(6)])
    content = (tmp_path / "b.json").read_bytes()
    (tmp_path / "b.json").write_bytes(content[:-40])
    account = twins.run([first, between, last], batch_size=batch_size, salvage=False)
    assert [file.status for file in account.files] == ["succeeded", "failed", "succeeded"]
    (tmp_path / "b.json").write_bytes(content)
    for _ in range(2):
        twins.run([first, between, last], batch_size=batch_size)


def test_a_pair_counts_once_over_a_lost_connection(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = msgspec.structs.replace(settings, retry_wait_seconds=0.01)
    for _ in range(2):
        run([write(tmp_path, "a.json", [FIRST, SECOND])], settings, Options(force=True))
    before = stands(fresh)
    save_accounts, calls = ledger.save_accounts, itertools.count()

    def lose_once(*given: Any) -> None:
        if len(given) == 3 and next(calls) == 0:  # with accounts it is of a batch
            rows(fresh, END_OTHERS)
        save_accounts(*given)

    monkeypatch.setattr(ledger, "save_accounts", lose_once)
    account = run([str(tmp_path / "a.json")], settings, Options(force=True))
    assert next(calls) > 1
    assert outcome(account) == {"read": 2, "unchanged": 1, "superseded": 1}
    assert stands(fresh) == before


def test_a_dry_run_counts_a_pair_as_the_run_does_and_remembers_nothing(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    dry = run([path], settings, Options(dry_run=True))
    assert rows(fresh, REMEMBERED) == []
    assert told(dry) == told(run([path], settings))
    for records in ([FIRST, SECOND], [THIRD, FIRST, SECOND]):
        path = write(tmp_path, "a.json", records)
        dry = run([path], settings, Options(force=True, dry_run=True))
        assert told(dry) == told(run([path], settings, Options(force=True)))


def test_a_superseded_record_that_is_news_again_is_not_remembered_any_more(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [FIRST, SECOND])], settings)
    assert len(rows(fresh, REMEMBERED)) == 1
    run([write(tmp_path, "a.json", [THIRD])], settings)
    assert rows(fresh, REMEMBERED) == []


def test_a_superseded_record_whose_ward_may_be_another_one_tomorrow_is_opened_each_time(
    twins: Twins, tmp_path: Path, transformed: list[str]
) -> None:
    twins.execute(SECOND_VIWANDANI)
    twins.run([write(tmp_path, "known.json", [FIRST | {"code": 13_999, "name": "Mukuru Dispensary"}])])
    path = write(tmp_path, "a.json", [FIRST | {"constituency_name": None, "name": "Mukuru Home"}, SECOND])
    remember(twins, [path])
    transformed.clear()
    twins.run([path])
    assert transformed == ["Mukuru Home", *("Mukuru Home", CLINIC["name"])]  # the last two by the long way


def test_a_superseded_record_claims_no_code_of_another_place_of_its_name(twins: Twins, tmp_path: Path) -> None:
    south = {"name": "Amani Shelter", "county": "Nairobi", "constituency": "Westlands", "lat": -1.25, "long": 36.78}
    north = south | {"lat": -1.22}
    path = write(tmp_path, "a.json", [south, north, north | {"phone": "0700000018"}])
    for _ in range(2):
        twins.run([path])
    twins.execute(
        "UPDATE facility_coordinates SET latitude = -1.2235, collection_method = 'survey' WHERE latitude = -1.25"
    )
    account = twins.run([path])
    assert outcome(account) == {"read": 3, "unchanged": 2, "superseded": 1}
    assert account.files[0].issues["code_claimed_twice"] == 1  # of the one that superseded it


def test_a_claim_is_told_of_whom_a_key_tells_apart_however_near_the_other_one_came(
    twins: Twins, tmp_path: Path
) -> None:
    south = {"name": "Amani Shelter", "county": "Nairobi", "constituency": "Westlands", "lat": -1.25, "long": 36.78}
    north = south | {"lat": -1.22, "id": "7f0c8a52-0000-4000-8000-000000000002"}
    near = south | {"lat": -1.2235, "id": "7f0c8a52-0000-4000-8000-000000000001"}
    months = [near | {"lat": -1.25}, north], [near, north | {"beds": 4}], [near | {"lat": -1.25}, north | {"beds": 4}]
    runs = [twins.run([write(tmp_path, "a.json", list(records))]) for records in months for _ in range(2)]
    # When the first one moves, that is told once, too.
    assert [account.files[0].issues["code_claimed_twice"] for account in runs] == [1, 1, 2, 1, 2, 1]
