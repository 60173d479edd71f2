"""What the importer's speed rests on, counted and never timed: modules, statements, rows, plans, memory."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import nanoarrow
import polars as pl
import pytest

from gvrc.account import CHILD_TABLES
from gvrc.database import Database
from gvrc.geography import Thresholds, read_aliases, read_shipped_reference
from gvrc.geography.decisions import decide_places
from gvrc.geography.labels import read_gazetteer
from gvrc.meaning.meanings import keys_of_source
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.reading import evidence
from gvrc.reading.document import find_records
from gvrc.reading.links import Links
from gvrc.reading.walked import Walked
from gvrc.shapes import looks_like_facility
from gvrc.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
IMPORTER = PROJECT / "scripts" / "production_json_importer.py"
HEAVY = {
    *("polars", "numpy", "pyarrow", "pandas", "pandera", "rapidfuzz", "phonenumbers", "prometheus_client", "rich"),
    "asyncio",
    "email",  # of importlib.metadata, which polars imports
}
MADE_LATER = (ast.FunctionDef, ast.ClassDef)
MODULES = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    status = end.code
print("status", status, "modules", *sorted(name for name in sys.modules if "." not in name or "gvrc." in name))
"""
# A batch of new facilities took 72 statements when this was written, an unchanged one 87.
MOST_STATEMENTS = 92
RECORDS_OF_100_MB = 25_000
CONNECTIONS = """
SELECT count(*) AS others
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
WRITTEN = """
SELECT schemaname::text AS schema, sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint AS rows
FROM pg_stat_user_tables
WHERE schemaname IN ('public', 'etl')
GROUP BY schemaname
"""
LOOKING = {
    *("meet_by_content", "meet_by_former_code", "meet_by_registration_number", "meet_by_name"),
    *("refuse_claimed_numbers", "find_doubtful_meetings"),
}
PLACES = {
    "Ruaraka": "Korogocho",
    "Kamukunji": "Airbase",
    "Embakasi Central": "Komarock",
    "Westlands": "Mountain View",
    "Dagoretti South": "Kabiro",
    "Kasarani": "Ruai",
    "Mathare": "Hospital",
}
MEETING = LOOKING | {"meet_by_code_without_zeros", "meet_generated_by_name"}
MEETING |= {"postpone_early_meetings", "forget_postponed_issues"}
TAKING_BACK = {f"{how}_{table}" for how in ("delete", "put_back") for table in ("facilities", *CHILD_TABLES)}
TAKING_BACK |= {"undo_account"}
MANY_FACILITIES = """
INSERT INTO facilities (facility_name, facility_code, registration_number)
SELECT 'Facility ' || number, 'F-' || number, 'R-' || number
FROM generate_series(1, 50000) AS number
"""
FACILITIES_OF_ALL_WARDS = """
WITH inserted AS (
    INSERT INTO facilities (facility_name, facility_code, ward_id)
    SELECT 'Facility ' || number, 'F-' || number, 1 + number % 1450
    FROM generate_series(1, 10000) AS number
    RETURNING facility_id
)
INSERT INTO facility_coordinates (facility_id, latitude, longitude, collection_date)
SELECT facility_id, facility_id % 5, 34 + facility_id % 7, current_date
FROM inserted
"""
ALL_ARE_MET = """
INSERT INTO run_facilities (facility_id, file_no, source, content_hash, outcome)
SELECT facility_id, 1, 'test', gen_random_uuid(), 'inserted'
FROM facilities
"""


def record(number: int, **more: Any) -> dict[str, Any]:
    return {
        "code": 50_000 + number,
        "name": f"Clinic {number}",
        "registration_number": f"GK-{number:06}",
        "county_name": "Nairobi",
        "constituency_name": "Makadara",
        "ward_name": "Viwandani",
        "lat": "-1.31",
        "long": "36.875",
        "owner_name": "Ministry of Health",
        "service_names": ["Counselling", "Post-rape care"],
        "phone": "0700000016",
    } | more


def write(folder: Path, records: list[dict[str, Any]]) -> Path:
    path = folder / f"clinics_{len(records)}.json"
    path.write_bytes(msgspec.json.encode({"results": records}))
    return path


def command(settings: Settings, *arguments: str) -> list[str]:
    url = ["--database-url", str(settings.database_url)] if "--no-such-option" not in arguments else []
    return [sys.executable, "-c", MODULES, str(IMPORTER), *arguments, *url]


def modules_of(settings: Settings, *arguments: str) -> tuple[int, set[str]]:
    places = {f"GVRC_{name.upper()}_DIR": str(getattr(settings, f"{name}_dir")) for name in ("data", "logs", "reports")}
    environment = places | {"PYTHONPATH": str(IMPORTER.parent)}
    ended = subprocess.run(
        command(settings, *arguments), env=environment, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    words = ended.stdout.splitlines()[-1].split()
    return int(words[1]), set(words[3:])


def test_the_bytecode_of_each_package_that_we_import_is_compiled_at_setup() -> None:
    trees = [
        ast.parse(path.read_bytes()) for folder in ("gvrc", "scripts") for path in (PROJECT / folder).rglob("*.py")
    ]
    statements = [node for tree in trees for node in ast.walk(tree)]
    named = {alias.name for node in statements if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in statements if isinstance(node, ast.ImportFrom) and not node.level}
    others = {name.partition(".")[0] for name in named} - sys.stdlib_module_names - {"gvrc", "_environment"}
    makefile = (PROJECT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    compiled = re.findall(r"^IMPORTED := (.*)$", makefile, re.MULTILINE)[0].split(",")
    assert others == {name.strip().partition(".")[0] for name in compiled}


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], 0), (["--no-such-option"], 2), (["no-such-file.json"], 2)]
)
def test_what_must_answer_at_once_loads_nothing_heavy(settings: Settings, arguments: list[str], status: int) -> None:
    ended, modules = modules_of(settings, *arguments)
    assert (ended, modules & (HEAVY | {"yaml", "loguru"})) == (status, set())


def test_an_unchanged_file_is_known_without_polars(settings: Settings, tmp_path: Path) -> None:
    path = str(write(tmp_path, [record(1)]))
    first, modules = modules_of(settings, path, "--quiet")
    assert (first, "polars" in modules) == (0, True)
    assert modules_of(settings, path, "--quiet")[1] & HEAVY == set()


def test_an_unchanged_file_waits_for_no_class_whose_methods_are_compiled_when_it_is_imported(
    settings: Settings, tmp_path: Path
) -> None:
    path = str(write(tmp_path, [record(1)]))
    modules_of(settings, path, "--quiet")
    ours = [Path(*name.split(".")) for name in modules_of(settings, path, "--quiet")[1] if name.startswith("gvrc.")]
    texts = [(PROJECT / name).with_suffix(".py") for name in ours if not (PROJECT / name).is_dir()]
    # The rules of the sources are read before anything is imported that is not Python's own.
    assert [path.name for path in texts if "@dataclass" in path.read_text("utf-8")] == ["sources.py"]


def test_no_module_compiles_a_pattern_of_its_own_when_it_is_imported() -> None:
    trees = {path.name: ast.parse(path.read_bytes()) for path in (PROJECT / "gvrc").rglob("*.py")}
    lines = [(name, line) for name, tree in trees.items() for line in tree.body if not isinstance(line, MADE_LATER)]
    assert len(lines) > 1_000
    assert [name for name, line in lines if "re.compile(" in ast.unparse(line)] == []


def test_polars_is_imported_while_connecting_for_a_file_that_came_since_the_last_run(
    settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, [record(1)])
    modules_of(settings, str(path), "--quiet")
    path.rename(tmp_path / "sent_again.json")  # with its old time of writing, as an unpacked file has it
    assert "polars" in modules_of(settings, str(tmp_path / "sent_again.json"), "--quiet")[1]


def test_polars_is_all_that_a_clean_file_loads_of_the_heavy_modules(settings: Settings, tmp_path: Path) -> None:
    _, modules = modules_of(settings, str(write(tmp_path, [record(1)])), "--quiet")
    assert modules & HEAVY == {"polars"}


def test_a_misspelt_place_loads_what_compares_names_and_an_unusual_number_what_knows_the_plan(
    settings: Settings, tmp_path: Path
) -> None:
    unusual = [record(1, ward_name="Viwandnai"), record(2, phone="020 2711234")]
    _, modules = modules_of(settings, str(write(tmp_path, unusual)), "--quiet")
    assert modules & HEAVY == {"polars", "rapidfuzz", "phonenumbers"}


def test_a_forced_run_over_settled_records_loads_nothing_that_opens_or_transforms(
    settings: Settings, tmp_path: Path
) -> None:
    path = str(write(tmp_path, [record(1)]))
    opening = {"gvrc.reading.opening", "gvrc.reading.fields", "gvrc.transform", "gvrc.normalise", "gvrc.decided"}
    assert modules_of(settings, path, "--quiet")[1] >= opening
    assert modules_of(settings, path, "--quiet", "--force")[1] & opening == set()


def test_records_that_name_what_they_give_the_ids_of_are_found_in_one_pass_through_their_file() -> None:
    place = {"ward": "2e793f53-d493-485d-a6a1-efe5860c4c6c", "county": "7c942357-44a8-49c9-9ca6-8247ad903b57"}
    services = {"services": ["8bfb7f08-f301-4daa-b2c8-5caec49abdfe", "04924a6b-1355-4cff-89fe-980da6782794"]}
    content = msgspec.json.encode(
        {"count": 60, "results": [record(number, **place, **services) for number in range(60)]}
    )
    opened: list[int] = []

    @contextmanager
    def reopen() -> Iterator[Iterator[bytes]]:
        opened.append(len(opened))
        yield iter([content])

    found = list(find_records(iter([content]), keys_of_source({}), None, Walked(), Links(reopen)))

    assert sum(map(len, found)) == 60
    assert opened == []


def test_the_first_record_tells_what_a_list_of_facilities_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record(number) for number in range(60)]
    asked: list[object] = []

    def ask(value: object, keys: Keys) -> bool:
        asked.append(value)
        return looks_like_facility(value, keys)

    monkeypatch.setattr(evidence, "looks_like_facility", ask)
    content = msgspec.json.encode(records)

    found = list(
        find_records(iter([content]), keys_of_source({}), None, Walked(), Links(lambda: nullcontext(iter([]))))
    )

    assert sum(map(len, found)) == 60
    assert asked == records[:1]


def test_what_only_doubtful_places_need_is_made_for_the_first_of_them_and_kept() -> None:
    names = {"place_no": 1, "county_name": "Nairobi", "constituency_name": "Kibra", "sub_county_name": None}
    schema = dict.fromkeys(names, pl.String) | {"place_no": pl.Int64, "ward_name": pl.String}
    settled, doubtful = (pl.DataFrame([names | {"ward_name": ward}], schema) for ward in ("Lindi", "Laini Sabba"))
    gazetteer = read_gazetteer(read_shipped_reference(), read_aliases(), Thresholds())

    assert decide_places(settled, gazetteer, Thresholds())["ward_match"].to_list() == ["exact"]
    assert vars(gazetteer) == {}
    assert decide_places(doubtful, gazetteer, Thresholds())["ward_match"].to_list() == ["fuzzy"]
    made = dict(vars(gazetteer))
    decide_places(doubtful, gazetteer, Thresholds())
    assert sorted(made) == ["choices", "constituency_names", "unit_keys", "words_of_wards"]
    assert all(vars(gazetteer)[name] is frame for name, frame in made.items())


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    statements: list[str] = []
    execute = Database.execute

    def count(database: Database, sql: str, *parameters: Any) -> int:
        statements.append(sql)
        return execute(database, sql, *parameters)

    monkeypatch.setattr(Database, "execute", count)
    return statements


def test_the_statements_of_a_batch_do_not_grow_with_its_records(
    settings: Settings, tmp_path: Path, counted: list[str]
) -> None:
    numbers = []
    for size in (1, 10, 900):  # the first run of all makes tables, and there is no settled record to ask for
        path = write(tmp_path, [record(size * 1_000 + number) for number in range(size)])
        for force in (False, True):
            counted.clear()
            run([str(path)], settings, Options(force=force))
            numbers.append(len(counted))
    assert numbers[2:4] == numbers[4:]
    assert max(numbers[1:]) <= MOST_STATEMENTS


def ask(database: Database, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    with database._statement(sql, *parameters) as asked:
        asked.set_options(**{"adbc.postgresql.use_copy": "false"})
        return list(nanoarrow.ArrayStream(asked.execute_query()[0]).read_all().to_pylist())


def written_rows(database: Database) -> dict[str, int]:
    """Count what was ever written, once the connections of finished runs have reported it."""
    while ask(database, CONNECTIONS)[0]["others"]:
        time.sleep(0.02)
    database.execute("SELECT pg_stat_clear_snapshot()")
    return {row["schema"]: row["rows"] for row in ask(database, WRITTEN)}


def test_the_columns_of_a_table_are_asked_once_a_run(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read_rows = Database.rows

    def note(database: Database, name: str, *parameters: Any) -> list[dict[str, Any]]:
        if name == "columns_of_table":
            asked.append(str(parameters[0]))
        return read_rows(database, name, *parameters)

    monkeypatch.setattr(Database, "rows", note)
    small = msgspec.structs.replace(settings, batch_size=100)
    run([str(write(tmp_path, [record(number) for number in range(300)]))], small)
    assert "facilities" in asked
    assert len(asked) == len(set(asked))


def test_a_forced_run_of_unchanged_records_writes_its_account_and_no_row_more(
    settings: Settings, tmp_path: Path, fresh: Database
) -> None:
    path = write(tmp_path, [record(number) for number in range(500)])
    run([str(path)], settings)
    before = written_rows(fresh)
    account = run([str(path)], settings, Options(force=True))
    after = written_rows(fresh)
    assert account.totals()["unchanged"] == 500
    assert after["public"] == before["public"]
    assert after["etl"] - before["etl"] <= 6  # the run, its file, and their updates


def test_one_changed_record_of_many_is_the_only_one_that_is_written(
    settings: Settings, tmp_path: Path, fresh: Database
) -> None:
    records = [record(number) for number in range(500)]
    run([str(write(tmp_path, records))], settings)
    before = written_rows(fresh)
    records[250]["name"] = "Clinic of another name"
    account = run([str(write(tmp_path, records))], settings)
    assert (account.totals()["updated"], account.totals()["unchanged"]) == (1, 499)
    assert written_rows(fresh)["public"] - before["public"] == 1


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the plans of the statements that look for something, as they are while they are run."""
    plans: dict[str, str] = {}
    for way in ("run", "rows"):
        monkeypatch.setattr(Database, way, explaining(getattr(Database, way), plans))
    return plans


