"""A bar that shows how far a run is, on a terminal only; elsewhere the log's plain lines say it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import rich.progress


class Progress:
    """What a run tells of how far it is; itself it shows nothing: there is no terminal, or the run is quiet."""

    def begin(self, total: int) -> None:
        """Say how many bytes there are in all."""

    def file(self, name: str, size: int) -> None:
        """Begin a file of ``size`` bytes."""

    def read(self, size: int) -> None:
        """Count ``size`` more bytes of the file as done."""


class Bar(Progress):
    """A rich progress bar over the bytes of all files; it appears when there is something to read."""

    def __init__(self) -> None:
        self.rich: rich.progress.Progress | None = None
        self.task: rich.progress.TaskID | None = None
        self.ends_at = 0

    def begin(self, total: int) -> None:
        """Show the bar. Rich is imported here: a run with nothing to read need not wait 0.1 s for it."""
        import rich.console
        import rich.progress

        self.rich = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}", markup=False),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn(),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),
            transient=True,
        )
        self.task = self.rich.add_task("", total=total)
        self.rich.start()

    def file(self, name: str, size: int) -> None:
        """Begin a file: whatever was left of the one before is done."""
        if self.rich is not None and self.task is not None:
            self.rich.update(self.task, description=name, completed=self.ends_at)
        self.ends_at += size

    def read(self, size: int) -> None:
        """Count ``size`` more bytes as done."""
        if self.rich is not None and self.task is not None:
            self.rich.advance(self.task, size)

    def end(self) -> None:
        """Take the bar away."""
        if self.rich is not None:
            self.rich.stop()


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Show a bar while the block runs; nothing where standard error is not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield Progress()
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.end()
