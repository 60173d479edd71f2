"""The pages that Prometheus and people look at: ``/metrics`` and ``/health``, over HTTP on this machine."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from gvrc.errors import GvrcError, UsageError
from gvrc.log import log_error, log_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvrc.metrics import MetricsCollector
    from gvrc.settings import Settings

# seconds after which a client that says nothing is sent away
PATIENCE = 10.0


class Monitor:
    """A web server in a thread of its own, from ``with Monitor(...)`` until the block ends.

    ``metrics`` gives the collector to show and ``health`` the guide's health report; both are called for each request.

    Raises:
        UsageError: the address and port cannot be served on.
    """

    def __init__(
        self,
        address: str,
        port: int,
        metrics: Callable[[], MetricsCollector],
        health: Callable[[], dict[str, Any]],
    ) -> None:
        pages: dict[str, Callable[[str], Page]] = {
            "/": lambda _accept: (200, "text/plain; charset=utf-8", b"/metrics  for Prometheus\n/health   as JSON\n"),
            "/metrics": lambda accept: metrics_page(metrics(), accept),
            "/health": lambda _accept: health_page(health()),
        }
        handler = type("Handler", (PageHandler,), {"pages": pages})
        try:
            self.server = server_class(address)((address, port), handler)
        except OSError as error:
            raise UsageError(
                f"{address}:{port}: the monitor cannot be served there: {error.strerror}. "
                "End what uses it, or set monitor_address and monitor_port."
            ) from error
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), name="monitor", daemon=True)

    @property
    def url(self) -> str:
        """Give the address with the port that is served (another one, where port 0 was asked for)."""
        address, port = self.server.server_address[:2]
        host = f"{address!s}"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self.thread.start()
        log_event("monitor_started", url=self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)


class IPv6Server(ThreadingHTTPServer):
    """The same over IPv6, which http.server uses only when told to."""

    address_family = socket.AF_INET6


def server_class(address: str) -> type[ThreadingHTTPServer]:
    """Give the server of an address: one of IPv6 has colons, which no host's name has."""
    return IPv6Server if ":" in address else ThreadingHTTPServer


Page = tuple[int, str, bytes]  # status, content type, content


class PageHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the pages of one monitor."""

    pages: dict[str, Callable[[str], Page]]
    timeout = PATIENCE
    server_version = "gvrc"
    sys_version = ""

    def do_GET(self) -> None:
        """Send one page."""
        status, kind, content = self.page()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - http.server calls it so

    def page(self) -> Page:
        """Make the page that was asked for; one that cannot be made is an error for its reader, not the run's end."""
        make = self.pages.get(self.path.partition("?")[0])
        if make is None:
            return 404, "text/plain; charset=utf-8", b"There are /metrics and /health.\n"
        try:
            return make(self.headers.get("Accept", ""))
        except GvrcError as error:  # a database that is away
            return 503, "text/plain; charset=utf-8", f"{error}\n".encode()
        except Exception as error:  # noqa: BLE001 - told in the log, with its traceback
            log_error("page_failed", error, page=self.path)
            return 500, "text/plain; charset=utf-8", b"This page could not be made; the log in logs/errors/ says why.\n"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Keep requests out of standard error."""
        log_event("page_served", "DEBUG", request=format % args)


def metrics_page(metrics: MetricsCollector, accept: str) -> Page:
    """Give the numbers in the text format that the reader accepts."""
    from prometheus_client.exposition import choose_encoder

    encode, kind = choose_encoder(accept)
    return 200, kind, encode(metrics.registry())


def health_page(report: dict[str, Any]) -> Page:
    """Give the health report as JSON: status 200 when healthy, else 503, as load balancers and probes expect."""
    status = 200 if report["overall_status"] == "healthy" else 503
    return status, "application/json", json.dumps(report, indent=2).encode() + b"\n"


@contextmanager
def monitored(
    settings: Settings, metrics: MetricsCollector, health: Callable[[], dict[str, Any]]
) -> Iterator[Monitor | None]:
    """Serve the numbers of a run while the block runs.

    An import must not be lost to a port that is taken, by ``scripts/monitor.py`` for example, which then shows the run
    from the history as soon as it has ended: one warning, and None.
    """
    try:
        monitor = Monitor(settings.monitor_address, settings.monitor_port, lambda: metrics, health)
    except UsageError as error:
        log_event("monitor_not_started", "WARNING", error=error)
        yield None
        return
    with monitor:
        yield monitor
