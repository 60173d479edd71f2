"""The files of a run before they are read: the hash that each is known by, and the source that it came from."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gvrc.account import FileAccount
from gvrc.errors import SourceFileError
from gvrc.files import hash_file, shown_file, state_of
from gvrc.keep import archived_since, folders_since
from gvrc.ledger import fail_file
from gvrc.log import log_event
from gvrc.sources import REJECTED, SourceRules, find_source, match_source, read_sources
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from gvrc.open_run import Run
    from gvrc.settings import Settings


class HashedFile(Struct, frozen=True):
    """What a file held when it was hashed."""

    sha256: str
    size: int
    state: tuple[int, int] | None


class ListedFile(Struct, frozen=True):
    """A file of a run, before it is read."""

    file_no: int
    path: Path
    shown: str
    hashed: HashedFile
    source: SourceRules

    @property
    def sha256(self) -> str:
        """Give the hash that the file is known by."""
        return self.hashed.sha256

    @property
    def size(self) -> int:
        """Give the size in bytes."""
        return self.hashed.size

    def demand_unchanged(self) -> None:
        """Go on only if what was read is what was hashed; a file that is gone was open already, and is as it was.

        Raises:
            SourceFileError: something else has come under its name, or was written to it: it would count as loaded.
        """
        if state_of(self.path) not in (self.hashed.state, None):
            raise SourceFileError(f"{self.shown}: was changed while it was imported. Import it again.")


class Upcoming(Struct, frozen=True):
    """What is found out about the files while the caller waits for the database."""

    rules: Future[list[SourceRules]]
    hashes: dict[Path, Future[HashedFile]]
    began_at: float  # seconds since 1970


@contextmanager
def look_ahead(settings: Settings, paths: list[Path]) -> Iterator[Upcoming]:
    """Hash the files and read what is known of their sources, in threads: a connection takes 50 ms."""
    from concurrent.futures import ThreadPoolExecutor

    began_at = time.time()
    looker = ThreadPoolExecutor(2)
    try:
        rules = looker.submit(read_sources, settings.sources if settings.sources.exists() else None)
        yield Upcoming(rules, {path: looker.submit(hash_as_it_is, path) for path in paths}, began_at)
    finally:
        looker.shutdown(cancel_futures=True)


def hash_as_it_is(path: Path) -> HashedFile:
    """Hash a file. Its state is taken before, so that what is written meanwhile shows."""
    state = state_of(path)
    sha256, size = hash_file(path)
    return HashedFile(sha256, size, state)


def hashed_after_all(path: Path, hashing: Future[HashedFile]) -> HashedFile:
    """Give what a file holds now that the run has the lock: while it waited, a newer file may have come."""
    hashed = hashing.result()
    return hashed if state_of(path) in (hashed.state, None) else hash_as_it_is(path)


def found_after_all(path: Path, hashing: Future[HashedFile], archived: Path | None) -> tuple[Path, HashedFile]:
    """Give where a file is now and what it holds: the importer that was waited for may have loaded and moved it."""
    if archived is None:
        return path, hashed_after_all(path, hashing)
    log_event("file_followed", file=shown_file(path), moved_to=shown_file(archived))
    return archived, hash_as_it_is(archived)


def list_files(this_run: Run, upcoming: Upcoming) -> list[ListedFile]:
    """Find the sources of the files; one that cannot be opened is a failed file of the account."""
    rules = upcoming.rules.result()
    pinned = find_source(this_run.options.source, rules) if this_run.options.source else None
    warn_of_unknown_sources(this_run, rules)
    folders = folders_since(upcoming.began_at, this_run.settings)
    listed = []
    for file_no, (path, hashing) in enumerate(upcoming.hashes.items(), start=1):
        # Rejects come back under any name, in any folder: each is read by the rules of its own source.
        source = replace(pinned or match_source(path, [*rules, REJECTED]), returned=tuple(rules))
        account = FileAccount(path=shown_file(path), source=source.name)
        this_run.account.files.append(account)
        try:
            archived = archived_since(upcoming.began_at, path, folders, this_run.settings)
            place, hashed = found_after_all(path, hashing, archived)
        except SourceFileError as error:
            fail_file(account, error)
            continue
        account.sha256 = hashed.sha256
        listed.append(ListedFile(file_no, place, account.path, hashed, source))
    return listed


def warn_of_unknown_sources(this_run: Run, rules: list[SourceRules]) -> None:
    """Warn of sources that the command or the setting source_rank names and nobody configured: perhaps mistyped."""
    settings, option = this_run.settings, this_run.options.source
    ranked = {name: "source_rank" for names in settings.source_rank.values() for name in names}
    for name, where in {**ranked, **({option: "--source"} if option else {})}.items():
        if (source := find_source(name, rules)) not in rules:
            hint = f"{where} names it, it is not in {settings.sources}"
            log_event("source_not_configured", "WARNING", source=source.name, hint=hint)
