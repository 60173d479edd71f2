"""What Prometheus and the guide's summary are told, filled from the account of a run.

The numbers are kept in plain counters; ``prometheus_client`` is imported (0.1 s) only when somebody asks for its text.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from gvrc.account import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized
    from pathlib import Path

    from prometheus_client import CollectorRegistry, Metric

    from gvrc.account import FileAccount, RunAccount

# Seconds. The merge of a batch of 8,000 records takes about half a second; above a minute something is wrong.
BATCH_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class MetricsCollector:
    """The numbers of one process, or of the run history: counters only grow, as Prometheus expects.

    Safe to read from the monitor's thread while a run writes.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.records: Counter[tuple[str, str]] = Counter()  # (outcome, source)
        self.rejects: Counter[str] = Counter()
        self.issues: Counter[str] = Counter()
        self.files: Counter[str] = Counter()  # status
        self.ward_match: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()  # status
        self.batches: Counter[float] = Counter()  # upper bound of the bucket, seconds
        self.batch_seconds = 0.0
        self.batch_records = 0
        self.loose_records = 0  # told by record_batch_processing, without a file
        self.loose_errors = 0
        self.started_at: float | None = None  # seconds since 1970; None while no run is on
        self.seconds = 0.0  # of the last run
        self.last_run_at: float | None = None
        self.last_success_at: float | None = None
        self.quality_score: float | None = None

    def start_processing(self) -> None:
        """Note that a run begins."""
        self.started_at = time.time()

    def end_processing(self) -> None:
        """Note that the run has ended."""
        if self.started_at is not None:
            self.seconds = time.time() - self.started_at
            self.started_at = None

    def record_batch(self, seconds: float, records: int) -> None:
        """Count a batch that was merged, with the time that its merge took, all tries and the commit included."""
        with self.lock:
            self.batches[next((bound for bound in BATCH_SECONDS if seconds <= bound), float("inf"))] += 1
            self.batch_seconds += seconds
            self.batch_records += records

    def record_batch_processing(self, batch_size: int, errors: Sized) -> None:
        """Count a batch that belongs to no file: the guide's face, for those who load lists of their own."""
        with self.lock:
            self.loose_records += batch_size
            self.loose_errors += len(errors)

    def record_file(self, file: FileAccount) -> None:
        """Count a file that has ended, whatever its outcome."""
        with self.lock:
            self.files[file.status] += 1
            self.records.update(
                {
                    (outcome, file.source or "unknown"): count
                    for outcome, count in file.counts().items()
                    if outcome in OUTCOMES
                }
            )
            self.rejects.update(file.rejects)
            self.issues.update(file.issues)
            self.ward_match.update(file.ward_match)

    def record_run(self, run: RunAccount) -> None:
        """Note the outcome of a run that has ended; its files are told by ``record_file``."""
        with self.lock:
            self.runs[run.status] += 1
            self.seconds = run.seconds
            self.last_run_at = run.started_at.timestamp() + run.seconds
            self.quality_score = self.quality_score if run.quality_score is None else run.quality_score
            if run.status == "succeeded":
                self.last_success_at = self.last_run_at

    def get_metrics_summary(self) -> dict[str, int | float]:
        """Give the guide's summary. Times are seconds; the error rate and the quality score are 0 to 100.

        The quality score is that of the facilities (``values/quality.py``) where a run told it, else the share of
        records without an error.
        """
        with self.lock:
            records = self.records.total() + self.loose_records
            errors = self.rejects.total() + self.loose_errors
        seconds = self.seconds if self.started_at is None else time.time() - self.started_at
        without_error = max(0.0, 100 * (1 - errors / records)) if records else 0.0  # a record may have many errors
        return {
            "total_records_processed": records,
            "total_processing_time": round(seconds, 2),
            "average_processing_time_per_record": round(seconds / max(1, records), 4),
            "total_errors": errors,
            "error_rate": round(errors / max(1, records) * 100, 2),
            "quality_score": round(without_error if self.quality_score is None else self.quality_score, 2),
        }

    def registry(self) -> CollectorRegistry:
        """Give a Prometheus registry of these numbers alone."""
        from prometheus_client import CollectorRegistry

        registry = CollectorRegistry()
        registry.register(self)
        return registry

    def write_file(self, path: Path) -> None:
        """Write the text format for node_exporter's textfile collector: whole or not at all, never half."""
        from prometheus_client import write_to_textfile

        try:
            write_to_textfile(str(path), self.registry())
        except OSError as error:  # a disk without room names no file
            raise OSError(error.errno, error.strerror, str(path)) from error

    def collect(self) -> Iterable[Metric]:
        """Give every metric, as Prometheus' collectors do."""
        with self.lock:
            return [*self.counters(), self.batch_histogram(), *self.gauges()]

    def counters(self) -> Iterator[Metric]:
        """Give what only grows."""
        by_outcome = ((labels, count) for labels, count in self.records.items())
        yield counter("gvrc_records", "Records by what became of them.", ("outcome", "source"), by_outcome)
        for name, label, meaning, counts in (
            ("gvrc_rejects", "reason", "Records that were not loaded, by reason.", self.rejects),
            ("gvrc_issues", "kind", "Issues of loaded records that a person should look at, by kind.", self.issues),
            ("gvrc_files", "status", "Source files by what became of them.", self.files),
            ("gvrc_ward_match", "method", "Facilities by how their ward was found.", self.ward_match),
            ("gvrc_runs", "status", "Runs that ended, by outcome.", self.runs),
        ):
            yield counter(name, meaning, (label,), (((value,), count) for value, count in counts.items()))
        yield counter("gvrc_batch_records", "Records of the batches merged so far.", (), [((), self.batch_records)])

    def batch_histogram(self) -> Metric:
        """Give how long batches took."""
        from prometheus_client.core import HistogramMetricFamily

        metric = HistogramMetricFamily("gvrc_batch_duration_seconds", "Seconds that the merge of a batch took.")
        so_far = 0
        buckets = []
        for bound in (*BATCH_SECONDS, float("inf")):
            so_far += self.batches[bound]
            buckets.append((str(bound).replace("inf", "+Inf"), so_far))
        metric.add_metric([], buckets, self.batch_seconds)
        return metric

    def gauges(self) -> Iterator[Metric]:
        """Give what goes up and down; what is not known yet has no sample."""
        from prometheus_client.core import GaugeMetricFamily

        for name, meaning, value in (
            ("gvrc_run_in_progress", "1 while a run is on, else 0.", float(self.started_at is not None)),
            (
                "gvrc_run_duration_seconds",
                "Seconds that the last run took.",
                self.seconds if self.last_run_at else None,
            ),
            ("gvrc_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970.", self.last_run_at),
            (
                "gvrc_last_success_timestamp_seconds",
                "When a run last succeeded, in seconds since 1970.",
                self.last_success_at,
            ),
            ("gvrc_quality_score", "Mean quality of the last run's facilities, 0 to 100.", self.quality_score),
        ):
            metric = GaugeMetricFamily(name, meaning)
            if value is not None:
                metric.add_metric([], value)
            yield metric


def counter(name: str, meaning: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[str, ...], int]]) -> Metric:
    """Give one counter; Prometheus' text adds ``_total`` to its name."""
    from prometheus_client.core import CounterMetricFamily

    metric = CounterMetricFamily(name, meaning, labels=labels)
    for values, count in counts:
        metric.add_metric(values, count)
    return metric