def explaining(way: Callable[..., Any], plans: dict[str, str]) -> Callable[..., Any]:
    """Give a way to run a statement that keeps its plan first."""

    def run_explained(database: Database, name: str, *parameters: Any) -> Any:
        if name in LOOKING:
            plans[name] = explain(database, name, *parameters)
        return way(database, name, *parameters)

    return run_explained


def explain(database: Database, name: str, *parameters: Any, how: str = "COSTS") -> str:
    plan = ask(database, f"EXPLAIN ({how}) {statement(name)}", *parameters)
    return "\n".join(next(iter(row.values())) for row in plan)


def test_a_record_is_looked_for_by_an_index_and_not_in_the_whole_directory(
    settings: Settings, tmp_path: Path, fresh: Database, explained: dict[str, str]
) -> None:
    run([str(write(tmp_path, [record(number) for number in range(3_000)]))], settings)
    fresh.execute(MANY_FACILITIES)
    fresh.execute("ANALYZE facilities, etl.facility_source")
    new = [record(number) for number in range(5_000, 5_020)] + [record(0, code=None, name="Clinic without a code")]
    run([str(write(tmp_path, new))], settings)
    assert "facilities_registration_number_key" in explained["refuse_claimed_numbers"]
    assert "facilities_registration_number_key" in explained["meet_by_registration_number"]
    assert "facilities_lower_name_idx" in explained["meet_by_name"]
    assert "facilities_lower_name_idx" in explained["meet_by_former_code"]
    assert explained.keys() == LOOKING
    whole = ("Seq Scan on facilities", "Seq Scan on imported_facilities")
    assert not [name for name, plan in explained.items() if any(scan in plan for scan in whole)]


