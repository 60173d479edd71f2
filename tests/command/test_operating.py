"""The importer as operators run it: its logs, its metrics while it is on, an inbox that it watches."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from gvrc.command import main
from gvrc.database import connect
from gvrc.log import stop_logging
from gvrc.operating.watched_rules import WatchedRules
from gvrc.settings import PROJECT, read_settings
from tests.conftest import variables_of
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

IMPORTER = [sys.executable, str(PROJECT / "scripts" / "production_json_importer.py")]
PIPELINE = [sys.executable, "-m", "gvrc.pipeline", "--config", "config/production.yaml"]
SAMPLE = PROJECT / "data" / "sample"
CLINIC = {"code": "13080", "name": "Mukuru Crisis Clinic", "county_name": "Nairobi", "phone": "0700000016"}


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    return os.environ | variables_of(settings)


def call(
    environment: dict[str, str], *options: str | Path, command: list[str] = IMPORTER
) -> subprocess.CompletedProcess[str]:
    arguments = [*command, *map(str, options)]
    return subprocess.run(
        arguments, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def count_facilities(database: Database) -> int:
    found = {row["table_name"]: row["rows"] for row in database.rows("count_tables")}
    return int(found["facilities"])


def test_no_contact_value_of_the_files_is_told_anywhere(
    environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    done = call(environment, SAMPLE, "--log-level", "DEBUG", "--metrics-file", tmp_path / "gvrc.prom")
    assert done.returncode == 0
    told = [done.stdout, done.stderr, (tmp_path / "gvrc.prom").read_text("utf-8")]
    told += [path.read_text("utf-8") for path in settings.logs_dir.rglob("*.log")]
    text = "\n".join(told)
    assert "batch_merged" in text
    given = "\n".join(path.read_text("utf-8") for path in SAMPLE.glob("*.json"))
    numbers = set(re.findall(r"(?:\+254|0)[ \d()-]{8,12}\d", given))
    addresses = set(re.findall(r"[\w.+-]+@[\w.-]+\w", given))
    assert len(numbers) > 50
    assert len(addresses) > 10
    assert [value for value in numbers | addresses if value in text] == []


def test_rejects_and_issues_are_logged_record_by_record(
    environment: dict[str, str], settings: Settings, fresh: Database
) -> None:
    call(environment, SAMPLE / "kps_stations.json")
    (path,) = (settings.logs_dir / "processing").glob("records_*.log")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert {line["file"] for line in lines} == {"data/sample/kps_stations.json"}
    assert all(line["record_number"] > 0 for line in lines)
    rejected = fresh.rows("pipeline_state")[0]["open_rejects"]
    assert sum(line["outcome"] == "rejected" for line in lines) == rejected > 0


def test_lines_are_plain_where_there_is_no_terminal_and_quiet_prints_nothing(environment: dict[str, str]) -> None:
    done = call(environment, SAMPLE / "equity_afya.json")
    assert re.search(r"^\d\d:\d\d:\d\d INFO    batch_merged  records=24 ", done.stderr, re.MULTILINE)
    assert "\x1b" not in done.stderr + done.stdout
    done = call(environment, SAMPLE / "equity_afya.json", "--quiet", "--force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_is_silent_about_a_warning_and_tells_what_gives_the_exit_status(
    environment: dict[str, str], settings: Settings
) -> None:
    done = call(environment, SAMPLE / "kps_stations.json", "--quiet", "--source", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "source_not_configured" in next((settings.logs_dir / "etl").glob("*.log")).read_text("utf-8")
    strict = environment | {"GVRC_MAX_REJECT_RATIO": "0"}
    done = call(strict, SAMPLE / "kps_stations.json", "--quiet", "--force")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"\S+ ERROR   too_many_rejects  share=0.\d+ max_reject_ratio=0.0\n", done.stderr)


def test_the_guides_log_command_writes_the_same_lines(environment: dict[str, str], settings: Settings) -> None:
    command = f'"{sys.executable}" scripts/production_json_importer.py data/sample/equity_afya.json 2>&1 | tee "$LOG"'
    log = settings.logs_dir / "etl" / "pipeline_20261123_060000.log"
    log.parent.mkdir(parents=True)
    subprocess.run(["bash", "-c", command], env=environment | {"LOG": str(log)}, cwd=PROJECT, check=True, timeout=120)
    assert "batch_merged" in log.read_text("utf-8")
    assert "Account: 24 read" in log.read_text("utf-8")


def test_the_metrics_file_has_the_runs_numbers(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "gvrc.prom"
    call(environment, SAMPLE / "equity_afya.json", "--metrics-file", path)
    text = path.read_text("utf-8")
    assert 'gvrc_records_total{outcome="inserted",source="equity_afya"} 24.0' in text
    assert "gvrc_run_in_progress 0.0" in text
    assert re.search(r"^gvrc_quality_score \d+\.\d+$", text, re.MULTILINE)
    assert re.search(r"^gvrc_batch_duration_seconds_count 1\.0$", text, re.MULTILINE)


def test_a_metrics_file_never_takes_the_place_of_a_device_or_a_pipe(
    environment: dict[str, str], fresh: Database, tmp_path: Path
) -> None:
    pipe = tmp_path / "gvrc.prom"
    os.mkfifo(pipe)
    for command in (IMPORTER, [sys.executable, "scripts/monitor.py"]):
        done = call(environment, "--metrics-file", pipe, command=command)
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == f"error: metrics_file: {pipe} is a device or a pipe, which a file would replace. Name a file.\n"
        )
        assert pipe.is_fifo()
    assert count_facilities(fresh) == 0


def test_an_inbox_that_is_empty_is_nothing_to_do_and_never_the_sample_data(
    environment: dict[str, str], fresh: Database
) -> None:
    done = call(environment, command=PIPELINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "raw holds no JSON file: nothing to import." in done.stdout
    assert count_facilities(fresh) == 0


def test_an_inbox_with_a_file_on_its_way_a_note_and_a_folder_is_nothing_to_import(
    environment: dict[str, str], settings: Settings, fresh: Database
) -> None:
    raw = settings.data_dir / "raw"
    (raw / "older").mkdir(parents=True)
    (raw / "older" / "a.json").write_text(json.dumps([CLINIC]), "utf-8")
    (raw / "kiambu.part").write_text("[{", "utf-8")
    (raw / "README").write_text("Put files here", "utf-8")
    done = call(environment, command=PIPELINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "raw holds no JSON file: nothing to import." in done.stdout
    assert count_facilities(fresh) == 0
    with watching(environment) as importer:
        time.sleep(1)
        assert importer.poll() is None
        (raw / "kiambu.part").write_text(json.dumps([CLINIC]), "utf-8")
        (raw / "kiambu.part").rename(raw / "kiambu.json")
        wait_until_loaded(fresh, 1)


@contextmanager
def watching(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [*PIPELINE, "--watch", "0.2", "--quiet", *options]
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as importer:
        try:
            yield importer
        finally:  # or a test that failed would wait for it for ever
            importer.terminate()


def test_a_watching_service_outlives_a_database_that_is_away(
    environment: dict[str, str], settings: Settings, server_url: str, fresh: Database
) -> None:
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    (raw / "kiambu.json").write_text(json.dumps([CLINIC]), "utf-8")
    (name,) = (row["name"] for row in fresh.rows("database_kind"))
    with connect(server_url) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        with watching(environment) as importer:
            assert importer.stderr is not None
            assert "ERROR   import_put_off  error=The database at" in importer.stderr.readline()
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            wait_until_loaded(fresh, 1)
            assert importer.poll() is None
            importer.terminate()
            told = importer.stderr.read()
    assert importer.returncode in (0, 130), told
    assert "import_put_off" in events(settings)


def test_a_watching_service_tries_a_file_that_failed_again_only_when_something_has_changed(
    environment: dict[str, str], settings: Settings, fresh: Database
) -> None:
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    bring(raw / "kiambu.json", '[{"name": "Imara Clinic"}, {"na')
    with watching(environment):
        wait_for_runs(fresh, ["failed"])
        time.sleep(2)
        wait_for_runs(fresh, ["failed"])
        bring(raw / "kwale.json", json.dumps([CLINIC]))
        wait_for_runs(fresh, ["failed", "partial"])
        bring(raw / "kiambu.json", '[{"name": "Imara Clinic"}]')
        wait_for_runs(fresh, ["failed", "partial", "succeeded"])
    assert count_facilities(fresh) == 2


def bring(path: Path, text: str) -> None:
    """Put a file into an inbox as the documents tell: whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.rename(path)


