"""Rejects on their way out and back: ``data/rejected/<run>.jsonl``, and running the open ones again.

A line is the record as it came with one more key in front, ``_reject``: why it was refused, what would help, and
which reject it is. The importer reads such a line as a record of its first source, by the rules of that; when it lands,
the reject closes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from gvrc.errors import NEVER_IMPORTED, NO_SUCH_RUN, UsageError
from gvrc.lazy import lazy_pattern
from gvrc.reading.raw import hash_contents, hash_texts
from gvrc.sources import LONGEST_PREFIX
from gvrc.written import FOR_USER_AND_GROUP, whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import msgspec

    from gvrc.database import Database
    from gvrc.settings import Settings

HEADER_KEY = "_reject"
HEADER = f'{{"{HEADER_KEY}": '
# What stands in front of a record that was rejected before. A header has no braces inside.
HEADER_PATTERN = r'^\{\s*"_reject"\s*:\s*(\{[^{}]*\})\s*,?\s*'
HEADER_BYTES = lazy_pattern(HEADER_PATTERN.encode())
# One that somebody has written in front of, or a tool has sorted among the keys.
HEADER_BEHIND = lazy_pattern(rb',\s*"_reject"\s*:\s*(\{[^{}]*\})')
BEGINNING = 64 * 1024  # bytes of a file, among which the header of its first reject is
RAW_KEY = "raw"  # under it stands what is no object, as a text
HEADLESS = (
    "{:,} of its records have no _reject that can be read: they count as new ones of a source called rejected, and "
    "what they correct stays open. Unless that is meant, take the run back and import them with their _reject"
)
NO_OBJECT = ("not_an_object", "unreadable_record")


def write_rejects(database: Database, run_id: str, path: Path) -> None:
    """Write the rejects of a run that are still open; without any there is no file."""
    rejects = database.rows("open_rejects", run_id)
    if rejects:
        write_reject_file(rejects, path)


def write_reject_file(rejects: list[dict[str, Any]], path: Path) -> None:
    """Write rejects to a file for those who correct them."""
    with whole_file(path, mode=FOR_USER_AND_GROUP) as part:
        part.write_text(reject_lines(rejects), "utf-8")


def reject_lines(rejects: list[dict[str, Any]]) -> str:
    """Write rejects as lines that the importer reads again."""
    return "".join(map(reject_line, rejects))


def reject_line(reject: dict[str, Any]) -> str:
    """Write one reject."""
    told = {name: value for name, value in reject.items() if name != "raw" and value is not None}
    rest = rest_of_line(reject["raw"], is_object=reject["reason"] not in NO_OBJECT)
    if hash_text(reject["raw"]) == reject["content_hash"]:  # else it is a correction, which was refused
        told["written_as"] = hash_text(f"{{{rest}")
    header = json.dumps({name: without_braces(value) for name, value in told.items()}, ensure_ascii=False)
    return f"{HEADER}{header}{', ' if rest != '}' else ''}{rest}\n"


def rest_of_line(text: str, *, is_object: bool) -> str:
    """Give a record as it stands behind its header: on one line, and what is no object under a key.

    An object that cannot be read is none: its line would break the file that it stands in.
    """
    # JSON has line breaks between its values only, where a space does as well.
    raw = text.replace("\r", " ").replace("\n", " ").strip()
    return raw[1:].strip() if is_object else f'"{RAW_KEY}": {json.dumps(raw)}}}'


def hash_text(text: str) -> str:
    """Give the ``content_hash`` of the text of a record."""
    return hash_contents([text.encode("utf-8", "surrogatepass")])[0]


def without_braces(value: object) -> object:
    """Keep the header free of braces, by which its end is known."""
    return value.replace("{", "(").replace("}", ")") if isinstance(value, str) else value


def is_correction(element: msgspec.Raw | bytes) -> bool:
    """Say whether a record, as the bytes that it came as, has the header of one that was rejected."""
    return HEADER_BYTES.match(memoryview(element)) is not None


def are_rejects(text: bytes) -> bool:
    """Say whether a file that begins so may be one of rejects: a look into every record of every file would be dear."""
    return HEADER_KEY.encode() in text[:BEGINNING]


def header_first(element: msgspec.Raw | bytes) -> msgspec.Raw | bytes:
    """Give a record with its header in front, wherever among its keys it came back: else it would answer nothing."""
    header = None if is_correction(element) else HEADER_BEHIND.search(memoryview(element))
    if not header:
        return element
    text = bytes(element)
    rest = text[text.index(b"{") + 1 : header.start()] + text[header.end() :]
    return HEADER.encode() + header[1] + b", " + rest.lstrip()


def read_header(element: msgspec.Raw | bytes) -> dict[str, Any]:
    """Give what the header of a record says of the reject that it answers; nothing if it has none that can be read."""
    header = HEADER_BYTES.match(memoryview(element))
    try:
        return dict(json.loads(bytes(header[1]))) if header else {}
    except ValueError:  # somebody has written in the header
        return {}


def sources_answered(raw: pl.Series) -> pl.Series:
    """Give the same of the texts of records."""
    return raw.str.extract(HEADER_PATTERN).str.json_path_match("$.source")


def nobodys_of(raw: pl.Expr) -> pl.Expr:
    """List what the headers of records tell of what is no facility's own, and was only shown by the list around it."""
    return raw.str.extract(HEADER_PATTERN).str.json_path_match("$.nobodys").str.split("\n")


