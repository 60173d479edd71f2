"""The way to the directory: its URL, and connecting to it while the command still imports what it needs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gvrc.memory import share_heap
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from gvrc.database import Database
    from gvrc.settings import Settings


class Connected(Struct, frozen=True):
    """An open database, where it was found, and "embedded" when it is the project's own server."""

    database: Database
    url: str
    mode: str | None


@contextmanager
def connecting_ahead(settings: Settings) -> Iterator[Future[Connected]]:
    """Connect in a thread: it takes 50 ms, in which the caller imports what it needs.

    A run closes the connection that it was given; one that no run has taken is closed here.
    """
    from concurrent.futures import ThreadPoolExecutor

    share_heap()  # before there is a thread
    with ThreadPoolExecutor(1) as connector:
        connecting = connector.submit(connect_to_directory, settings)
        try:
            yield connecting
        finally:
            if not connecting.cancel() and connecting.exception() is None:
                connecting.result().database.close()


@contextmanager
def importing_ahead(modules: Sequence[str]) -> Iterator[None]:
    """Import what will read files while the database is waited for; that takes 0.2 s."""
    import sysconfig
    from concurrent.futures import ThreadPoolExecutor
    from importlib import import_module

    # What polars and loguru ask for, each in its thread. Python 3.11 fills it where others see it: one command of a
    # hundred, on a busy machine, ended with AttributeError: 'userbase'.
    sysconfig.get_config_vars()
    with ThreadPoolExecutor(1) as importer:
        for module in modules:
            importer.submit(import_module, module)  # whoever imports it next finds it imported
        yield


def connect_to_directory(settings: Settings) -> Connected:
    """Connect to the database of the settings, with the settings of a run.

    Raises:
        DatabaseUnavailableError: nothing answers there, or it refuses this user.
    """
    from gvrc.database import connect

    url, mode = find_database(settings)
    return Connected(connect(url), url, mode)


def find_database(settings: Settings) -> tuple[str, str | None]:
    """Give the URL of the database, and "embedded" when it is the project's own server (started if need be)."""
    if settings.database_url:
        return settings.database_url, None
    from gvrc.embedded import start_embedded

    return start_embedded(), "embedded"
