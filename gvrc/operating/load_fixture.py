"""The guide's ``loaddata`` step: a Django fixture into the directory, whole or not at all.

The objects are staged as they are, in bounded memory; then each table takes the objects that it lacks in one statement
of ``sql/fixture/load.sql``. Users, sessions and permissions are never read; places are found, never created.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import adbc_driver_manager
import msgspec
import polars as pl

from gvrc.database_errors import advice_on, first_line, sqlstate
from gvrc.errors import DatabaseUnavailableError, SourceFileError
from gvrc.loading.directory import find_actor
from gvrc.log import log_event
from gvrc.masking import mask
from gvrc.placing import aliases_of, thresholds_of
from gvrc.reading.decode import open_text
from gvrc.reading.fixture import PARTS, Row
from gvrc.run_lock import take_run_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

LOOKUP_MODELS = (
    "operationalstatus",
    "contacttype",
    "servicecategory",
    "ownertype",
    "gbvcategory",
    "infrastructuretype",
    "conditionstatus",
)
PLACE_MODELS = ("county", "constituency", "ward")
CHILDREN = {model: f"facility_{part}" for model, part in PARTS.items()}  # model -> table
LOADED = {*LOOKUP_MODELS, *PLACE_MODELS, "facility", *CHILDREN}
LARGEST_OBJECT = 16 * 1024 * 1024  # bytes
NOT_A_NUMBER = "22P02"  # SQLSTATE: here, a natural key (a list of words) in the place of a primary key
# Classes of SQLSTATE that are not the file's fault: deadlocks, missing rights and tables, no room, locks and timeouts.
OF_THE_SERVER = ("40", "42", "53", "55", "57", "58", "XX")
MOST_BRACES = 200  # tried as the end of an object: its own, and those of the incomplete object after it
OBJECTS = msgspec.json.Decoder(list[Row])


@dataclass(kw_only=True)
class TableAccount:
    """What became of the objects for one table: ``read = inserted + updated + unchanged + left_out``."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    left_out: int = 0  # a facility with a problem, and everything that belongs to one

    @property
    def unchanged(self) -> int:
        """Count what was already there."""
        return self.read - self.inserted - self.updated - self.left_out


@dataclass(kw_only=True)
class FixtureAccount:
    """What a fixture brought."""

    tables: dict[str, TableAccount] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)  # model -> objects of tables that are not this project's
    problems: list[tuple[str, str]] = field(default_factory=list)  # facility code and what is wrong, twenty at most
    without_ward: int = 0  # facilities that landed without one
    exchanged: int = 0  # coordinates whose latitude and longitude were exchanged, and corrected
    outside: int = 0  # coordinates outside Kenya; they are left out


def load_fixture(
    path: Path, database: Database, settings: Settings, *, keep_ids: bool = False, dry_run: bool = False
) -> FixtureAccount:
    """Load a fixture in one transaction; loading it again changes nothing.

    A facility is found by its code. For one that is already here, the file wins in the fields that it fills, and what
    belongs to the facility is added. Exchanged coordinates are corrected, those outside Kenya are left out.
    ``keep_ids`` keeps the file's primary keys and advances the sequences; ``dry_run`` rolls back.

    Raises:
        SourceFileError: the file is no fixture, or the database refuses one of its values; nothing was loaded.
        DatabaseUnavailableError: an import does not end within ``lock_wait_seconds``, the connection broke, or the
            server stopped it; nothing was loaded.
    """
    if not take_run_lock(database, settings.lock_wait_seconds):
        raise DatabaseUnavailableError("An import is going on in this database; wait for its end, then repeat.")
    try:
        with database.transaction(keep=not dry_run):
            return load_objects(path, database, settings, keep_ids=keep_ids)
    except adbc_driver_manager.Error as error:
        if not sqlstate(error):
            raise DatabaseUnavailableError(f"{path}: the connection broke, nothing was loaded. Repeat it.") from error
        if sqlstate(error).startswith(OF_THE_SERVER):
            told = f"{path}: nothing was loaded: {mask(first_line(error))} Mend that, or {advice_on(error)}"
            raise DatabaseUnavailableError(told) from error
        hint = " Dump it without --natural-foreign." if sqlstate(error) == NOT_A_NUMBER else ""
        raise SourceFileError(f"{path}: refused, nothing was loaded: {mask(first_line(error))}{hint}") from error


def load_objects(path: Path, database: Database, settings: Settings, *, keep_ids: bool) -> FixtureAccount:
    """Load the objects of a fixture, inside a transaction."""
    account = FixtureAccount()
    stage_objects(path, database, account)
    actor = find_actor(database, settings)
    for model in LOOKUP_MODELS if settings.create_lookups else ():
        database.run(f"insert_fixture_{model}")
    database.run("meet_fixture_lookups")
    meet_wards(database, settings)
    load_facilities(database, account, actor=actor, keep_ids=keep_ids)
    load_children(database, account, actor=actor, keep_ids=keep_ids)
    if keep_ids:
        database.rows("advance_sequences")
    for table, counts in account.tables.items():
        log_event("fixture_table_loaded", table=table, read=counts.read, inserted=counts.inserted)
    return account


