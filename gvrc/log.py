"""What a run tells while it goes: readable lines on standard error, JSON lines in ``logs/``.

An event is a past-tense name with facts: ``log_event("batch_merged", file="nairobi.json", inserted=818)``. Facts are
names and numbers, never values of a record; what slips through in an error's text is masked (gvrc/masking.py).
``logs/etl/`` has every event of a run, ``logs/errors/`` its errors again, ``logs/processing/`` a line for each reject
and issue. One file a run, so that a person finds it by its run id and two importers never write into one.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import partial
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING

from gvrc.masking import mask

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import loguru
    import polars as pl

    from gvrc.settings import Settings


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ERRORS = ("ERROR", "CRITICAL")
SECONDS = {"day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}
RECORD_FACTS = ("file", "record_number", "facility_code", "outcome", "kind", "field")


def start_logging(settings: Settings, run_id: str, *, quiet: bool = False, has_bar: bool = False) -> dict[str, Path]:
    """Begin the logs of a run and forget those older than ``log_retention``; give the three files by folder.

    ``quiet`` leaves errors on standard error, ``has_bar`` warnings and errors; the files have all. Colours are used on
    a terminal only. A file appears with its first line. Until this is called, and after ``stop_logging``, events are
    not written anywhere.
    """
    files = log_files(settings, run_id)
    logger = loguru_logger()
    logger.remove()
    logger.configure(extra={"run_id": run_id, "facts": {}})
    level = shown_level(settings.log_level, quiet=quiet, has_bar=has_bar)
    is_terminal = sys.stderr.isatty()
    add = partial(logger.add, diagnose=False, backtrace=False)  # else tracebacks have values: a record, perhaps
    add(write_to_stderr, level=level, format=readable, filter=is_event, colorize=is_terminal)
    add_files(add, settings, files)
    return files


def add_files(add: Callable[..., int], settings: Settings, files: dict[str, Path]) -> None:
    """Have loguru write to the file of events, and to the others as soon as there is a line for them."""
    add_file = partial(add, rotation=settings.log_rotation, delay=True, encoding="utf-8", catch=False)
    etl, errors, processing = (as_template(files[folder]) for folder in ("etl", "errors", "processing"))
    LATER.opened = [add_file(etl, level=settings.log_level, format=json_line, filter=is_event)]
    LATER.adds = {
        "errors": partial(add_file, errors, level="ERROR", format=json_line, filter=is_event),
        "processing": partial(add_file, processing, format="{message}", filter=is_of_records),
    }


def shown_level(log_level: str, *, quiet: bool, has_bar: bool) -> str:
    """Give the lowest level that standard error shows; it is never lower than ``log_level``."""
    least = "ERROR" if quiet else "WARNING" if has_bar else log_level
    return max(least, log_level, key=LEVELS.index)


class Later:
    """Files that loguru adds only when their first line comes: each costs 3 ms, and a clean run needs none of them."""

    def __init__(self) -> None:
        self.adds: dict[str, Callable[[], int]] = {}
        self.opened: list[int] = []  # loguru's numbers of the files that were added
        self.lock = Lock()

    def add(self, folder: str) -> None:
        """Have loguru add a file, unless it has it; a line of another thread waits for that."""
        with self.lock:
            if folder in self.adds:
                self.opened.append(self.adds.pop(folder)())

    def close(self) -> None:
        """Close the files; what a full disk could not take is lost, which is no reason to stop."""
        self.adds.clear()
        while self.opened:
            with suppress(OSError):
                loguru_logger().remove(self.opened.pop())


LATER = Later()


def log_files(settings: Settings, run_id: str) -> dict[str, Path]:
    """Name the files of a run, and delete those of runs that are older than ``log_retention``."""
    files = {}
    for folder, name in (("etl", "pipeline"), ("errors", "errors"), ("processing", "records")):
        delete_old_logs(settings.logs_dir / folder, f"{name}_*.log", settings.log_retention)
        files[folder] = settings.logs_dir / folder / f"{name}_{run_id}.log"
    return files


def stop_logging() -> None:
    """Close the logs of a run."""
    if "loguru" in sys.modules:
        LATER.close()
        loguru_logger().remove()


def log_event(event: str, level: str = "INFO", /, **facts: object) -> None:
    """Tell that something happened: a past-tense name, and facts such as file names and counts.

    A fact that is None is left out. Costs nothing while no log is open.
    """
    if "loguru" in sys.modules:
        if level in ERRORS:
            LATER.add("errors")
        told = {name: mask_fact(value) for name, value in facts.items() if value is not None}
        with files_given_up_on_error():
            loguru_logger().bind(facts=told).log(level, event)


@contextmanager
def files_given_up_on_error() -> Iterator[None]:
    """Go on without the log files if they cannot be written (the disk is full); standard error says so, once."""
    try:
        yield
    except OSError as error:
        LATER.close()
        log_event("log_not_written", "ERROR", reason=error.strerror)


def log_error(event: str, error: BaseException, **facts: object) -> None:
    """Log an unforeseen error, with the lines of code that led to it but without their values."""
    lines = "".join(traceback.format_exception(error))
    log_event(event, "ERROR", error=str(error) or type(error).__name__, **facts, traceback=lines)


def log_records(rows: pl.DataFrame, files: dict[int, str]) -> None:
    """Write rejects and issues to ``logs/processing/``, a JSON line each; ``files`` are the paths by file_no.

    Only the columns of ``RECORD_FACTS`` are written, where ``rows`` has them: which record, and what about it. The raw
    values stay in the database and in ``data/rejected/``, for they hold telephone numbers and names of persons; a code
    or a file's name that holds a contact is masked. One call for a batch, not for a record: Polars writes 100,000 lines
    in the time that a logger takes for 1,000.
    """
    if "loguru" in sys.modules and not rows.is_empty():
        import polars.selectors as columns

        from gvrc.values.text import masked

        LATER.add("processing")
        named = rows.with_columns(file=rows["file_no"].replace_strict(files, default=None))
        told = named.select(name for name in RECORD_FACTS if name in named.columns).with_columns(
            masked(columns.by_name("file", "facility_code", require_all=False))
        )
        with files_given_up_on_error():
            loguru_logger().bind(records=True).opt(raw=True).info(told.write_ndjson())


def loguru_logger() -> loguru.Logger:
    """Give the one logger, without the sink that it begins with.

    Imported here: it costs 30 ms, which ``--help`` and a wrong option need not wait for.
    """
    os.environ.setdefault("LOGURU_AUTOINIT", "0")
    spare_asyncio()
    from loguru import logger

    return logger


def spare_asyncio() -> None:
    """Have loguru import asyncio only where a sink is a coroutine, of which we have none.

    Its module for that asks asyncio for one function when it is imported: 103 modules, two thirds of importing loguru.
    """

    def get_running_loop() -> AbstractEventLoop:
        import asyncio

        return asyncio.get_running_loop()

    def get_task_loop(task: Task[object]) -> AbstractEventLoop:
        return task.get_loop()

    if "loguru" not in sys.modules:
        loops = ModuleType("loguru._asyncio_loop")
        vars(loops).update(get_running_loop=get_running_loop, get_task_loop=get_task_loop)
        sys.modules[loops.__name__] = loops


def is_event(record: loguru.Record) -> bool:
    """Say whether this is an event, not lines about records."""
    return "records" not in record["extra"]


def is_of_records(record: loguru.Record) -> bool:
    """Say whether these are lines about records."""
    return "records" in record["extra"]


def mask_fact(value: object) -> object:
    """Hide what is personal or secret in one fact; numbers and times stay, any other object becomes its text."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): mask_fact(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [mask_fact(part) for part in value]
    return mask(str(value))


