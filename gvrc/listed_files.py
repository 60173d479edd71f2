"""The files of a run before they are read: the hash that each is known by, and the source that it came from."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gvrc.account import FileAccount
from gvrc.errors import SourceFileError
from gvrc.files import hash_file, shown_file
from gvrc.ledger import fail_file
from gvrc.log import log_event
from gvrc.sources import SourceRules, find_source, match_source, read_sources
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from gvrc.open_run import Run
    from gvrc.settings import Settings

# Files that gvrc/rejects.py writes: their lines are records, whatever they lack (a name, most often). Each record is
# read by the rules of its own source.
REJECTED = SourceRules(name="rejected", code_prefix="REJECTED", files=("rejected/*.jsonl",), path=".")


class ListedFile(Struct, frozen=True):
    """A file of a run, before it is read."""

    file_no: int
    path: Path
    shown: str
    sha256: str
    size: int
    source: SourceRules


class Upcoming(Struct, frozen=True):
    """What is found out about the files while the caller waits for the database."""

    rules: Future[list[SourceRules]]
    hashes: dict[Path, Future[tuple[str, int]]]


@contextmanager
def look_ahead(settings: Settings, paths: list[Path]) -> Iterator[Upcoming]:
    """Hash the files and read what is known of their sources, in threads: a connection takes 50 ms."""
    from concurrent.futures import ThreadPoolExecutor

    looker = ThreadPoolExecutor(2)
    try:
        rules = looker.submit(read_sources, settings.sources if settings.sources.exists() else None)
        yield Upcoming(rules, {path: looker.submit(hash_file, path) for path in paths})
    finally:
        looker.shutdown(cancel_futures=True)


def list_files(this_run: Run, upcoming: Upcoming) -> list[ListedFile]:
    """Find the sources of the files; one that cannot be opened is a failed file of the account."""
    rules = upcoming.rules.result()
    pinned = find_source(this_run.options.source, rules) if this_run.options.source else None
    warn_of_unknown_sources(this_run, rules)
    rejected = replace(REJECTED, returned=tuple(rules))
    listed = []
    for file_no, (path, hashing) in enumerate(upcoming.hashes.items(), start=1):
        source = pinned or match_source(path, [*rules, rejected])
        account = FileAccount(path=shown_file(path), source=source.name)
        this_run.account.files.append(account)
        try:
            account.sha256, size = hashing.result()
        except SourceFileError as error:
            fail_file(account, error)
            continue
        listed.append(ListedFile(file_no, path, account.path, account.sha256, size, source))
    return listed


def warn_of_unknown_sources(this_run: Run, rules: list[SourceRules]) -> None:
    """Warn of sources that the command or the setting source_rank names and nobody configured: perhaps mistyped."""
    settings, option = this_run.settings, this_run.options.source
    ranked = {name: "source_rank" for names in settings.source_rank.values() for name in names}
    for name, where in {**ranked, **({option: "--source"} if option else {})}.items():
        if (source := find_source(name, rules)) not in rules:
            hint = f"{where} names it, it is not in {settings.sources}"
            log_event("source_not_configured", "WARNING", source=source.name, hint=hint)
