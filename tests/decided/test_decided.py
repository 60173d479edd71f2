"""A place that was decided before is not decided again, and comes out the same."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from gvrc import decided as decided_places
from gvrc.database import Database
from gvrc.errors import UsageError
from gvrc.geography import PlaceResolver, read_aliases, read_shipped_reference
from gvrc.geography.labels import read_gazetteer
from gvrc.geography.mapper import GIVEN
from gvrc.geography.resolver import DECIDED
from gvrc.migrations import look_at_database, migrate
from gvrc.pipeline import Options, run
from gvrc.placing import read_places
from tests.geography.test_resolver import BATCHES
from tests.settled.test_settled import stands, told
from tests.test_pipeline import CLINIC, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.settings import Settings

NAMES = ("county_name", "constituency_name", "ward_name")
GAZETTEER = "gvrc.geography.resolver.read_gazetteer"


def places(*names: tuple[str | None, ...]) -> list[dict[str, Any]]:
    """Make records of facilities in these places."""
    return [
        CLINIC | {"code": 13_000 + number, "name": f"Clinic {number}"} | dict(zip(NAMES, place, strict=True))
        for number, place in enumerate(names)
    ]


def forbid_gazetteer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a gazetteer was made")

    monkeypatch.setattr(GAZETTEER, refuse)
    monkeypatch.setattr("gvrc.geography.resolver.KEPT", {})


def kept(database: Database) -> list[dict[str, Any]]:
    return rows(database, "SELECT * FROM etl.decided_places ORDER BY county_name, constituency_name, ward_name")


HERE, MISSPELT, NOWHERE = ("Nairobi", "Makadara", "Viwandani"), ("Nairobi", "Makadara", "Viwandan"), (None, None, None)
TIED = ("Kiambu", None, "Township")


def test_a_run_over_places_that_were_decided_before_makes_no_gazetteer_and_places_them_alike(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", places(HERE, MISSPELT, NOWHERE, ("Nairobi", "Gem", "Viwandani")))
    first = run([path], settings)
    before = stands(fresh)
    assert len(kept(fresh)) == 4
    forbid_gazetteer(monkeypatch)
    fresh.execute("DELETE FROM etl.settled_facilities")
    again = run([path], settings, Options(force=True))
    assert [file.ward_match for file in again.files] == [file.ward_match for file in first.files]
    assert again.totals()["unchanged"] == first.totals()["inserted"]
    assert stands(fresh) == before


def test_a_process_makes_the_gazetteer_once_for_the_same_wards_and_anew_for_others(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def note(*given: Any) -> Any:
        made.append(len(given))
        return read_gazetteer(*given)

    monkeypatch.setattr(GAZETTEER, note)
    monkeypatch.setattr("gvrc.geography.resolver.KEPT", {})
    for place, match, times in ((HERE, "exact", 1), (MISSPELT, "fuzzy", 1)):
        account = run([write(tmp_path, "a.json", places(place))], settings)
        assert (account.files[0].ward_match, len(made)) == ({match: 1}, times)
    fresh.execute("UPDATE wards SET ward_name = 'Viwandan' WHERE ward_name = 'Viwandani'")
    account = run([write(tmp_path, "b.json", places(MISSPELT))], settings)
    assert (account.files[0].ward_match, len(made)) == ({"exact": 1}, 2)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM wards WHERE ward_name = 'Makongeni'",
        "UPDATE wards SET ward_name = 'Viwandani Ward' WHERE ward_name = 'Viwandani'",
    ],
)
def test_other_wards_decide_anew(settings: Settings, fresh: Database, tmp_path: Path, change: str) -> None:
    run([write(tmp_path, "a.json", places(HERE))], settings)
    (former,) = kept(fresh)
    fresh.execute(change)
    run([write(tmp_path, "b.json", places(HERE, MISSPELT))], settings)
    assert len(kept(fresh)) == 2
    assert former["fingerprint"] not in {row["fingerprint"] for row in kept(fresh)}


def test_another_alias_decides_anew(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    place = ("Nairobi", "Makadara", "Zanzibar Estate")
    run([write(tmp_path, "a.json", places(place))], settings)
    assert [row["ward_match"] for row in kept(fresh)] == ["none"]
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("alias,county,constituency,ward\nZanzibar Estate,Nairobi,Makadara,Viwandani\n", "utf-8")
    run([write(tmp_path, "b.json", places(place))], msgspec.structs.replace(settings, ward_aliases=aliases))
    assert [row["ward_match"] for row in kept(fresh)] == ["alias"]


def test_an_alias_that_fits_no_ward_is_told_though_all_places_were_decided_before(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", places(HERE))
    run([path], settings)
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("alias,county,constituency,ward\nZanzibar,Nairobi,Makadara,Nowhere\n", "utf-8")
    wrong = msgspec.structs.replace(settings, ward_aliases=aliases)
    changed = write(tmp_path, "b.json", [record | {"beds": 5} for record in places(HERE)])
    with pytest.raises(UsageError, match="Nowhere"):
        run([changed], wrong)
    assert len(kept(fresh)) == 1


def test_what_only_coordinates_tell_apart_is_told_by_each_records_own(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    tied = [CLINIC | dict(zip(NAMES, ("Nakuru", None, "Biashara"), strict=True)) for _ in range(2)]
    points = {"lat": "-0.295", "long": "36.075"}, {"lat": "-0.67", "long": "36.51"}
    for name, record, point in zip(("a.json", "b.json"), tied, points, strict=True):
        run([write(tmp_path, name, [record | point | {"code": name, "name": name}])], settings)
    assert [(row["ward_no"], len(row["tied"])) for row in kept(fresh)] == [(None, 2)]
    wards = """
        SELECT facility_code, constituency_name
        FROM facilities
        JOIN wards USING (ward_id)
        JOIN constituencies USING (constituency_id)
        ORDER BY 1"""
    assert [row["constituency_name"] for row in rows(fresh, wards)] == ["Nakuru Town East", "Naivasha"]


def test_polygons_that_are_given_later_or_change_settle_a_tie_of_a_file_that_was_loaded_before(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    tied = CLINIC | dict(zip(NAMES, ("Nakuru", None, "Biashara"), strict=True)) | {"lat": "-0.45", "long": "36.3"}
    path = write(tmp_path, "a.json", [tied])
    polygons = tmp_path / "wards.geojson"
    with_polygons = msgspec.structs.replace(settings, boundaries=polygons)
    run([path], settings)
    wards = "SELECT ward_name FROM facilities LEFT JOIN wards USING (ward_id)"
    assert [row["ward_name"] for row in rows(fresh, wards)] == [None]
    polygons.write_text(json.dumps(polygon_of("Naivasha", (35.0, -1.0))), "utf-8")
    run([path], with_polygons)
    assert [row["ward_name"] for row in rows(fresh, wards)] == [None]
    polygons.write_text(json.dumps(polygon_of("Naivasha", (36.3, -0.45))), "utf-8")
    run([path], with_polygons)
    assert [row["ward_name"] for row in rows(fresh, wards)] == ["Biashara"]


def polygon_of(constituency: str, corner: tuple[float, float]) -> dict[str, Any]:
    """Make a collection of one ward: Biashara of this constituency, 11 km each way from the corner on."""
    (x, y), names = corner, {"county": "Nakuru", "constituency": constituency, "ward": "Biashara"}
    ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]
    feature = {"type": "Feature", "properties": names, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return {"type": "FeatureCollection", "features": [feature]}


def test_a_dry_run_keeps_nothing(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", places(HERE))], settings, Options(dry_run=True))
    assert kept(fresh) == []


def test_only_so_many_places_are_kept(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided_places, "MOST_KEPT", 2)
    for name, place in (("a.json", HERE), ("b.json", MISSPELT), ("c.json", NOWHERE)):
        run([write(tmp_path, name, places(place))], settings)
    assert len(kept(fresh)) == 2


def test_a_run_lands_whole_where_places_cannot_be_kept(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", places(HERE))], settings)
    fresh.execute("ALTER TABLE etl.decided_places ADD CHECK (ward_name = 'Viwandani')")
    account = run([write(tmp_path, "b.json", places(HERE, MISSPELT))], settings)
    assert account.status == "succeeded"
    assert len(kept(fresh)) == 1


@pytest.fixture
def keeping(fresh: Database) -> Database:
    """A database with the importer's own tables."""
    migrate(fresh, look_at_database(fresh))
    return fresh


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
def test_every_answer_can_be_kept_and_is_given_again(keeping: Database, batch: list[tuple[str | None, ...]]) -> None:
    keeping.execute("DELETE FROM etl.decided_places")
    records = pl.DataFrame([dict(zip(NAMES, place, strict=True)) for place in batch], schema=GIVEN)

    def resolver(decided: Callable[[str], pl.DataFrame] | None = None) -> PlaceResolver:
        return PlaceResolver(read_shipped_reference(), read_aliases(), warns_by_points=False, decided=decided)

    first = resolver()
    found = first.resolve(records)
    decided_places.keep_decided(keeping, first)
    second = resolver(lambda fingerprint: decided_places.read_decided(keeping, fingerprint))
    assert second.resolve(records).equals(found)
    assert second.newly_decided.is_empty()
    assert "_gazetteer" not in vars(second)


