"""The report of a run: what a person must see at once."""

from __future__ import annotations

import argparse
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from gvrc.account import FileAccount, RunAccount
from gvrc.command import repeated_options
from gvrc.pipeline import Options, run
from gvrc.report import error_lines, mixed_lines, next_lines, note_lines, unmapped_lines

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.settings import Settings

CUT = b'{"next": "https://example.org/?page=2", "results": [{"name": "Umoja Clinic", "hours": 24}, {"name": "Kay'


def run_of(*files: FileAccount) -> RunAccount:
    return RunAccount(run_id="7", started_at=datetime(2026, 11, 23, 6, 0, tzinfo=UTC), files=list(files))


def test_keys_that_nobody_knows_are_listed_by_source_the_most_frequent_first() -> None:
    june = FileAccount(path="june.json", source="msaada", unmapped={"hours": (2, "24/7"), "mtu": (1, "***")})
    july = FileAccount(path="july.json", source="msaada", unmapped={"mtu": (3, "***")})
    other = FileAccount(path="other.json", source="other", unmapped={f"key_{n}": (1, "x" * 60) for n in range(9)})
    heading, *lines = unmapped_lines(run_of(june, july, other, FileAccount(path="plain.json", source="plain")))
    assert heading == "Unmapped keys (values, an example; what matters can be pinned in config/sources.yaml):"
    assert lines[0] == "  msaada: mtu 4 (***), hours 2 (24/7)"
    assert lines[1].startswith(f"  other: key_0 1 ({'x' * 24}), key_1 1 ")
    assert lines[1].endswith(" and 1 more")


def test_nothing_unknown_is_no_line() -> None:
    plain = run_of(FileAccount(path="plain.json", source="plain"))
    assert (unmapped_lines(plain), mixed_lines(plain), note_lines(plain)) == ([], [], [])


def test_every_file_that_failed_is_named_whatever_stopped_it() -> None:
    cut = FileAccount(path="a.json", error="a.json: is empty. Fetch it again.")
    stopped = FileAccount(path="b.json", error="not attempted: the run stopped before this file was loaded to its end")
    assert error_lines(run_of(cut, stopped)) == [
        "Failed: a.json: is empty. Fetch it again.",
        "Failed: b.json: not attempted: the run stopped before this file was loaded to its end",
    ]


def test_keys_of_mixed_types_are_listed_by_source() -> None:
    june = FileAccount(path="june.json", source="msaada", mixed_types={"code": ["number", "text"]})
    july = FileAccount(path="july.json", source="msaada", mixed_types={"code": ["list", "text"]})
    assert mixed_lines(run_of(june, july)) == ["Mixed types: msaada: code (list, number, text)"]


def make_rejects(settings: Settings) -> Path:
    rejects = settings.data_dir / "rejected" / "7.jsonl"
    rejects.parent.mkdir(parents=True)
    rejects.touch()
    return rejects


def test_the_command_that_is_printed_for_corrected_rejects_is_one_that_a_shell_takes(
    settings: Settings, tmp_path: Path
) -> None:
    spaced = msgspec.structs.replace(settings, data_dir=tmp_path / "our data")
    rejects = make_rejects(spaced)
    (line,) = [line for line in next_lines(run_of(), spaced, {"etl": tmp_path}) if "corrected there" in line]
    assert shlex.split(line.partition(": ")[2]) == ["python", "scripts/production_json_importer.py", str(rejects)]


def test_the_commands_that_are_printed_for_rejects_read_the_settings_of_the_run(
    settings: Settings, tmp_path: Path
) -> None:
    rejects = make_rejects(settings)
    lines = next_lines(run_of(), settings, {"etl": tmp_path}, ["--config", "config/our production.yaml"])
    assert [line.partition(": ")[2] for line in lines if "python " in line] == [
        f"python scripts/production_json_importer.py --config 'config/our production.yaml' {rejects}",
        "python scripts/retry_rejects.py --config 'config/our production.yaml' 7",
    ]


def test_the_commands_that_are_printed_go_to_the_database_of_the_run_without_its_password(
    settings: Settings, tmp_path: Path
) -> None:
    rejects = make_rejects(settings)
    given = argparse.Namespace(config=None, database_url="postgresql://gvrc_user:secret@db/gvrc")
    lines = next_lines(run_of(), settings, {"etl": tmp_path}, repeated_options(given))
    assert [line.partition(": ")[2] for line in lines if "python " in line] == [
        f"python scripts/production_json_importer.py --database-url 'postgresql://gvrc_user:***@db/gvrc' {rejects}",
        "python scripts/retry_rejects.py --database-url 'postgresql://gvrc_user:***@db/gvrc' 7",
        "python scripts/psql.py --database-url 'postgresql://gvrc_user:***@db/gvrc'",
    ]


def test_what_a_file_does_not_hold_is_noted_and_the_end_of_a_long_list_counted() -> None:
    file = FileAccount(path="page.json", notes=[f"passed over: {n} node" for n in range(22)])
    lines = note_lines(run_of(file))
    assert lines[0] == "Note: page.json: passed over: 0 node"
    assert lines[20:] == ["... and 2 more notes: see the log or --summary"]


def test_a_file_that_was_loaded_in_part_says_so_and_what_it_lacks(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_bytes(CUT)

    file = run([str(path)], msgspec.structs.replace(settings, salvage=True)).files[0]

    assert file.notes[0] == "the file says that there is a next page"
    assert f"is cut off at byte {len(CUT)}" in file.notes[1]
    assert "Records that begin before: 2." in file.notes[1]
    assert file.notes[1].startswith("only in part: ")
    assert (file.path_taken, file.unmapped) == ("results", {"hours": (1, "24")})


def test_a_file_that_is_not_read_again_repeats_its_unmapped_keys(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(b'[{"name": "Umoja Clinic", "county": "Nairobi", "hours": 24}]')
    for _ in range(3):
        account = run([str(path)], settings, Options())
        assert account.as_summary()["files"][0]["unmapped"] == {"hours": {"count": 1, "example": "24"}}
        assert account.files[0].path_taken == "the document itself"
    assert account.files[0].status == "unchanged"