def test_what_is_taken_back_is_looked_up_by_keys_whatever_the_planner_takes_the_tables_for(
    settings: Settings, tmp_path: Path, fresh: Database, explained: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "LOOKING", TAKING_BACK)
    account = run([str(write(tmp_path, [record(number) | {"beds": 9} for number in range(20)]))], settings)
    for _ in range(2):  # taken back, and brought back into tables that were empty when they were last looked at
        account = undo(account.run_id, settings)
        fresh.execute(f"ANALYZE {', '.join(('facilities', *CHILD_TABLES))}")
    assert {"delete_facilities", "delete_facility_services", "put_back_facility_infrastructure"} <= explained.keys()
    assert "SubPlan" not in explained.pop("undo_account")  # one look among all changes for each facility
    assert not [name for name, plan in explained.items() if "Seq Scan" in plan]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Give, of each statement that is run, the rows that its busiest step looked at."""
    rows: dict[str, float] = {}
    for way in ("run", "rows", "read"):
        monkeypatch.setattr(Database, way, counting_rows(getattr(Database, way), rows))
    return rows


def counting_rows(way: Callable[..., Any], looked_at: dict[str, float]) -> Callable[..., Any]:
    """Give a way to run a statement that first counts how many rows the busiest step of its plan looks at."""

    def run_counted(database: Database, name: str, *parameters: Any) -> Any:
        is_one = ";\n" not in statement(name)
        if is_one and re.match(r"(--.*\n)*(WITH|SELECT|INSERT|UPDATE|DELETE)", statement(name)):
            with database.transaction(keep=False):
                database.execute("SAVEPOINT counted")
                plan = explain(database, name, *parameters, how="ANALYZE")
                database.execute("ROLLBACK TO SAVEPOINT counted")
            looked_at[name] = max(looked_at.get(name, 0), *map(rows_of, plan.split("->")))
        return way(database, name, *parameters)

    return run_counted


def rows_of(step: str) -> float:
    """Count the rows that one step of a plan gives or throws away, in all its rounds."""
    given = re.search(r"rows=([\d.]+) loops=(\d+)\)", step)
    thrown_away = sum(map(int, re.findall(r"Rows Removed by (?:Join )?Filter: (\d+)", step)))
    return (float(given[1]) + thrown_away) * int(given[2]) if given else 0


@pytest.fixture
def postponed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postpone the records of each batch once they are counted, as records that turn out to be one facility are."""
    run_statement = Database.run

    def run_and_postpone(database: Database, name: str, *parameters: Any) -> int:
        count = run_statement(database, name, *parameters)
        if name == "analyze_staged_records":
            database.execute("UPDATE staged_records SET round = round + 10")
        return count

    monkeypatch.setattr(Database, "run", run_and_postpone)


