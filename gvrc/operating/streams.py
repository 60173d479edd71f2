"""Standard input, output and error of a command, whatever the caller has made of them."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


def make_streams_fit() -> None:
    """Let neither a stream that is closed, nor a reader who has gone, nor a letter that is lacking end a command."""
    open_closed_streams()
    sys.stdout = outliving(sys.stdout)
    sys.stderr = outliving(sys.stderr)
    print_any_letter()


def open_closed_streams() -> None:
    """Where a stream was closed by the caller (``>&-``), read nothing from it, and write to nobody.

    Else the first file that is opened, a log perhaps, would be taken for it by every program that we start.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end


class Outliving(io.FileIO):
    """What is written to a stream; once its reader has gone (``| head``), or an error was told, the rest goes nowhere.

    A buffer that still holds what has no room is written again when the process ends, which fails anew.
    """

    is_lost = False

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - the io module's own word for bytes is none of Python's
        """Write, or let it go."""
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
    """Give a stream that outlives its reader: a report that nobody reads to its end changes no exit status.

    ``set -o pipefail`` in a script asks for that of a run with a failed file, whose report went through ``head``.
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
    """Escape what the output cannot show (a Latin-1 terminal, the name of a ward), as Python does for errors.

    Else a run that was committed would end as a fault of the importer, its account unprinted.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
