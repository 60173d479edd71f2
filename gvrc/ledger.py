"""What a run writes about itself: what became of its files and their records, and how it ended (schema etl)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_manager

from gvrc.account import NOT_GIVEN
from gvrc.database_errors import first_line, sqlstate
from gvrc.log import log_event
from gvrc.masking import mask
from gvrc.meaning.shown_keys import shown_types, shown_unmapped
from gvrc.values.storable import storable
from gvrc.written import told_if_unwritten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.account import FileAccount, RunAccount, RunStatus
    from gvrc.batches import Batch
    from gvrc.extract import FileReading
    from gvrc.listed_files import ListedFile
    from gvrc.load import FileOutcomes
    from gvrc.open_run import Run
    from gvrc.settings import Settings

PACKAGE = Path(__file__).parent
# Raise it when the same file should come out differently: every file is then read again, without --force.
RULES_VERSION = "23"
IN_PART = "only in part"  # a note of a file of which the end is missing begins so
STOPPED_BY_SIGNAL = "Stopped by Ctrl-C, SIGTERM or SIGHUP. Repeat the command: it goes on from there."


def rules_fingerprint(settings: Settings) -> str:
    """Hash all that decides how a record comes out, except the code: a file loaded under other rules is read again."""
    data = [*sorted(PACKAGE.rglob("*.csv")), settings.ward_aliases, settings.boundaries, settings.sources]
    content = b"".join(path.read_bytes() for path in data if path and path.exists())
    chosen = (
        RULES_VERSION,
        settings.places,
        settings.code_claimed_twice,
        settings.create_lookups,
        settings.source_rank,
    )
    return hashlib.sha256(content + repr(chosen).encode()).hexdigest()[:16]


def fail_file(account: FileAccount, error: Exception) -> None:
    """Note that a file failed, and why."""
    text = str(error)
    account.status = "failed"
    account.error = text if text.startswith(account.path) else f"{account.path}: {text}"
    log_event("file_failed", "ERROR", file=account.path, error=error)


def begin_run(this_run: Run) -> None:
    """Mark runs that were killed as interrupted, forget images that are old enough, and begin this one."""
    interrupted = this_run.database.run("mark_interrupted_runs")
    if interrupted:
        log_event("interrupted_runs_found", "WARNING", runs=interrupted)
    if not this_run.options.dry_run and this_run.options.kind != "undo":
        this_run.database.run("forget_old_images", this_run.settings.keep_changes_days)
    run_id = this_run.account.run_id
    (begun,) = this_run.database.rows("begin_run", run_id, this_run.options.kind, this_run.fingerprint)
    this_run.run_no = begun["run_no"]
    log_event("run_started", run_id=run_id, kind=this_run.options.kind)


def leave_out_known(this_run: Run, files: list[ListedFile]) -> list[ListedFile]:
    """Repeat the accounts of the files if all were fully loaded under these rules; if one must be read, give all.

    The one that must be read may be about facilities that the others are about, too, and the order of the files decides
    which has the last word. A file whose run was stopped before its end must also be read.
    """
    known = {} if this_run.options.force else known_files(this_run, ((file.sha256, file.source.name) for file in files))
    is_known = all(known.get((file.sha256, file.source.name), {}).get("is_concluded") for file in files)
    if is_known:
        for file in files:
            repeat_account(this_run.account.files[file.file_no - 1], known[file.sha256, file.source.name])
    save_accounts(this_run, range(1, len(this_run.account.files) + 1))
    return [] if is_known else files


def known_files(
    this_run: Run, files: Iterable[tuple[str | None, str | None]]
) -> dict[tuple[str | None, str | None], dict[str, Any]]:
    """Ask for the latest account of each file that was loaded before, by hash and source."""
    asked = json.dumps([{"sha256": sha256, "source": source} for sha256, source in files])
    taken_back = json.dumps(this_run.database.rows("taken_back_runs"))
    rows = this_run.database.rows("known_files", asked, this_run.fingerprint, taken_back)
    return {(row["sha256"], row["source"]): row for row in rows}


def repeat_account(account: FileAccount, known: dict[str, Any]) -> None:
    """Repeat the account of a file that is not read again: what landed then is unchanged, rejects are rejects."""
    account.status = "unchanged"
    account.read, account.unchanged, account.superseded = known["read"], known["unchanged"], known["superseded"]
    account.rejects, account.corrected = (Counter(json.loads(known[name])) for name in ("rejects", "corrected"))
    account.issues = Counter(json.loads(known["issue_kinds"]))
    account.ward_match = Counter(json.loads(known["ward_match"]))
    account.path_taken, account.unmapped = known["path_taken"], known_unmapped(known)
    for table, rows in json.loads(known["tables"]).items():
        superseded, not_given = rows.pop("superseded", 0), rows.pop(NOT_GIVEN, 0)
        account.tables[table] = +Counter({"unchanged": sum(rows.values()) - not_given, "superseded": superseded})


def add_outcomes(this_run: Run, batch: Batch, outcomes: dict[int, FileOutcomes]) -> dict[int, FileAccount]:
    """Give the accounts of a batch's files as they will be once it is committed; those of the run stay as they are.

    A batch that is rolled back and tried again must not be counted twice.
    """
    accounts = {file_no: deepcopy(this_run.account.files[file_no - 1]) for file_no in {*outcomes, *batch.file_nos}}
    for file_no, added in outcomes.items():
        account = accounts[file_no]
        for outcome, records in added.records.items():
            setattr(account, outcome, getattr(account, outcome) + records)
        account.rejects += added.rejects
        account.corrected += added.corrected
        account.issues += added.issues
        account.ward_match += added.ward_match
        account.add_rows(added.tables)
    for file_no, reading in batch.finished.items():
        accounts[file_no].status = "succeeded"
        add_reading(accounts[file_no], reading)
    repeat_unmapped(this_run, [accounts[file_no] for file_no, reading in batch.finished.items() if reading.settled])
    for file_no, count in batch.read.items():
        accounts[file_no].read += count
    return accounts


def add_reading(account: FileAccount, reading: FileReading) -> None:
    """Add what was found out about a file while it was read to its end, and log it."""
    account.path_taken, account.unmapped = reading.path_taken, shown_unmapped(reading.unmapped)
    account.mixed_types = shown_types(reading.mixed_types)
    account.notes = [*reading.notes, *([f"{IN_PART}: {reading.error}"] if reading.error else [])]
    log_event("file_read", file=account.path, records=reading.read, path_taken=account.path_taken)
    for note in account.notes:
        log_event("file_noted", "WARNING", file=account.path, note=note)


def repeat_unmapped(this_run: Run, accounts: list[FileAccount]) -> None:
    """Repeat the unmapped keys of files that were read before, and whose settled records were not opened this time."""
    known = known_files(this_run, ((account.sha256, account.source) for account in accounts)) if accounts else {}
    for account in accounts:
        if found := known.get((account.sha256, account.source)):
            account.unmapped = known_unmapped(found)


def known_unmapped(known: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Read what was stored of a file's unmapped keys, perhaps by a version that hid less."""
    return shown_unmapped({key: (count, example) for key, (count, example) in json.loads(known["unmapped"]).items()})


