"""Rejects on their way out and back: corrected or helped by an alias they land, and each is open once until then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.errors import UsageError
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.rejects import write_open_rejects
from gvrc.report import report_lines
from tests.conftest import call_script, variables_of
from tests.test_pipeline import outcome, rows, with_sources

if TYPE_CHECKING:
    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.open_run import Run
    from gvrc.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent.parent
ALIASES = PROJECT / "config" / "ward_aliases.csv"
PLACE = {"county_name": "Nairobi", "constituency_name": "Makadara"}
STANDING = "SELECT facility_code, is_active, description FROM facilities ORDER BY facility_code"
NAMELESS = {"name": "", "county_name": "Nairobi", "phone": "0700000016"}


def refuse(settings: Settings, folder: Path, records: list[Any], indent: int | None = None) -> Path:
    """Import a file, and give the file of its rejects."""
    (folder / "regional.json").write_text(json.dumps(records, indent=indent), "utf-8")
    account = run([str(folder / "regional.json")], settings)
    return settings.data_dir / "rejected" / f"{account.run_id}.jsonl"


def correct(rejects: Path, settings: Settings, *, old: str = "", name: str = "Amani Shelter") -> str:
    """Give the records of a file of rejects another name, import it, and give the run."""
    rejects.write_text(rejects.read_text("utf-8").replace(f'"name": "{old}"', f'"name": "{name}"'), "utf-8")
    return run([str(rejects)], settings).run_id


def open_rejects(database: Database) -> list[str]:
    return [row["reason"] for row in database.rows("open_rejects", None)]


def test_a_reject_that_was_corrected_lands_under_its_own_source_and_closes(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    assert open_rejects(fresh) == ["name_missing"]
    rejects.write_text(rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Shelter"'), "utf-8")
    account = run([str(rejects)], settings)
    assert account.totals()["inserted"] == 1
    assert open_rejects(fresh) == []
    assert run([str(rejects)], settings, Options(force=True)).totals()["unchanged"] == 1


@pytest.mark.parametrize(
    "written",
    [
        '{"name": "Amani Shelter", "_reject": HEADER, "county_name": "Nairobi", "phone": "0700000016"}',
        '{"county_name": "Nairobi", "name": "Amani Shelter", "phone": "0700000016", "_reject": HEADER}',
        '{\n  "county_name": "Nairobi",\n  "name": "Amani Shelter",\n  "_reject": HEADER,\n  "phone": "0700000016"\n}',
    ],
)
def test_a_correction_lands_under_its_own_source_wherever_among_the_keys_its_header_stands(
    settings: Settings, fresh: Database, tmp_path: Path, written: str
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    header = json.dumps(json.loads(rejects.read_text("utf-8"))["_reject"])
    rejects.write_text(written.replace("HEADER", header), "utf-8")
    assert run([str(rejects)], settings).totals()["inserted"] == 1
    assert open_rejects(fresh) == []
    assert rows(fresh, "SELECT DISTINCT source FROM etl.facility_source") == [{"source": "regional"}]
    assert [
        row["prefix"] for row in rows(fresh, "SELECT DISTINCT left(facility_code, 4) AS prefix FROM facilities")
    ] == ["REG-"]
    assert run([str(rejects)], settings, Options(force=True)).totals()["unchanged"] == 1


@pytest.mark.parametrize(
    "written",
    [
        '{"name": "Amani Shelter", "county_name": "Nairobi"}',
        '{"_reject.source": "regional", "name": "Amani Shelter", "county_name": "Nairobi"}',
    ],
)
def test_a_correction_that_has_lost_its_header_is_told_of(
    settings: Settings, fresh: Database, tmp_path: Path, written: str
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    rejects.write_text(rejects.read_text("utf-8") + written + "\n", "utf-8")
    (note,) = run([str(rejects)], settings, Options(dry_run=True)).files[0].notes
    assert note.startswith("1 of its records have no _reject that can be read: they count as new ones of a source")
    assert open_rejects(fresh) == ["name_missing"]


NAMES = "SELECT facility_name::text AS name FROM facilities ORDER BY facility_id"


def test_a_reject_that_is_corrected_once_more_is_the_facility_that_its_first_correction_made(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS | PLACE, {"name": "Imara Shelter"}])
    correct(rejects, settings, name="Ammani Shelter")
    before = rows(fresh, "SELECT facility_code FROM facilities")
    second = correct(rejects, settings, old="Ammani Shelter", name="Amani House")
    assert [row["name"] for row in rows(fresh, NAMES)] == ["Imara Shelter", "Amani House"]
    assert rows(fresh, "SELECT facility_code FROM facilities") == before
    undo(second, settings)
    assert [row["name"] for row in rows(fresh, NAMES)] == ["Imara Shelter", "Ammani Shelter"]


def test_a_reject_that_was_taken_for_a_facility_that_is_there_does_not_rename_it_when_it_is_corrected_once_more(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS | PLACE, PLACE | {"name": "Imara Shelter"}])
    correct(rejects, settings, name="Imara Shelter")
    correct(rejects, settings, old="Imara Shelter", name="Amani House")
    assert [row["name"] for row in rows(fresh, NAMES)] == ["Imara Shelter", "Amani House"]


def test_two_rejects_in_the_same_words_that_are_corrected_differently_are_two_facilities(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS | PLACE, NAMELESS | PLACE, {"name": "Imara Shelter"}])
    first, second = rejects.read_text("utf-8").splitlines()
    for name in ("Amani Shelter", "Neema Shelter"):
        rejects.write_text(first.replace('"name": ""', f'"name": "{name}"') + "\n" + second + "\n", "utf-8")
        run([str(rejects)], settings)
    assert [row["name"] for row in rows(fresh, NAMES)] == ["Imara Shelter", "Amani Shelter", "Neema Shelter"]


def test_the_report_says_how_rejects_land_that_were_corrected_in_their_file(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    (tmp_path / "regional.json").write_text(json.dumps([NAMELESS, {"name": "Imara Shelter"}]), "utf-8")
    account = run([str(tmp_path / "regional.json")], settings)
    rejects = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    rejects.write_text(rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Shelter"'), "utf-8")
    lines = report_lines(account, settings, {"etl": tmp_path})
    (advice,) = [line for line in lines if line.startswith("  corrected there: python ")]
    command = [sys.executable, *advice.removeprefix("  corrected there: python ").split()]
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | variables_of(settings), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert open_rejects(fresh) == []


def test_who_corrects_one_of_three_rejects_is_told_that_the_others_are_known(
    settings: Settings, tmp_path: Path
) -> None:
    records = [{"name": "Imara Shelter"}, NAMELESS, NAMELESS | {"code": "R-3"}, NAMELESS | {"code": "R-4"}]
    rejects = refuse(settings, tmp_path, records)
    rejects.write_text(rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Shelter"', 1), "utf-8")
    told = "  2 of these 2 were open already, from an earlier run (the same record, for the same reason); new: 0"
    for options in (Options(dry_run=True), Options()):
        account = run([str(rejects)], settings, options)
        assert outcome(account) == {"read": 3, "inserted": 1, "rejected": 2}
        assert told in report_lines(account, settings, {"etl": tmp_path})
    more = tmp_path / "more.json"
    more.write_text(json.dumps([records[0], records[2], NAMELESS | {"code": "R-5"}]), "utf-8")
    lines = report_lines(run([str(more)], settings, Options(source="regional")), settings, {"etl": tmp_path})
    assert told.replace("2 of these", "1 of these").replace("new: 0", "new: 1") in lines


def test_a_run_that_is_stopped_tells_which_of_its_rejects_were_open_already(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    stopped: list[RunAccount] = []

    def stop(this_run: Run) -> None:
        stopped.append(this_run.account)
        raise KeyboardInterrupt

    monkeypatch.setattr("gvrc.pipeline.refresh_statistics", stop)
    for dry_run in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run([str(tmp_path / "regional.json")], settings, Options(force=True, dry_run=dry_run))
    assert [account.rejects_by_news() for account in stopped] == [
        {"new": 0, "known": 1, "reopened": 0, "corrected": 0}
    ] * 2


def test_a_record_that_was_corrected_stays_closed_when_it_comes_again_as_it_was(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    correction = correct(rejects, settings)
    other = tmp_path / "other.json"
    other.write_text(json.dumps([{"name": "Neema Shelter"}, NAMELESS]), "utf-8")
    monthly = [str(tmp_path / "regional.json")]
    told = (
        f"  1 of these 1 were corrected before (run {correction}), and stay closed, although a file has them as they "
    )
    for paths, options in (
        (monthly, Options()),
        (monthly, Options()),  # its account is repeated
        (monthly, Options(force=True)),
        ([str(other)], Options(source="regional")),
    ):
        account = run(paths, settings, options)
        assert open_rejects(fresh) == []
        assert account.totals()["rejected"] == 1
        (line,) = [line for line in report_lines(account, settings, {"etl": tmp_path}) if " of these " in line]
        assert line.startswith(told)


def test_a_record_is_open_again_once_its_correction_is_taken_back_and_closed_once_that_is_brought_back(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    correction = correct(rejects, settings)
    monthly = [str(tmp_path / "regional.json")]
    run(monthly, settings)
    undone = correction
    for is_open in (True, False, True):
        undone = undo(undone, settings).run_id
        account = run(monthly, settings, Options(dry_run=True))
        assert (open_rejects(fresh), account.known_rejects) == (["name_missing"] * is_open, int(is_open))
        assert account.corrected() == ({} if is_open else {correction: 1})
        summary, corrected = account.as_summary(), int(not is_open)
        assert summary["rejects"] == {"new": 0, "known": int(is_open), "reopened": 0, "corrected": corrected}
        assert summary["files"][0]["corrected"] == ({} if is_open else {correction: 1})
    undone = rejects.stem  # the run that refused it
    for is_open in (False, True, False):
        undone = undo(undone, settings).run_id
        assert open_rejects(fresh) == ["name_missing"] * is_open


def test_a_correction_that_is_refused_is_open_in_the_place_of_the_record_until_the_next_one_lands(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    monthly = [str(tmp_path / "regional.json")]
    raw = "SELECT raw::jsonb ->> 'name' AS name, raw::jsonb ->> 'phone' AS phone FROM etl.rejects WHERE %s"
    raw %= "closed_by_run_no IS NULL"
    rejects.write_text(rejects.read_text("utf-8").replace("0700000016", "0700000017"), "utf-8")
    run([str(rejects)], settings)
    assert rows(fresh, raw) == [{"name": "", "phone": "0700000017"}]
    again = correct(rejects, settings, name="A" * 201)
    assert rows(fresh, raw) == [{"name": "A" * 201, "phone": "0700000017"}]
    for _ in range(2):
        account = run(monthly, settings, Options(force=True))
        assert (account.known_rejects, account.corrected()) == (1, {})
        assert open_rejects(fresh) == ["name_too_long"]
    correct(settings.data_dir / "rejected" / f"{again}.jsonl", settings, old="A" * 201)
    assert open_rejects(fresh) == []
    assert run(monthly, settings, Options(force=True)).corrected().total() == 1


def test_a_record_that_landed_and_is_refused_now_is_open_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    aliases = tmp_path / "aliases.csv"
    aliases.write_text(ALIASES.read_text("utf-8").splitlines()[0] + "\nKwa Mzee,Nairobi,Makadara,Viwandani\n", "utf-8")
    fresh.execute("ALTER TABLE facilities ALTER COLUMN ward_id SET NOT NULL")
    known = {"name": "Imara Shelter", **PLACE, "ward_name": "Viwandani"}
    refuse(settings, tmp_path, [known, known | {"name": "Amani Shelter", "ward_name": "Kwa Mzee"}])
    monthly = [str(tmp_path / "regional.json")]
    run(monthly, msgspec.structs.replace(settings, ward_aliases=aliases))
    assert open_rejects(fresh) == []
    account = run(monthly, settings)
    assert (open_rejects(fresh), account.reopened_rejects) == (["ward_unresolved"], 1)


def test_a_reject_whose_run_was_taken_back_is_new_when_its_file_comes_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    undo(rejects.stem, settings)
    account = run([str(tmp_path / "regional.json")], settings)
    assert open_rejects(fresh) == ["name_missing"]
    assert (account.known_rejects, account.reopened_rejects) == (0, 0)


def test_a_reject_that_was_no_object_is_shown_in_no_report_when_it_is_run_again(
    settings: Settings, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [{"name": "Imara Shelter"}, "Jane Fict, raped"])
    account = run([str(rejects)], settings)
    assert account.totals()["rejected"] == 1
    assert account.files[0].unmapped == {"raw": (1, "***")}
    assert "Jane" not in "\n".join(report_lines(account, settings, {"etl": tmp_path}))


@pytest.mark.parametrize(
    ("refused", "reasons"),
    [
        ('"see\\nabove"', ["not_an_object"]),
        ('"see above", {"name": "Amani}', ["not_an_object", "unreadable_record"]),
    ],
)
def test_what_is_no_object_is_refused_for_the_same_reason_when_it_is_run_again(
    settings: Settings, fresh: Database, tmp_path: Path, refused: str, reasons: list[str]
) -> None:
    (tmp_path / "regional.json").write_text(f'[{{"name": "Imara Shelter"}}, {refused}]', "utf-8")
    run([str(tmp_path / "regional.json")], settings)
    before = rows(fresh, "SELECT reason, raw, closed_by_run_no FROM etl.rejects ORDER BY 1")
    assert [row["reason"] for row in before] == reasons
    write_open_rejects(settings, None, tmp_path / "open.jsonl")
    account = run([str(tmp_path / "open.jsonl")], settings, Options(kind="retry", force=True))
    assert account.files[0].error is None
    assert account.files[0].rejects == dict.fromkeys(reasons, 1)
    assert account.known_rejects == len(reasons)
    assert rows(fresh, "SELECT reason, raw, closed_by_run_no FROM etl.rejects ORDER BY 1") == before


@pytest.mark.parametrize("records", [1, 700])
def test_the_header_of_a_reject_is_no_unmapped_key(settings: Settings, tmp_path: Path, records: int) -> None:
    nameless = [NAMELESS | {f"odd_{number}": "x"} for number in range(records)]
    rejects = refuse(settings, tmp_path, [{"name": "Imara Shelter"}, *nameless])
    (again,) = run([str(rejects)], settings).files
    assert again.read == len(again.unmapped) == records
    assert not [key for key in (*again.unmapped, *again.mixed_types) if "_reject" in key]


@pytest.mark.parametrize(("batch_size", "indent"), [(1, None), (10, 2)])
def test_a_reject_that_is_run_again_overwrites_nothing_that_its_source_has_said_since(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, indent: int | None
) -> None:
    fresh.execute("ALTER TABLE facilities ALTER COLUMN ward_id SET NOT NULL")
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    unknown, known = ({**PLACE, "ward_name": ward} for ward in ("Kwa Mzee", "Viwandani"))
    clinic = {"code": "R-1", "name": "Imara Clinic", "operational_status": "Operational", "phone": "0700000016"}
    other = {"code": "R-2", "name": "Amani Clinic", **unknown, "description": "open by day"}
    rejects = refuse(settings, tmp_path, [clinic | unknown, other], indent)
    # The second was corrected, in vain.
    rejects.write_text(rejects.read_text("utf-8").replace("open by day", "open from 8"), "utf-8")
    assert run([str(rejects)], settings).totals()["rejected"] == 2
    assert open_rejects(fresh) == ["ward_unresolved"] * 2
    refuse(settings, tmp_path, [clinic | known | {"operational_status": "Closed"}, other | {"description": "open"}])
    assert open_rejects(fresh) == ["ward_unresolved"] * 3

    aliases = tmp_path / "aliases.csv"
    aliases.write_text(ALIASES.read_text("utf-8").splitlines()[0] + "\nKwa Mzee,Nairobi,Makadara,Viwandani\n", "utf-8")
    settings = msgspec.structs.replace(settings, ward_aliases=aliases)
    write_open_rejects(settings, None, tmp_path / "open.jsonl")
    account = run([str(tmp_path / "open.jsonl")], settings, Options(kind="retry", force=True))
    assert outcome(account) == {"read": 3, "inserted": 1, "superseded": 2}
    assert rows(fresh, STANDING) == [
        {"facility_code": "R-1", "is_active": False, "description": ""},
        {"facility_code": "R-2", "is_active": True, "description": "open"},
    ]
    assert open_rejects(fresh) == []


def test_a_reject_that_landed_overwrites_nothing_said_since_when_its_file_comes_again_with_another_corrected(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute("ALTER TABLE facilities ALTER COLUMN ward_id SET NOT NULL")
    clinic = {"code": "R-1", "name": "Imara Clinic", "operational_status": "Operational", **PLACE}
    rejects = refuse(settings, tmp_path, [clinic | {"ward_name": "Kwa Mzee"}, {"name": "", "code": "R-2"}])
    aliases = tmp_path / "aliases.csv"
    aliases.write_text(ALIASES.read_text("utf-8").splitlines()[0] + "\nKwa Mzee,Nairobi,Makadara,Viwandani\n", "utf-8")
    without, settings = settings, msgspec.structs.replace(settings, ward_aliases=aliases)
    assert outcome(run([str(rejects)], settings)) == {"read": 2, "inserted": 1, "rejected": 1}
    assert outcome(run([str(rejects)], settings, Options(force=True))) == {"read": 2, "unchanged": 1, "rejected": 1}
    refuse(settings, tmp_path, [clinic | {"ward_name": "Viwandani", "operational_status": "Closed"}])
    text = rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Clinic", "ward_name": "Kwa Mzee"')
    rejects.write_text(text.replace('"code": "R-2"', f'"code": "R-2", {json.dumps(PLACE)[1:-1]}'), "utf-8")
    assert outcome(run([str(rejects)], settings)) == {"read": 2, "inserted": 1, "superseded": 1}
    assert rows(fresh, STANDING) == [
        {"facility_code": "R-1", "is_active": False, "description": ""},
        {"facility_code": "R-2", "is_active": True, "description": ""},
    ]
    again = run([str(rejects)], settings, Options(force=True))
    assert outcome(again) == {"read": 2, "unchanged": 1, "superseded": 1}

    latest = refuse(without, tmp_path, [clinic | {"ward_name": "Kwa Mzee"}])  # its source says so again
    assert outcome(run([str(latest)], settings)) == {"read": 1, "updated": 1}


def test_a_reject_that_is_run_again_lands_whatever_another_body_has_said_since(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    clinic = {"code": "R-1", "name": "Imara Clinic", "operational_status": "Closed"} | PLACE
    refuse(settings, tmp_path, [clinic | {"operational_status": "Operational"}])
    fresh.execute("ALTER TABLE facilities ADD CONSTRAINT is_open CHECK (is_active)")
    refuse(settings, tmp_path, [clinic])
    (tmp_path / "national.json").write_text(json.dumps([clinic | {"operational_status": "Operational"}]), "utf-8")
    run([str(tmp_path / "national.json")], settings)
    fresh.execute("ALTER TABLE facilities DROP CONSTRAINT is_open")
    write_open_rejects(settings, None, tmp_path / "open.jsonl")
    account = run([str(tmp_path / "open.jsonl")], settings, Options(kind="retry", force=True))
    assert outcome(account) == {"read": 1, "updated": 1}
    assert rows(fresh, STANDING) == [{"facility_code": "R-1", "is_active": False, "description": ""}]


def test_a_reject_that_is_refused_again_is_open_once_whatever_the_reason(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    refuse(settings, tmp_path, [NAMELESS, "continued on the next page", {"name": "Amani Shelter"}])
    assert sorted(open_rejects(fresh)) == ["name_missing", "not_an_object"]
    for _ in range(2):
        again = tmp_path / "rejected" / "open.jsonl"
        again.parent.mkdir(exist_ok=True)
        write_open_rejects(settings, None, again)
        assert len(again.read_text("utf-8").splitlines()) == 2
        run([str(again)], settings, Options(kind="retry", force=True))
        assert sorted(open_rejects(fresh)) == ["name_missing", "not_an_object"]


def test_the_command_names_what_it_retried_and_why_its_status_is_1(settings: Settings, tmp_path: Path) -> None:
    refuse(settings, tmp_path, [NAMELESS, {"name": "Amani Shelter"}])
    done = retry(settings)
    assert done.returncode == 1
    assert "\nrejected/open.jsonl  succeeded     1" in done.stdout
    assert "Too many rejects: 100% of the records" in done.stdout


def test_a_file_of_rejects_that_a_full_disk_cost_is_written_by_the_retry_that_the_report_advises(
    settings: Settings, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, [NAMELESS, {"name": "Amani Shelter"}])
    written = rejects.read_text("utf-8")
    rejects.unlink()
    retry(settings, rejects.stem, "--dry-run")
    assert not rejects.exists()
    assert f"\nRejects: {rejects} (written again: it was missing)" in retry(settings, rejects.stem).stdout
    assert rejects.read_text("utf-8") == written
    rejects.write_text("somebody is correcting it", "utf-8")
    retry(settings, rejects.stem)
    assert rejects.read_text("utf-8") == "somebody is correcting it"


def test_where_no_reject_is_open_there_is_nothing_to_run_again(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is nothing to run again"):
        write_open_rejects(settings, None, tmp_path / "open.jsonl")
    assert retry(settings).returncode == 2
    mistyped = retry(settings, "20261301-nonsense")
    assert (mistyped.returncode, "There is no run 20261301-nonsense." in mistyped.stderr) == (2, True)


def test_a_variable_without_a_value_for_the_run_is_wrong_use_and_not_every_run(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    refuse(settings, tmp_path, [NAMELESS, {"name": "Imara Shelter"}])
    done = retry(settings, "")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: argument RUN_ID: the name is empty: a variable without a value, perhaps.")
    assert rows(fresh, "SELECT kind FROM etl.runs") == [{"kind": "import"}]


def test_a_database_that_nothing_was_imported_into_is_named_as_the_wrong_one(
    settings: Settings, empty_url: str, tmp_path: Path
) -> None:
    elsewhere = msgspec.structs.replace(settings, database_url=empty_url)
    with pytest.raises(UsageError, match=r"Nothing was ever imported into this database\. Check --database-url"):
        write_open_rejects(elsewhere, None, tmp_path / "open.jsonl")


def retry(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call_script("retry_rejects", *arguments, env=os.environ | variables_of(settings))


def test_records_without_a_code_of_a_source_named_at_length_land_at_once_and_corrected(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = tmp_path / f"list of {' and '.join(14 * ['shelters'])}.json"
    pair = {"county": "Nairobi", "constituency": "Makadara", "ward": "Viwandani", "lat": "-1.31", "long": "36.875"}
    path.write_text(json.dumps([pair | {"name": "Imara Shelter"}, pair | {"name": ""}]), "utf-8")
    account = run([str(path)], settings)
    assert (account.totals()["inserted"], account.files[0].rejects) == (1, {"name_missing": 1})
    rejects = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    rejects.write_text(rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Shelter"'), "utf-8")
    assert run([str(rejects)], settings).totals()["inserted"] == 1
    assert {row["length"] for row in rows(fresh, "SELECT length(facility_code) FROM facilities")} == {50}


@pytest.mark.parametrize("place", ["rejected/corrected.jsonl", "rejected/corrected.json", "raw/corrected.jsonl"])
def test_a_reject_that_was_corrected_is_read_by_the_rules_of_its_own_source_wherever_its_file_lies(
    settings: Settings, fresh: Database, tmp_path: Path, place: str
) -> None:
    entries = (
        "{name: kenya_police_service, code_prefix: KPS, files: ['kps*'], keys: {facility_name: jina}, "
        "defaults: {owner_name: Kenya Police Service, beds: 3}}, {name: regional, code_prefix: REG, files: ['reg*']}"
    )
    pinned = with_sources(settings, tmp_path, entries)
    stations = [{"jina": "Makadara Police Station"}, {"jina": "", "county": "Nairobi", "phone": "112"}]
    (tmp_path / "kps.json").write_text(json.dumps(stations), "utf-8")
    (tmp_path / "regional.json").write_text(json.dumps([{"name": "Imara Shelter"}, {"name": "", "code": "7"}]), "utf-8")
    account = run([str(tmp_path / "kps.json"), str(tmp_path / "regional.json")], pinned)
    rejects = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    text = rejects.read_text("utf-8").replace('"jina": ""', '"jina": "Viwandani Police Station"')
    corrected = settings.data_dir / place
    corrected.parent.mkdir(exist_ok=True)
    corrected.write_text(text.replace('"name": "", "code": "7"', '"name": "Amani Shelter"'), "utf-8")
    assert run([str(corrected)], pinned).totals()["inserted"] == 2
    landed = rows(
        fresh,
        "SELECT facility_name::text, left(facility_code, 4), owner_name::text FROM facilities "
        "LEFT JOIN facility_owners USING (facility_id) ORDER BY facility_id DESC LIMIT 2",
    )
    assert sorted(tuple(row.values()) for row in landed) == [
        ("Amani Shelter", "REG-", None),
        ("Viwandani Police Station", "KPS-", "Kenya Police Service"),
    ]


LIST = [
    {"name": "Amani Shelter", "code": "047", "county": "Nairobi", "ward": "Viwandani", "lat": -1.31, "lng": 36.87},
    {"name": "Baraka Shelter", "code": "047", "county": "Nairobi", "ward": "Makongeni", "lat": -1.31, "lng": 36.87},
    {"name": "Imara Shelter", "code": "047", "county": "Nairobi", "ward": "Harambee", "lat": -1.31, "lng": 36.87},
    {"name": "", "code": "047", "county": "Nairobi", "ward": "Lindi", "lat": -1.31, "lng": 36.87, "beds": 1},
    {"name": "", "code": "047", "county": "Nairobi", "ward": "Lindi", "lat": -1.31, "lng": 36.87, "beds": 2},
    {"name": "Neema Shelter", "code": "047", "county": "Nairobi", "ward": "Laini Saba", "lat": -1.31, "lng": 36.87},
    {"name": "Tumaini Shelter", "code": "047", "county": "Nairobi", "ward": "Mugumo-ini", "lat": -1.31, "lng": 36.87},
]
LANDED = (
    "SELECT facility_name::text AS name, facility_code ~ '^REG-' AS is_generated, latitude::float AS latitude "
    "FROM facilities LEFT JOIN facility_coordinates USING (facility_id) WHERE facility_name IN ('Upendo', 'Zawadi') "
    "ORDER BY 1"
)


def test_what_a_list_showed_to_be_nobodys_code_and_point_is_nobodys_when_its_rejects_are_run_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, LIST)
    again = run([str(rejects)], settings)  # refused once more
    assert again.files[0].rejects == {"name_missing": 2}
    text = rejects.read_text("utf-8").replace('"name": ""', '"name": "Upendo"', 1)
    rejects.write_text(text.replace('"name": ""', '"name": "Zawadi"', 1), "utf-8")
    account = run([str(rejects)], settings)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert account.files[0].issues == {"coordinates_shared": 2, "code_generated": 2}
    assert rows(fresh, LANDED) == [
        {"name": "Upendo", "is_generated": True, "latitude": None},
        {"name": "Zawadi", "is_generated": True, "latitude": None},
    ]
    assert run([str(rejects)], settings, Options(force=True)).totals()["unchanged"] == 2


def test_a_code_and_a_point_that_were_corrected_with_a_reject_count(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rejects = refuse(settings, tmp_path, LIST)
    first, _ = rejects.read_text("utf-8").splitlines()
    mended = first.replace('"name": "", "code": "047"', '"name": "Upendo", "code": "900001"')
    rejects.write_text(mended.replace('"lat": -1.31,', '"lat": -1.3136,'), "utf-8")
    assert outcome(run([str(rejects)], settings)) == {"read": 1, "inserted": 1}
    assert rows(fresh, LANDED) == [{"name": "Upendo", "is_generated": False, "latitude": -1.3136}]
