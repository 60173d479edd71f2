"""What the commands have in common."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gvrc.operating.console import print_table
from gvrc.pipeline import run
from gvrc.settings import PROJECT
from tests.command.test_operating import own_signals
from tests.conftest import variables_of
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

# scripts/psql.py hands what it does not know to psql.
SCRIPTS = sorted(path for path in (PROJECT / "scripts").glob("[a-z]*.py") if path.name != "psql.py")


def test_a_table_has_numbers_to_the_right_and_nothing_for_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        [{"county": "Nairobi", "facilities": 12345, "score": None}, {"county": "Lamu", "facilities": 7, "score": 1}]
    )
    assert capsys.readouterr().out == (
        "county   facilities  score\n"
        "Nairobi      12,345  -\n"
        "Lamu              7  1\n"
        "\n"
    )  # fmt: skip
    print_table([])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_command_explains_itself_and_refuses_an_option_that_it_has_not(script: Path) -> None:
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")
    done = subprocess.run([sys.executable, script, "--no-such-option"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_reader_that_has_seen_enough_ends_a_command_quietly(fresh_url: str) -> None:
    command = f'"{sys.executable}" scripts/verify.py --database-url "{fresh_url}" | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_found_is_the_status_whoever_reads_of_it(fresh: Database, fresh_url: str) -> None:
    fresh.execute("INSERT INTO etl.runs (run_id, kind, status, fingerprint) VALUES ('r1', 'import', 'succeeded', '')")
    fresh.execute(
        "INSERT INTO etl.files (run_no, file_no, path, sha256, source, fingerprint, status, read, inserted) "
        "VALUES (1, 1, 'a.json', '', '', '', 'succeeded', 10, 9)"
    )
    command = f'"{sys.executable}" scripts/verify.py --database-url "{fresh_url}" | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_wrong_setting_ends_every_command_with_one_line_and_2() -> None:
    for name in ("verify", "tune", "health_check", "monitor", "quality_report", "migrate"):
        command = [sys.executable, str(PROJECT / "scripts" / f"{name}.py"), "--config", "absent.yaml"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: absent.yaml: the settings cannot be read")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("script", ["retry_rejects", "undo_import", "load_fixture", "verify", "monitor"])
def test_every_command_that_is_stopped_while_the_server_keeps_it_waiting_says_so_and_leaves_nothing(
    settings: Settings, fresh: Database, tmp_path: Path, script: str, stop: signal.Signals
) -> None:
    records = [{"name": "Amani Shelter", "code": "S-1"}, {"name": "", "phone": "0700000016"}]
    (tmp_path / "regional.json").write_text(json.dumps(records), "utf-8")
    account = run([str(tmp_path / "regional.json")], settings)
    fixture = tmp_path / "fixture.json"
    fixture.write_text('[{"model": "facilities.facility", "pk": 1, "fields": {"facility_name": "Imara"}}]', "utf-8")
    metrics = ["--metrics-file", str(tmp_path / "gvrc.prom")]
    named = {"undo_import": [account.run_id], "load_fixture": [str(fixture)], "monitor": metrics}.get(script, [])
    with fresh.transaction():
        fresh.execute("LOCK TABLE facilities, etl.files IN ACCESS EXCLUSIVE MODE")
        command = start(script, named, settings, tmp_path)
        wait_until_it_waits(fresh)
        command.send_signal(stop)
        output, _ = command.communicate(timeout=20)
    assert command.returncode == 130, output
    assert output.splitlines()[-1].startswith("stopped: what was open was rolled back")
    assert list((tmp_path / "temporary").glob("gvrc-spool-*")) == []
    assert fresh.rows("pipeline_state")[0]["interrupted_runs"] == 0


def start(script: str, named: list[str], settings: Settings, folder: Path) -> subprocess.Popen[str]:
    (folder / "temporary").mkdir()
    with own_signals():
        return subprocess.Popen(
            [sys.executable, str(PROJECT / "scripts" / f"{script}.py"), *named],
            env=os.environ | variables_of(settings) | {"TMPDIR": str(folder / "temporary")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def wait_until_it_waits(database: Database) -> None:
    for _ in range(200):
        if rows(database, "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted")[0]["waiting"]:
            return
        time.sleep(0.05)
    pytest.fail("the command did not come as far as the lock")