def test_the_account_of_a_run_does_not_depend_on_what_was_decided_before(
    settings: Settings, tmp_path: Path, further_urls: Callable[[], str]
) -> None:
    first = write(tmp_path, "a.json", places(HERE, MISSPELT, TIED))
    second = write(tmp_path, "b.json", places(TIED, NOWHERE, MISSPELT, ("Kwale", "Msambweni", "Gombato")))
    accounts = []
    for forgets in (False, True):
        changed = msgspec.structs.replace(settings, database_url=further_urls())
        run([first], changed)
        with pytest.MonkeyPatch.context() as patched:
            if forgets:
                patched.setattr(decided_places, "read_decided", lambda *_: DECIDED.to_frame())
            accounts.append(told(run([second], changed)))
    assert accounts[0] == accounts[1]


def test_a_run_that_is_over_before_its_places_are_made_waits_for_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def make_slowly(*given: Any) -> PlaceResolver:
        time.sleep(0.5)
        order.append("made")
        return read_places(*given)

    def note_release(database: Database, name: str, *parameters: Any) -> None:
        order.append(name)
        release(database, name, *parameters)

    release = Database.release
    monkeypatch.setattr("gvrc.placing.read_places", make_slowly)
    monkeypatch.setattr(Database, "release", note_release)
    account = run([write(tmp_path, "a.json", [{"nothing": 1}])], settings)
    assert account.totals()["inserted"] == 0
    assert order.index("made") < order.index("end_snapshot")
