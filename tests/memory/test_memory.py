"""Memory is measured, the batch shrinks, and only then does the run stop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gvrc import memory
from gvrc.errors import GvrcError
from gvrc.memory import MemoryLimitError, MemoryManager, resident_bytes, share_heap

PROJECT = Path(__file__).resolve().parents[2]


def use(monkeypatch: pytest.MonkeyPatch, *megabytes: int) -> None:
    """Let the process seem to use so much memory, one figure a measurement, the last for ever."""
    figures = list(megabytes)
    monkeypatch.setattr(memory, "resident_bytes", lambda: (figures.pop(0) if figures[1:] else figures[0]) * 1024**2)


def test_the_measure_is_that_of_the_operating_system() -> None:
    ballast = bytearray(50 * 1024**2)
    assert abs(resident_bytes() - psutil.Process().memory_info().rss) < 5 * 1024**2
    before = resident_bytes()
    del ballast
    assert before - resident_bytes() > 40 * 1024**2


def test_there_is_a_measure_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    known = resident_bytes()
    monkeypatch.setattr(memory, "PROC_STATM", memory.PROC_STATM.with_name("absent"))
    assert abs(resident_bytes() - known) < 10 * 1024**2


def test_a_batch_stays_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 400)
    assert MemoryManager(512).fit_batch(10_000) == 10_000


def test_a_batch_is_halved_when_memory_runs_short_down_to_what_is_useful(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 500)
    manager = MemoryManager(512)
    sizes = [10_000]
    for _ in range(6):
        sizes.append(manager.fit_batch(sizes[-1]))
    assert sizes == [10_000, 5_000, 2_500, 1_250, 625, 500, 500]


def test_above_the_limit_the_batch_shrinks_first_and_then_the_run_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 600)
    manager = MemoryManager(512)
    assert manager.fit_batch(1_000) == 500
    with pytest.raises(MemoryLimitError) as raised:
        manager.fit_batch(500)
    assert str(raised.value) == (
        "The importer uses 600 MB, max_memory_mb is 512. "
        "Set it higher, or batch_size lower; every batch so far is loaded, the same command goes on from there."
    )


def test_the_limit_is_an_error_of_ours_and_a_memory_error_as_in_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 600)
    with pytest.raises(MemoryError):
        MemoryManager(512).check_memory_usage()
    assert issubclass(MemoryLimitError, GvrcError)


def test_garbage_is_collected_before_the_run_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, 600, 300)
    assert MemoryManager(512).check_memory_usage() == 300


def test_a_sequence_comes_in_pieces_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    data = list(range(10_500))
    chunks = list(MemoryManager(100_000).process_in_chunks(data, chunk_size=4_000))
    assert [len(chunk) for chunk in chunks] == [4_000, 4_000, 2_500]
    use(monkeypatch, 10, 500, 10)
    shrunk = list(MemoryManager(512).process_in_chunks(data, chunk_size=4_000))
    assert [len(chunk) for chunk in shrunk] == [4_000, 2_000, 2_000, 2_000, 500]
    assert [number for chunk in shrunk for number in chunk] == data
    assert list(MemoryManager(512).process_in_chunks([])) == []


@pytest.mark.parametrize("chunk_size", [0, -1])
def test_pieces_that_hold_nothing_are_refused_and_not_given_for_ever(chunk_size: int) -> None:
    with pytest.raises(ValueError, match=f"chunk_size must be 1 or more, not {chunk_size}"):
        next(MemoryManager(100_000).process_in_chunks([1, 2], chunk_size=chunk_size))


def test_polars_has_one_heap_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_RJEM_MALLOC_CONF", raising=False)
    share_heap()
    assert os.environ["_RJEM_MALLOC_CONF"] == "narenas:1,dirty_decay_ms:30,muzzy_decay_ms:0"
    monkeypatch.setenv("_RJEM_MALLOC_CONF", "narenas:4")
    share_heap()
    assert os.environ["_RJEM_MALLOC_CONF"] == "narenas:4"


HEAPS = """
import ctypes, sys, threading
from gvrc.memory import share_heap
if sys.argv[2] == "shared":
    share_heap()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
together = threading.Barrier(8)
def take():
    together.wait()
    library.malloc(100_000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="heaps of threads are glibc's")
def test_threads_take_memory_from_one_heap(tmp_path: Path) -> None:
    heaps = {}
    for way in ("shared", "own"):
        told = tmp_path / way
        subprocess.run([sys.executable, "-c", HEAPS, str(told), way], cwd=PROJECT, check=True)
        heaps[way] = told.read_text().count("<heap nr=")
    assert heaps["shared"] < heaps["own"]
