"""A full disk and folders without rights: told before the run where that can be, and never at the directory's cost."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from gvrc.command import exit_status
from gvrc.folders import make_directories
from gvrc.log import log_event, start_logging, stop_logging
from gvrc.metrics import MetricsCollector
from gvrc.operating.ending import described
from gvrc.pipeline import run
from gvrc.report import report_lines
from gvrc.settings import PROJECT
from gvrc.written import whole_file, write_whole
from tests.conftest import variables_of
from tests.test_pipeline import CLINIC, outcome, rows, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvrc.database import Database
    from gvrc.settings import Settings

WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
NAMELESS = {"code": 9, "county_name": "Nairobi", "ward_name": "Viwandani"}


def call(
    settings: Settings, *options: str | Path, prefix: Sequence[str] = (), **further: str
) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "scripts/production_json_importer.py", *map(str, options)]
    return subprocess.run(
        command,
        env=os.environ | variables_of(settings) | further,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("folder", "further"),
    [
        ("logs/etl", {}),
        ("logs/errors", {}),
        ("data/rejected", {}),
        ("data/raw", {"GVRC_ARCHIVE_PROCESSED": "true"}),
        ("data/processed", {"GVRC_ARCHIVE_PROCESSED": "true"}),
        ("data/validated", {"GVRC_KEEP_VALIDATED": "true"}),
    ],
)
def test_a_folder_that_may_not_be_written_to_is_told_before_the_run(
    *, settings: Settings, fresh: Database, tmp_path: Path, folder: str, further: dict[str, str]
) -> None:
    make_directories(settings)
    (tmp_path / folder).chmod(0o500)
    done = call(settings, write(tmp_path, "a.json", [CLINIC]), prefix=WITHOUT_RIGHTS, **further)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {tmp_path / folder}: this user may not write to the folder. Allow")
    assert rows(fresh, "SELECT run_id FROM etl.runs") == []


def test_a_folder_that_may_not_be_read_is_wrong_use(settings: Settings, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    inbox.chmod(0o000)
    for path in (inbox, inbox / "a.json"):
        done = call(settings, path, prefix=WITHOUT_RIGHTS)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {path}: Permission denied. Check the path")
    inbox.chmod(0o700)


def test_rejects_that_cannot_be_written_cost_neither_the_run_nor_its_report(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "rejected").write_text("", "utf-8")
    account = run([write(tmp_path, "a.json", [CLINIC, NAMELESS])], settings)
    assert outcome(account) == {"read": 2, "inserted": 1, "rejected": 1}
    (ended,) = rows(fresh, "SELECT status, error FROM etl.runs")
    assert ended["status"] == account.status == "succeeded"
    assert f"{account.run_id}.jsonl could not be written (File exists). Make room" in ended["error"]
    assert exit_status(account, settings) == 1
    report = "\n".join(report_lines(account, settings, {"etl": tmp_path}))
    assert f"Not written: {settings.data_dir}/rejected/{account.run_id}.jsonl" in report
    assert f"python scripts/retry_rejects.py {account.run_id} What the account says is loaded." in report


def test_records_that_cannot_be_kept_and_files_that_cannot_be_moved_are_told_and_loaded(
    settings: Settings, fresh: Database
) -> None:
    raw = settings.data_dir / "raw"
    raw.mkdir(parents=True)
    for name in ("validated", "processed"):
        (settings.data_dir / name).write_text("", "utf-8")
    keeping = msgspec.structs.replace(settings, keep_validated=True, archive_processed=True, batch_size=1)
    account = run([write(raw, "a.json", [CLINIC, CLINIC | {"code": 2, "name": "Safe House"}])], keeping)
    assert (account.status, outcome(account)) == ("succeeded", {"read": 2, "inserted": 2})
    kept, moved = account.unwritten
    assert kept.endswith("(Not a directory). It lacks records that were loaded.")
    assert moved.endswith("raw/a.json stays where it is; it will not be read again.")
    assert rows(fresh, "SELECT status FROM etl.runs") == [{"status": "succeeded"}]


def test_a_file_that_the_disk_has_no_room_for_leaves_no_part_of_it(tmp_path: Path) -> None:
    with no_room(), pytest.raises(OSError, match="File too large"), whole_file(tmp_path / "run.jsonl") as path:
        path.write_text("x" * 5000, "utf-8")
    assert list(tmp_path.iterdir()) == []


def test_files_that_hold_records_as_they_came_are_nobodys_but_the_users_and_the_groups(
    settings: Settings, tmp_path: Path
) -> None:
    keeping = msgspec.structs.replace(settings, keep_validated=True)
    before = os.umask(0o022)
    try:
        run([write(tmp_path, "a.json", [CLINIC, NAMELESS | {"phone": "0700000016"}])], keeping)
    finally:
        os.umask(before)
    held = [path for folder in ("rejected", "validated") for path in (settings.data_dir / folder).rglob("*.*")]
    assert sorted((path.suffix, f"{path.stat().st_mode & 0o777:o}") for path in held) == [
        (".jsonl", "640"),
        (".parquet", "640"),
    ]


def test_a_summary_on_a_full_disk_is_told_after_the_report(settings: Settings, tmp_path: Path) -> None:
    done = call(settings, write(tmp_path, "a.json", [CLINIC]), "--summary", "/dev/full")
    assert done.returncode == 1
    assert "Account: 1 read = 1 inserted" in done.stdout
    assert "Not written: /dev/full could not be written (No space left on device)." in done.stdout
    assert "Traceback" not in done.stderr


@contextmanager
def no_room() -> Iterator[None]:
    """Give no file more than 100 bytes: a write then fails, as on a full disk.

    Not for longer than that: what pytest prints of the test may go to a file, too, and ended the suite.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_somebody_named_is_as_it_was_where_there_is_no_room_for_another(tmp_path: Path) -> None:
    before = tmp_path / "summary.json"
    before.write_text("of the last run", "utf-8")
    (tmp_path / "latest.json").symlink_to("summary.json")
    for name in ("summary.json", "latest.json", "new.json"):
        with no_room(), pytest.raises(OSError, match="File too large"):
            write_whole(tmp_path / name, b"x" * 5000)
    assert before.read_text("utf-8") == "of the last run"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.json", "summary.json"]
    write_whole(tmp_path / "latest.json", b"[]")
    assert before.read_text("utf-8") == "[]"


