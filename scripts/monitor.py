#!/usr/bin/env python3
"""Serve /metrics and /health from the run history, so that they answer when no run is on. Ctrl-C ends it.

Address and port: monitor_address and monitor_port, 127.0.0.1:8080 unless set. A run with --monitor serves the same
pages while it is on; if this command has the port, the run goes on without them and appears here when it has ended.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import _environment  # noqa: F401

from gvrc.command import demand_replaceable, new_service_id
from gvrc.operating.console import end, open_database, parser_for, settings_of

if TYPE_CHECKING:
    from gvrc.metrics import MetricsCollector


def monitor() -> int:
    """Serve until somebody ends it."""
    parser = parser_for(__doc__)
    parser.add_argument("--monitor-address", metavar="ADDRESS", help="address to serve on")
    parser.add_argument("--monitor-port", metavar="PORT", help="port to serve on")
    parser.add_argument("--metrics-file", type=Path, metavar="FILE", help="write the metrics to this file and end")
    settings = settings_of(parser.parse_args())
    from gvrc.health import HealthChecker
    from gvrc.log import start_logging
    from gvrc.monitor import Monitor
    from gvrc.operating.history import metrics_of_history

    def metrics() -> MetricsCollector:
        with open_database(settings) as database:
            return metrics_of_history(database)

    demand_replaceable("metrics_file", settings.metrics_file)
    if settings.metrics_file:
        metrics().write_file(settings.metrics_file)
        return 0
    # Blocked in every thread of the server, so that sigwait gets them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    start_logging(settings, new_service_id(), quiet=True)
    health = HealthChecker(settings).run_health_checks
    with Monitor(settings.monitor_address, settings.monitor_port, metrics, health) as serving:
        print(f"{serving.url}/metrics and {serving.url}/health; Ctrl-C ends it", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    end(monitor)
