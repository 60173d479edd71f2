"""The metrics are the account's numbers, in Prometheus' words and in the guide's."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gvrc.account import FileAccount, RunAccount, RunStatus
from gvrc.metrics import BATCH_SECONDS, MetricsCollector
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


def kmhfl_file() -> FileAccount:
    return FileAccount(
        path="nairobi.json",
        source="kmhfl",
        status="succeeded",
        read=10,
        inserted=6,
        updated=1,
        superseded=1,
        rejects=Counter({"ward_unresolved": 2}),
        issues=Counter({"coordinates_exchanged": 8}),
        ward_match=Counter({"exact": 6, "fuzzy": 1}),
    )


def run_of(*files: FileAccount, status: RunStatus = "succeeded", quality: float | None = 81.5) -> RunAccount:
    started_at = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    return RunAccount(
        run_id="7", started_at=started_at, seconds=2.5, status=status, quality_score=quality, files=list(files)
    )


def samples(metrics: MetricsCollector, path: Path) -> dict[str, float]:
    metrics.write_file(path)
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {
        sample.name + "".join(f",{label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_number_of_a_run_is_a_sample_under_its_conventional_name(tmp_path: Path) -> None:
    metrics = MetricsCollector()
    metrics.record_batch(0.3, 10)
    metrics.record_file(kmhfl_file())
    metrics.record_file(FileAccount(path="cut.json", status="failed"))
    metrics.record_run(run_of(kmhfl_file()))
    found = samples(metrics, tmp_path / "gvrc.prom")
    assert {name: value for name, value in found.items() if value and "bucket" not in name} == {
        "gvrc_records_total,outcome=inserted,source=kmhfl": 6,
        "gvrc_records_total,outcome=updated,source=kmhfl": 1,
        "gvrc_records_total,outcome=superseded,source=kmhfl": 1,
        "gvrc_records_total,outcome=rejected,source=kmhfl": 2,
        "gvrc_rejects_total,reason=ward_unresolved": 2,
        "gvrc_issues_total,kind=coordinates_exchanged": 8,
        "gvrc_files_total,status=succeeded": 1,
        "gvrc_files_total,status=failed": 1,
        "gvrc_ward_match_total,method=exact": 6,
        "gvrc_ward_match_total,method=fuzzy": 1,
        "gvrc_runs_total,status=succeeded": 1,
        "gvrc_batch_records_total": 10,
        "gvrc_batch_duration_seconds_count": 1,
        "gvrc_batch_duration_seconds_sum": 0.3,
        "gvrc_run_duration_seconds": 2.5,
        "gvrc_last_run_timestamp_seconds": 1795413602.5,
        "gvrc_last_success_timestamp_seconds": 1795413602.5,
        "gvrc_quality_score": 81.5,
    }
    assert found["gvrc_run_in_progress"] == 0


def test_the_histogram_counts_each_batch_in_its_bucket_and_all_greater(tmp_path: Path) -> None:
    metrics = MetricsCollector()
    durations = [0.01, 0.05, 0.06, 3.0, 100.0]
    for seconds in durations:
        metrics.record_batch(seconds, 1)
    found = samples(metrics, tmp_path / "gvrc.prom")
    for bound in BATCH_SECONDS:
        expected = sum(seconds <= bound for seconds in durations)
        assert found[f"gvrc_batch_duration_seconds_bucket,le={bound}"] == expected
    assert found["gvrc_batch_duration_seconds_bucket,le=+Inf"] == found["gvrc_batch_duration_seconds_count"] == 5


def test_only_a_success_moves_the_time_of_the_last_success(tmp_path: Path) -> None:
    metrics = MetricsCollector()
    metrics.record_run(run_of(status="partial", quality=None))
    found = samples(metrics, tmp_path / "gvrc.prom")
    assert found["gvrc_last_run_timestamp_seconds"] == 1795413602.5
    assert "gvrc_last_success_timestamp_seconds" not in found
    assert "gvrc_quality_score" not in found


def test_a_label_with_quotes_and_line_ends_stays_one_sample(tmp_path: Path) -> None:
    metrics = MetricsCollector()
    metrics.record_file(FileAccount(path="x", source='a"b\\c\nd', status="succeeded", read=1, inserted=1))
    assert samples(metrics, tmp_path / "gvrc.prom")['gvrc_records_total,outcome=inserted,source=a"b\\c\nd'] == 1


def test_the_guides_summary_has_its_keys_and_the_accounts_numbers() -> None:
    metrics = MetricsCollector()
    metrics.record_file(kmhfl_file())
    metrics.record_run(run_of(kmhfl_file()))
    assert metrics.get_metrics_summary() == {
        "total_records_processed": 10,
        "total_processing_time": 2.5,
        "average_processing_time_per_record": 0.25,
        "total_errors": 2,
        "error_rate": 20.0,
        "quality_score": 81.5,
    }


def test_the_guides_calls_count_batches_and_errors_and_time() -> None:
    metrics = MetricsCollector()
    metrics.start_processing()
    metrics.record_batch_processing(90, [])
    metrics.record_batch_processing(10, ["no name", "no ward"])
    metrics.end_processing()
    summary = metrics.get_metrics_summary()
    assert summary["total_records_processed"] == 100
    assert summary["total_errors"] == 2
    assert summary["error_rate"] == 2.0
    assert summary["quality_score"] == 98.0
    assert summary["total_processing_time"] >= 0


def test_a_quality_score_is_never_below_0_however_many_errors_a_record_has() -> None:
    metrics = MetricsCollector()
    metrics.record_batch_processing(2, ["no name", "no ward", "no code"])
    assert metrics.get_metrics_summary()["quality_score"] == 0.0


def test_a_collector_that_saw_nothing_divides_by_nothing() -> None:
    assert set(MetricsCollector().get_metrics_summary().values()) == {0}


def test_a_run_that_is_on_is_seen(tmp_path: Path) -> None:
    metrics = MetricsCollector()
    metrics.start_processing()
    assert samples(metrics, tmp_path / "gvrc.prom")["gvrc_run_in_progress"] == 1
    metrics.end_processing()
    assert samples(metrics, tmp_path / "gvrc.prom")["gvrc_run_in_progress"] == 0


def test_two_collectors_do_not_share_numbers(tmp_path: Path) -> None:
    first, second = MetricsCollector(), MetricsCollector()
    first.record_batch(1.0, 5)
    assert samples(first, tmp_path / "1.prom")["gvrc_batch_records_total"] == 5
    assert samples(second, tmp_path / "2.prom")["gvrc_batch_records_total"] == 0


def test_counting_does_not_load_the_prometheus_library() -> None:
    script = (
        "import sys; from gvrc.metrics import MetricsCollector; from gvrc.account import FileAccount;"
        "metrics = MetricsCollector(); metrics.record_file(FileAccount(path='a')); metrics.record_batch(1, 1);"
        "metrics.get_metrics_summary(); print('prometheus_client' in sys.modules, 'polars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


@pytest.mark.parametrize("name", ["records", "rejects", "issues", "files", "ward_match", "runs", "batch_records"])
def test_each_counter_is_explained(name: str) -> None:
    families = {family.name: family for family in MetricsCollector().registry().collect()}
    assert families[f"gvrc_{name}"].documentation.endswith(".")
    assert families[f"gvrc_{name}"].type == "counter"
