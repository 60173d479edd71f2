"""What the commands have in common."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gvrc.console import print_table
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_wrong_setting_ends_every_command_with_one_line_and_2() -> None:
    for name in ("verify", "tune", "health_check", "monitor", "quality_report", "migrate"):
        command = [sys.executable, str(PROJECT / "scripts" / f"{name}.py"), "--config", "absent.yaml"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: absent.yaml: the settings cannot be read")
