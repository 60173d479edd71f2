"""The importer's command line: options -> one run -> its report and exit status."""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gvrc.errors import NoFilesError, RulesError, RunStoppedError, UsageError
from gvrc.log import log_event
from gvrc.operating.console import settings_of
from gvrc.operating.ending import STOP, CommandLine, described, run_command
from gvrc.written import told_if_unwritten, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from gvrc.account import RunAccount
    from gvrc.connecting import Connected
    from gvrc.metrics import MetricsCollector
    from gvrc.operating.watched_rules import WatchedRules
    from gvrc.settings import Settings

    States = dict[Path, tuple[int, ...]]

# Python collects garbage after so many new objects (by default 700): a run imports 40,000 that stay, and its data is
# freed by reference counting anyway.
OBJECTS_BETWEEN_COLLECTIONS = 50_000
# The thread that makes batches is always computing; after each answer of the database or of polars the caller waited
# 5 ms (Python's default) for it. With 0.2 ms the threads hindered each other (2 to 5 % of a forced run).
SECONDS_BETWEEN_THREADS = 0.001
LONGEST_WAIT = 366 * 86_400  # seconds; Python cannot wait for more than 292 years, and nobody waits for one
SECONDS_TO_ANOTHER_TRY = 3_600.0  # of files that a watching command has tried, and that lie there as they were


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the importer and give its exit status."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.setswitchinterval(SECONDS_BETWEEN_THREADS)
    given = read_arguments(arguments)
    return run_command(lambda: import_files(given), debug=given.debug)


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; a wrong option ends with status 2 before anything heavy is imported."""
    parser = CommandLine(
        prog="production_json_importer.py",
        description="Import facility files into the directory. Running it again changes nothing.",
        epilog="Exit status: 0 loaded, 1 a file failed or too many rejects, 2 wrong use, 3 no database.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, globs, - for standard input")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (config/example.yaml lists them)")
    parser.add_argument("--database-url", metavar="URL", help="instead of DATABASE_URL or the embedded server")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--force", action="store_true", help="read files that were loaded before, too")
    parser.add_argument("--source", type=read_name, metavar="NAME", help="the source that the files come from")
    parser.add_argument("--boundaries", metavar="FILE", help="GeoJSON of ward polygons, a second opinion on places")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write the account as JSON")
    parser.add_argument("--wait", action="store_true", help="wait for another importer to end")
    parser.add_argument("--monitor", action="store_true", help="serve /metrics and /health while it runs")
    parser.add_argument("--watch", type=seconds_to_wait, metavar="SECONDS", help="keep looking for new files so often")
    parser.add_argument("--metrics-file", metavar="FILE", help="write the metrics for node_exporter")
    parser.add_argument("--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--debug", action="store_true", help="show where an error arose")
    return parser.parse_args(arguments)


def seconds_to_wait(text: str) -> float:
    """Read the seconds of ``--watch``."""
    with suppress(ValueError):
        if float(text) > LONGEST_WAIT:
            raise argparse.ArgumentTypeError(f"expected a year at the most ({LONGEST_WAIT} seconds), not {text!r}")
        if float(text) > 0:
            return float(text)
    raise argparse.ArgumentTypeError(f"expected a number of seconds, more than 0, not {text!r}")


def read_name(text: str) -> str:
    """Read the name of a source or of a run: an empty one would mean any, as if the option had not been given."""
    if re.search(r"[\ud800-\udfff]", text):  # bytes that are no UTF-8, which no run is named by
        raise argparse.ArgumentTypeError("the name is no UTF-8 text")
    if text.strip():
        return text
    raise argparse.ArgumentTypeError("the name is empty: a variable without a value, perhaps")


def import_files(given: argparse.Namespace) -> int:
    """Do one run, or with ``--watch`` one after the other; a missing file is an error before a server is started."""
    from gvrc.files import STANDARD_INPUT, find_files

    if given.watch and STANDARD_INPUT in given.paths:
        raise UsageError("--watch looks for files time and again; standard input comes once. Leave one of them out.")
    settings = command_settings(given)
    if not (is_inbox_empty(given, settings) or is_empty_watch(given)):
        found = find_files(named_paths(given, settings))
        demand_no_source("option --summary", given.summary, found)
        if STANDARD_INPUT in given.paths:  # standard input can be spooled once only
            given.paths = [str(path) for path in found]
    given.service_id = new_service_id()
    begin_service_log(given, settings)
    with served_metrics(given, settings) as metrics:
        return (watch_files if given.watch else import_waiting)(given, settings, metrics)


def watch_files(given: argparse.Namespace, settings: Settings, metrics: MetricsCollector | None) -> int:
    """Import what waits, time and again, until the command is ended; what is away or half written will be whole."""
    from gvrc.operating.watched_rules import WatchedRules

    rules = WatchedRules(settings)
    is_on = True
    while is_on:
        tried = waiting_files(given, settings)
        try:
            if tried or not given.paths:
                import_waiting(given, settings, metrics)
        except Exception as error:
            if given.debug or not may_pass(error):
                raise
            begin_service_log(given, settings)
            tried = put_off(given, error, tried, rules)
        is_on = wait_for_files(given, settings, tried, rules)
    return 0


def may_pass(error: Exception) -> bool:
    """Say whether a watching command goes on after an error: what is wrong use now stays wrong use."""
    return isinstance(error, RulesError | NoFilesError) or not isinstance(error, UsageError)


def put_off(given: argparse.Namespace, error: Exception, tried: States, rules: WatchedRules) -> States:
    """Tell of an import that could not be done, and give what need not be tried before it has changed."""
    message, _ = described(error)
    if isinstance(error, RulesError):
        rules.refuse(tried)
        log_event("import_put_off", "ERROR", error=message, next_try="when that file has changed, or in an hour")
        return tried
    log_event("import_put_off", "ERROR", error=message, next_try_in_seconds=given.watch)
    return {}


def new_service_id() -> str:
    """Name the log for what belongs to no run."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-service"


