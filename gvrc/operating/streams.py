"""Standard input, output and error of a command, whatever state the caller left them in."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


def make_streams_fit() -> None:
    """Keep a closed stream, a reader who has gone, or a character that cannot be shown from ending a command."""
    open_closed_streams()
    sys.stdout = outliving(sys.stdout)
    sys.stderr = outliving(sys.stderr)
    print_any_letter()


def open_closed_streams() -> None:
    """If the caller closed a stream (``>&-``), open the null device in its place.

    Else the first file to be opened, a log perhaps, would become that stream for every program that we start.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end


class Outliving(io.FileIO):
    """A stream; what is written to it goes nowhere once its reader has gone (``| head``), or an error was reported.

    A buffer that still holds what could not be written is written again when the process ends, and fails again.
    """

    is_lost = False

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - in the io module, bytes have a type of their own
        """Write, or discard."""
        size = memoryview(content).nbytes
        if self.is_lost:
            return size
        try:
            return super().write(content)
        except BrokenPipeError:
            self.is_lost = True
            return size
        except OSError:
            self.is_lost = True
            raise


def outliving(stream: TextIO) -> TextIO:
    """Give a stream that outlives its reader: a report that is not read to its end changes no exit status.

    A script with ``set -o pipefail`` needs that for a run with a failed file, whose report went through ``head``.
    """
    if stream not in (sys.__stdout__, sys.__stderr__) or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(Outliving(stream.fileno(), "w", closefd=False)),
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,  # python -u holds nothing back
        write_through=stream.write_through,
    )


def print_any_letter() -> None:
    """Escape what the output cannot show (the name of a ward on a Latin-1 terminal), as Python does for errors.

    Else a run that was committed would end as a fault of the importer, without its account.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
