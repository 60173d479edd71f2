"""Files that a run writes beside the database: whole or not at all; one that cannot be written is reported."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gvrc.log import log_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvrc.account import RunAccount


FOR_USER_AND_GROUP = 0o660  # at most: the umask of the process takes its share
FOR_ALL = 0o666


@contextmanager
def whole_file(path: Path, *, mode: int = FOR_ALL) -> Iterator[Path]:
    """Give a temporary name to write under, and rename it to the file's own when all is written; leave no half file.

    The file is made with its ``mode`` before anything is in it, so that nobody else can read it meanwhile.
    """
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.unlink(missing_ok=True)  # one that a killed run left would keep its old permissions
        part.touch(mode)
        yield part
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that somebody named: it is then whole, or as it was before.

    A device or a pipe is written to directly; so are a file in a folder that takes no other file, and standard output
    by its name.
    """
    place = path.resolve()
    is_replaceable = place.is_file() or not path.exists()
    if is_replaceable and os.access(place.parent, os.W_OK) and not path.is_relative_to("/dev"):
        with whole_file(place) as part:
            part.write_bytes(content)
    else:
        path.write_bytes(content)


@contextmanager
def told_if_unwritten(account: RunAccount, path: Path | str, advice: str) -> Iterator[None]:
    """Go on where a file cannot be written: what was committed stays, and the account says what is missing."""
    try:
        yield
    except OSError as error:
        message = f"{path} could not be written ({error.strerror}). {advice}"
        if message not in account.unwritten:
            account.unwritten.append(message)
            log_event("file_not_written", "ERROR", file=path, reason=error.strerror)
