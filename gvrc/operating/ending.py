"""How every command ends: its exit status, an error in one or two lines, what a signal or closed stream does."""

from __future__ import annotations

import argparse
import errno
import gc
import re
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from gvrc.errors import GvrcError
from gvrc.lazy import lazy_pattern
from gvrc.masking import mask
from gvrc.operating.streams import make_streams_fit

if TYPE_CHECKING:
    from collections.abc import Callable

# What a server adds after the first line of its answer.
DETAIL = lazy_pattern(r"\n(?:DETAIL|HINT|CONTEXT|QUERY):.*?(?=\n\. SQLSTATE|\n\n|\Z)", re.DOTALL)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# Set by a signal to stop. Its KeyboardInterrupt may be lost: in the callback of a weak reference (the lock of an import
# has one), Python only prints it. A watching service that had lost one went on for ever.
STOP = threading.Event()


class CommandLine(argparse.ArgumentParser):
    """A parser that reports wrong use in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"error: {message}. See {self.prog} --help.\n")


def run_command(act: Callable[[], int], *, debug: bool = False) -> int:
    """Do what a command does; an error is one or two lines, ``--debug`` shows where it arose."""
    STOP.clear()
    signal.signal(signal.SIGTERM, stop_as_ctrl_c)
    for number in (signal.SIGINT, signal.SIGHUP):  # of which nohup and "&" in a script leave it none
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, stop_as_ctrl_c)
    make_streams_fit()
    try:
        status = act()
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - nobody tells it after us
        message, status = described(error)
        sys.stderr.write(f"{traced(error) if debug else ''}error: {message}\n")
        return status
    except KeyboardInterrupt:
        with suppress(OSError):  # the terminal may be gone
            sys.stderr.write("stopped: what was open was rolled back, what was committed stays; repeat the command.\n")
        return 130
    return status


def stop_as_ctrl_c(*_: object) -> None:
    """Let SIGTERM (systemd, a shutdown) and SIGHUP (a terminal that is gone) end a command as Ctrl-C does.

    The open batch is rolled back, the run is closed, and no rejects that were to be retried stay in a temporary folder.
    """
    STOP.set()
    raise KeyboardInterrupt


def traced(error: Exception) -> str:
    """Give the lines of code that led to an error, without the details of the server's answer, which quote records."""
    import traceback

    lines = "".join(traceback.format_exception(error))
    return mask(DETAIL.sub("", lines))


def described(error: Exception) -> tuple[str, int]:
    """Give an error's message and exit status; even an unforeseen one is one line."""
    if isinstance(error, GvrcError):
        return str(error), error.exit_status
    if isinstance(error, OSError) and (error.filename or error.errno in NO_ROOM):
        where = error.filename or "what is printed"
        advice = "Make room there, or give this user the rights, then repeat the command: what was committed stays."
        return f"{where}: {error.strerror}. {advice}", GvrcError.exit_status
    from gvrc.database_errors import describe_error

    return describe_error(error)


def leave(status: int) -> NoReturn:
    """End the process without a last garbage collection, which took 60 ms after polars."""
    gc.freeze()
    sys.exit(status)