def begin_service_log(given: argparse.Namespace, settings: Settings) -> None:
    """Begin a log for what belongs to no run, if there may be something: of the monitor, or between two runs."""
    if given.monitor or given.watch:
        begin_log(given, settings, given.service_id)


def wait_for_files(given: argparse.Namespace, settings: Settings, tried: States, rules: WatchedRules) -> bool:
    """Wait until there is something to import; give False if the command is ended meanwhile, as a service is.

    A file that was tried and lies there as it was, because it failed, would fail at each look.
    """
    begin_service_log(given, settings)
    again_at = time.monotonic() + SECONDS_TO_ANOTHER_TRY
    with suppress(KeyboardInterrupt):
        while not STOP.wait(given.watch):
            waiting, is_late = waiting_files(given, settings), time.monotonic() >= again_at
            is_news = is_late or not waiting.items() <= tried.items()
            if rules.are_whole(is_late=is_late) and waiting and is_news:
                return True
    return False


def waiting_files(given: argparse.Namespace, settings: Settings) -> States:
    """Give the files that wait to be imported, with those of the rules, each with what shows a change of it.

    Paths of the command that were there when it began, and are not now, give none: they may come again.
    """
    from gvrc.files import states_of

    found = waiting_paths(given.paths) if given.paths else raw_files(settings)
    rules = (settings.sources, settings.ward_aliases, settings.boundaries)
    return states_of([*found, *filter(None, rules)]) if found else {}


def waiting_paths(paths: Sequence[str]) -> list[Path]:
    """Give the files that the paths name, if there are any."""
    from gvrc.files import find_files

    try:
        return find_files(paths)
    except NoFilesError:
        return []


def import_waiting(given: argparse.Namespace, settings: Settings, metrics: MetricsCollector | None) -> int:
    """Import what waits, if anything does, and report on it."""
    if is_inbox_empty(given, settings):
        if not (given.quiet or given.watch):
            print(f"{settings.data_dir / 'raw'} holds no JSON file: nothing to import.")  # noqa: T201 - the command's own voice
        return 0
    from gvrc.connecting import connecting_ahead, importing_ahead

    with connecting_ahead(settings) as connecting, importing_ahead(expected_modules(given, settings)):
        return tell_run(given, settings, lambda run_id: import_once(given, settings, run_id, metrics, connecting))


