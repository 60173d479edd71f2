"""The logs of a run: where lines go, what they hold, and what they never hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from gvrc.folders import make_directories
from gvrc.log import log_error, log_event, log_records, start_logging, stop_logging
from gvrc.masking import mask
from gvrc.open_run import new_run_id
from gvrc.settings import PROJECT, Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    environment = {f"GVRC_{name}_DIR": str(tmp_path / name.lower()) for name in ("DATA", "LOGS", "REPORTS")}
    settings = read_settings(None, environment, {})
    make_directories(settings)
    yield settings
    stop_logging()


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_an_event_is_a_json_line_with_run_id_file_and_counts(settings: Settings) -> None:
    files = start_logging(settings, "7", quiet=True)
    log_event("batch_merged", file="nairobi.json", inserted=818, seconds=0.25, error=None)
    (line,) = lines_of(files["etl"])
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "event": "batch_merged",
        "run_id": "7",
        "file": "nairobi.json",
        "inserted": 818,
        "seconds": 0.25,
    }
    assert files["etl"].match("logs/etl/pipeline_*.log")


def test_an_event_is_a_readable_line_on_standard_error(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(settings, "7")
    log_event("batch_merged", file="nairobi {1}.json", inserted=818)
    out, err = capsys.readouterr()
    assert out == ""
    assert err[8:] == " INFO    batch_merged  file=nairobi {1}.json inserted=818\n"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [({"quiet": True}, ["file_failed"]), ({"has_bar": True}, ["cache_failed", "file_failed"])],
)
def test_quiet_leaves_only_errors_on_standard_error_and_a_bar_warnings_too(
    settings: Settings, capsys: pytest.CaptureFixture[str], shown: dict[str, bool], expected: list[str]
) -> None:
    files = start_logging(settings, "7", **shown)
    log_event("batch_merged")
    log_event("cache_failed", "WARNING")
    log_event("file_failed", "ERROR")
    assert [line.split()[2] for line in capsys.readouterr().err.splitlines()] == expected
    assert [line["event"] for line in lines_of(files["etl"])] == ["batch_merged", "cache_failed", "file_failed"]


def test_the_name_of_a_run_is_never_taken_for_a_telephone_number() -> None:
    named = [f"20261127-002232-{new_run_id().rpartition('-')[2]}" for _ in range(300)]
    assert [mask(name) for name in named] == named


@pytest.mark.parametrize("is_terminal", [True, False])
def test_colours_are_used_on_a_terminal_only(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    start_logging(settings, "7")
    log_event("run_started")
    assert ("\x1b[" in capsys.readouterr().err) is is_terminal


def test_errors_are_written_to_their_own_folder_too(settings: Settings) -> None:
    files = start_logging(settings, "7", quiet=True)
    log_event("run_started")
    log_event("file_failed", "ERROR", file="cut.json", error="it ends at byte 3")
    assert [line["event"] for line in lines_of(files["etl"])] == ["run_started", "file_failed"]
    assert [line["event"] for line in lines_of(files["errors"])] == ["file_failed"]
    assert files["errors"].parent.name == "errors"


def test_the_level_decides_what_is_worth_a_line(settings: Settings) -> None:
    settings = read_settings(None, {"GVRC_LOGS_DIR": str(settings.logs_dir), "LOG_LEVEL": "warning"}, {})
    files = start_logging(settings, "7")
    log_event("batch_merged")
    log_event("cache_failed", "WARNING")
    assert [line["event"] for line in lines_of(files["etl"])] == ["cache_failed"]


def test_a_run_without_rejects_and_errors_leaves_no_empty_files(settings: Settings) -> None:
    start_logging(settings, "7", quiet=True)
    log_event("run_started")
    assert [path.parent.name for path in settings.logs_dir.glob("*/*")] == ["etl"]


def test_rejects_and_issues_are_lines_without_the_values_of_the_record(settings: Settings) -> None:
    files = start_logging(settings, "7", quiet=True)
    rows = pl.DataFrame(
        {
            "file_no": [2, 2],
            "record_number": [3, 4],
            "outcome": ["rejected", "issue"],
            "kind": ["name_missing", "contact_invalid"],
            "raw": ["KINANGO P/STN - 0700000018", "0700000016"],
            "raw_value": ["0700000016", "Jane Roe"],
        }
    )
    files_by_no = {1: "other.json", 2: "kps.json"}
    log_records(rows, files_by_no)
    log_records(rows.clear(), files_by_no)
    assert lines_of(files["processing"]) == [
        {"file": "kps.json", "record_number": 3, "outcome": "rejected", "kind": "name_missing"},
        {"file": "kps.json", "record_number": 4, "outcome": "issue", "kind": "contact_invalid"},
    ]
    assert lines_of(files["etl"]) == []


def test_a_code_or_a_file_name_that_is_a_telephone_number_or_an_address_is_hidden_in_the_lines_about_records(
    settings: Settings,
) -> None:
    files = start_logging(settings, "7", quiet=True)
    rows = pl.DataFrame(
        {
            "file_no": [1, 1, 2],
            "record_number": [3, 4, 5],
            "facility_code": ["0700000016", "jane.fict@example.org", "13080"],
            "kind": ["status_unknown"] * 3,
        }
    )
    log_records(rows, {1: "kps.json", 2: "kps 0700000017.json"})
    lines = [(line["file"], line["facility_code"]) for line in lines_of(files["processing"])]
    assert lines == [("kps.json", "***"), ("kps.json", "***"), ("kps ***.json", "13080")]


def test_no_password_and_no_contact_value_is_written_anywhere(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(settings, "7")
    log_event(
        "database_opened",
        url="postgresql://gvrc:s3cret@localhost/gvrc",
        nested={"contacts": ["0700000016", {"email": "jane.roe@example.org"}]},
        error=ValueError("the value +254 700 000 016 is too long"),
    )
    try:
        int(b"0700000016 of jane.roe@example.org".decode())
    except ValueError as error:
        log_error("run_failed", error, file="cut.json")
    written = capsys.readouterr().err + "".join(path.read_text("utf-8") for path in settings.logs_dir.glob("*/*"))
    assert "database_opened" in written
    assert "run_failed" in written
    for secret in ("s3cret", "0700000016", "700 000 016", "jane.roe"):
        assert secret not in written


def test_an_error_that_nobody_foresaw_is_told_with_its_lines_of_code(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    files = start_logging(settings, "7")
    try:
        int("x")
    except ValueError as error:
        log_error("run_failed", error)
    (line,) = lines_of(files["errors"])
    assert "test_log.py" in line["traceback"]
    assert "Traceback" not in capsys.readouterr().err


def test_a_full_log_is_closed_and_a_new_one_begun(settings: Settings) -> None:
    settings = read_settings(None, {"GVRC_LOGS_DIR": str(settings.logs_dir), "GVRC_LOG_ROTATION": "1 KB"}, {})
    start_logging(settings, "7", quiet=True)
    for number in range(20):
        log_event("batch_merged", batch=number, filler="x" * 100)
    files = sorted((settings.logs_dir / "etl").glob("pipeline_*.log"))
    assert len(files) >= 3
    assert sorted(line["batch"] for path in files for line in lines_of(path)) == list(range(20))


def test_logs_older_than_the_retention_are_deleted_when_a_run_starts(settings: Settings) -> None:
    old, young, other = (settings.logs_dir / "etl" / name for name in ("pipeline_1.log", "pipeline_2.log", "mine.txt"))
    for path in (old, young, other):
        path.touch()
    month_ago = time.time() - 31 * 86_400
    os.utime(old, (month_ago, month_ago))
    os.utime(other, (month_ago, month_ago))
    start_logging(settings, "7")
    assert [path.exists() for path in (old, young, other)] == [False, True, True]


def test_a_link_to_a_log_that_is_gone_and_a_folder_among_the_logs_stop_no_run(settings: Settings) -> None:
    folder = settings.logs_dir / "etl"
    (folder / "pipeline_folder.log").mkdir(parents=True)
    os.utime(folder / "pipeline_folder.log", (0, 0))
    (folder / "pipeline_latest.log").symlink_to("pipeline_gone.log")
    (folder / "pipeline_old.log").touch()
    os.utime(folder / "pipeline_old.log", (0, 0))
    start_logging(settings, "7", quiet=True)
    stop_logging()
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline_folder.log", "pipeline_latest.log"]


def test_events_cost_nothing_and_go_nowhere_while_no_log_is_open() -> None:
    script = "import sys; from gvrc.log import log_event; log_event('run_started'); print('loguru' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_two_runs_write_two_files(settings: Settings) -> None:
    first, second = start_logging(settings, "7", quiet=True), start_logging(settings, "8", quiet=True)
    log_event("run_started")
    assert first["etl"] != second["etl"]
    assert [line["run_id"] for line in lines_of(second["etl"])] == ["8"]


def test_who_runs_us_within_a_loop_may_have_a_coroutine_for_a_sink() -> None:
    script = """
import sys
from gvrc.log import log_event, loguru_logger
logger = loguru_logger()
assert "asyncio" not in sys.modules
import asyncio
async def show(line):
    print(line.strip())
async def main():
    logger.add(show, format="{message}")
    log_event("run_finished")
    await logger.complete()
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "run_finished\n"
