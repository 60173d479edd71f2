"""Which files a run reads, and the hash that each is known by. Standard library only: a wrong path is told at once."""

from __future__ import annotations

import atexit
import glob
import hashlib
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from shutil import copyfileobj, rmtree
from typing import TYPE_CHECKING

from gvrc.errors import NoFilesError, SourceFileError, UsageError
from gvrc.values.storable import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

STANDARD_INPUT = "-"
SPOOL = "gvrc-spool-"  # the names of temporary folders with a run's input begin so
ENDINGS = (".json", ".geojson", ".jsonl", ".ndjson")


def find_files(arguments: Iterable[str]) -> list[Path]:
    """Turn files, folders, globs and ``-`` (standard input) into files, each once, in the order given.

    A folder gives its JSON files, plain or gzipped, sorted by name; standard input is spooled to a temporary file,
    which goes when the process ends.

    Raises:
        NoFilesError: a file is missing, a folder has no JSON file, or a glob matches nothing.
        UsageError: a folder may not be read, or a path is wrong.
    """
    given = [arguments] if isinstance(arguments, str) else list(arguments)  # its letters would be paths, too
    if given.count(STANDARD_INPUT) > 1:
        raise UsageError("-: standard input was named more than once, and can be read once. Name it once.")
    found = [path for argument in given for path in _files_of(argument)]
    return list(dict.fromkeys(found))


def is_source_file(path: Path) -> bool:
    """Say whether a path in a folder is one to read; any other name is that of a file on its way, or of a note."""
    wanted = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS))
    return path.name.lower().endswith(wanted) and not path.is_dir()


def hash_file(path: Path) -> tuple[str, int]:
    """Give a file's sha256 (hexadecimal) and its size in bytes.

    Raises:
        SourceFileError: it cannot be read.
    """
    try:
        if not path.is_file():
            raise SourceFileError(
                f"{shown_file(path)}: not a regular file, or gone meanwhile. "
                "Give a file, or '-' to read standard input."
            )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
    except OSError as error:
        raise SourceFileError(
            f"{shown_file(path)}: cannot be read ({error.strerror}). Check its name and permissions."
        ) from error


def state_of(path: Path) -> tuple[int, int] | None:
    """Give what is another one once a file was written to or replaced, its size and time; nothing of one that is gone.

    Not the number of its inode, which some network folders give anew at each look.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def came_since(moment: float, paths: Iterable[Path]) -> bool:
    """Say whether one of the files was brought, moved or written after a moment (seconds since 1970).

    A copy may keep the time when its content was written, so what counts is when the file got its place.
    """
    return any(path.stat().st_ctime > moment for path in paths if path.exists())


def states_of(paths: Iterable[Path]) -> dict[Path, tuple[int, ...]]:
    """Give what tells that a file is another one, was written, or may be read now; a file that is gone has none."""
    states: dict[Path, tuple[int, ...]] = {}
    for path in paths:
        with suppress(OSError):
            found = path.stat()
            states[path] = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return states


def shown_file(path: Path) -> str:
    """Name a file as a person at this prompt would; of one in a temporary folder only the name says something.

    What no text column and no line of a log can hold is escaped.
    """
    folder = next((folder for folder in path.parents if folder.name.startswith(SPOOL)), Path.cwd())
    shown = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in storable(shown))


def _files_of(argument: str) -> list[Path]:
    try:
        return [_spool_standard_input()] if argument == STANDARD_INPUT else _files_at(argument)
    except OSError as error:
        where = error.filename or argument
        raise UsageError(f"{where}: {error.strerror}. Check the path, its permissions and the room there.") from error


def _files_at(argument: str) -> list[Path]:
    if not argument:  # to Path it is the current folder, whatever lies there
        raise UsageError("a path is empty: a variable without a value, perhaps. Name a file or folder, . for this one.")
    path = Path(argument)
    if path.is_dir():
        return _files_in(path)
    if path.exists():
        return [path]
    matches = sorted(Path(match) for match in glob.glob(argument, recursive=True))  # noqa: PTH207
    if not matches:
        raise NoFilesError(f"{argument}: no such file, folder or match. Check the path.")
    return [file for match in matches for file in ([] if match.is_dir() else [match])] or _no_files(argument)


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_source_file(path)) or _no_files(str(folder))


def _no_files(where: str) -> list[Path]:
    raise NoFilesError(f"{where}: holds no JSON file ({', '.join(ENDINGS)}, plain or .gz). Put source files there.")


def _spool_standard_input() -> Path:
    # A file is needed because the content is read twice: for its hash, then for its records. Its name is always the
    # same, for the source is called after it: records without a code are known again by source and name.
    folder = Path(tempfile.mkdtemp(prefix=SPOOL))
    atexit.register(rmtree, folder, ignore_errors=True)
    path = folder / "standard-input.json"
    with path.open("wb") as spool:
        copyfileobj(sys.stdin.buffer, spool)
    return path
