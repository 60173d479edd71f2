"""The account as a person reads it: a table of files, the reasons of the rejects, what to open next."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from gvrc.account import OUTCOMES, ROW_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvrc.account import RunAccount
    from gvrc.settings import Settings

COUNTS = ("read", *OUTCOMES, "issues")
SHOWN_FILES = 60
SHOWN_PATH = 48  # characters
SHOWN_NOTES = 20
SHOWN_LENGTH = 24  # of an example
SHOWN_KEYS = 8  # of a source; etl.files and the summary have them all
REOPENED = (
    "had been closed by an earlier run and are open again: what let them land then is gone (an alias, a setting), or "
    "they were corrected under an older version of the importer: import that correction once more"
)
CORRECTED = (
    "were corrected before ({by}), and stay closed, although a file has them as they were: "
    "ask the source to correct them"
)


def print_report(account: RunAccount, settings: Settings, logs: dict[str, Path], options: Sequence[str]) -> None:
    """Print the account of a run; ``options`` are those that commands which go on from it must have, too."""
    print("\n".join(report_lines(account, settings, logs, options)))


def report_lines(
    account: RunAccount, settings: Settings, logs: dict[str, Path], options: Sequence[str] = ()
) -> list[str]:
    """Give the lines of the report."""
    return [
        "",
        heading(account),
        "",
        *file_table(account),
        "",
        *balance_lines(account),
        *table_of_tables(account),
        "",
        *counted_lines("Rejects", [file.rejects for file in account.files]),
        *known_reject_lines(account),
        *counted_lines("Taken back" if account.kind == "undo" else "Issues", [file.issues for file in account.files]),
        *ratio_lines(account, settings),
        *error_lines(account),
        *unwritten_lines(account),
        *note_lines(account),
        *unmapped_lines(account),
        *mixed_lines(account),
        *plan_table(account),
        *sample_lines(account, settings),
        *next_lines(account, settings, logs, options),
    ]


def heading(account: RunAccount) -> str:
    """Say how the run ended, how long it took, and on what."""
    server = f"PostgreSQL {account.database.get('version', '?')} ({account.database.get('mode', '?')})"
    ended = f"{account.seconds:.1f} s, {server}"
    if account.status == "dry_run":
        return f"Dry run {account.run_id}: what would become of the records; nothing was changed. {ended}"
    name = {"undo": "Undo", "retry": "Retry"}.get(account.kind, "Run")
    return f"{name} {account.run_id} {account.status} in {ended}"


def file_table(account: RunAccount) -> list[str]:
    """Draw a row a file and a row of totals, columns as wide as they need."""
    rows = [
        (shorten(file.path), file.status.replace("_", " "), *(str(n) for n in file.totals().values()))
        for file in account.files[:SHOWN_FILES]
    ]
    if len(account.files) > SHOWN_FILES:
        rows.append((f"... and {len(account.files) - SHOWN_FILES} more files", "", *("" for _ in COUNTS)))
    totals = account.totals()
    table = [("file", "status", *COUNTS), *rows, ("total", "", *(str(totals[name]) for name in COUNTS))]
    lines, rule = draw(table, words=len(("file", "status")))
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def table_of_tables(account: RunAccount) -> list[str]:
    """Draw a row for each table of the directory: what became of the rows that the records gave for it.

    An undo is given none.
    """
    if account.kind == "undo":
        return []
    counted = account.tables()
    rows = [(table, *(str(count) for count in outcomes.values())) for table, outcomes in counted.items()]
    lines, rule = draw([("table", *ROW_OUTCOMES), *rows], words=1)
    return ["", lines[0], rule, *lines[1:]]


def draw(table: list[tuple[str, ...]], words: int) -> tuple[list[str], str]:
    """Draw rows in columns as wide as they need, the first ones words to the left, the others numbers; and a rule."""
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
    return lines, "  ".join("-" * width for width in widths)


def shorten(path: str) -> str:
    """Keep the end of a long path, where the file's name is."""
    return path if len(path) <= SHOWN_PATH else f"...{path[3 - SHOWN_PATH :]}"


def balance_lines(account: RunAccount) -> list[str]:
    """Say that every record is accounted for, in numbers."""
    totals = account.totals()
    parts = " + ".join(f"{totals[name]} {name}" for name in OUTCOMES)
    sign = "=" if account.balances() else "IS NOT"
    return [f"Account: {totals['read']} read {sign} {parts}"]


def counted_lines(title: str, counters: list[Counter[str]]) -> list[str]:
    """List what was counted, the most frequent first."""
    total: Counter[str] = sum(counters, Counter())
    return [f"{title}: " + ", ".join(f"{name} {count}" for name, count in total.most_common())] if total else []


