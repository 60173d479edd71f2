"""The account of a run adds up, and is written as the summary promises."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

from gvrc.account import FileAccount, RunAccount


def nairobi() -> FileAccount:
    return FileAccount(
        path="nairobi.json",
        sha256="ab" * 32,
        source="kmhfl",
        status="succeeded",
        read=10,
        inserted=3,
        updated=2,
        unchanged=1,
        superseded=1,
        rejects=Counter({"name_missing": 1, "ward_unresolved": 2}),
        issues=Counter({"code_generated": 4}),
        ward_match=Counter({"exact": 5, "fuzzy": 1}),
        path_taken="results",
        notes=["the file says that there is a next page"],
        unmapped={"approved": (10, "true")},
        mixed_types={"code": ["number", "text"]},
        tables={"facility_contacts": Counter({"inserted": 2, "unchanged": 1})},
    )


def run_of(*files: FileAccount) -> RunAccount:
    return RunAccount(
        run_id="7",
        started_at=datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
        seconds=1.23456,
        database={"mode": "fresh", "version": "16.14"},
        status="succeeded",
        quality_score=81.5,
        files=list(files),
    )


def test_a_file_balances_when_every_record_has_one_outcome() -> None:
    account = nairobi()
    assert account.rejected == 3
    assert account.balances()
    account.read += 1
    assert not account.balances()
    assert not run_of(account).balances()


def test_a_run_adds_its_files_up() -> None:
    run = run_of(nairobi(), nairobi(), FileAccount(path="cut.json", status="failed", error="cut at byte 3"))
    assert run.totals() == {
        "read": 20,
        "inserted": 6,
        "updated": 4,
        "unchanged": 2,
        "superseded": 2,
        "rejected": 6,
        "issues": 8,
    }
    assert run.reject_ratio() == 0.3
    assert run_of().reject_ratio() == 0


def test_the_summary_is_the_json_that_the_option_promises() -> None:
    summary = json.loads(json.dumps(run_of(nairobi()).as_summary()))
    assert summary == {
        "run_id": "7",
        "status": "succeeded",
        "started_at": "2026-11-23T06:00:00+00:00",
        "seconds": 1.235,
        "database": {"mode": "fresh", "version": "16.14"},
        "totals": {
            "read": 10,
            "inserted": 3,
            "updated": 2,
            "unchanged": 1,
            "superseded": 1,
            "rejected": 3,
            "issues": 4,
        },
        "rejects": {"new": 3, "known": 0, "reopened": 0, "corrected": 0},
        "tables": {
            "facilities": {"inserted": 3, "updated": 2, "unchanged": 1, "superseded": 1},
            "facility_contacts": {"inserted": 2, "updated": 0, "unchanged": 1, "superseded": 0},
            "facility_coordinates": {"inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0},
            "facility_services": {"inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0},
            "facility_owners": {"inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0},
            "facility_gbv_categories": {"inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0},
            "facility_infrastructure": {"inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0},
        },
        "quality_score": 81.5,
        "unwritten": [],
        "files": [
            {
                "path": "nairobi.json",
                "sha256": "ab" * 32,
                "source": "kmhfl",
                "status": "succeeded",
                "error": None,
                "read": 10,
                "inserted": 3,
                "updated": 2,
                "unchanged": 1,
                "superseded": 1,
                "rejected": 3,
                "rejects": {"ward_unresolved": 2, "name_missing": 1},
                "corrected": {},
                "issues": {"code_generated": 4},
                "ward_match": {"exact": 5, "fuzzy": 1},
                "path_taken": "results",
                "notes": ["the file says that there is a next page"],
                "mixed_types": {"code": ["number", "text"]},
                "unmapped": {"approved": {"count": 10, "example": "true"}},
            }
        ],
    }
