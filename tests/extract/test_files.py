"""Which files a run reads."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gvrc.errors import SourceFileError, UsageError
from gvrc.files import find_files, hash_file, shown_file

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.json", "a.geojson", "c.jsonl.gz", "d.ndjson", "E.JSON", "notes.txt", ".gitkeep"):
        (tmp_path / name).write_text("[]")
    (tmp_path / "inner.json").mkdir()
    return tmp_path


def test_a_folder_gives_its_json_files_in_order(folder: Path) -> None:
    assert [path.name for path in find_files([str(folder)])] == [
        "E.JSON",
        "a.geojson",
        "b.json",
        "c.jsonl.gz",
        "d.ndjson",
    ]


def test_a_glob_gives_what_matches_and_a_file_comes_once(folder: Path) -> None:
    found = find_files([str(folder / "b.json"), str(folder / "*.json"), str(folder / "[ab].*")])
    assert [path.name for path in found] == ["b.json", "a.geojson"]


def test_one_path_in_place_of_a_list_is_that_path_and_not_its_letters(folder: Path) -> None:
    assert find_files(str(folder / "b.json")) == [folder / "b.json"]


def test_a_file_may_have_any_name(folder: Path) -> None:
    (folder / "list [1].txt").write_text("[]")
    assert [path.name for path in find_files([str(folder / "list [1].txt")])] == ["list [1].txt"]


@pytest.mark.parametrize("argument", ["gone.json", "gone/*.json", "empty", "notes*"])
def test_nothing_found_is_told(tmp_path: Path, argument: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no such file, folder or match|holds no JSON file"):
        find_files([str(tmp_path / argument)])


def test_standard_input_is_spooled_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1]")))
    (path,) = find_files(["-"])
    assert path.read_bytes() == b"[1]"
    assert shown_file(path) == "standard-input.json"


def test_the_hash_is_that_of_the_content(folder: Path) -> None:
    assert hash_file(folder / "b.json") == (hashlib.sha256(b"[]").hexdigest(), 2)


def test_what_is_no_file_has_no_hash(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "gone"):
        with pytest.raises(SourceFileError, match="not a regular file"):
            hash_file(path)


def test_finding_files_waits_for_nothing_heavy() -> None:
    code = "import sys, gvrc.files, gvrc.sources; print({'polars', 'msgspec', 'yaml'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_standard_input_that_is_named_twice_is_wrong_use_and_not_read() -> None:
    with pytest.raises(UsageError, match="standard input was named more than once"):
        find_files(["-", "a.json", "-"])
