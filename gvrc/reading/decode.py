"""The bytes of a source file as UTF-8 text in chunks: unpacked, transcoded, without a byte order mark."""

from __future__ import annotations

import codecs
import gzip
import stat
import zipfile
import zlib
from contextlib import contextmanager
from io import BufferedReader
from typing import TYPE_CHECKING, Final, cast

from gvrc.errors import SourceFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES: Final = 1024 * 1024

BYTE_ORDER_MARKS: Final = (  # UTF-32 first: its mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GZIP: Final = b"\x1f\x8b"
OTHER_FORMATS: Final = (
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document"),
    (b"PAR1", "Parquet"),
)
OFFICE_PART: Final = "[Content_Types].xml"  # an .xlsx or .docx is a zip archive that has it


Packed = BufferedReader | gzip.GzipFile | zipfile.ZipExtFile


class CutOffError(SourceFileError):
    """A file ends in the middle; what came before that may be salvaged."""


@contextmanager
def open_text(path: Path, encoding: str | None = None) -> Iterator[Iterator[bytes]]:
    """Open a file as chunks of UTF-8 text. ``encoding`` is used for a file without a byte order mark.

    Raises:
        SourceFileError: it cannot be read.
        CutOffError: during reading, if a gzip file ends too early.
    """
    with _open_regular_file(path) as file:
        start = file.read(64)
        file.seek(0)
        _refuse_other_formats(start)
        if start.startswith(b"PK\x03\x04"):
            with _open_only_member(path) as member:
                yield _as_utf8(member, encoding)
        elif start.startswith(GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield _as_utf8(unpacked, encoding)
        else:
            yield _as_utf8(file, encoding)


def _open_regular_file(path: Path) -> BufferedReader:
    try:
        # Look before opening: a FIFO or a device would wait for ever.
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise SourceFileError("is a folder, not a file. Give the files in it.")
        if not stat.S_ISREG(kind):
            raise SourceFileError("is not a regular file. Write what it gives into a file, and name that one.")
        return path.open("rb")
    except OSError as error:
        raise SourceFileError(f"cannot be read ({error.strerror}). Check its name and permissions.") from error


def _refuse_other_formats(start: bytes) -> None:
    for signature, name in OTHER_FORMATS:
        if start.startswith(signature):
            raise SourceFileError(f"is {name}, not JSON. Unpack or export it as JSON first.")


@contextmanager
def _open_only_member(path: Path) -> Iterator[zipfile.ZipExtFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not (info.is_dir() or _is_of_a_mac(info.filename))]
            if OFFICE_PART in names:
                raise SourceFileError("is a spreadsheet or a document of Office, not JSON. Export it as JSON first.")
            if len(names) != 1:
                raise SourceFileError(f"is a zip archive of {len(names)} files. Unpack it and give the JSON file.")
            with archive.open(names[0]) as member:
                yield cast("zipfile.ZipExtFile", member)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:  # damaged, with a password, unknown method
        raise SourceFileError(f"is a zip archive that cannot be read ({error}). Unpack it first.") from error


def _is_of_a_mac(name: str) -> bool:
    """Say whether a file in an archive only describes another: macOS adds ``__MACOSX/._name`` and ``.DS_Store``."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _as_utf8(file: Packed, encoding: str | None) -> Iterator[bytes]:
    chunks = _chunks(file)
    first = next(chunks, b"")
    while len(first) < LONGEST_MARK and (more := next(chunks, b"")):
        first += more
    found, mark = _encoding_of(first)
    if found is None and encoding is not None:
        found = codecs.lookup(encoding).name
    first = first[mark:]
    if found in (None, "utf-8"):
        yield first
        yield from chunks
    else:
        yield from _transcode(first, chunks, found)


LONGEST_MARK: Final = 4


def _chunks(file: Packed) -> Iterator[bytes]:
    done = 0
    pieces: list[bytes] = []
    try:
        while piece := file.read1(CHUNK_BYTES):  # read would lose what comes before the place where a gzip file is cut
            pieces.append(piece)
            if sum(map(len, pieces)) >= CHUNK_BYTES:
                yield b"".join(pieces)
                done += sum(map(len, pieces))
                pieces.clear()
        if pieces:
            yield b"".join(pieces)
    except EOFError as error:
        yield b"".join(pieces)
        done += sum(map(len, pieces))
        raise CutOffError(f"the gzip file is cut off (after {done:,} bytes of text). Fetch it again.") from error
    except (gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        raise SourceFileError(f"the packed file is damaged after {done:,} bytes ({error}). Fetch it again.") from error
    except OSError as error:
        raise SourceFileError(f"reading stopped after {done:,} bytes ({error.strerror}). Try again.") from error


def _encoding_of(start: bytes) -> tuple[str | None, int]:
    """Find the encoding by a byte order mark (given with its length), else by where the zero bytes are."""
    for mark, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name, len(mark)
    # JSON begins with an ASCII character: the zero bytes of UTF-16 and UTF-32 without a mark give them away (RFC 4627).
    zeros = tuple(byte == 0 for byte in start[:LONGEST_MARK])
    return ZERO_PATTERNS.get(zeros), 0


ZERO_PATTERNS: Final[dict[tuple[bool, ...], str]] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, False, False): "utf-16-le",
}


def _transcode(first: bytes, chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(
        errors="surrogatepass" if encoding.startswith("utf-") else "strict"
    )
    chunk: bytes | None = first
    done = 0
    while chunk is not None:
        following = next(chunks, None)
        try:
            yield decoder.decode(chunk, final=following is None).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise CutOffError(
                f"is not valid {encoding} at byte {done + error.start:,} ({error.reason}). Fetch it again."
            ) from error
        done += len(chunk)
        chunk = following