def give_back_outcomes(this_run: Run, given_back: list[dict[str, Any]]) -> dict[int, FileAccount]:
    """Give the accounts of files whose records were superseded by those of a file that was taken back."""
    accounts = {row["file_no"]: deepcopy(this_run.account.files[row["file_no"] - 1]) for row in given_back}
    for row in given_back:
        account = accounts[row["file_no"]]
        account.superseded -= row["records"]
        setattr(account, row["outcome"], getattr(account, row["outcome"]) + row["records"])
    return accounts


def save_accounts(this_run: Run, file_nos: Iterable[int], accounts: dict[int, FileAccount] | None = None) -> None:
    """Write the accounts of files to etl.files."""
    rows = [file_row(this_run, no, (accounts or {}).get(no) or this_run.account.files[no - 1]) for no in file_nos]
    if rows:
        this_run.database.run("save_file_accounts", this_run.run_no, json.dumps(rows))


def file_row(this_run: Run, file_no: int, account: FileAccount) -> dict[str, Any]:
    """Give one file's row of etl.files; its longest parts are kept only for the run that read it."""
    was_read = account.status != "unchanged"
    return account.totals() | {
        "file_no": file_no,
        "path": account.path,
        "sha256": account.sha256 or "",
        "source": account.source or "",
        "fingerprint": this_run.fingerprint,
        "status": account.status,
        "error": account.error and storable(account.error),
        "path_taken": account.path_taken and storable(account.path_taken),  # keys of the document
        "rejects": account.rejects,
        "corrected": account.corrected,
        "issue_kinds": account.issues,
        "ward_match": account.ward_match,
        "unmapped": account.unmapped if was_read else {},
        "tables": stored_tables(account) if was_read else {},
    }