def wait_for_runs(database: Database, expected: list[str]) -> None:
    found: list[str] = []
    for _ in range(200):
        found = [row["status"] for row in rows(database, "SELECT status FROM etl.runs ORDER BY run_no")]
        if found == expected:
            return
        time.sleep(0.1)
    pytest.fail(f"the runs were {found}, not {expected}, for 20 s")


def test_a_watching_service_outlives_rules_that_are_broken_or_gone_for_a_while_and_imports_nothing_under_them(
    environment: dict[str, str], settings: Settings, tmp_path: Path, fresh: Database
) -> None:
    raw, sources = settings.data_dir / "raw", tmp_path / "sources.yaml"
    raw.mkdir(parents=True)
    bring_rules(sources, "sources:\n  - name: moh\n    files: [kia")
    bring(raw / "kiambu.json", json.dumps([CLINIC]))
    with watching(environment | {"GVRC_SOURCES": str(sources)}) as importer:
        assert importer.stderr is not None
        assert "ERROR   import_put_off" in (told := importer.stderr.readline())
        assert "sources.yaml, line 3: not valid YAML" in told
        bring(raw / "kisumu.json", json.dumps([CLINIC | {"code": "13081", "name": "Lindi Crisis Clinic"}]))
        time.sleep(1)
        sources.unlink()
        assert "ERROR   rules_gone" in importer.stderr.readline()
        time.sleep(0.5)
        assert count_facilities(fresh) == 0
        bring_rules(sources, "sources:\n  - name: moh\n    files: [ki*.json]\n")
        wait_for_runs(fresh, ["failed", "succeeded"])
    assert rows(fresh, "SELECT DISTINCT source FROM etl.files WHERE status = 'succeeded'") == [{"source": "moh"}]
    assert count_facilities(fresh) == 2