def known_reject_lines(account: RunAccount) -> list[str]:
    """Say how many rejects are none of this run's making: who corrected one of five sees the other four again."""
    counted, rejected = account.rejects_by_news(), account.totals()["rejected"]
    known, reopened = counted["known"], counted["reopened"]
    corrected = account.corrected()
    by = ", ".join(f"run {run_id}" for run_id in corrected)
    told = (
        f"  {known} of these {rejected} were open already, from an earlier run (the same record, for the same reason)"
    )
    return [
        *([f"{told}; new: {counted['new']}"] if known > 0 else []),
        *([f"  {corrected.total()} of these {rejected} {CORRECTED.format(by=by)}"] if corrected else []),
        *([f"  {reopened} of these {rejected} {REOPENED}"] if reopened > 0 else []),
    ]


def ratio_lines(account: RunAccount, settings: Settings) -> list[str]:
    """Say why the exit status is 1 although every file loaded."""
    if account.reject_ratio() <= settings.max_reject_ratio:
        return []
    share, allowed = account.reject_ratio(), settings.max_reject_ratio
    return [f"Too many rejects: {share:.0%} of the records, max_reject_ratio allows {allowed:.0%}. Exit status 1."]


def error_lines(account: RunAccount) -> list[str]:
    """List the files that failed, each by its name: what stopped the run is no fault of a file, and names none."""
    return [
        f"Failed: {file.error if file.error.startswith(file.path) else f'{file.path}: {file.error}'}"
        for file in account.files
        if file.error
    ]


def unwritten_lines(account: RunAccount) -> list[str]:
    """List the files that could not be written; the directory has what the account says nevertheless."""
    return [f"Not written: {message} What the account says is loaded. Exit status 1." for message in account.unwritten]


def note_lines(account: RunAccount) -> list[str]:
    """List what the files say of themselves and do not hold, and what was passed over in them."""
    notes = [f"Note: {file.path}: {note}" for file in account.files for note in file.notes]
    more = f"... and {len(notes) - SHOWN_NOTES} more notes: see the log or --summary"
    return [*notes[:SHOWN_NOTES], *([more] if len(notes) > SHOWN_NOTES else [])]


def unmapped_lines(account: RunAccount) -> list[str]:
    """List the keys that nobody knows, a line a source: how many values each has, and one of them, masked."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[str, str] = {}
    for file in account.files:
        for key, (count, example) in file.unmapped.items():
            counts[file.source or ""][key] += count
            examples.setdefault(key, example[:SHOWN_LENGTH])
    lines = [f"  {source}: {first_keys(keys, examples)}" for source, keys in counts.items()]
    return [UNMAPPED, *lines] if lines else []


UNMAPPED = "Unmapped keys (values, an example; what matters can be pinned in config/sources.yaml):"


def first_keys(keys: Counter[str], examples: dict[str, str]) -> str:
    """Name the most frequent keys of a source, and say how many more there are."""
    shown = ", ".join(f"{key} {count} ({examples[key]})" for key, count in keys.most_common(SHOWN_KEYS))
    return shown + (f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else "")


def mixed_lines(account: RunAccount) -> list[str]:
    """List the keys whose values came in more than one JSON type, a line a source."""
    types: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in account.files:
        for key, found in file.mixed_types.items():
            types[file.source or ""][key].update(found)
    return [
        f"Mixed types: {source}: "
        + ", ".join(f"{key} ({', '.join(sorted(found))})" for key, found in list(keys.items())[:SHOWN_KEYS])
        for source, keys in types.items()
    ]


def plan_table(account: RunAccount) -> list[str]:
    """Show what a dry run would change."""
    return ["", "Plan (nothing was changed):", *(f"  {line}" for line in account.plan)] if account.plan else []


def sample_lines(account: RunAccount, settings: Settings) -> list[str]:
    """Say that sample data is no directory to call, whoever sees the tables next."""
    sample = settings.data_dir / "sample"
    if not any((Path.cwd() / file.path).is_relative_to(sample) for file in account.files):
        return []
    raw = settings.data_dir / "raw"
    return ["", f"This is sample data, not a directory to call: its numbers are fictitious. Put your files into {raw}."]


def next_lines(
    account: RunAccount, settings: Settings, logs: dict[str, Path], options: Sequence[str] = ()
) -> list[str]:
    """Say where the rejects and the log are, and how to open the database.

    What is run again must be run by the same settings, and on the same database: others may, say, make lookup names
    that these leave to people.
    """
    lines = ["", f"Log: {logs['etl']}"]
    rejects = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    if rejects.exists():
        again = shlex.join(["python", "scripts/production_json_importer.py", *options, str(rejects)])
        retry = shlex.join(["python", "scripts/retry_rejects.py", *options, account.run_id])
        lines += [f"Rejects: {rejects}", f"  corrected there: {again}", f"  after an alias was added: {retry}"]
    opening = shlex.join(["python", "scripts/psql.py", *options]) if "--database-url" in options else "make psql"
    return [*lines, f"Open the database: {opening}"]