def read_headers(records: pl.DataFrame, prefixes: Mapping[str, str]) -> pl.DataFrame:
    """Take the header off ``raw``, and add ``answers``, the content hash of the reject that a record answers.

    What is left is what the record is known by; where nobody has changed it, it is known by what it came as. One that
    answers a reject belongs to the source of that; ``prefixes`` gives those of codes by source. Files that do not come
    from us have none: there every record would be written anew as it is.
    """
    if not has_headers(records["raw"]):
        return records.with_columns(answers=pl.lit(None, pl.String))
    header = pl.col("raw").str.extract(HEADER_PATTERN)
    left = records["raw"].str.replace(HEADER_PATTERN, "{").fill_null("")
    left_hash, answers = hash_texts(left), header.str.json_path_match("$.content_hash")
    is_as_written = (header.str.json_path_match("$.written_as") == left_hash).fill_null(value=False)
    source = header.str.json_path_match("$.source")
    upper = source.str.to_uppercase().str.replace_all("_", "-")
    named = upper.str.head(LONGEST_PREFIX).str.strip_chars_end("-")  # as named_source has it
    return records.with_columns(
        *refused_as_before(header, is_as_written),
        answers=answers,
        source=pl.coalesce(source, "source"),
        code_prefix=pl.coalesce(
            source.replace_strict(dict(prefixes), default=None, return_dtype=pl.String), named, "code_prefix"
        ),
        raw=pl.when(header.is_not_null()).then(left).otherwise("raw"),
        content_hash=pl.when(is_as_written)
        .then(answers)
        .when(header.is_not_null())
        .then(left_hash)
        .otherwise("content_hash"),
    )


def refused_as_before(header: pl.Expr, is_as_written: pl.Expr) -> list[pl.Expr]:
    """Refuse what was no object, and nobody made one of, for the reason that it was refused for."""
    reason, detail = (header.str.json_path_match(f"$.{name}") for name in ("reason", "detail"))
    is_none = is_as_written & reason.is_in(NO_OBJECT)
    return [
        pl.when(is_none).then(said).otherwise(name).alias(name)
        for name, said in (("reject_reason", reason), ("reject_detail", detail))
    ]


def has_headers(raw: pl.Series) -> bool:
    """Say whether one of the texts of records has the header of a reject."""
    return raw.str.contains(HEADER_PATTERN).any()


def write_open_rejects(settings: Settings, run_id: str | None, path: Path) -> None:
    """Write the open rejects of a run, or of all runs, to a file that can be imported.

    Raises:
        UsageError: there is none, or no such run, or nothing was ever imported there.
    """
    rejects = read_open_rejects(settings, run_id)
    if not rejects:
        whose = f"of the run {run_id}" if run_id else "of any run"
        raise UsageError(f"No reject {whose} is open: there is nothing to run again.")
    path.write_text(reject_lines(rejects), "utf-8")


def read_open_rejects(settings: Settings, run_id: str | None) -> list[dict[str, Any]]:
    """Read the open rejects of a run, or of all runs.

    Raises:
        UsageError: nothing was ever imported there, or there is no such run.
    """
    from gvrc.connecting import find_database
    from gvrc.database import connect
    from gvrc.stopping import stoppable

    with connect(find_database(settings)[0]) as database, stoppable(database):
        if not database.rows("database_kind")[0]["has_migrations"]:
            raise UsageError(NEVER_IMPORTED)
        if run_id and not database.rows("known_run", run_id):
            raise UsageError(NO_SUCH_RUN.format(run_id))
        return database.rows("open_rejects", run_id)


def write_missing_rejects(settings: Settings, run_id: str) -> Path | None:
    """Write the file of a run's rejects that are open, where it could not be written or is gone; give its path.

    A file that is there stays as it is: somebody may be correcting it.
    """
    path = settings.data_dir / "rejected" / f"{run_id}.jsonl"
    rejects = [] if path.exists() else read_open_rejects(settings, run_id)
    if not rejects:
        return None
    write_reject_file(rejects, path)
    return path