def bring_rules(path: Path, text: str) -> None:
    """Put a file of rules in its place, that was written a while ago."""
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    os.utime(part, (time.time() - 60,) * 2)
    part.replace(path)


def test_rules_that_were_written_just_now_are_not_whole_yet(tmp_path: Path) -> None:
    sources, aliases = tmp_path / "sources.yaml", tmp_path / "ward_aliases.csv"
    settings = read_settings(None, {}, {"sources": bring_file(sources), "ward_aliases": bring_file(aliases)})
    rules = WatchedRules(settings)
    assert rules.are_whole(is_late=False)
    os.utime(sources)
    assert not rules.are_whole(is_late=True)


def bring_file(path: Path) -> str:
    bring_rules(path, "")
    return str(path)


def test_a_watched_folder_may_be_empty(environment: dict[str, str], tmp_path: Path, fresh: Database) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with watching(environment, str(inbox)) as importer:
        for number in (1, 2):
            bring(inbox / "kiambu.json", json.dumps([CLINIC | {"code": str(number), "name": f"Clinic {number}"}]))
            wait_until_loaded(fresh, number)
            (inbox / "kiambu.json").unlink()
            time.sleep(0.5)
        assert importer.poll() is None


SLOW_TO_TELL_ITS_CONFIGURATION = """
import sys, sysconfig, time
fill = sysconfig._init_posix
def fill_slowly(variables):
    time.sleep(0.5)
    fill(variables)
sysconfig._init_posix = fill_slowly
from gvrc.command import main
sys.exit(main(sys.argv[1:]))
"""