def expected_modules(given: argparse.Namespace, settings: Settings) -> Sequence[str]:
    """Guess which modules a run will need, to import them early; a wrong guess costs time only.

    They are those that read, if a file came after the last run began; with ``--force`` those that find.
    """
    from gvrc.files import came_since, find_files

    finding, reading = ("gvrc.batches",), ("gvrc.batches", "gvrc.reading.opening", "gvrc.transform")
    if given.force:
        return finding
    logs = settings.logs_dir / "etl"  # each run has a file there
    has_news = not any(logs.iterdir()) or came_since(logs.stat().st_mtime, find_files(named_paths(given, settings)))
    return reading if has_news else ()


def is_inbox_empty(given: argparse.Namespace, settings: Settings) -> bool:
    """Say whether a command that works on ``data/raw/`` only finds no source file there, which is the usual state."""
    return uses_only_raw(given, settings) and not raw_files(settings)


def is_empty_watch(given: argparse.Namespace) -> bool:
    """Say whether a command watches folders in which nothing lies yet: it waits, as for ``data/raw/``."""
    return bool(given.watch and all(Path(path).is_dir() for path in given.paths) and not waiting_paths(given.paths))


def uses_only_raw(given: argparse.Namespace, settings: Settings) -> bool:
    """Say whether a command works on ``data/raw/`` only, and must not fall back to the sample data.

    With ``--watch``, or where loaded files are moved away, the fallback would put fictitious facilities into the
    directory as soon as the last real file was loaded.
    """
    return bool(not given.paths and (given.watch or settings.archive_processed))


def import_once(
    given: argparse.Namespace,
    settings: Settings,
    run_id: str,
    metrics: MetricsCollector | None,
    connecting: Future[Connected],
) -> RunAccount:
    """Import what the command names; the metrics file is written after each run, so that ``--watch`` keeps it fresh."""
    from gvrc.pipeline import Options, run
    from gvrc.progress import progress

    with progress(quiet=given.quiet) as bar:
        options = Options(
            dry_run=given.dry_run,
            force=given.force,
            source=given.source,
            wait=given.wait,
            run_id=run_id,
            metrics=metrics,
            progress=bar,
            connecting=connecting,
        )
        account = run(named_paths(given, settings), settings, options)
    if metrics is not None and settings.metrics_file:
        with told_if_unwritten(account, settings.metrics_file, "The next run writes it again."):
            metrics.write_file(settings.metrics_file)
    return account


@contextmanager
def served_metrics(given: argparse.Namespace, settings: Settings) -> Iterator[MetricsCollector | None]:
    """Collect metrics where somebody wants them, and serve them with ``--monitor``."""
    if not (given.monitor or settings.metrics_file):
        yield None
        return
    from gvrc.metrics import MetricsCollector

    metrics = MetricsCollector()
    with ExitStack() as stack:
        if given.monitor:
            from gvrc.health import HealthChecker
            from gvrc.monitor import monitored

            stack.enter_context(monitored(settings, metrics, HealthChecker(settings).run_health_checks))
        yield metrics


def command_settings(given: argparse.Namespace) -> Settings:
    """Put the settings together out of the command's options, the environment and the file; make the folders."""
    from gvrc.folders import make_directories

    settings = settings_of(given)
    demand_folder("option --summary", given.summary)
    demand_replaceable("metrics_file", settings.metrics_file)
    make_directories(settings)
    return settings


def demand_folder(name: str, path: Path | None) -> None:
    """Refuse, before the run, a file to be written after it that has no place."""
    if path is None:
        return
    place = path if os.access(path, os.F_OK) else path.parent
    try:
        is_unfit = path.is_dir() or not os.access(place, os.W_OK)
    except OSError:  # its name is too long
        is_unfit = True
    if is_unfit:
        raise UsageError(f"{name}: {path} cannot be written. Name a file in a folder that this user may write to.")


