"""The promise of ``max_memory_mb``: measure, shrink the batch, and only then stop."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gvrc.errors import GvrcError
from gvrc.log import log_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

PROC_STATM = Path("/proc/self/statm")
SHRINK_AT = 0.8  # share of the limit: the next batch may need all that is left
SMALLEST_BATCH = 500  # records; below this the columns' own overhead is what fills the memory


class MemoryLimitError(GvrcError, MemoryError):
    """The importer needs more memory than it may use."""


class MemoryManager:
    """Keeps the importer's resident memory under ``max_memory_mb`` megabytes (of 1,048,576 bytes)."""

    def __init__(self, max_memory_mb: int = 512) -> None:
        self.max_memory_mb = max_memory_mb

    def used_mb(self) -> float:
        """Measure the resident memory of this process, in megabytes."""
        return resident_bytes() / 1024 / 1024

    def check_memory_usage(self) -> float:
        """Give the memory in use, in megabytes, after tidying up where it is above the limit.

        Raises:
            MemoryLimitError: it is above the limit even so.
        """
        used = self.used_mb()
        if used <= self.max_memory_mb:
            return used
        gc.collect()
        used = self.used_mb()
        if used > self.max_memory_mb:
            raise MemoryLimitError(
                f"The importer uses {used:.0f} MB, max_memory_mb is {self.max_memory_mb}. "
                "Set it higher, or batch_size lower; every batch so far is loaded, the same command goes on from there."
            )
        return used

    def fit_batch(self, batch_size: int) -> int:
        """Give the number of records for the next batch: ``batch_size``, or half of it when memory runs short.

        Raises:
            MemoryLimitError: memory is above the limit although the batch is as small as is useful.
        """
        used = self.used_mb()
        if used <= self.max_memory_mb * SHRINK_AT:
            return batch_size
        gc.collect()
        if batch_size <= SMALLEST_BATCH:
            self.check_memory_usage()
            return batch_size
        smaller = max(SMALLEST_BATCH, batch_size // 2)
        log_event("batch_shrunk", "WARNING", used_mb=round(used), max_memory_mb=self.max_memory_mb, batch_size=smaller)
        return smaller

    def process_in_chunks(self, data: Sequence[T], chunk_size: int = 1000) -> Iterator[Sequence[T]]:
        """Give a sequence in pieces, each no longer than memory allows.

        Raises:
            MemoryLimitError: see ``fit_batch``.
            ValueError: a piece would hold nothing; there would be no end of them.
        """
        if chunk_size < 1:
            raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
        start = 0
        while start < len(data):
            chunk_size = self.fit_batch(chunk_size)
            yield data[start : start + chunk_size]
            start += chunk_size


def share_heap() -> None:
    """Let all threads take memory from one heap: of the C library, where that is glibc, and of polars (jemalloc).

    By default each thread has a heap of its own, and memory that one thread freed is of no use to another. Sharing
    saved 3 of 196 MB and 7 of 283 (glibc), 6 of 202 (jemalloc). What polars frees goes back to the system after 30 ms
    instead of ten seconds, in which a run is over: that saved 4 of 202 MB and 10 of 250 at no cost; giving it back at
    once took a sixth more computing. A setting of jemalloc in the environment wins. Call this before the first thread
    is started and before polars is imported.
    """
    import ctypes

    os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:30,muzzy_decay_ms:0")

    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_ARENA_MAX, 1)


M_ARENA_MAX = -8  # of malloc.h


def resident_bytes() -> int:
    """Measure the resident memory of this process; from /proc where there is one, for that costs no import."""
    if PROC_STATM.exists():
        return int(PROC_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import psutil

    return int(psutil.Process().memory_info().rss)