def test_no_thread_meets_pythons_configuration_half_filled(environment: dict[str, str]) -> None:
    """Polars asks for it in one thread while the logs are opened in another; 3.11 has no lock there."""
    done = call(environment, SAMPLE, command=[sys.executable, "-c", SLOW_TO_TELL_ITS_CONFIGURATION])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_watching_service_ends_at_a_signal_whose_exception_was_lost(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, stop: signal.Signals
) -> None:
    def lose(*_: object) -> int:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(stop)
        return 0

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gvrc.command.import_waiting", lose)
    with own_signals():
        assert main(["--watch", "0.01", "--quiet"]) == 0


@contextmanager
def own_signals() -> Iterator[None]:
    """Put back what this process does at a signal, which a command changes.

    A suite that runs under ``nohup`` or in the background ignores two of them, and a command leaves that as it is.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    for number in before:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        stop_logging()
        for number, act in before.items():
            signal.signal(number, act)


def test_a_watching_service_ends_for_wrong_use(environment: dict[str, str], settings: Settings) -> None:
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    (raw / "kiambu.json").write_text(json.dumps([CLINIC]), "utf-8")
    done = call(environment | {"GVRC_ACTOR": "nobody@example.org"}, "--quiet", "--watch", "0.2", command=PIPELINE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "actor: the database has no user with this e-mail address" in done.stderr


def wait_until_loaded(database: Database, facilities: int) -> None:
    for _ in range(200):
        if count_facilities(database) == facilities:
            return
        time.sleep(0.1)
    pytest.fail(f"there were no {facilities} facilities within 20 s")


def test_a_watched_inbox_is_imported_and_served_until_the_command_is_ended(
    environment: dict[str, str], settings: Settings, fresh: Database
) -> None:
    port = free_port()
    environment |= {"GVRC_MONITOR_PORT": str(port), "GVRC_ARCHIVE_PROCESSED": "true"}
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    command = [*PIPELINE, "--monitor", "--watch", "0.2", "--quiet"]
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as importer:
        wait_for(port, "gvrc_run_in_progress 0.0")
        for number in (1, 2):
            part = raw / f".{number}.json.part"
            part.write_text(json.dumps([CLINIC | {"code": str(number), "name": f"Clinic {number}"}]), "utf-8")
            part.rename(raw / f"{number}.json")
            wait_for(port, f'gvrc_records_total{{outcome="inserted",source="{number}"}} 1.0')
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert json.load(answer)["overall_status"] == "healthy"
        while list(raw.glob("*.json")):
            time.sleep(0.05)
        time.sleep(0.5)  # the last run's report is written
        assert events(settings).count("monitor_started") == 1
        importer.send_signal(signal.SIGTERM)
        assert importer.wait(timeout=20) == 0
        assert importer.stderr is not None
        assert importer.stderr.read() == ""
    assert count_facilities(fresh) == 2
    assert list(raw.glob("*.json")) == []


def wait_for(port: int, line: str) -> None:
    text = ""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                text = answer.read().decode()
        except urllib.error.URLError:
            text = "nothing answers"
        if line in text:
            return
        time.sleep(0.1)
    pytest.fail(f"the metrics did not say {line} within 20 s: {text}")


def test_a_run_goes_on_where_the_monitors_port_is_taken_and_says_so(
    environment: dict[str, str], settings: Settings
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = call(environment | {"GVRC_MONITOR_PORT": port}, SAMPLE / "equity_afya.json", "--monitor")
    assert done.returncode == 0
    assert "Account: 24 read = 24 inserted" in done.stdout
    assert re.search(r"WARNING monitor_not_started  error=127.0.0.1:\d+: the monitor cannot be served", done.stderr)
    assert events(settings).count("monitor_not_started") == 1


def test_a_data_folder_of_ones_own_without_files_says_where_to_put_them(
    environment: dict[str, str], settings: Settings
) -> None:
    done = call(environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {settings.data_dir / 'raw'}: holds no JSON file (.json, ")
    assert done.stderr.endswith("Put source files there.\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_report_is_printed_where_the_output_lacks_a_letter_of_it(
    *, environment: dict[str, str], tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "kliniken_\u4e2d.json").write_text(json.dumps([CLINIC]), "utf-8")
    done = call(environment | {"PYTHONIOENCODING": encoding}, tmp_path / "kliniken_\u4e2d.json")
    assert (done.returncode, "fault of the importer" in done.stderr) == (0, False)
    assert "Account: 1 read = 1 inserted" in done.stdout
    assert "kliniken_\\u4e2d.json" in done.stdout


@pytest.mark.parametrize("closed", ["1", "2", "1 2", "0 1 2"])
def test_a_command_whose_streams_the_caller_has_closed_does_its_work(
    *, environment: dict[str, str], fresh: Database, tmp_path: Path, closed: str
) -> None:
    (tmp_path / "clinic.json").write_text(json.dumps([CLINIC]), "utf-8")
    closing = " ".join(f"{stream}<&-" if stream == "0" else f"{stream}>&-" for stream in closed.split())
    line = f'"{sys.executable}" {IMPORTER[-1]} "{tmp_path}/clinic.json" {closing}'
    assert call(environment, line, command=["bash", "-c"]).returncode == 0
    assert count_facilities(fresh) == 1


def test_standard_input_that_the_caller_has_closed_is_empty(environment: dict[str, str]) -> None:
    done = call(environment, f'"{sys.executable}" {IMPORTER[-1]} --quiet - <&-', command=["bash", "-c"])
    assert done.returncode == 1
    assert "standard-input.json: is empty" in done.stderr


@pytest.mark.parametrize("piped", ["| true", "2>&1 | true"])
def test_a_reader_that_has_seen_enough_hides_no_file_that_failed(
    *, environment: dict[str, str], tmp_path: Path, piped: str
) -> None:
    (tmp_path / "clinic.json").write_text("[{", "utf-8")
    line = f'"{sys.executable}" {IMPORTER[-1]} "{tmp_path}/clinic.json" {piped}; exit ${{PIPESTATUS[0]}}'
    done = call(environment, line, command=["bash", "-c"])
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_summary_never_takes_the_place_of_a_file_to_import(environment: dict[str, str], tmp_path: Path) -> None:
    clinic, link = tmp_path / "clinic.json", tmp_path / "link.json"
    clinic.write_text(json.dumps([CLINIC]), "utf-8")
    link.symlink_to(clinic)
    done = call(environment, str(clinic), "--summary", str(link))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a file to import, which would be overwritten. Name another one." in done.stderr
    assert json.loads(clinic.read_text("utf-8")) == [CLINIC]


def events(settings: Settings) -> list[str]:
    lines = [
        line for path in (settings.logs_dir / "etl").glob("*.log") for line in path.read_text("utf-8").splitlines()
    ]
    return [json.loads(line)["event"] for line in lines]


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["gone.json"], 2, "gone.json: no such file"),
        ([""], 2, "a path is empty: a variable without a value, perhaps. Name a file or folder"),
        (["--source", " "], 2, "argument --source: the name is empty: a variable without a value, perhaps"),
        (["--source", "\udcff"], 2, "argument --source: the name is no UTF-8 text"),
        (["--summary", "0" * 300], 2, " cannot be written. Name a file in a folder that this user may write to."),
        (["--frobnicate"], 2, "unrecognized arguments: --frobnicate"),
        (["--watch", "0"], 2, "argument --watch: expected a number of seconds, more than 0, not '0'"),
        (["--watch", "1e300"], 2, "argument --watch: expected a year at the most (31622400 seconds), not '1e300'"),
        (["-", "--watch", "5"], 2, "--watch looks for files time and again; standard input comes once."),
        (["--watch", "often"], 2, "argument --watch: expected a number of seconds, more than 0, not 'often'"),
        (["--summary", "/nowhere/run.json"], 2, "option --summary: /nowhere/run.json cannot be written"),
        (["--metrics-file", "/nowhere/gvrc.prom"], 2, "metrics_file: /nowhere/gvrc.prom cannot be written"),
        (["--boundaries", "gone.geojson"], 2, "gone.geojson, which is no file"),
        (["--config", "gone.yaml"], 2, "gone.yaml: the settings cannot be read"),
        (["--log-level", "LOUD"], 2, "option --log-level"),
        (["--database-url", ""], 2, "option --database-url: database_url must be an URL"),
        (["--database-url", "mysql://localhost/x"], 3, "The URL of the database must begin with postgresql://"),
        (["--database-url", "postgresql://gvrc:s3cret%Pw@127.0.0.1/x"], 3, "must be percent-encoded: % as %25"),
        (["--database-url", "postgresql://gvrc:s3cret@127.0.0.1:1/x"], 3, "cannot be reached: connection to server"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_status_before_anything_is_done(
    *, environment: dict[str, str], settings: Settings, fresh: Database, options: list[str], status: int, told: str
) -> None:
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    (raw / "a.json").write_text(json.dumps([CLINIC]), "utf-8")
    done = call(environment, *options)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert re.fullmatch(r"error: .*\n", done.stderr)
    assert "s3cret" not in done.stderr
    assert count_facilities(fresh) == 0


REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'no facility today, call 0700000017' USING DETAIL = 'Jane Fict', HINT = 'jane@example.org';
END $$;
CREATE TRIGGER refusing BEFORE INSERT ON facilities FOR EACH ROW EXECUTE FUNCTION refuse()
"""