def demand_no_source(name: str, path: Path | None, found: Sequence[Path]) -> None:
    """Refuse, before the run, a file to be written after it that is one to be read: it would be lost."""
    if path is not None and path.is_file() and any(file.is_file() and file.samefile(path) for file in found):
        raise UsageError(f"{name}: {path} is a file to import, which would be overwritten. Name another one.")


def demand_replaceable(name: str, path: Path | None) -> None:
    """Refuse, before the run, a file that has no place, or whose name is that of a device or a pipe.

    A file that is written whole or not at all gets its name by renaming: for root, /dev/null became a file that way.
    """
    demand_folder(name, path)
    if path is not None and path.exists() and not path.is_file():
        raise UsageError(f"{name}: {path} is a device or a pipe, which a file would replace. Name a file.")


def tell_run(given: argparse.Namespace, settings: Settings, act: Callable[[str], RunAccount]) -> int:
    """Do a run with its logs open, print its account and write its summary; give the exit status."""
    from gvrc import report
    from gvrc.log import stop_logging
    from gvrc.open_run import new_run_id

    run_id = new_run_id()
    logs = begin_log(given, settings, run_id)
    try:
        account, stopped = ended(act, run_id)
        write_summary(account, given.summary)
    finally:
        stop_logging()
    if not given.quiet:
        report.print_report(account, settings, logs, repeated_options(given))
    if stopped is not None:
        raise stopped
    return exit_status(account, settings)


def repeated_options(given: argparse.Namespace) -> list[str]:
    """Give the options that say with which settings and on which database a command worked, without a password."""
    from gvrc.masking import mask_passwords

    options = ["--config", str(given.config)] if given.config else []
    return options + (["--database-url", mask_passwords(given.database_url)] if given.database_url else [])


def ended(act: Callable[[str], RunAccount], run_id: str) -> tuple[RunAccount, RunStoppedError | None]:
    """Do a run and give its account, and what stopped it."""
    try:
        return act(run_id), None
    except RunStoppedError as error:
        return error.account, error


def write_summary(account: RunAccount, path: Path | None) -> None:
    """Write the account as JSON, where that was asked for."""
    if path is None:
        return
    with told_if_unwritten(account, path, "The report has the same numbers."):
        write_whole(path, (json.dumps(account.as_summary(), indent=2) + "\n").encode())


def begin_log(given: argparse.Namespace, settings: Settings, run_id: str) -> dict[str, Path]:
    """Open the logs under a name.

    At a terminal one sees the bar and the report; where standard error goes to a file, it gets every line.
    """
    from gvrc.log import start_logging

    has_bar = sys.stderr.isatty() and not given.log_level
    return start_logging(settings, run_id, quiet=given.quiet, has_bar=has_bar)


def named_paths(given: argparse.Namespace, settings: Settings) -> list[str]:
    """Give the paths of the command; if it has none, ``data/raw/``, or ``data/sample/`` while that is empty.

    If anything but source files lies in ``data/raw/``, people expect more than sample data: that it holds no source
    file is then an error. So it is where the data folder has no sample data.
    """
    raw, sample = settings.data_dir / "raw", settings.data_dir / "sample"
    is_raw = uses_only_raw(given, settings) or bool(visible_paths(raw)) or not sample.exists()
    return given.paths or [str(raw if is_raw else sample)]


def raw_files(settings: Settings) -> list[Path]:
    """List the source files in ``data/raw/``."""
    from gvrc.files import is_source_file

    return [path for path in visible_paths(settings.data_dir / "raw") if is_source_file(path)]


def visible_paths(folder: Path) -> list[Path]:
    """List what ``ls`` shows of a folder; nothing where there is none."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}. Let this user read it, or name a file or folder.") from error


def exit_status(account: RunAccount, settings: Settings) -> int:
    """Give 0 when every file loaded, the rejects are within ``max_reject_ratio`` and all was written, else 1."""
    failed = any(file.status not in ("succeeded", "unchanged") for file in account.files)
    return int(failed or bool(account.unwritten) or account.reject_ratio() > settings.max_reject_ratio)
