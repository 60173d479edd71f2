"""Each check, healthy and not, against real servers; every unhealthy one says what to do."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.health import Finding, HealthChecker
from gvrc.ledger import STOPPED_BY_SIGNAL
from gvrc.operating.history import metrics_of_history
from gvrc.pipeline import run
from tests.conftest import call_script, variables_of

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings


def remember_run(database: Database, status: str, hours_ago: float = 0.0, run_id: str = "r1") -> None:
    finished = "NULL::timestamptz" if status == "running" else "now()"
    database.execute(
        "INSERT INTO etl.runs (run_id, kind, status, fingerprint, started_at, finished_at) VALUES "
        f"('{run_id}', 'import', '{status}', '', now() - interval '{hours_ago} hours', "
        f"{finished} - interval '{hours_ago} hours')"
    )


def check(settings: Settings, name: str) -> dict[str, Any]:
    report = HealthChecker(settings).run_health_checks()
    found: dict[str, Any] = report["checks"][name]
    return found


def health_check(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    return call_script("health_check", *options, env=os.environ | variables_of(settings))


def test_after_a_run_that_succeeded_all_is_healthy(settings: Settings, fresh: Database) -> None:
    remember_run(fresh, "succeeded")
    report = HealthChecker(settings).run_health_checks()
    assert set(report) == {"overall_status", "checks", "timestamp"}
    assert {name: found["status"] for name, found in report["checks"].items()} == {
        "database": "healthy",
        "memory": "healthy",
        "disk": "healthy",
        "etl_pipeline": "healthy",
        "reference": "healthy",
    }
    assert report["overall_status"] == "healthy"
    assert datetime.fromisoformat(report["timestamp"]).tzinfo is not None


def test_the_command_ends_with_0_when_healthy_and_1_when_not(settings: Settings, fresh: Database) -> None:
    done = health_check(settings)
    assert (done.returncode, done.stderr) == (1, "")
    assert "-> Nothing was imported yet: python scripts/production_json_importer.py" in done.stdout
    remember_run(fresh, "succeeded")
    done = health_check(settings, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["overall_status"] == "healthy"


def test_a_database_that_is_not_there_is_told_and_does_not_hide_the_other_checks(settings: Settings) -> None:
    url = "postgresql://gvrc:s3cret@127.0.0.1:1/gvrc"
    report = HealthChecker(msgspec.structs.replace(settings, database_url=url)).run_health_checks()
    found = report["checks"]["database"]
    assert found["status"] == "unhealthy"
    assert "cannot be reached" in found["hint"]
    assert "s3cret" not in json.dumps(report)
    assert report["checks"]["disk"]["status"] == "healthy"
    assert report["overall_status"] == "unhealthy"


def test_a_check_that_is_called_by_itself_is_true_where_all_is_well_as_in_the_guide(
    settings: Settings, empty_url: str
) -> None:
    assert HealthChecker(settings).check_database_connection()
    assert not HealthChecker(settings).check_etl_pipeline_status()  # nothing was imported yet
    for url in (empty_url, "postgresql://gvrc@127.0.0.1:1/gvrc"):
        assert not HealthChecker(msgspec.structs.replace(settings, database_url=url)).check_database_connection()


def test_what_several_checks_say_is_printed_once(settings: Settings) -> None:
    url = "postgresql://gvrc@127.0.0.1:1/gvrc"
    done = health_check(msgspec.structs.replace(settings, database_url=url))
    assert done.stdout.count("cannot be reached") == 1
    assert done.stdout.count("-> as above") == 2


def test_a_database_without_our_tables_is_told_to_be_migrated(settings: Settings, empty_url: str) -> None:
    settings = msgspec.structs.replace(settings, database_url=empty_url)
    for name in ("database", "etl_pipeline", "reference"):
        found = check(settings, name)
        assert found["status"] == "unhealthy"
        assert found["hint"].endswith("python scripts/migrate.py")


def test_a_database_that_takes_no_writes_is_no_place_for_an_import_and_all_say_so(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    remember_run(fresh, "succeeded")
    mark = "&" if "?" in str(settings.database_url) else "?"
    url = f"{settings.database_url}{mark}options=-c%20default_transaction_read_only%3Don"
    settings = msgspec.structs.replace(settings, database_url=url)
    assert_no_place_for_an_import(settings, tmp_path, "takes no writes (a standby, or", "name the one that does")


def test_a_database_that_checks_no_foreign_key_is_no_place_for_an_import_and_all_say_so(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    name = fresh.rows("database_kind")[0]["name"]
    fresh.execute(f"ALTER DATABASE {name} SET session_replication_role TO 'replica'")
    told = "checks no foreign key and fires no trigger: an owner runs"
    assert_no_place_for_an_import(settings, tmp_path, "session_replication_role is replica", told)


def assert_no_place_for_an_import(settings: Settings, folder: Path, hint: str, told: str) -> None:
    found = check(settings, "database")
    assert found["status"] == "unhealthy"
    assert hint in found["hint"]
    (folder / "clinics.json").write_text('[{"name": "Imara Clinic"}]', "utf-8")
    with pytest.raises(DatabaseUnavailableError, match=told):
        run([str(folder / "clinics.json")], settings)


def test_the_database_check_tells_version_and_kind(settings: Settings) -> None:
    details = check(settings, "database")["details"]
    assert details["mode"] == "fresh"
    assert details["is_migrated"] is True
    assert int(details["version"].split(".")[0]) >= 15


@pytest.mark.parametrize(
    ("status", "hours_ago", "hint"),
    [
        ("failed", 1, "Run r1 ended failed: see logs/errors/"),
        ("partial", 1, "Run r1 ended partial: see logs/errors/"),
        ("interrupted", 1, "Run r1 was cut short"),
        ("running", 1, "Run r1 was cut short"),
        ("succeeded", 2000, "No run succeeded in the last 1080 hours (max_run_age_hours)"),
        ("succeeded", -9000, "The last run that succeeded ended 9000 hours from now: the clock of the database server"),
    ],
)
def test_a_run_that_went_wrong_is_told_with_what_to_do(
    settings: Settings, fresh: Database, status: str, hours_ago: float, hint: str
) -> None:
    remember_run(fresh, status, hours_ago)
    found = check(settings, "etl_pipeline")
    assert found["status"] == "unhealthy"
    assert found["hint"].startswith(hint)


def test_a_clock_that_was_ahead_once_hides_not_that_no_run_has_succeeded_since(
    settings: Settings, fresh: Database
) -> None:
    remember_run(fresh, "succeeded", hours_ago=-9000)
    remember_run(fresh, "succeeded", hours_ago=2000, run_id="r2")
    assert check(settings, "etl_pipeline")["hint"].startswith("No run succeeded in the last 1080 hours")
    assert metrics_of_history(fresh).last_success_at == pytest.approx(time.time() - 2000 * 3600, abs=600)


def test_a_run_that_was_stopped_is_told_with_what_its_own_account_says(settings: Settings, fresh: Database) -> None:
    remember_run(fresh, "failed")
    fresh.run("finish_run", "r1", "failed", None, STOPPED_BY_SIGNAL)
    found = check(settings, "etl_pipeline")
    assert found["hint"] == (
        "Run r1 ended failed: Stopped by Ctrl-C, SIGTERM or SIGHUP. Repeat the command: it goes on from there. "
        "The command: python scripts/production_json_importer.py"
    )
    fresh.execute("UPDATE etl.runs SET kind = 'undo'")
    assert check(settings, "etl_pipeline")["hint"].endswith("The command: python scripts/undo_import.py RUN_ID")


def test_the_run_that_was_cut_short_is_named_and_not_a_later_one(settings: Settings, fresh: Database) -> None:
    remember_run(fresh, "interrupted", hours_ago=2, run_id="r1")
    remember_run(fresh, "failed", hours_ago=1, run_id="r2")
    assert check(settings, "etl_pipeline")["hint"].startswith("Run r1 was cut short")


def test_a_success_after_an_interrupted_run_is_healthy_again(settings: Settings, fresh: Database) -> None:
    remember_run(fresh, "interrupted", hours_ago=2, run_id="r1")
    remember_run(fresh, "succeeded", hours_ago=1, run_id="r2")
    found = check(settings, "etl_pipeline")
    assert found["status"] == "healthy"
    assert found["details"]["age_hours"] == 1.0


def test_a_run_that_is_on_is_healthy_as_long_as_its_importer_lives(
    settings: Settings, fresh: Database, fresh_url: str
) -> None:
    remember_run(fresh, "running")
    with connect(fresh_url) as importer:
        importer.rows("try_run_lock")
        found = check(settings, "etl_pipeline")
        assert (found["status"], found["details"]["is_importing"]) == ("healthy", True)
    assert check(settings, "etl_pipeline")["status"] == "unhealthy"


def test_open_rejects_are_counted(settings: Settings, fresh: Database) -> None:
    remember_run(fresh, "succeeded")
    for closed_by in ("NULL", "1"):
        fresh.execute(
            "INSERT INTO etl.rejects (run_no, file_no, record_number, source, content_hash, reason, raw, "
            f"closed_by_run_no) VALUES (1, 1, 1, 'kmhfl', 'x', 'name_missing', '', {closed_by})"
        )
    assert check(settings, "etl_pipeline")["details"]["open_rejects"] == 1


def test_an_empty_reference_is_told(settings: Settings, fresh: Database) -> None:
    fresh.execute("DELETE FROM gbv_categories")
    found = check(settings, "reference")
    assert found["status"] == "unhealthy"
    assert found["hint"].startswith("gbv_categories: no rows.")
    assert found["details"]["wards"] == 1450


def test_too_little_memory_is_told(settings: Settings) -> None:
    found = check(msgspec.structs.replace(settings, max_memory_mb=10**9), "memory")
    assert found["status"] == "unhealthy"
    assert "set max_memory_mb lower" in found["hint"]


def test_too_little_room_on_the_disk_is_told(settings: Settings) -> None:
    found = check(msgspec.structs.replace(settings, min_free_disk_mb=10**9), "disk")
    assert found["status"] == "unhealthy"
    assert "min_free_disk_mb is 1000000000" in found["hint"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    found = check(settings, "disk")
    tmp_path.chmod(0o700)
    assert found["status"] == "unhealthy"
    assert "may not write" in found["hint"]


def test_redis_is_checked_where_one_is_set(settings: Settings) -> None:
    assert "redis" not in HealthChecker(settings).checks
    found = check(msgspec.structs.replace(settings, redis_url="redis://:s3cret@127.0.0.1:1/0"), "redis")
    assert found["status"] == "unhealthy"
    assert "without a cache" in found["hint"]
    assert "s3cret" not in json.dumps(found)


def test_a_check_that_breaks_is_a_finding_of_its_own(settings: Settings) -> None:
    checker = HealthChecker(settings)

    def broken() -> Finding:
        message = "postgresql://gvrc:s3cret@localhost/gvrc"
        raise KeyError(message)

    checker.checks["disk"] = broken
    report = checker.run_health_checks()
    assert report["checks"]["disk"]["status"] == "error"
    assert report["checks"]["memory"]["status"] == "healthy"
    assert "s3cret" not in json.dumps(report)