def test_what_a_database_says_in_detail_is_neither_in_the_run_nor_in_the_traceback_that_debug_shows(
    environment: dict[str, str], fresh: Database, tmp_path: Path
) -> None:
    for sql in REFUSING.split(";\nCREATE TRIGGER"):
        fresh.execute(sql if "FUNCTION refuse() RETURNS" in sql else f"CREATE TRIGGER{sql}")
    (tmp_path / "clinic.json").write_text(json.dumps([CLINIC]), "utf-8")
    done = call(environment, tmp_path / "clinic.json", "--debug")
    kept = rows(fresh, "SELECT error FROM etl.runs")[0]["error"]
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert 'File "' in done.stderr
    assert kept == "no facility today, call ***."
    assert [value for value in ("0700000017", "Jane", "jane@") if value in done.stderr + done.stdout] == []


def test_a_role_that_may_only_read_is_told_that_nothing_was_done(
    environment: dict[str, str], fresh: Database, tmp_path: Path
) -> None:
    role = f"reader_{secrets.token_hex(4)}"
    fresh.execute(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA public, etl TO {role};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public, etl TO {role}"
    )
    (tmp_path / "clinic.json").write_text(json.dumps([CLINIC]), "utf-8")
    url = environment["DATABASE_URL"].replace("://postgres:", f"://{role}:")
    for options in ((), ("--dry-run",)):
        done = call(environment | {"DATABASE_URL": url}, tmp_path / "clinic.json", *options, "--quiet")
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == (
            "error: The run did not begin, and changed nothing: permission denied for table runs. "
            "To mend it, see what is lacking: python scripts/migrate.py --check\n"
        )
    assert count_facilities(fresh) == 0
