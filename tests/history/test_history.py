"""The monitor over the run history: the guide's curl answers when no run is on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gvrc.operating.history import metrics_of_history
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from gvrc.database import Database

NOWHERE = Path("/nowhere")
MONITOR = [sys.executable, str(PROJECT / "scripts" / "monitor.py")]

RUNS = """
INSERT INTO etl.runs (run_id, kind, status, fingerprint, started_at, finished_at, quality_score) VALUES
    ('r1', 'import', 'succeeded', '', '2026-11-01T06:00:00Z', '2026-11-01T06:00:02Z', 80),
    ('r2', 'import', 'partial', '', '2026-11-02T06:00:00Z', '2026-11-02T06:00:05Z', NULL),
    ('r3', 'import', 'running', '', '2026-11-03T06:00:00Z', NULL, NULL)
"""
FILES = """
INSERT INTO etl.files
    (run_no, file_no, path, sha256, source, fingerprint, status, read, inserted, updated, rejected, rejects,
     issue_kinds, ward_match)
VALUES
    (1, 1, 'a.json', '', 'kmhfl', '', 'succeeded', 10, 8, 0, 2, '{"name_missing": 2}', '{"code_generated": 3}',
     '{"exact": 8}'),
    (2, 1, 'a.json', '', 'kmhfl', '', 'succeeded', 10, 0, 8, 2, '{"name_missing": 1, "ward_unresolved": 1}', '{}',
     '{"exact": 7, "fuzzy": 1}'),
    (2, 2, 'b.json', '', '', '', 'failed', 0, 0, 0, 0, '{}', '{}', '{}')
"""
EXPECTED = {
    "gvrc_records_total,outcome=inserted,source=kmhfl": 8,
    "gvrc_records_total,outcome=updated,source=kmhfl": 8,
    "gvrc_records_total,outcome=rejected,source=kmhfl": 4,
    "gvrc_rejects_total,reason=name_missing": 3,
    "gvrc_rejects_total,reason=ward_unresolved": 1,
    "gvrc_issues_total,kind=code_generated": 3,
    "gvrc_ward_match_total,method=exact": 15,
    "gvrc_ward_match_total,method=fuzzy": 1,
    "gvrc_files_total,status=succeeded": 2,
    "gvrc_files_total,status=failed": 1,
    "gvrc_runs_total,status=succeeded": 1,
    "gvrc_runs_total,status=partial": 1,
    "gvrc_run_duration_seconds": 5,
    "gvrc_last_run_timestamp_seconds": 1793599205,
    "gvrc_last_success_timestamp_seconds": 1793512802,
    "gvrc_quality_score": 80,
}


def samples(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f",{label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.value
    }


def environment(url: str, logs: Path = NOWHERE) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "GVRC_MONITOR_PORT": "0", "GVRC_LOGS_DIR": str(logs)}


def test_the_history_is_added_up_to_the_same_metrics_as_a_runs(fresh: Database, tmp_path: Path) -> None:
    fresh.execute(RUNS)
    fresh.execute(FILES)
    metrics_of_history(fresh).write_file(tmp_path / "gvrc.prom")
    assert samples((tmp_path / "gvrc.prom").read_text("utf-8")) == EXPECTED


def test_a_history_without_runs_is_metrics_without_numbers(fresh: Database, tmp_path: Path) -> None:
    metrics_of_history(fresh).write_file(tmp_path / "gvrc.prom")
    assert samples((tmp_path / "gvrc.prom").read_text("utf-8")) == {}


def test_the_command_serves_the_history_until_it_is_ended(fresh: Database, fresh_url: str, tmp_path: Path) -> None:
    fresh.execute(RUNS)
    with subprocess.Popen(MONITOR, env=environment(fresh_url, tmp_path), stdout=subprocess.PIPE, text=True) as monitor:
        assert monitor.stdout is not None
        url = monitor.stdout.readline().split(" ")[0]
        for files, expected in (("", 0), (FILES, 8)):
            if files:
                fresh.execute(files)
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
                found = samples(answer.read().decode())
            assert found.get("gvrc_records_total,outcome=inserted,source=kmhfl", 0) == expected
        monitor.send_signal(signal.SIGTERM)
        assert monitor.wait(timeout=10) == 0


def test_while_the_database_is_away_the_page_says_so_and_what_nobody_foresaw_is_in_the_log(
    fresh: Database, fresh_url: str, tmp_path: Path
) -> None:
    for url, status, told in (
        ("postgresql://gvrc:s3cret@127.0.0.1:1/gvrc", 503, "cannot be reached"),
        (fresh_url, 500, "the log in logs/errors/ says why"),
    ):
        fresh.execute("ALTER TABLE IF EXISTS etl.files RENAME TO gone")
        with subprocess.Popen(MONITOR, env=environment(url, tmp_path), stdout=subprocess.PIPE, text=True) as monitor:
            assert monitor.stdout is not None
            page = monitor.stdout.readline().split(" ")[0]
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(page, timeout=10)  # noqa: S310 - our own server
            monitor.terminate()
        text = answer.value.read().decode()
        assert (answer.value.code, told in text, "s3cret" in text) == (status, True, False)
    assert '"event": "page_failed"' in next((tmp_path / "errors").iterdir()).read_text("utf-8")


def test_the_command_writes_the_file_for_node_exporter(fresh: Database, fresh_url: str, tmp_path: Path) -> None:
    fresh.execute(RUNS)
    fresh.execute(FILES)
    path = tmp_path / "gvrc.prom"
    subprocess.run([*MONITOR, "--metrics-file", str(path)], env=environment(fresh_url), check=True, timeout=60)
    assert samples(path.read_text("utf-8")) == EXPECTED


def test_a_wrong_port_ends_with_one_line_and_2(fresh_url: str) -> None:
    done = subprocess.run(
        [*MONITOR, "--monitor-port", "many"],
        env=environment(fresh_url),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: option --monitor-port: monitor_port must be a port number")


def test_a_metrics_file_without_a_folder_and_a_database_without_tables_are_told_in_one_line(
    empty_url: str, fresh_url: str, tmp_path: Path
) -> None:
    for url, path, status, told in (
        (fresh_url, tmp_path / "gone" / "gvrc.prom", 2, "metrics_file: .* cannot be written. Name a file in a folder"),
        (empty_url, tmp_path / "gvrc.prom", 3, "The importer's tables are not in this database: .*scripts/migrate.py"),
    ):
        command = [*MONITOR, "--database-url", url, "--metrics-file", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout) == (status, "")
        assert re.match(f"error: {told}", done.stderr)
