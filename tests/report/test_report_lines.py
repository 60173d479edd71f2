"""What a person reads at the end of a run."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from gvrc.account import FileAccount, RunAccount
from gvrc.report import report_lines
from gvrc.settings import Settings

SETTINGS = Settings(data_dir=Path("/srv/gvrc/data"))


def report(file: FileAccount, kind: str = "import", status: str = "succeeded") -> list[str]:
    account = RunAccount(run_id="20261125-101511-2b8b", started_at=datetime.now(UTC), kind=kind, files=[file])
    account.status, account.seconds = status, 1.44  # type: ignore[assignment]
    account.database = {"mode": "embedded", "version": "18.4"}
    return report_lines(account, SETTINGS, {"etl": Path("logs/etl/a.log")})


def nairobi(path: str = "nairobi.json") -> FileAccount:
    return FileAccount(path=path, status="succeeded", read=3, inserted=2, rejects=Counter(name_missing=1))


def test_the_report_tells_the_account_the_reasons_and_where_to_look() -> None:
    lines = report(nairobi())
    assert lines[:10] == [
        "",
        "Run 20261125-101511-2b8b succeeded in 1.4 s, PostgreSQL 18.4 (embedded)",
        "",
        "file          status     read  inserted  updated  unchanged  superseded  rejected  issues",
        "------------  ---------  ----  --------  -------  ---------  ----------  --------  ------",
        "nairobi.json  succeeded     3         2        0          0           0         1       0",
        "------------  ---------  ----  --------  -------  ---------  ----------  --------  ------",
        "total                       3         2        0          0           0         1       0",
        "",
        "Account: 3 read = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 1 rejected",
    ]
    assert lines[-4:] == ["Rejects: name_missing 1", "", "Log: logs/etl/a.log", "Open the database: make psql"]


def test_a_dry_run_says_first_that_nothing_was_changed() -> None:
    assert "nothing was changed" in report(nairobi(), status="dry_run")[1]


def test_an_undo_is_no_import_and_what_it_removed_is_no_issue() -> None:
    undone = FileAccount(path="run a", status="succeeded", read=2, updated=2, issues=Counter(facility_removed=2))
    lines = report(undone, kind="undo")
    assert lines[1].startswith("Undo 20261125-101511-2b8b succeeded")
    assert "Taken back: facility_removed 2" in lines
    assert not any(line.startswith("facility_contacts") for line in lines)


def test_too_many_rejects_are_told_with_the_exit_status_that_they_cause() -> None:
    refused = FileAccount(path="a.json", status="succeeded", read=4, inserted=1, rejects=Counter(name_missing=3))
    assert "Too many rejects: 75% of the records, max_reject_ratio allows 50%. Exit status 1." in report(refused)


def test_sample_data_is_named_as_such() -> None:
    assert any("not a directory to call" in line for line in report(nairobi("/srv/gvrc/data/sample/kps_stations.json")))
