"""The bar appears on a terminal only."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from gvrc.progress import Bar, progress
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    import pytest


def test_nothing_is_shown_where_standard_error_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=False) as bar:
        bar.begin(100)
        bar.file("nairobi.json", 100)
        bar.read(100)
    assert capsys.readouterr() == ("", "")


def test_nothing_is_shown_when_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(quiet=True) as bar:
        bar.file("nairobi.json", 100)
    assert capsys.readouterr() == ("", "")


def test_the_bar_counts_bytes_and_a_skipped_file_is_done_when_the_next_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(quiet=False) as bar:
        assert isinstance(bar, Bar)
        bar.begin(300)
        assert bar.rich is not None
        task = bar.rich.tasks[0]
        bar.file("mombasa.json", 100)
        bar.read(40)
        assert (task.completed, task.description) == (40, "mombasa.json")
        bar.file("skipped.json", 150)
        assert task.completed == 100
        bar.file("nairobi [old].json", 50)
        assert (task.completed, task.description) == (250, "nairobi [old].json")
        bar.read(50)
        assert task.finished


def test_a_bar_that_never_begins_does_not_load_its_library() -> None:
    script = (
        "import sys; from gvrc.progress import progress\n"
        "sys.stderr.isatty = lambda: True\n"
        "with progress(quiet=False) as bar: bar.file('a.json', 3); bar.read(3)\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