@pytest.mark.usefixtures("postponed")
def test_the_records_of_a_batch_are_not_compared_each_with_each_where_facilities_come_again(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """The planner took them for one: 8,000 records that came five times were compared each with each for 43 s."""
    run([str(write(tmp_path, [record(number) for number in range(400)]))], settings)
    again = [record(number, beds=beds) for number in range(400) for beds in range(5)]
    assert run([str(write(tmp_path, again))], settings).totals()["updated"] == 400
    assert {name: rows for name, rows in looked_at.items() if name in MEETING and rows > 10 * len(again)} == {}


def test_facilities_of_one_name_are_not_compared_each_with_each_record_of_it(
    settings: Settings, tmp_path: Path, fresh: Database, looked_at: dict[str, float]
) -> None:
    run([str(write(tmp_path, [record(number) for number in range(100)]))], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Dispensary'")
    fresh.execute(MANY_FACILITIES.replace("'Facility ' || number", "'Dispensary'").replace("50000", "2000"))
    fresh.execute("ANALYZE facilities, etl.imported_facilities")
    new = [
        record(number, name="Dispensary", constituency_name=constituency, ward_name=ward)
        for number, (constituency, ward) in enumerate(PLACES.items(), start=5_000)
    ]
    assert run([str(write(tmp_path, new))], settings).totals()["inserted"] == len(PLACES)
    assert {name: rows for name, rows in looked_at.items() if name in MEETING and rows > 3 * 2_100} == {}


def test_wards_are_not_read_once_for_each_facility_of_a_run(
    settings: Settings, tmp_path: Path, fresh: Database
) -> None:
    """The planner, who has counted many facilities and no ward, read all wards for each: 1 s for one file."""
    run([str(write(tmp_path, [record(number) for number in range(3_000)]))], settings)
    fresh.execute(MANY_FACILITIES)
    fresh.execute("ANALYZE facilities, facility_coordinates, etl.facility_source")
    lookups = looked_up(fresh)
    run([str(write(tmp_path, [record(number) for number in range(5_000, 5_300)]))], settings)
    assert looked_up(fresh) - lookups < 300 * 100


def test_the_planner_expects_all_points_where_nobody_has_counted_the_wards(fresh: Database) -> None:
    """It took 40 of 10,000, and compared each with each wide ward: 0.2 to 0.6 s of every second first load."""
    fresh.execute(FACILITIES_OF_ALL_WARDS)
    fresh.execute("ANALYZE facilities, facility_coordinates")
    fresh.execute("DELETE FROM pg_statistic WHERE starelid = 'wards'::regclass")
    fresh.run("create_run_facilities")
    fresh.execute(ALL_ARE_MET)
    expected = re.findall(r"CTE Scan on points .*rows=(\d+)", explain(fresh, "note_far_facilities", 1, 25.0))
    assert len(expected) == 2
    assert min(map(int, expected)) > 5_000


@pytest.mark.parametrize("batch_size", [1_000, 2_000])
def test_no_statement_compares_all_with_all(
    settings: Settings, tmp_path: Path, fresh: Database, looked_at: dict[str, float], batch_size: int
) -> None:
    """After each new version nothing is settled: to find codes that are claimed again took 5 s of 9,267 records."""
    path = str(write(tmp_path, [record(number) for number in range(3_000)]))
    for manual_edits_are_kept in (True, False):  # other rules
        rules = msgspec.structs.replace(settings, batch_size=batch_size, keep_manual_edits=manual_edits_are_kept)
        run([path], rules, Options(force=True))
        fresh.execute("ANALYZE")
    assert run([path], rules, Options(force=True)).totals()["unchanged"] == 3_000
    services = [f"Service {number}" for number in range(20)]
    changed = [record(number, name=f"Hospital {number}", service_names=services) for number in range(3_000)]
    renamed = write(tmp_path, changed)
    account = run([str(renamed)], rules)
    assert account.totals()["updated"] == 3_000
    assert undo(account.run_id, rules).totals()["updated"] == 3_000
    known = {"withdraw_codes_claimed_again", "settle", "unsent_facilities", "forget_undone_facilities"}
    assert known <= looked_at.keys()
    assert {name: rows for name, rows in looked_at.items() if rows > 50 * 3_000} == {}


def test_unchanged_files_are_not_compared_with_all_accounts_of_files(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """Which run was the last to change the directory was asked of each: 6,000 took 14.6 s at the second time."""
    paths = [tmp_path / f"{number}.json" for number in range(200)]
    for number, path in enumerate(paths):
        path.write_bytes(msgspec.json.encode([record(number)]))
    for _ in range(4):
        account = run(map(str, paths), settings)
    assert account.totals()["unchanged"] == 200
    assert looked_at["known_files"] < 20 * 200


def test_a_load_is_taken_back_and_brought_back_without_comparing_all_with_all(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    account = run([str(write(tmp_path, [record(number, beds=9) for number in range(1_000)]))], settings)
    looked_at.clear()
    for _ in range(3):
        account = undo(account.run_id, settings)
    assert {"add_lost_rows", "forget_undone_facilities", "delete_facilities"} <= looked_at.keys()
    assert {name: rows for name, rows in looked_at.items() if rows > 50 * 1_000} == {}


def test_renamed_records_without_a_code_are_not_compared_all_with_all(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """For 3,000 of one constituency it took 56 s to spell their names, 1.7 s to refuse, 1 s to free their numbers."""
    run([str(write(tmp_path, [record(number, code=None) for number in range(1_000)]))], settings)
    renamed = [record(number, code=None, name=f"Clinic {number} West") for number in range(1_000)]
    account = run([str(write(tmp_path, renamed))], settings)
    assert (account.totals()["inserted"], account.files[0].issues["registration_number_claimed_twice"]) == (
        1_000,
        1_000,
    )
    assert {"meet_by_spelling", "refuse_claimed_numbers", "stage_freed"} <= looked_at.keys()
    assert {name: rows for name, rows in looked_at.items() if rows > 50 * 1_000} == {}


def test_what_a_source_left_out_is_counted_once_and_not_for_each_of_its_facilities(fresh: Database) -> None:
    """Where nobody had counted what was met, the planner counted it 1,005 times: 1.2 s for one file."""
    fresh.run("create_run_facilities")
    plan = explain(fresh, "unsent_facilities", 1, "[]", 0)
    steps = set(
        re.findall(r"^(\w+) AS", statement("unsent_facilities").replace("), ", "").replace("WITH ", ""), re.MULTILINE)
    )
    assert {"met", "come_again"} <= steps
    assert set(re.findall(r"CTE (\w+)$", plan, re.MULTILINE)) == steps


def phones(first: int, last: int) -> list[dict[str, str]]:
    return [{"type": "phone", "value": f"0700{number:06}"} for number in range(first, last)]


def test_new_numbers_of_many_facilities_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """The planner took them for one: 2,000 were compared each with each for 78 s."""
    for first in ("07001", "07002", "07003"):
        again = [record(number, phone=f"{first}{number:05}", contact_person="Test Person") for number in range(500)]
        account = run([str(write(tmp_path, again))], settings)
    assert account.files[0].issues["contact_not_repeated"] == 1_000  # those of both files before
    asked = {"find_unrepeated_contacts", "insert_contacts_of_met", "note_contacts_out_of_use", "note_kept_people"}
    assert asked <= looked_at.keys()
    assert {name: rows for name, rows in looked_at.items() if rows > 50 * 500} == {}


def test_the_contacts_and_services_of_one_facility_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """5,000 contacts took 36 s to see which of those before are not repeated, and 106 s to be inserted."""
    for first in (0, 200, 600):
        contacts = [contact | {"contact_person": "Test Person"} for contact in phones(first, first + 400)]
        services = [f"Service {number}" for number in range(first, first + 400)]
        account = run([str(write(tmp_path, [record(1, contacts=contacts, service_names=services)]))], settings)
    assert account.totals()["updated"] == 1
    asked = {"insert_services_of_met", "find_unrepeated_contacts", "note_contacts_out_of_use", "note_kept_people"}
    assert {name: rows for name in asked if (rows := looked_at[name]) > 50 * 400} == {}


def test_namesakes_of_one_file_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """2,500 that one file gave took 85 s."""
    namesakes = [record(number, name="Dispensary", registration_number=None) for number in range(500)]
    assert run([str(write(tmp_path, namesakes))], settings).totals()["inserted"] == 500
    assert looked_at["note_possible_doubles"] <= 50 * 500


def test_possible_doubles_of_two_lists_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    for first in (0, 10_000):
        path = write(tmp_path, [record(first + number, name=f"Clinic {number}") for number in range(500)])
        path = path.rename(tmp_path / f"list_{first}.json")
        account = run([str(path)], settings)
    assert account.files[0].issues["possible_double"] == 500
    assert looked_at["note_possible_doubles"] <= 50 * 500


def test_facilities_that_get_the_names_of_others_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    for body, name in (("way", "Clinic"), ("node", "Disp"), ("node", "Clinic")):
        named = [{"id": f"{body}/{10**9 + number}", "name": f"{name} {number}"} for number in range(500)]
        without_codes = [record(0, code=None, registration_number=None, **said) for said in named]
        account = run([str(write(tmp_path, without_codes).rename(tmp_path / f"{body}.json"))], settings)
    assert (account.totals()["updated"], account.files[0].issues["possible_double"]) == (500, 500)
    assert looked_at["note_possible_doubles"] <= 50 * 500


def test_rejects_that_come_again_are_not_compared_with_all_that_were_closed(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    """2,500 took 2.8 s, and twice as many four times as long."""
    records = [{"name": "Amani Shelter"}, *({"code": f"R-{number}", "name": ""} for number in range(500))]
    path = str(write(tmp_path, records))
    for _ in range(2):
        undo(run([path], settings).run_id, settings)
    account = run([path], settings)
    assert (account.totals()["rejected"], account.known_rejects, account.reopened_rejects) == (500, 0, 0)
    assert looked_at["count_new_rejects"] <= 20 * 500


def test_rejects_that_are_corrected_once_more_are_not_compared_each_with_each(
    settings: Settings, tmp_path: Path, looked_at: dict[str, float]
) -> None:
    nameless = [{"name": "", "county_name": "Nairobi", "address": f"Plot {number}"} for number in range(500)]
    refused = run([str(write(tmp_path, [{"name": "Imara Shelter"}, *nameless]))], settings)
    rejects = settings.data_dir / "rejected" / f"{refused.run_id}.jsonl"
    lines = rejects.read_text("utf-8").splitlines()
    for name, outcome in (("Amani", "inserted"), ("Baraka", "updated")):
        corrected = (line.replace('"name":""', f'"name":"{name} Shelter {no}"') for no, line in enumerate(lines))
        rejects.write_text("\n".join(corrected), "utf-8")
        assert run([str(rejects)], settings).totals()[outcome] == 500
    assert looked_at["meet_by_former_correction"] <= 20 * 500


@pytest.mark.parametrize("is_counted", [True, False])
def test_the_files_that_an_undo_names_are_found_without_comparing_all_with_all(
    settings: Settings, tmp_path: Path, fresh: Database, looked_at: dict[str, float], is_counted: bool
) -> None:
    runs = []
    for month in range(4):
        path = write(tmp_path, [record(number, description=f"Month {month}") for number in range(1_000)])
        runs.append(run([str(path.rename(tmp_path / f"body_{'abab'[month]}_{month}.json"))], settings).run_id)
        if is_counted:
            fresh.execute("ANALYZE")
    assert len(undo(runs[0], settings).files[0].notes) == 1
    assert looked_at["files_loaded_since"] <= 20 * 1_000


def looked_up(database: Database) -> int:
    """Count the looks into the key of the facilities."""
    written_rows(database)
    (read,) = ask(database, "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'facilities_pkey'")
    return int(read["idx_scan"])


@pytest.mark.slow
def test_the_frames_of_many_small_files_are_not_measured_again_for_each_that_comes(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    measured: list[int] = []
    measure = pl.DataFrame.estimated_size

    def count_and_measure(frame: pl.DataFrame) -> float:
        measured.append(frame.height)
        return measure(frame)

    for number in range(40):
        (tmp_path / f"{number}.json").write_bytes(msgspec.json.encode([{"name": f"Test Clinic {number}"}]))
    monkeypatch.setattr(pl.DataFrame, "estimated_size", count_and_measure)
    assert run([str(tmp_path)], settings).totals()["read"] == 40
    assert len(measured) <= 2 * 40


def test_a_file_of_100_mb_is_loaded_in_less_than_400_mb(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    with path.open("wb") as lines:
        for number in range(RECORDS_OF_100_MB):
            lines.write(msgspec.json.encode(record(number, remarks="x" * 3_600)) + b"\n")
    assert path.stat().st_size > 95_000_000
    options = ["--quiet", "--database-url", str(settings.database_url)]
    assert peak_memory([str(IMPORTER), str(path), *options]) < 400


def peak_memory(arguments: list[str]) -> float:
    """Run a command in a process of its own and give its peak in megabytes."""
    script = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return float(ended.stdout.splitlines()[-1]) / 1024
