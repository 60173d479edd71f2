"""The Markdown tables of ``bench.py``: medians, with the least and the most where rounds differ."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.measure import Cost

    Costs = Mapping[tuple[int, str, str], list[Cost]]

HEADINGS = [
    "scenario",
    "loader",
    "wall s",
    "of plain",
    "client CPU s",
    "server CPU s",
    "peak MB",
    "WAL MB",
    "rows",
    "own",
]


def print_title(server_version: str) -> None:
    """Name the machine, without which the seconds mean nothing."""
    model = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    print(
        f"Measured on {model[0].split(':')[1].strip() if model else platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, polars {version('polars')}, PostgreSQL {server_version}. "
        "Whole cold processes; medians (least to most). `of plain`: median of the ratios to the plain loader in the "
        "same round. `rows`: written in the directory; `own`: in `etl` (lineage, images, issues, account).\n"
    )


def print_table(scale: int, scenarios: list[str], loaders: list[str], costs: Costs) -> None:
    print(f"### {scale} x the national list\n\n| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    for scenario in scenarios:
        for loader in sorted(loaders, key=["gvrc", "plain", "duckdb", "dlt"].index):
            print(f"| {' | '.join([scenario, loader, *cells(costs, scale, scenario, loader)])} |")
    print()


def cells(costs: Costs, scale: int, scenario: str, loader: str) -> list[str]:
    measured = costs.get((scale, scenario, loader))
    if not measured:
        return ["no end", *[""] * (len(HEADINGS) - 3)]  # it was left out in the first round
    ratio = paired_ratio(costs, scale, scenario, loader)
    server = [cost.server_cpu for cost in measured if cost.server_cpu is not None]
    return [
        spread([cost.wall for cost in measured]),
        "" if ratio is None else f"{ratio:.2f}",
        f"{median(cost.client_cpu for cost in measured):.2f}",
        f"{median(server):.2f}" if server else "",
        f"{median(cost.peak_memory for cost in measured):.0f}",
        f"{median(cost.wal for cost in measured):.2f}",
        f"{median(cost.rows for cost in measured):,.0f}",
        f"{median(cost.own_rows for cost in measured):,.0f}",
    ]


def spread(values: list[float]) -> str:
    return f"{median(values):.2f}" + (f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else "")


def paired_ratio(costs: Costs, scale: int, scenario: str, loader: str, other: str = "plain") -> float | None:
    """Give the median of wall-time ratios, each within one round; None where one of them did not run."""
    pairs = list(zip(costs.get((scale, scenario, loader), []), costs.get((scale, scenario, other), []), strict=False))
    return median(mine.wall / theirs.wall for mine, theirs in pairs) if pairs else None