def stage_objects(path: Path, database: Database, account: FixtureAccount) -> None:
    """Copy the objects of this project's tables into ``fixture_objects``, and count the others."""
    database.run("create_fixture_objects")
    for table in ("keys", "places", "facilities"):
        database.run(f"create_fixture_{table}")
    position = 0
    for objects in read_objects(path):
        ours = []
        for item in objects:
            model = item.model.rpartition(".")[2]
            if model in LOADED:
                ours.append((model, item))
            else:
                account.ignored[item.model] = account.ignored.get(item.model, 0) + 1
        database.copy("fixture_objects", as_frame(path, ours, position))
        position += len(ours)
    if not position:
        raise SourceFileError(
            f"{path}: none of its objects belongs to a table of this project. Give a dump of its tables."
        )
    database.run("analyze_fixture_objects")


def as_frame(path: Path, objects: list[tuple[str, Row]], position: int) -> pl.DataFrame:
    """Put objects into the columns of ``fixture_objects``."""
    try:
        return pl.DataFrame(
            {
                "position": range(position + 1, position + 1 + len(objects)),
                "model": [model for model, _ in objects],
                "pk": [None if item.pk is None else int(item.pk) for _, item in objects],
                "fields": [bytes(item.fields).decode() for _, item in objects],
            },
            schema={"position": pl.Int64, "model": pl.String, "pk": pl.Int64, "fields": pl.String},
        )
    except ValueError as error:
        raise SourceFileError(
            f"{path}: has primary keys that are no numbers; this project's tables have none."
        ) from error


def read_objects(path: Path) -> Iterator[list[Row]]:
    """Read a fixture piece by piece: the cut is guessed, and proved if what comes before it parses as whole objects.

    Raises:
        SourceFileError: it is not JSON, is cut off, or its objects have no model and fields.
    """
    rest, count = b"", 0
    with named(path), open_text(path) as chunks:
        for chunk in chunks:
            rest = (rest + chunk).lstrip(b"[, \t\r\n")
            objects, end = whole_objects(path, rest)
            count += len(objects)
            rest = rest[end:]
            yield objects
            if len(rest) > LARGEST_OBJECT:
                break
    if rest.strip(b"], \t\r\n"):
        raise SourceFileError(f"{path}: is cut off or damaged after its object {count:,}. Dump it again.")


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file that an error in reading it is about."""
    try:
        yield
    except SourceFileError as error:
        text = str(error)
        raise SourceFileError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def whole_objects(path: Path, text: bytes) -> tuple[list[Row], int]:
    """Decode the whole objects at the beginning of a text, and say where they end."""
    end = len(text)
    for _ in range(MOST_BRACES):
        end = text.rfind(b"}", 0, end)
        if end < 0:
            break
        try:
            return OBJECTS.decode(b"[" + text[: end + 1] + b"]"), end + 1
        except msgspec.ValidationError as error:
            raise SourceFileError(f"{path}: is no Django fixture: {error}. Give one made by dumpdata.") from error
        except RecursionError as error:
            raise SourceFileError(f"{path}: is nested too deeply. Give one made by dumpdata.") from error
        except msgspec.DecodeError:
            continue
    return [], 0


def meet_wards(database: Database, settings: Settings) -> None:
    """Find the wards that the file's facilities name: by the exact names, then by the rules of an import."""
    database.run("stage_fixture_places")
    database.run("meet_fixture_wards")
    others = database.read("unmet_fixture_places")
    if others.is_empty():
        return
    from gvrc.geography import PlaceResolver

    met = (
        PlaceResolver(database.read("reference"), aliases_of(settings), thresholds_of(settings))
        .resolve(
            others.with_columns(
                sub_county_name=pl.lit(None, pl.String),
                latitude=pl.lit(None, pl.Float64),
                longitude=pl.lit(None, pl.Float64),
            )
        )
        .filter(pl.col("ward_id").is_not_null())
        .select(pl.lit("ward").alias("model"), "pk", pl.col("ward_id").alias("target_id"))
    )
    database.copy("fixture_keys", met)


def load_facilities(database: Database, account: FixtureAccount, *, actor: int, keep_ids: bool) -> None:
    """Load the facilities without a problem, and note the others."""
    database.run("stage_fixture_facilities")
    database.run("find_fixture_problems", keep_ids)
    counts = database.rows("count_fixture_facilities")[0]
    account.problems = [(row["facility_code"] or "?", row["problem"]) for row in database.rows("fixture_problems")]
    account.without_ward = counts["without_ward"]
    account.tables["facilities"] = TableAccount(
        read=counts["read"],
        updated=database.run("update_fixture_facilities", actor),
        inserted=database.run("insert_fixture_facilities", actor, keep_ids),
        left_out=counts["rejected"],
    )
    database.run("meet_fixture_facilities")
    database.run("analyze_fixture_keys")


def load_children(database: Database, account: FixtureAccount, *, actor: int, keep_ids: bool) -> None:
    """Load what belongs to the facilities; coordinates follow the rules of an import."""
    found = {row["model"]: row["objects"] for row in database.rows("count_fixture_objects")}
    account.exchanged = database.run("exchange_fixture_coordinates")
    account.outside = database.run("leave_out_fixture_coordinates")
    database.run("deactivate_former_coordinates", actor)
    for model, table in CHILDREN.items():
        if model in found:
            (counts,) = database.rows(f"insert_fixture_{model}", actor, keep_ids)
            left_out = found[model] - counts["complete"]
            account.tables[table] = TableAccount(read=found[model], left_out=left_out, inserted=counts["inserted"])
