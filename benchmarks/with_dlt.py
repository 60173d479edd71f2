"""The same load with dlt, which makes the child tables itself; takes part when it is installed.

python -m benchmarks.with_dlt URL [FOLDER_OR_FILE]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import dlt

from benchmarks.plain_merge import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    url, *path = sys.argv[1:]
    if not path:
        return  # it makes its tables when it first loads
    with tempfile.TemporaryDirectory() as state:
        pipeline = dlt.pipeline(
            "bench", pipelines_dir=state, destination=dlt.destinations.postgres(credentials(url)), dataset_name="public"
        )
        facilities = dlt.resource(
            read_pages(Path(path[0])),
            name="facilities",
            primary_key="code",
            write_disposition={"disposition": "merge", "strategy": "upsert"},
        )
        pipeline.run(facilities, loader_file_format="csv")


def credentials(url: str) -> dict[str, Any]:
    """Split an URL the way dlt wants it; the embedded server's host is a folder, in the query."""
    parts = urlsplit(url)
    host = quote(parse_qs(parts.query).get("host", [parts.hostname or ""])[0], safe="")
    user, password = parts.username or "postgres", parts.password or "none"
    return {
        "host": host,
        "port": parts.port or 5432,
        "username": user,
        "password": password,
        "database": parts.path[1:],
    }


def read_pages(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Give what the plain loaders load, nothing else: dlt would make child tables of the other lists, too."""
    wanted = [*COLUMNS, "lat", "long", "service_names"]
    for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
        records = json.loads(file.read_bytes())["results"]
        yield [{key: record[key] for key in wanted} for record in records if record["code"] is not None]


if __name__ == "__main__":
    main()