def readable(record: loguru.Record) -> str:
    """Give the template of a line for people: ``06:00:01 INFO    batch_merged  file=nairobi.json inserted=818``."""
    facts = {name: value for name, value in record["extra"]["facts"].items() if name != "traceback"}
    record["extra"]["readable"] = " ".join(f"{name}={value}" for name, value in facts.items())
    return "<dim>{time:HH:mm:ss}</dim> <level>{level: <8}</level>{message}  {extra[readable]}\n"


def json_line(record: loguru.Record) -> str:
    """Give the template of a line for programs: a JSON object with ``at`` (UTC), level, event, run id and the facts."""
    about = {
        "at": record["time"].astimezone(tz=UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "event": record["message"],
        "run_id": record["extra"]["run_id"],
    }
    record["extra"]["json"] = json.dumps(about | record["extra"]["facts"], ensure_ascii=False)
    return "{extra[json]}\n"


def write_to_stderr(line: str) -> None:
    """Write to what standard error is now: a progress bar replaces it, so that lines appear above the bar."""
    sys.stderr.write(line)


def as_template(path: Path) -> str:
    """Keep loguru from reading braces in a folder's name as a template."""
    return str(path).replace("{", "{{").replace("}", "}}")


def delete_old_logs(folder: Path, pattern: str, retention: str) -> None:
    """Delete a folder's logs that are older than ``retention``, such as "30 days".

    What cannot be deleted stays: a link to a log that is gone, one that another importer has just deleted, a folder.
    """
    number, unit = retention.split()
    oldest = time.time() - int(number) * SECONDS[unit.removesuffix("s")]
    for path in folder.glob(pattern):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
