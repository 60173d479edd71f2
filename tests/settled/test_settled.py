"""A record that came before and changed nothing is left out; the run comes out as if it had been merged again.

The twin is the long way: the same runs over a second database, in which nothing is ever settled.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc import placing
from gvrc.batches import Batch
from gvrc.database import Database, connect
from gvrc.errors import GvrcError, SourceFileError
from gvrc.loading import commit
from gvrc.loading.settled import Askers, SettledRecords
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.reading.records import Records, read_elements
from tests.test_pipeline import CLINIC, TABLES, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.account import RunAccount
    from gvrc.load import Loader
    from gvrc.open_run import Run
    from gvrc.settings import Settings

MEMORY = ("facility_source", "imported_facilities", "issues", "rejects", "code_map")
TOLD = (*TABLES, *(f"etl.{table}" for table in MEMORY))
# Of a batch that was begun anew the keys are lost, as in any transaction that is rolled back.
OWN = {"created_at", "updated_at", "issue_id", "reject_id", "former_id", "id"} | {
    f"{table}_id" for table in ("contact", "coordinate", "service", "owner", "infrastructure")
}
OTHER = CLINIC | {"code": 13081, "name": "Kayole Safe House", "phone": "0700000017", "registration_number": "GK-000017"}
LATER = {"description": "Open day and night", "phone": "0700000018"}
LATEST = {"phone": "0700000019"}
NAMELESS = {key: value for key, value in OTHER.items() if key != "name"} | {"code": 13082}


@dataclass
class Twins:
    """The same runs in two databases; in the second one no record is ever settled."""

    settings: Settings
    long: Settings
    databases: list[Database]

    def run(self, paths: list[str], *, force: bool = True, **changed: Any) -> RunAccount:
        accounts = []
        for settings, database in zip((self.settings, self.long), self.databases, strict=True):
            if settings is self.long:
                forget_settled(database)
            accounts.append(run(paths, msgspec.structs.replace(settings, **changed), Options(force=force)))
        assert told(accounts[0]) == told(accounts[1])
        short, long = (stands(database, "etl.former_lineage") for database in self.databases)
        assert short == long
        return accounts[0]

    def execute(self, sql: str, *parameters: str) -> None:
        for database in self.databases:
            database.execute(sql, *parameters)

    def settled(self) -> int:
        (row,) = rows(self.databases[0], "SELECT count(*)::bigint AS n FROM etl.settled_facilities")
        return int(row["n"])


def forget_settled(database: Database) -> None:
    """Have every record take the long way."""
    for table in ("settled_facilities", "superseded_records"):
        database.execute(f"DELETE FROM etl.{table}")


def told(account: RunAccount) -> list[dict[str, Any]]:
    kept = ("status", "issues", "rejects", "ward_match", "tables", "path_taken", "unmapped", "notes")
    return [file.counts() | {name: getattr(file, name) for name in kept} for file in account.files]


def stands(database: Database, *further: str) -> dict[str, list[str]]:
    """Give what stands in the directory and in the importer's memory, but times and the numbers of the rows."""
    codes = {row["facility_id"]: row["facility_code"] for row in rows(database, "SELECT * FROM facilities")}
    return {table: sorted(shown(row, codes) for row in rows_of(database, table)) for table in (*TOLD, *further)}


def rows_of(database: Database, table: str) -> list[dict[str, Any]]:
    return [json.loads(row["row"]) for row in rows(database, f"SELECT to_jsonb(t)::text AS row FROM {table} AS t")]


def shown(row: dict[str, Any], codes: dict[int, str]) -> str:
    told = {key: row[key] for key in sorted(row.keys() - OWN)}
    return json.dumps(told | ({"facility_id": codes.get(row["facility_id"])} if "facility_id" in row else {}))


