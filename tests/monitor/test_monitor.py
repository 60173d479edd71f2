"""Real requests to a real port."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gvrc.account import FileAccount
from gvrc.errors import UsageError
from gvrc.metrics import MetricsCollector
from gvrc.monitor import Monitor, monitored
from gvrc.settings import read_settings

HEALTHY: dict[str, Any] = {"overall_status": "healthy", "checks": {}, "timestamp": "2026-11-23T06:00:00+00:00"}


def get(url: str, method: str = "GET", accept: str = "*/*") -> tuple[int, str, str]:
    request = urllib.request.Request(url, method=method, headers={"Accept": accept})  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def broken() -> dict[str, Any]:
    message = "postgresql://gvrc:s3cret@localhost/gvrc"
    raise ValueError(message)


def test_metrics_are_served_as_prometheus_reads_them_and_grow_with_the_run() -> None:
    metrics = MetricsCollector()
    with Monitor("127.0.0.1", 0, lambda: metrics, lambda: HEALTHY) as monitor:
        for expected in (5, 10):
            metrics.record_file(FileAccount(path="a", source="kmhfl", read=5, inserted=5))
            status, kind, text = get(f"{monitor.url}/metrics")
            assert (status, kind.partition(";")[0]) == (200, "text/plain")
            assert f'gvrc_records_total{{outcome="inserted",source="kmhfl"}} {expected}.0' in text
            assert list(text_string_to_metric_families(text))


def test_the_pages_are_served_over_ipv6_at_an_address_that_a_browser_takes() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Monitor("::1", 0, MetricsCollector, lambda: HEALTHY) as monitor:
        assert monitor.url.startswith("http://[::1]:")
        assert get(f"{monitor.url}/health")[0] == 200


def test_metrics_are_served_as_openmetrics_to_who_asks_for_it() -> None:
    with Monitor("127.0.0.1", 0, MetricsCollector, lambda: HEALTHY) as monitor:
        _status, kind, text = get(f"{monitor.url}/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")


def test_health_is_200_when_healthy_and_503_when_not() -> None:
    reports = [HEALTHY, HEALTHY | {"overall_status": "unhealthy"}]
    with Monitor("127.0.0.1", 0, MetricsCollector, lambda: reports.pop(0)) as monitor:
        status, kind, text = get(f"{monitor.url}/health")
        assert (status, kind, json.loads(text)) == (200, "application/json", HEALTHY)
        status, _kind, text = get(f"{monitor.url}/health")
        assert (status, json.loads(text)["overall_status"]) == (503, "unhealthy")


def test_other_pages_are_not_there_and_the_first_page_names_them() -> None:
    with Monitor("127.0.0.1", 0, MetricsCollector, lambda: HEALTHY) as monitor:
        assert get(f"{monitor.url}/etc/passwd")[0] == 404
        assert "/metrics" in get(f"{monitor.url}/")[2]
        assert get(f"{monitor.url}/metrics?x=1")[0] == 200
        assert get(f"{monitor.url}/metrics", method="HEAD") == (200, get(f"{monitor.url}/metrics")[1], "")
        assert get(f"{monitor.url}/metrics", method="POST")[0] == 501


def test_a_page_that_fails_tells_its_reader_nothing_of_the_reason() -> None:
    with Monitor("127.0.0.1", 0, MetricsCollector, broken) as monitor:
        status, _kind, text = get(f"{monitor.url}/health")
        assert status == 500
        assert "s3cret" not in text
        assert get(f"{monitor.url}/metrics")[0] == 200


def test_many_readers_at_once_while_the_run_writes() -> None:
    metrics = MetricsCollector()
    with Monitor("127.0.0.1", 0, lambda: metrics, lambda: HEALTHY) as monitor, ThreadPoolExecutor(8) as readers:
        answers = [readers.submit(get, f"{monitor.url}/metrics") for _ in range(40)]
        for number in range(500):
            metrics.record_file(FileAccount(path="a", source=f"source {number}", read=1, inserted=1))
        assert {answer.result()[0] for answer in answers} == {200}


def test_the_port_is_free_again_when_the_run_has_ended() -> None:
    with Monitor("127.0.0.1", 0, MetricsCollector, lambda: HEALTHY) as monitor:
        url = monitor.url
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(f"{url}/metrics")
    port = int(url.rpartition(":")[2])
    with Monitor("127.0.0.1", port, MetricsCollector, lambda: HEALTHY) as again:
        assert get(f"{again.url}/metrics")[0] == 200


def test_a_taken_port_is_told_and_costs_no_run() -> None:
    with Monitor("127.0.0.1", 0, MetricsCollector, lambda: HEALTHY) as monitor:
        port = int(monitor.url.rpartition(":")[2])
        with pytest.raises(
            UsageError, match=f"^127.0.0.1:{port}: the monitor cannot be served there: Address already in"
        ):
            Monitor("127.0.0.1", port, MetricsCollector, lambda: HEALTHY)
        settings = read_settings(None, {}, {"monitor_port": port})
        with monitored(settings, MetricsCollector(), lambda: HEALTHY) as second:
            assert second is None


def test_a_run_is_served_while_it_is_on() -> None:
    metrics = MetricsCollector()
    metrics.start_processing()
    with monitored(read_settings(None, {}, {"monitor_port": 0}), metrics, lambda: HEALTHY) as monitor:
        assert monitor is not None
        assert "gvrc_run_in_progress 1.0" in get(f"{monitor.url}/metrics")[2]