def stored_tables(account: FileAccount) -> dict[str, Counter[str]]:
    """Give what became of the rows of each table, and how many of these would not come again with the file."""
    not_given = {table: Counter({NOT_GIVEN: rows}) for table, rows in account.not_given.items()}
    return {table: outcomes + not_given.get(table, Counter()) for table, outcomes in account.tables.items()}


def score_quality(this_run: Run) -> None:
    """Account for the mean quality of the facilities that the run wrote."""
    score = this_run.database.rows("run_quality_score", this_run.run_no)[0]["quality_score"]
    this_run.account.quality_score = None if score is None else round(score, 1)


def close_run(this_run: Run, seconds: float, error: BaseException | None = None) -> None:
    """Conclude the account and write how the run ended; on a dead connection only the account is concluded."""
    account = this_run.account
    account.seconds = seconds
    mark_not_attempted(account)
    account.status = run_status(this_run, error)
    if error is None:
        add_plan(this_run)
        count_known_rejects(this_run)
    else:
        count_known_rejects_if_possible(this_run)
    record_metrics(this_run)
    if error is None:
        tell_rejects(this_run)
    told = storable(mask(without_detail(error)) if error else "; ".join(account.unwritten)) or None
    this_run.database.release("finish_run", account.run_id, account.status, account.quality_score, told)
    tell_many_rejects(this_run)
    log_event("run_finished", run_id=account.run_id, status=account.status, **account.totals())


def mark_not_attempted(account: RunAccount) -> None:
    """Mark the files that the run did not come to, or not to the end of."""
    for file in account.files:
        if file.status == "pending":
            file.status = "not_attempted"
            file.error = file.error or "not attempted: the run stopped before this file was loaded to its end"


def add_plan(this_run: Run) -> None:
    """Add to the account of a dry run what it would change."""
    if this_run.options.dry_run:
        from gvrc.plan import plan_lines

        this_run.account.plan = list(plan_lines(this_run))


def count_known_rejects(this_run: Run) -> None:
    """Count the rejects that were open already, and those that an earlier run had closed."""
    account = this_run.account
    if rejected := account.totals()["rejected"]:
        (new,) = this_run.database.rows("count_new_rejects", this_run.run_no)
        account.known_rejects = rejected - new["rejects"] - account.corrected().total()
        account.reopened_rejects = new["reopened"]


def count_known_rejects_if_possible(this_run: Run) -> None:
    """Count them for a run that was stopped, too; on a dead connection, or in a failed dry run, all are told as new."""
    with suppress(adbc_driver_manager.Error):
        count_known_rejects(this_run)


def without_detail(error: BaseException) -> str:
    """Say what stopped a run; of a server's answer give only the first line, because the rest quotes records."""
    if isinstance(error, KeyboardInterrupt):  # it has no words of its own
        return STOPPED_BY_SIGNAL
    return first_line(error) if sqlstate(error) else str(error)


def tell_rejects(this_run: Run) -> None:
    """Write the open rejects of a run to ``data/rejected/``; they stand in etl.rejects, too."""
    account = this_run.account
    if this_run.options.dry_run or not account.totals()["rejected"]:
        return
    from gvrc.rejects import write_rejects

    path = this_run.settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    advice = f"Make room for it, then run the rejects again: python scripts/retry_rejects.py {account.run_id}"
    with told_if_unwritten(account, path, advice):
        write_rejects(this_run.database, account.run_id, path)


def tell_many_rejects(this_run: Run) -> None:
    """Log it as an error that too many rejects cause exit status 1: with ``--quiet`` nothing else would say so."""
    share, allowed = this_run.account.reject_ratio(), this_run.settings.max_reject_ratio
    if share > allowed:
        log_event("too_many_rejects", "ERROR", share=round(share, 3), max_reject_ratio=allowed)


def record_metrics(this_run: Run) -> None:
    """Give the account to the metrics, if anybody collects them."""
    metrics = this_run.metrics
    if metrics is None:
        return
    for file in this_run.account.files:
        metrics.record_file(file)
    metrics.record_run(this_run.account)
    metrics.end_processing()


def run_status(this_run: Run, error: BaseException | None) -> RunStatus:
    """Say how the run ended: a file that failed makes it partial, or failed when none was loaded."""
    failed = [file.status not in ("succeeded", "unchanged") for file in this_run.account.files]
    if error is not None or (failed and all(failed)):
        return "failed"
    if this_run.options.dry_run:
        return "dry_run"
    return "partial" if any(failed) else "succeeded"