def test_a_record_that_came_before_is_neither_transformed_nor_merged(
    settings: Settings, tmp_path: Path, transformed: list[str]
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    first = run([path], settings)
    transformed.clear()
    again = run([path], settings, Options(force=True))
    assert transformed == []
    assert again.totals() == first.totals() | {"inserted": 0, "unchanged": 2}
    changed = run([write(tmp_path, "a.json", [CLINIC, OTHER | {"phone": "0700000018"}])], settings)
    assert transformed == [OTHER["name"]]
    assert (changed.totals()["unchanged"], changed.totals()["updated"]) == (1, 1)


def test_a_forced_run_makes_the_place_resolver_only_for_a_record_that_must_be_transformed(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make_places = placing.make_places

    def note(*given: Any) -> Any:
        made.append(len(rows(fresh, "SELECT 1 FROM etl.changes")))  # what was written when it read where facilities are
        return make_places(*given)

    monkeypatch.setattr(placing, "make_places", note)
    run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)
    run([str(tmp_path / "a.json")], settings, Options(force=True))
    assert made == [0]
    path = write(tmp_path, "a.json", [CLINIC, OTHER | LATER])
    run([path], msgspec.structs.replace(settings, batch_size=1), Options(force=True))
    assert made == [0, 2]
    run([path], settings, Options(force=True, dry_run=True))
    assert len(made) == 3


def test_a_settled_record_is_not_even_opened(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []

    def note(batch: Any) -> Records:
        opened.append(len(batch))
        return read_elements(batch)

    monkeypatch.setattr("gvrc.reading.opening.read_elements", note)
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    run([path], settings)
    run([path], settings, Options(force=True))
    assert opened == [2]
    run([write(tmp_path, "a.json", [CLINIC, OTHER | {"phone": "0700000018"}])], settings)
    assert opened == [2, 1]


def test_what_was_said_of_the_keys_of_a_file_is_repeated_when_it_comes_again(
    settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC | {"odd": 1}, OTHER | {"odd": 2, "queer": "x"}])
    first = run([path], settings).files[0]
    forced = run([path], settings, Options(force=True)).files[0]
    unchanged = run([path], settings).files[0]
    assert first.unmapped == {"odd": (2, "1"), "queer": (1, "x")}
    assert (forced.unmapped, unchanged.unmapped) == (first.unmapped, first.unmapped)


def test_a_key_that_nobody_knows_is_told_of_where_a_record_has_changed(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"odd": 1}, OTHER])], settings)
    account = run([write(tmp_path, "a.json", [CLINIC | {"odd": 1}, OTHER | {"queer": "x"}])], settings)
    assert account.files[0].unmapped == {"queer": (1, "x")}


@pytest.mark.parametrize("batch_size", [2, 10_000])
def test_a_file_that_is_cut_off_is_salvaged_or_fails_as_by_the_long_way(
    twins: Twins, tmp_path: Path, batch_size: int
) -> None:
    path = write(tmp_path, "a.json", [*clinics(5), OTHER])
    content = (tmp_path / "a.json").read_bytes()
    (tmp_path / "a.json").write_bytes(content[:-40])
    statuses = [
        twins.run([path], salvage=salvage, batch_size=batch_size).files[0].status for salvage in (True, True, False)
    ]
    assert statuses == ["succeeded", "succeeded", "failed"]


@pytest.mark.parametrize(
    "batch_size", [2, 3, 10_000]
)  # merged before it fails; put together with what comes after; one
def test_a_file_that_fails_late_is_taken_out_of_what_was_put_together_as_by_the_long_way(
    twins: Twins, tmp_path: Path, batch_size: int
) -> None:
    first, last = write(tmp_path, "a.json", [CLINIC]), write(tmp_path, "c.json", [OTHER])
    broken = write(tmp_path, "b.json", [*clinics(5), OTHER | LATER])
    for _ in range(2):
        twins.run([first, broken, last], batch_size=batch_size)
    content = (tmp_path / "b.json").read_bytes()
    (tmp_path / "b.json").write_bytes(content[:-40])
    account = twins.run([first, broken, last], batch_size=batch_size)
    assert [file.status for file in account.files] == ["succeeded", "failed", "succeeded"]
    assert outcome(account) == {"read": 2, "unchanged": 2}


