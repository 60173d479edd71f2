"""What is kept besides the database, and what never is: files moved, records as Parquet, the reference in the cache."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from gvrc.account import FileAccount, RunAccount
from gvrc.cache import Cache
from gvrc.files import hash_file
from gvrc.keep import archive_processed
from gvrc.pipeline import Options, run
from gvrc.placing import read_reference
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.account import FileStatus
    from gvrc.database import Database
    from gvrc.settings import Settings

MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked whether it is there
CLINIC = {"code": "13080", "name": "Mukuru Crisis Clinic", "county_name": "Nairobi"}


@pytest.fixture
def raw(settings: Settings) -> Path:
    folder = settings.data_dir / "raw"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def other_disk(raw: Path) -> Iterator[Path]:
    """Give a folder that no file of raw can be renamed into, or skip where there is none."""
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == raw.stat().st_dev:
        pytest.skip("no second file system that a test may write to")
    with TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def account_of(path: Path, status: FileStatus) -> RunAccount:
    file = FileAccount(path=str(path), sha256=hash_file(path)[0], status=status, rejects=Counter())
    return RunAccount(run_id="7", started_at=datetime(2026, 11, 23, tzinfo=UTC), files=[file])


def test_a_file_of_raw_that_was_loaded_moves_to_the_days_folder(settings: Settings, raw: Path) -> None:
    settings = msgspec.structs.replace(settings, archive_processed=True)
    good, cut = raw / "good.json", raw / "cut.json"
    good.write_text(json.dumps([CLINIC]), "utf-8")
    cut.write_text('[{"name": ', "utf-8")
    account = run([str(raw)], settings)
    (moved,) = (settings.data_dir / "processed").glob("*/*")
    assert moved.parent.name == f"{account.started_at:%Y-%m-%d}"
    assert moved.name == "good.json"
    assert cut.exists()
    assert not good.exists()


def test_a_file_moves_whatever_its_name_and_one_that_another_importer_has_moved_is_no_fault(
    settings: Settings, raw: Path
) -> None:
    settings = msgspec.structs.replace(settings, archive_processed=True)
    names = ["nai\N{NO-BREAK SPACE}robi\n.json", os.fsdecode(b"nakuru\xff.json")]
    for name in names:
        (raw / name).write_text(json.dumps([CLINIC]), "utf-8")
    account = run([str(raw)], settings)
    assert account.unwritten == []
    assert sorted(path.name for path in (settings.data_dir / "processed").glob("*/*")) == names
    archive_processed(account, [raw / name for name in names], settings)
    assert account.unwritten == []


def test_a_file_moves_to_another_disk_with_its_time(settings: Settings, raw: Path, other_disk: Path) -> None:
    path = raw / "a.json"
    path.touch()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    (settings.data_dir / "processed").symlink_to(other_disk)
    account = account_of(path, "succeeded")
    archive_processed(account, [path], settings)
    assert account.unwritten == []
    (moved,) = other_disk.glob("*/*")
    assert (moved.name, moved.stat().st_mtime, path.exists()) == ("a.json", 1_700_000_000, False)


def test_a_dry_run_and_the_default_move_nothing(settings: Settings, raw: Path) -> None:
    path = raw / "good.json"
    path.write_text(json.dumps([CLINIC]), "utf-8")
    run([str(raw)], msgspec.structs.replace(settings, archive_processed=True), Options(dry_run=True))
    run([str(raw)], settings)
    assert path.exists()


@pytest.mark.parametrize(
    ("status", "moves"),
    [("succeeded", True), ("unchanged", True), ("failed", False), ("not_attempted", False), ("pending", False)],
)
def test_only_what_was_loaded_whole_moves(settings: Settings, raw: Path, status: FileStatus, moves: bool) -> None:
    path = raw / "a.json"
    path.touch()
    archive_processed(account_of(path, status), [path], settings)
    assert path.exists() is not moves


def test_a_file_elsewhere_is_never_moved(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.touch()
    archive_processed(account_of(path, "succeeded"), [path], settings)
    assert path.exists()


def test_a_file_of_the_same_name_is_not_overwritten(settings: Settings, raw: Path) -> None:
    for text in ("first", "second"):
        (raw / "a.json").write_text(text, "utf-8")
        archive_processed(account_of(raw / "a.json", "succeeded"), [raw / "a.json"], settings)
    kept = {path.name: path.read_text("utf-8") for path in (settings.data_dir / "processed" / "2026-11-23").iterdir()}
    assert kept == {"a.json": "first", "16367aac-a.json": "second"}


def test_what_replaced_a_file_while_it_was_loaded_stays_for_the_next_run(
    settings: Settings, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, path = msgspec.structs.replace(settings, archive_processed=True), raw / "a.json"
    path.write_text(json.dumps([CLINIC]), "utf-8")
    newer = json.dumps([CLINIC, CLINIC | {"code": "13081", "name": "Kayole Safe House"}])
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("gvrc.pipeline.look_back", lambda _: path.write_text(newer, "utf-8"))
        run([str(raw)], settings)
    assert path.read_text("utf-8") == newer
    assert run([str(raw)], settings).totals()["inserted"] == 1
    assert not path.exists()


def test_a_file_that_another_importer_moved_while_this_one_waited_is_found_again_and_one_that_is_gone_fails(
    settings: Settings, fresh: Database, raw: Path
) -> None:
    names = ["gone.json", "loaded.json", "moved[1].json"]
    for number, name in enumerate(names):
        (raw / name).write_text(json.dumps([CLINIC | {"code": str(number), "name": f"Clinic {number}"}]), "utf-8")
    run([str(raw / "loaded.json")], settings)
    day = settings.data_dir / "processed" / "2026-11-27"
    day.mkdir(parents=True)
    (day / "moved[1].json").write_text("older", "utf-8")
    assert fresh.rows("try_run_lock")[0]["is_locked"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(run, [str(raw)], settings, Options(wait=True))
        time.sleep(0.5)
        (raw / "gone.json").unlink()
        (raw / "loaded.json").rename(day / "loaded.json")
        (raw / "moved[1].json").rename(day / "0a1b2c3d-moved[1].json")
        fresh.run("release_run_lock")
        account = waiting.result()
    told = {Path(file.path).name: (file.status, file.inserted, file.unchanged) for file in account.files}
    assert told == {
        "gone.json": ("failed", 0, 0),
        "loaded.json": ("succeeded", 0, 1),
        "moved[1].json": ("succeeded", 1, 0),
    }
    assert "cannot be read (No such file or directory)" in (account.files[0].error or "")


def test_accepted_records_are_kept_as_parquet_where_asked(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps([CLINIC, CLINIC | {"code": "13081", "name": "Umoja Clinic"}, {"code": "13082"}]), "utf-8"
    )
    settings = msgspec.structs.replace(settings, keep_validated=True, batch_size=1)
    account = run([str(path)], settings)
    kept = pl.read_parquet(settings.data_dir / "validated" / account.run_id / "*.parquet")
    assert kept["facility_name"].to_list() == ["Mukuru Crisis Clinic", "Umoja Clinic"]
    run([str(path)], msgspec.structs.replace(settings, keep_validated=False), Options(force=True))
    assert len(list((settings.data_dir / "validated").iterdir())) == 1


def test_the_reference_comes_out_of_the_cache_while_it_is_the_databases(
    fresh: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fresh.read("reference")
    with Cache(redis_url, "any") as cache:
        assert_frame_equal(read_reference(fresh, cache), expected)
        with monkeypatch.context() as unread:
            unread.setattr(fresh, "read", None)  # the digest is asked for, and no frame
            assert_frame_equal(read_reference(fresh, cache), expected)
        fresh.execute("UPDATE wards SET ward_name = 'Kitisuru North' WHERE ward_name = 'Kitisuru'")
        assert_frame_equal(read_reference(fresh, cache), fresh.read("reference"))


def test_a_snapshot_that_something_else_wrote_is_as_good_as_none(fresh: Database, redis_url: str) -> None:
    expected = fresh.read("reference")
    (row,) = fresh.rows("reference_digest")
    other_frame = pl.DataFrame({"ward_id": [1]}).write_ipc(None).getvalue()
    for snapshot in (b"not arrow", other_frame):
        with Cache(redis_url, "any") as cache:
            cache.set_reference(row["digest"], snapshot)
            assert_frame_equal(read_reference(fresh, cache), expected)


def test_a_run_with_a_cache_loads_the_same_and_the_second_machine_decides_no_place_anew(
    settings: Settings, redis_url: str
) -> None:
    path = str(PROJECT / "data" / "sample" / "regional.json")
    cached = msgspec.structs.replace(settings, redis_url=redis_url)
    first = run([path], cached)
    second = run([path], cached, Options(force=True))
    assert second.totals()["unchanged"] == first.totals()["inserted"]
    assert second.files[0].ward_match == first.files[0].ward_match
    down = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    assert run([path], down, Options(force=True)).files[0].ward_match == first.files[0].ward_match
