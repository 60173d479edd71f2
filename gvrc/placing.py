"""The place resolver of a run, over the wards of its database: made in a thread while others connect and read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    import polars as pl

    from gvrc.cache import Cache
    from gvrc.database import Database
    from gvrc.geography import Aliases, PlaceResolver, Thresholds
    from gvrc.open_run import Run
    from gvrc.settings import Settings


class RunPlaces(Struct, frozen=True):
    """The places of a run: its resolver, once that is made, and the end of the snapshot that it reads."""

    resolver: Callable[[], PlaceResolver]
    end_snapshot: Callable[[], None]

    @contextmanager
    def asked(self) -> Iterator[None]:
        """End the snapshot when all records are placed.

        CREATE INDEX CONCURRENTLY waits for every snapshot, and statistics and foreign keys of its table wait for it:
        the run would wait for itself, which no server can see.
        """
        try:
            yield
        finally:
            self.end_snapshot()


@contextmanager
def places_ahead(this_run: Run, cache: Cache | None) -> Iterator[RunPlaces]:
    """Begin to make the resolver, on a connection of its own.

    A forced run does not need it if all is settled: there it is made when the first record must be transformed, before
    anything is merged. It is made at once, on the run's own connection, in a dry run, whose writes no other connection
    sees, and where no other connection can be had.
    """
    reading = None if this_run.options.dry_run else this_run.database.connect_again_if_possible()
    if reading is None:
        points = this_run.database.read("ward_points")
        only = make_places(this_run, this_run.database, lambda: points, cache)
        yield RunPlaces(lambda: only, lambda: None)
        return
    with reading, ThreadPoolExecutor(1) as maker:
        making = Making(maker, reading, lambda: read_places(this_run, reading, cache))
        if not this_run.options.force:
            making.begin()
        yield RunPlaces(lambda: making.begin().result(), making.end_snapshot)
        making.keep_decided(this_run.database)


class Making:
    """A resolver that is made in a thread, on a connection of its own; remembers whether that has begun."""

    def __init__(self, maker: ThreadPoolExecutor, reading: Database, make: Callable[[], PlaceResolver]) -> None:
        self.maker = maker
        self.reading = reading
        self.make = make
        self.begun: Future[PlaceResolver] | None = None

    def begin(self) -> Future[PlaceResolver]:
        """Begin, unless that was done."""
        self.begun = self.begun or self.maker.submit(self.make)
        return self.begun

    def end_snapshot(self) -> None:
        """End the snapshot, once the resolver is made; where it has ended, the server only says so.

        A file without records is read while the resolver is still being made: two threads that used its connection at
        once waited for ever.
        """
        if self.begun and not self.begun.exception():
            self.reading.release("end_snapshot")

    def keep_decided(self, database: Database) -> None:
        """Keep what the resolver decided anew, if it was made."""
        if self.begun and not self.begun.exception():
            from gvrc.decided import keep_decided  # not before: it imports polars, as the making thread does

            keep_decided(database, self.begun.result())


def read_places(this_run: Run, reading: Database, cache: Cache | None) -> PlaceResolver:
    """Make the resolver from the database as it is now, before anything is merged."""
    places = make_places(this_run, reading, lambda: read_ward_points(reading), cache)
    reading.run_all(("begin_snapshot", "take_snapshot"))
    return places


def read_ward_points(reading: Database) -> pl.DataFrame:
    """Read where the facilities of each ward were when the snapshot was taken, and end the snapshot.

    The server takes 0.1 s for 90,000 facilities. Only a record with tied wards needs this: none in the national list.
    """
    points = reading.read("ward_points")
    reading.run("end_snapshot")
    return points


def make_places(
    this_run: Run, reading: Database, ward_points: Callable[[], pl.DataFrame], cache: Cache | None
) -> PlaceResolver:
    """Make the resolver over the database's own wards, with the aliases and thresholds of the settings."""
    from gvrc.decided import read_decided
    from gvrc.geography import PlaceResolver

    settings = this_run.settings
    return PlaceResolver(
        read_reference(reading, cache),
        aliases_of(settings),
        thresholds_of(settings),
        settings.boundaries,
        ward_points=ward_points,
        warns_by_points=False,  # gvrc/loading/neighbours.py does, when all have landed
        cache=cache,
        decided=lambda fingerprint: read_decided(reading, fingerprint),
    )


def read_reference(database: Database, cache: Cache | None) -> pl.DataFrame:
    """Read the database's wards, or their snapshot out of the shared cache where it has the same digest."""
    if cache is None:
        return database.read("reference")
    digest = str(database.rows("reference_digest")[0]["digest"])
    kept = read_snapshot(cache, digest)
    if kept is not None:
        return kept
    reference = database.read("reference")
    written = BytesIO()
    reference.write_ipc(written)
    cache.set_reference(digest, written.getvalue())
    return reference


def read_snapshot(cache: Cache, digest: str) -> pl.DataFrame | None:
    """Read the snapshot of the reference that has this digest, if there is one and it can be read."""
    import polars as pl

    from gvrc.columns import REFERENCE

    snapshot = cache.get_reference(digest)
    if snapshot is None:
        return None
    try:
        kept = pl.read_ipc(BytesIO(snapshot))
    except (pl.exceptions.PolarsError, OSError):
        return None
    return kept if kept.schema == REFERENCE else None


def aliases_of(settings: Settings) -> Aliases:
    """Read the shipped aliases, and those of the user's file where there is one."""
    from gvrc.geography import read_aliases

    return read_aliases(settings.ward_aliases if settings.ward_aliases.exists() else None)


def thresholds_of(settings: Settings) -> Thresholds:
    """Give the place thresholds of the settings as the resolver names them."""
    import msgspec

    from gvrc.geography import Thresholds

    return Thresholds(**msgspec.structs.asdict(settings.places))