def test_settled_records_of_a_file_that_is_broken_further_on_are_read_again_and_the_file_alone_fails(
    twins: Twins, tmp_path: Path
) -> None:
    first, last = write(tmp_path, "a.json", [CLINIC]), write(tmp_path, "c.json", [OTHER])
    broken = write(tmp_path, "b.json", clinics(5))
    for _ in range(2):
        twins.run([first, broken, last], batch_size=2)
    settled, changed, *others = clinics(5)
    (tmp_path / "b.json").write_text(json.dumps([settled, changed | LATER, *others]) + ", and more", "utf-8")
    write(tmp_path, "a.json", [CLINIC, settled | LATER])
    account = twins.run([first, broken, last], batch_size=2)
    assert [file.status for file in account.files] == ["succeeded", "failed", "succeeded"]
    assert outcome(account) == {"read": 3, "updated": 1, "unchanged": 2}


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many records each batch has that are merged."""
    numbers: list[int] = []
    merge_batch = commit.merge_batch

    def note(this_run: Run, loader: Loader, batch: Batch) -> Any:
        numbers.append(len(batch.records))
        return merge_batch(this_run, loader, batch)

    monkeypatch.setattr(commit, "merge_batch", note)
    return numbers


def test_a_first_load_has_no_batch_without_a_record(
    settings: Settings, tmp_path: Path, merged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.batches.MOST_BYTES", 2_000)  # ten clinics have more
    run([write(tmp_path, "a.json", clinics(40))], msgspec.structs.replace(settings, batch_size=10))
    assert merged == [10, 10, 10, 10, 0]  # the last tells that the file has ended


def test_what_few_records_of_many_changed_is_merged_in_one_batch(
    settings: Settings, tmp_path: Path, merged: list[int]
) -> None:
    records = clinics(40)
    run([write(tmp_path, "a.json", records)], settings)
    merged.clear()
    for number in (3, 17, 38):
        records[number] |= LATER
    account = run([write(tmp_path, "a.json", records)], msgspec.structs.replace(settings, batch_size=10))
    assert merged == [3]
    assert outcome(account) == {"read": 40, "unchanged": 37, "updated": 3}


def test_what_is_put_together_in_pieces_comes_out_as_by_the_long_way(
    twins: Twins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.batches.PART_BYTES", 500)  # two clinics have more
    records = clinics(40)
    for _ in range(2):
        twins.run([write(tmp_path, "a.json", records)], batch_size=10)
    for number in range(3, 40, 4):
        records[number] |= LATER
    account = twins.run([write(tmp_path, "a.json", records)], batch_size=10)
    assert outcome(account) == {"read": 40, "unchanged": 30, "updated": 10}


def test_a_transaction_merges_no_more_than_batch_size_records_of_what_was_put_together(
    settings: Settings, tmp_path: Path, merged: list[int]
) -> None:
    records = clinics(40)
    run([write(tmp_path, "a.json", records)], settings)
    merged.clear()
    changed = [*records[:6], *(record | LATER for record in records[6:23]), *records[23:]]
    account = run([write(tmp_path, "a.json", changed)], msgspec.structs.replace(settings, batch_size=10))
    assert merged == [4, 10, 3]  # of ten records each, but the last: of twenty
    assert outcome(account) == {"read": 40, "unchanged": 23, "updated": 17}


def test_a_file_that_changes_while_it_is_imported_stops_the_run_where_it_must_be_read_again(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)
    before = stands(fresh)
    path = write(tmp_path, "a.json", [CLINIC | LATER, CLINIC, OTHER])
    bring_back = Batch.bring_back

    def change(batch: Batch, row_nos: list[int]) -> None:
        write(tmp_path, "a.json", [CLINIC | LATER, CLINIC | LATEST, OTHER])
        bring_back(batch, row_nos)

    monkeypatch.setattr(Batch, "bring_back", change)
    with pytest.raises(SourceFileError, match="was changed while it was imported"):
        run([path], settings)
    assert stands(fresh) == before


def test_a_file_without_a_readable_record_fails_beside_settled_ones_as_by_the_long_way(
    twins: Twins, tmp_path: Path
) -> None:
    good = write(tmp_path, "a.json", [CLINIC])
    twins.run([good])
    broken = tmp_path / "b.json"
    broken.write_text('{"results": [{"name": "Kayole" "code": 1}, {"name": "Kayole" "code": 2}]}', "utf-8")
    account = twins.run([str(broken), good])
    assert [file.status for file in account.files] == ["failed", "succeeded"]
    assert "holds no readable record" in str(account.files[0].error)


def test_a_run_that_fails_before_it_asks_ends(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    run([path], settings)

    def fail(*_: Any) -> None:
        raise GvrcError("no rules")

    monkeypatch.setattr("gvrc.loading.settled.rules_by_file", fail)
    with pytest.raises(GvrcError, match="no rules"):
        run([path], settings, Options(force=True))


OF = "WHERE facility_id = (SELECT facility_id FROM facilities WHERE facility_code = $1)"
EDITS = [
    "UPDATE facilities SET facility_name = 'Named by a person' WHERE facility_code = $1",
    "UPDATE facilities SET is_active = false WHERE facility_code = $1",
    f"UPDATE facility_coordinates SET latitude = -1.25 {OF}",
    f"UPDATE facility_coordinates SET collection_method = 'gps' {OF}",
    f"UPDATE facility_coordinates SET is_active = false {OF}",
    f"DELETE FROM facility_contacts {OF}",
    f"UPDATE facility_contacts SET contact_value = '0700 000 016' {OF}",
    f"UPDATE facility_services SET service_name = 'Another' {OF} AND service_name = 'Counselling'",
    f"DELETE FROM facility_services {OF} AND service_name = 'Counselling'",
    f"UPDATE facility_services SET service_name = 'Counselling' {OF}",
    f"UPDATE facility_owners SET owner_name = 'A person' {OF}",
    f"UPDATE facility_infrastructure SET capacity = 40 {OF}",
    f"""
    INSERT INTO facility_gbv_categories (facility_id, gbv_category_id, created_at, created_by)
    SELECT facility_id, 1, now(), created_by FROM facilities {OF}
    ON CONFLICT DO NOTHING
    """,
    f"UPDATE facility_contacts SET facility_id = 1 {OF}",
    f"UPDATE etl.facility_source SET is_superseded = true {OF}",
]
RENAMINGS = [
    "UPDATE wards SET ward_name = 'Mukuru Ward' WHERE ward_name = 'Viwandani'",
    "UPDATE operational_statuses SET status_name = 'Is open' WHERE status_name = 'Operational'",
    "UPDATE contact_types SET type_name = 'Ring' WHERE type_name LIKE '%Phone%'",
]


def clinics(count: int) -> list[dict[str, Any]]:
    return [CLINIC | {"code": 14_000 + number, "name": f"Mukuru Clinic {number}"} for number in range(count)]


@pytest.mark.parametrize("keep_manual_edits", [True, False])
def test_what_a_person_changed_is_seen_as_by_the_long_way(
    twins: Twins, tmp_path: Path, keep_manual_edits: bool
) -> None:
    path = write(tmp_path, "a.json", [*clinics(len(EDITS)), OTHER, NAMELESS])
    twins.run([path], keep_manual_edits=keep_manual_edits)
    assert twins.settled() == len(EDITS) + 1
    for number, edit in enumerate(EDITS):
        twins.execute(edit, str(14_000 + number))
    twins.run([path], keep_manual_edits=keep_manual_edits)
    twins.run([path], keep_manual_edits=keep_manual_edits)


def test_every_edit_of_a_person_is_one_that_unsettles(
    settings: Settings, fresh: Database, tmp_path: Path, transformed: list[str]
) -> None:
    records = clinics(len(EDITS))
    run([write(tmp_path, "a.json", records)], settings)
    for number, edit in enumerate(EDITS):
        fresh.execute(edit, str(14_000 + number))
    transformed.clear()
    run([write(tmp_path, "a.json", records)], settings, Options(force=True))
    assert sorted(transformed) == sorted(record["name"] for record in records)


def test_what_was_renamed_in_the_lookup_tables_and_the_reference_is_seen_as_by_the_long_way(
    twins: Twins, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    twins.run([path])
    for renaming in RENAMINGS:
        twins.execute(renaming)
        twins.run([path])


@pytest.mark.parametrize(
    "changed",
    [
        {"keep_manual_edits": False},
        {"create_lookups": False},
        {"code_claimed_twice": "reject"},
        {"lookup_defaults": {"operational_statuses": "Unknown", "owner_types": "Other", "service_categories": "Other"}},
        {"source_rank": {"facility_name": ["b", "a"]}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_under_another_setting_every_record_takes_the_long_way_once(
    settings: Settings, tmp_path: Path, transformed: list[str], changed: dict[str, Any]
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    run([path], settings)
    for taken in ([CLINIC["name"], OTHER["name"]], []):
        transformed.clear()
        run([path], msgspec.structs.replace(settings, **changed), Options(force=True))
        assert transformed == taken


def test_under_other_code_every_record_takes_the_long_way_once(
    settings: Settings, tmp_path: Path, transformed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    run([path], settings)
    monkeypatch.setattr("gvrc.loading.settled.PROJECT", tmp_path)
    for taken in ([CLINIC["name"], OTHER["name"]], []):
        transformed.clear()
        run([path], settings, Options(force=True))
        assert transformed == taken


def test_where_whatever_lands_is_kept_every_record_takes_the_long_way(
    settings: Settings, tmp_path: Path, transformed: list[str]
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    run([path], settings)
    transformed.clear()
    run([path], msgspec.structs.replace(settings, keep_validated=True), Options(force=True))
    assert transformed == [CLINIC["name"], OTHER["name"]]


def test_a_record_that_was_refused_since_lands_again_and_closes_the_reject(twins: Twins, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    twins.run([path])
    twins.execute(
        """
        INSERT INTO etl.rejects (run_no, file_no, record_number, source, content_hash, reason, raw)
        SELECT run_no, file_no, record_number, source, replace(content_hash::text, '-', ''), 'name_missing', '{}'
        FROM etl.facility_source
        WHERE record_number = 1
        """
    )
    twins.run([path])
    assert rows(twins.databases[0], "SELECT closed_by_run_no FROM etl.rejects") == [{"closed_by_run_no": 2}]


ORDERS: dict[str, tuple[list[dict[str, Any]], ...]] = {  # what each run says of a clinic, one change a record
    "another record after it": ([{}], [{}, LATER]),
    "another record before it": ([{}], [LATER, {}]),
    "between two others": ([{}], [LATER, {}, LATEST]),
    "twice in the file": ([{}], [{}, {}]),
    "two records, exchanged": ([{}, LATER], [LATER, {}]),
    "its code claimed by another": ([{}], [{}, {"name": "Kayole Safe House", "ward_name": "Harambee"}]),
    "its number claimed by another": (
        [{"registration_number": "GK-000016"}],
        [{"registration_number": "GK-000016"}, {"registration_number": "GK-000016", "code": "99", "name": "Kayole"}],
    ),
    "its key claimed by another": (
        [{"id": "7f0c8a52-0000-4000-8000-000000000001"}],
        [{"id": "7f0c8a52-0000-4000-8000-000000000001"}, {"id": "7f0c8a52-0000-4000-8000-000000000001", "code": "98"}],
    ),
    "refused": ([{"name": None}], [{"name": None}, {}]),
}


@pytest.mark.parametrize("batch_size", [2, 10_000])
def test_the_later_of_two_records_wins_as_by_the_long_way(twins: Twins, tmp_path: Path, batch_size: int) -> None:
    for step in (0, 0, 1, 1):
        records = [
            clinic | change
            for clinic, order in zip(clinics(len(ORDERS)), ORDERS.values(), strict=True)
            for change in order[step]
        ]
        twins.run([write(tmp_path, "a.json", records)], batch_size=batch_size)


def test_a_settled_record_is_transformed_after_all_where_another_one_speaks_of_its_facility(
    settings: Settings, tmp_path: Path, transformed: list[str]
) -> None:
    run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)
    transformed.clear()
    account = run([write(tmp_path, "a.json", [CLINIC | LATER, CLINIC, OTHER])], settings)
    assert transformed == [CLINIC["name"], CLINIC["name"]]
    assert outcome(account) == {"read": 3, "updated": 1, "superseded": 1, "unchanged": 1}


BEARER, CLAIMANT, THIRD, OTHERWISE, RENUMBERED, UNCONCERNED = range(6)
BOTH = [BEARER, CLAIMANT]
NUMBERS: dict[str, tuple[list[int], ...]] = {  # who comes in each run, where one claims the number of another
    "nothing new": (BOTH, BOTH, BOTH),
    "the bearer gets another number before it": ([RENUMBERED, CLAIMANT], BOTH, BOTH),
    "the bearer gets another number after it": ([CLAIMANT, RENUMBERED], [CLAIMANT], BOTH),
    "the bearer says something else": ([OTHERWISE, CLAIMANT], [OTHERWISE, CLAIMANT], BOTH),
    "the bearer leaves it to a third one": ([RENUMBERED, THIRD, CLAIMANT], [CLAIMANT], BOTH),
    "the bearer leaves it, a third one comes later": ([RENUMBERED, CLAIMANT, THIRD], [CLAIMANT], BOTH),
    "a third one claims it, too": ([THIRD, *BOTH], [RENUMBERED], [CLAIMANT, THIRD]),
    "the bearer is not in the file": ([CLAIMANT], [RENUMBERED], [CLAIMANT]),
    "the bearer gets it again": ([RENUMBERED], [BEARER], [CLAIMANT, BEARER]),
    "it goes to one who had another": ([UNCONCERNED, *BOTH], [CLAIMANT, RENUMBERED, THIRD], BOTH),
}


def claims(group: int, speaker: int) -> dict[str, Any]:
    """Give the record of one of three facilities that name the same number, each group its own."""
    facility = {OTHERWISE: BEARER, RENUMBERED: BEARER, UNCONCERNED: THIRD}.get(speaker, speaker)
    named = {"code": 15_000 + 10 * group + facility, "name": f"{('Mukuru', 'Kayole', 'Mathare')[facility]} {group}"}
    changed = {
        OTHERWISE: {"phone": "0700000018"},
        RENUMBERED: {"registration_number": f"GK-00008{group}"},
        UNCONCERNED: {"registration_number": f"GK-00007{group}"},
    }
    return CLINIC | {"registration_number": f"GK-00009{group}"} | named | changed.get(speaker, {})


def test_who_went_without_a_number_that_another_bears_is_settled_as_long_as_it_does(
    twins: Twins, tmp_path: Path
) -> None:
    for step in (None, None, 0, 1, 2):
        records = [
            claims(group, speaker)
            for group, steps in enumerate(NUMBERS.values())
            for speaker in (BOTH if step is None else steps[step])
        ]
        twins.run([write(tmp_path, "a.json", records)])


def test_a_number_that_one_gets_who_had_another_is_claimed_as_by_the_long_way_though_others_come_twice(
    twins: Twins, tmp_path: Path
) -> None:
    twins.run([write(tmp_path, "a.json", [claims(0, speaker) for speaker in (UNCONCERNED, *BOTH)])])
    records = [claims(0, speaker) for speaker in (CLAIMANT, RENUMBERED, THIRD)]
    twins.run([write(tmp_path, "a.json", [*records, OTHER, OTHER | LATER])])


DISPENSARY = {"name": "Dispensary", "phone": "0700000016"}
ALIKE = [CLINIC | DISPENSARY | {"code": code, "registration_number": f"GK-0000{code}"} for code in (14001, 14002)]


@pytest.mark.parametrize("claimed", ["reject", "generate"])
@pytest.mark.parametrize("place", [{}, {"ward_name": None, "constituency_name": None, "lat": None, "long": None}])
def test_who_is_called_as_settled_ones_before_it_in_the_file_stays_itself_as_by_the_long_way(
    twins: Twins, tmp_path: Path, claimed: str, place: dict[str, None]
) -> None:
    *alike, other = (record | place for record in (*ALIKE, OTHER))
    twins.run([write(tmp_path, "a.json", [*alike, other])], code_claimed_twice=claimed)
    account = twins.run([write(tmp_path, "a.json", [*alike, other | DISPENSARY])], code_claimed_twice=claimed)
    assert outcome(account) == {"read": 3, "updated": 1, "unchanged": 2}


UNLIKE = [claims(1, BEARER), claims(2, BEARER)]
NOT_BEFORE: dict[str, tuple[dict[str, list[dict[str, Any]]], ...]] = {  # the files of two runs
    "after it": ({"a.json": [*ALIKE, OTHER]}, {"a.json": [OTHER | DISPENSARY, *ALIKE]}),
    "in another file": (
        {"a.json": ALIKE, "b.json": [*UNLIKE, OTHER]},
        {"a.json": ALIKE, "b.json": [*UNLIKE, OTHER | DISPENSARY]},
    ),
    "superseded by another body": (
        {"a.json": [*ALIKE, OTHER], "b.json": [record | LATER for record in ALIKE]},
        {"a.json": [*ALIKE, OTHER | DISPENSARY]},
    ),
}


@pytest.mark.parametrize("runs", NOT_BEFORE.values(), ids=NOT_BEFORE)
def test_who_is_called_as_settled_ones_that_do_not_stand_before_it_is_refused_as_by_the_long_way(
    twins: Twins, tmp_path: Path, runs: tuple[dict[str, list[dict[str, Any]]], ...]
) -> None:
    for files in runs:
        account = twins.run([write(tmp_path, name, records) for name, records in files.items()])
    assert account.totals()["rejected"] == 1


def test_a_claimed_number_is_told_of_again_and_its_claimant_not_opened(
    twins: Twins, tmp_path: Path, transformed: list[str]
) -> None:
    path = write(tmp_path, "a.json", [claims(0, BEARER), claims(0, CLAIMANT)])
    twins.run([path])
    transformed.clear()
    account = run([path], twins.settings, Options(force=True))
    assert transformed == []
    assert account.files[0].issues["registration_number_claimed_twice"] == 1


GIVEN_UP = [
    "UPDATE facilities SET registration_number = NULL WHERE facility_code = $1",
    "UPDATE facilities SET registration_number = 'GK-000018' WHERE facility_code = $1",
]


@pytest.mark.parametrize("edit", GIVEN_UP)
def test_a_number_that_nobody_bears_any_more_is_given_as_by_the_long_way(
    twins: Twins, tmp_path: Path, edit: str
) -> None:
    twins.run([write(tmp_path, "a.json", [claims(0, BEARER), claims(0, CLAIMANT)])])
    twins.execute(edit, "15000")
    account = twins.run([write(tmp_path, "a.json", [claims(0, CLAIMANT)])])
    assert account.totals()["updated"] == 1


def test_two_files_of_one_run_speak_of_one_facility_as_by_the_long_way(twins: Twins, tmp_path: Path) -> None:
    first, second = write(tmp_path, "a.json", [CLINIC, OTHER]), write(tmp_path, "b.json", [CLINIC | LATER])
    twins.run([first])
    twins.run([second])
    for paths in ([first], [second], [first, second], [second, first]):
        twins.run(paths)


RECORDS = st.sampled_from(
    [
        record | change
        for record in (CLINIC, OTHER, OTHER | {"code": None}, NAMELESS)
        for change in (
            {},
            {"phone": "0700000018"},
            {"beds": 7, "lat": "-1.29", "long": "36.87"},
            {"ward_name": "Harambee"},
            {"registration_number": "GK-000019"},
        )
    ]
)
STEPS = st.tuples(
    st.lists(RECORDS, min_size=1, max_size=5), st.sampled_from(EDITS), st.sampled_from(["13080", "13081"])
)


@examples(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=3))
def test_whatever_runs_and_edits_follow_each_other_it_comes_out_as_by_the_long_way(
    twins: Twins, tmp_path: Path, steps: list[tuple[list[dict[str, Any]], str, str]]
) -> None:
    for records, edit, code in steps:
        twins.run([write(tmp_path, "a.json", records)], batch_size=2)
        twins.execute(edit, code)


def test_after_an_undo_nothing_is_settled(twins: Twins, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    twins.run([path])
    account = twins.run([write(tmp_path, "a.json", [CLINIC | LATER, OTHER])])
    for settings, database in zip((twins.settings, twins.long), twins.databases, strict=True):
        (last,) = rows(database, "SELECT run_id FROM etl.runs ORDER BY run_no DESC LIMIT 1")
        undo(last["run_id"], settings)
    assert account.totals()["updated"] == 1
    assert twins.settled() == 0
    assert stands(twins.databases[0]) == stands(twins.databases[1])
    twins.run([path])
    twins.run([path])


def test_a_dry_run_leaves_out_and_promises_the_same(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC, OTHER])], settings)
    path = write(tmp_path, "a.json", [CLINIC | LATER, CLINIC, OTHER])
    before = stands(fresh)
    dry = run([path], settings, Options(dry_run=True))
    assert stands(fresh) == before
    assert told(dry) == told(run([path], settings))


def test_a_connection_that_cannot_be_had_or_is_lost_costs_time_and_nothing_else(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transformed: list[str]
) -> None:
    path = write(tmp_path, "a.json", [CLINIC, OTHER])
    run([path], settings)
    transformed.clear()
    ask = SettledRecords.ask

    def lose(settled: SettledRecords, named: Any) -> Any:
        with connect(str(settings.database_url)) as other, settled.connections.lent() as asking:
            other.execute(f"SELECT pg_terminate_backend({process_of(asking)})")
        return ask(settled, named)

    monkeypatch.setattr(SettledRecords, "ask", lose)
    account = run([path], settings, Options(force=True))
    assert transformed == [CLINIC["name"], OTHER["name"]]
    assert (account.status, account.totals()["unchanged"]) == ("succeeded", 2)


def process_of(database: Database) -> int:
    return int(rows(database, "SELECT pg_backend_pid() AS process")[0]["process"])


def test_two_batches_are_asked_for_at_once_and_a_third_waits(fresh: Database) -> None:
    with Askers(fresh) as connections:
        connections.open_first()
        with connections.lent() as first:
            assert connections.opened == [first]
            with connections.lent() as second, ThreadPoolExecutor(1) as third:
                assert len({process_of(fresh), process_of(first), process_of(second)}) == 3
                waiting = third.submit(connections.take)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.05)
                connections.idle.put(first)
                assert waiting.result() is first
        with connections.lent() as again:
            assert again is second


def test_where_the_server_gives_one_connection_to_ask_on_both_batches_share_it(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Event()

    def give_none(_: Database) -> NoReturn:
        refused.set()
        raise OperationalError("too many clients", status_code=AdbcStatusCode.IO)

    with Askers(fresh) as connections, ThreadPoolExecutor(1) as second:
        with connections.lent() as first:
            monkeypatch.setattr("gvrc.loading.settled.connect_to_ask", give_none)
            waiting = second.submit(connections.take)
            assert refused.wait(10)
        assert waiting.result() is first


def test_real_data_come_out_the_same_by_both_ways(twins: Twins, shared_data: Path) -> None:
    paths = [str(path) for path in sorted((shared_data / "kmhfl").glob("*.json"))[:4]]
    first = twins.run(paths)
    assert twins.settled() > 0.95 * first.totals()["read"]
    twins.run(paths)
    twins.execute("UPDATE facility_services SET service_name = service_name || ' ' WHERE facility_id % 7 = 0")
    twins.execute("UPDATE facilities SET description = 'By a person' WHERE facility_id % 11 = 0")
    twins.run(paths, batch_size=500)


def test_a_number_is_switched_off_once_and_its_record_is_settled(
    twins: Twins, tmp_path: Path, transformed: list[str]
) -> None:
    twins.run([write(tmp_path, "a.json", [CLINIC])])
    path = write(tmp_path, "a.json", [CLINIC | {"phone": "0700000016 (disconnected)"}])
    assert outcome(twins.run([path])) == {"read": 1, "updated": 1}
    transformed.clear()
    assert outcome(twins.run([path])) == {"read": 1, "unchanged": 1}
    assert transformed == ["Mukuru Crisis Clinic"]  # in the twin only
    twins.execute("UPDATE facility_contacts SET is_active = true")
    assert outcome(twins.run([path])) == {"read": 1, "unchanged": 1}
    path = write(tmp_path, "a.json", [CLINIC | {"phone": "0700000016 (disconnected)", "beds": 5}])
    assert "facility_contacts" not in twins.run([path]).files[0].tables
    assert rows(twins.databases[0], "SELECT is_active FROM facility_contacts") == [{"is_active": True}]


def test_a_number_that_two_records_of_a_run_speak_of_is_counted_once(twins: Twins, tmp_path: Path) -> None:
    ended = CLINIC | {"phone": ["0700000016 (disconnected)", "0700000018"]}
    path = write(tmp_path, "a.json", [CLINIC, ended])
    account = twins.run([path])
    assert outcome(account) == {"read": 2, "inserted": 1, "superseded": 1}
    assert account.files[0].tables["facility_contacts"] == {"inserted": 2, "superseded": 1}
    for _ in range(2):
        again = twins.run([path])
        assert outcome(again) == {"read": 2, "unchanged": 1, "superseded": 1}
        assert again.files[0].tables["facility_contacts"] == {"unchanged": 1, "superseded": 1}
    for said in ("updated", "unchanged"):
        path = write(tmp_path, "a.json", [CLINIC | {"beds": 9}])
        assert twins.run([path]).files[0].tables["facility_contacts"] == {said: 1}


def test_a_number_that_one_body_calls_out_of_use_and_another_gives_does_not_go_on_and_off(
    twins: Twins, tmp_path: Path
) -> None:
    twins.run([write(tmp_path, "kmhfl.json", [CLINIC])])
    for beds, updated in ((1, {"updated": 1}), (2, {}), (3, {})):
        ended = CLINIC | {"phone": "0700000016 (out of service)", "beds": beds}
        account = twins.run([write(tmp_path, "other_services.json", [ended])])
        assert account.files[0].tables.get("facility_contacts", {}) == updated
        account = twins.run([write(tmp_path, "kmhfl.json", [CLINIC | {"beds": beds + 10}])])
        assert account.files[0].tables["facility_contacts"] == {"unchanged": 1}
        assert account.files[0].issues["contact_out_of_use"] == 1
        assert twins.run([str(tmp_path / "kmhfl.json")]).files[0].issues["contact_out_of_use"] == 1
        assert rows(twins.databases[0], "SELECT is_active FROM facility_contacts") == [{"is_active": False}]
