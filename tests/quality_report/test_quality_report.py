"""The reports say what is in the directory, and write it down."""

from __future__ import annotations

import errno
import json
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvrc.errors import GvrcError
from gvrc.operating.quality_report import read_reports, write_reports
from gvrc.pipeline import run
from tests.conftest import call_script

if TYPE_CHECKING:
    import subprocess

    from gvrc.database import Database
    from gvrc.settings import Settings

RECORDS: list[dict[str, Any]] = [
    {
        "code": "13080",
        "name": "Mukuru Crisis Clinic",
        "county_name": "Nairobi",
        "constituency_name": "Westlands",
        "ward_name": "Kitisuru",
        "latitude": -1.23,
        "longitude": 36.78,
        "phone": "0700000016",
        "facility_type": "Dispensary",
        "services": ["PEP"],
    },
    {"code": "13081", "name": "Clinic of Nowhere"},
    {"code": "13082"},
]


def load(settings: Settings, tmp_path: Path, records: list[dict[str, Any]] = RECORDS) -> None:
    path = tmp_path / "clinics.json"
    path.write_text(json.dumps(records), "utf-8")
    run([str(path)], settings)


def test_the_report_tells_the_score_by_county_and_source_and_what_is_missing(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    load(settings, tmp_path)
    quality, statistics = (read_reports(fresh)[name] for name in ("quality", "statistics"))
    nowhere, nairobi = quality["by county"]
    assert (nowhere["county_name"], nowhere["facilities"], nowhere["with_ward"]) == ("(no county)", 1, 0)
    assert (nairobi["county_name"], nairobi["with_contacts"], nairobi["with_services"]) == ("Nairobi", 1, 1)
    assert nowhere["quality_score"] < nairobi["quality_score"]
    (source,) = quality["by source"]
    assert (source["source"], source["facilities"], source["open_rejects"]) == ("clinics", 2, 1)
    assert source["percent_in_a_ward"] == 50.0
    assert quality["open rejects"] == [{"source": "clinics", "reason": "name_missing", "open_rejects": 1}]
    assert "ward_unresolved" in {row["kind"] for row in quality["issues"]}
    assert quality["lowest scores"][0]["facility_code"] == "13081"
    assert {row["facility_type"]: row["facilities"] for row in statistics["types"]} == {"(no type)": 1, "Dispensary": 1}


def test_an_issue_counts_once_however_often_its_record_was_imported(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    load(settings, tmp_path)
    once = read_reports(fresh)["quality"]["issues"]
    load(settings, tmp_path, [record | {"beds": 4} for record in RECORDS])
    assert read_reports(fresh)["quality"]["issues"] == once


def test_the_command_prints_the_tables_and_writes_both_reports(
    settings: Settings, fresh_url: str, tmp_path: Path
) -> None:
    load(settings, tmp_path)
    done = report(settings, fresh_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "quality: by county" in done.stdout
    assert "0700000016" not in done.stdout
    (quality,) = (settings.reports_dir / "quality").iterdir()
    (statistics,) = (settings.reports_dir / "statistics").iterdir()
    assert json.loads(quality.read_text("utf-8"))["by county"][0]["county_name"] == "(no county)"
    assert json.loads(statistics.read_text("utf-8"))["statuses"][0]["facilities"] == 2
    assert str(quality) in done.stdout
    assert str(statistics) in done.stdout


def test_a_telephone_number_that_a_source_gave_for_a_code_or_a_type_is_in_no_report(
    settings: Settings, fresh_url: str, tmp_path: Path
) -> None:
    odd = {"code": "0700000016", "name": "Clinic of Nowhere", "facility_type": "Clinic, jane@example.org, 0700000017"}
    load(settings, tmp_path, [odd])
    told = report(settings, fresh_url).stdout
    told += "".join(path.read_text("utf-8") for path in settings.reports_dir.rglob("*.json"))
    assert "Clinic of Nowhere" in told
    assert [value for value in ("0700000016", "jane@example.org", "0700000017") if value in told] == []


def test_a_report_that_finds_no_room_is_told_and_not_left_in_half(settings: Settings, fresh_url: str) -> None:
    done = report(settings, fresh_url, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
    assert done.returncode == 2
    assert "cannot be written: File too large. See reports_dir." in done.stderr
    assert [path for path in settings.reports_dir.rglob("*") if path.is_file()] == []


def test_a_full_disk_ends_with_1_as_it_does_after_an_import_and_is_no_wrong_setting(
    settings: Settings, fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_nothing(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_nothing)
    with pytest.raises(GvrcError, match=r"\.json: cannot be written: No space left on device\. Make room") as raised:
        write_reports(read_reports(fresh), settings)
    assert raised.value.exit_status == 1
    assert [path for path in settings.reports_dir.rglob("*") if path.is_file()] == []


def report(settings: Settings, url: str, **how: Any) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": url, "GVRC_REPORTS_DIR": str(settings.reports_dir)}
    return call_script("quality_report", env=environment, **how)


def test_a_directory_without_facilities_has_empty_reports(fresh: Database) -> None:
    reports = read_reports(fresh)
    assert reports["quality"]["by county"] == []
    assert reports["statistics"]["statuses"] == []