def test_metrics_that_find_no_room_name_their_file(tmp_path: Path) -> None:
    with no_room(), pytest.raises(OSError, match="File too large") as raised:
        MetricsCollector().write_file(tmp_path / "gvrc.prom")
    assert described(raised.value)[0].startswith(f"{tmp_path}/gvrc.prom: File too large.")
    assert list(tmp_path.iterdir()) == []


def test_a_report_on_a_full_disk_is_an_error_that_says_so(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    environment = os.environ | variables_of(settings)
    command = [sys.executable, "scripts/production_json_importer.py", path]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command, env=environment, cwd=PROJECT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "error: what is printed: No space left on device. Make room there" in done.stderr
    assert "a fault of the importer" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what loguru left open cannot be closed
# loguru flushes before it closes: what a full disk does not take stays open until nobody refers to it, and is told.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_log_on_a_full_disk_is_told_once_and_costs_no_run(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    make_directories(settings)
    (settings.logs_dir / "etl" / "pipeline_7.log").symlink_to("/dev/full")
    start_logging(settings, "7")
    for event in ("run_started", "batch_merged"):
        log_event(event)
    stop_logging()
    told = [line.split()[2:] for line in capsys.readouterr().err.splitlines()]
    assert told == [
        ["run_started"],
        ["log_not_written", "reason=No", "space", "left", "on", "device"],
        ["batch_merged"],
    ]
    gc.collect()  # here, and not in the middle of another test
