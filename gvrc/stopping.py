"""Ctrl-C, SIGTERM and SIGHUP while the server works: Python handles a signal only when the driver's call has returned.

Without this, an application that holds a lock on the directory's tables would keep a run from ending.
"""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.database import Database

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_SECONDS = 0.5


@contextmanager
def stoppable(database: Database) -> Iterator[None]:
    """Let a signal that stops the process cancel what the server does for it; outside the main thread do nothing.

    Raises:
        KeyboardInterrupt: a signal came, and what it cancelled was a statement that tidied up after it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received, told = socket.socketpair()
    told.setblocking(False)
    former = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    stops: list[int] = []
    watcher = threading.Thread(target=cancel_on_signal, args=(received, database, stops), daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if stops:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.set_wakeup_fd(former)
        told.close()
        watcher.join()
        received.close()


def cancel_on_signal(received: socket.socket, database: Database, stops: list[int]) -> None:
    """Note and cancel at each signal to stop, until the other end is closed; a byte is the signal's number.

    A thread may just have been about to begin its statement: what threads do is cancelled again until all have ended.
    """
    while True:
        try:
            number = received.recv(1)
        except TimeoutError:
            database.cancel(but_tidying=True)
            continue
        if not number:
            return
        if number[0] in STOPS:
            stops.append(number[0])
            database.cancel()
            received.settimeout(AGAIN_SECONDS)
