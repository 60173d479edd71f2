"""What docs/operations.md tells people to type exists: commands, options, metrics, settings, files."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from gvrc.metrics import MetricsCollector
from gvrc.settings import KINDS, PROJECT

TEXT = (PROJECT / "docs" / "operations.md").read_text("utf-8")
SCRIPTS = sorted(set(re.findall(r"scripts/(\w+\.py)", TEXT)))
PYTHON_EXAMPLES = re.findall(r'^python -c "(.*?)"$', TEXT, re.MULTILINE | re.DOTALL)


def test_every_file_that_is_named_is_there() -> None:
    names = set(re.findall(r"(?<![\w/])(?:config|sql|docs|scripts)/[\w/.]+\.\w+", TEXT))
    names |= {f"docs/{name}" for name in re.findall(r"\((\w+\.md)\)", TEXT)}
    assert names
    assert [name for name in names if not (PROJECT / name).exists()] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_command_has_the_options_that_it_is_shown_with(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / script), "--help"], capture_output=True, text=True, check=True
    )
    shown = re.findall(rf"scripts/{script}[^\n`#|]*", TEXT)
    options = {option for line in shown for option in re.findall(r"(?<!\w)--[a-z-]+", line)}
    assert [option for option in options if option not in done.stdout] == []


def test_the_pipeline_has_the_options_that_it_is_shown_with() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gvrc.pipeline", "--help"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    options = {
        option for line in re.findall(r"gvrc\.pipeline[^\n`]*", TEXT) for option in re.findall(r"--[a-z-]+", line)
    }
    assert options
    assert [option for option in options if option not in done.stdout] == []


def test_every_metric_is_explained_and_every_metric_that_is_named_is_served() -> None:
    served = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in MetricsCollector().registry().collect()
    }
    assert set(re.findall(r"gvrc_[a-z_]+(?:_total|_seconds|_score|_progress)", TEXT)) == served


def test_every_setting_that_is_named_is_one() -> None:
    named = {name for name in re.findall(r"`([a-z]+_[a-z_]+)(?::[^`]*)?`", TEXT) if not name.startswith("gvrc_")}
    words_of_others = {
        "batch_shrunk",
        "edited_facility_taken_back",
        "file_not_written",
        "files_to_import_again",
        "idle_in_transaction_session_timeout",
        "import_put_off",
        "later_change_kept",
        "lock_timeout",
        "log_not_written",
        "mean_exec_time",
        "mean_time",
        "monitor_not_started",
        "pg_stat_statements",
        "rules_gone",
        "run_id",
        "session_replication_role",
        "source_outranked",
        "statement_timeout",
        "transaction_timeout",
        "ward_unresolved",
    }
    assert named - words_of_others - set(KINDS) == set()


@pytest.mark.parametrize("code", PYTHON_EXAMPLES)
def test_every_line_of_python_runs(code: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GVRC_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_queries_run(fresh_url: str) -> None:
    queries = re.findall(r'^psql "\$DATABASE_URL" -c "([^"]+)"', TEXT, re.MULTILINE)
    assert len(queries) == 3
    for query in queries:
        subprocess.run(["psql", fresh_url, "-v", "ON_ERROR_STOP=1", "-c", query], check=True, capture_output=True)


def test_the_slow_queries_file_says_in_words_that_the_extension_is_missing(fresh_url: str) -> None:
    path = PROJECT / "sql" / "checks" / "slow_queries.sql"
    done = subprocess.run(
        ["psql", fresh_url, "-v", "ON_ERROR_STOP=1", "-f", path], capture_output=True, text=True, check=False
    )
    assert "pg_stat_statements is not installed: an administrator adds it to" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
