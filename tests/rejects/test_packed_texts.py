"""The text of a record is packed while its batch is in work; whoever is refused, however late, has it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from gvrc.pipeline import Options, run
from gvrc.reading.raw import WORTH_PACKING, PackedTexts
from tests.test_pipeline import outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

LONG = "x" * 2_000  # so that 60 records are worth packing
CLINICS: list[dict[str, Any]] = [
    {"code": code, "name": f"Clinic {code}", "county_name": "Nairobi", "remarks": f"{code}{LONG}"} for code in range(60)
]
GHOST = CLINICS[7] | {"name": "Ghost Clinic"}
NAMELESS = CLINICS[9] | {"name": ""}
GIVEN = [*CLINICS[:7], GHOST, CLINICS[8], NAMELESS, *CLINICS[10:]]


@pytest.fixture
def is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for a large one."""
    monkeypatch.setattr("gvrc.batches.SMALL_FILE", 0)


@st.composite
def files(draw: st.DrawFn) -> list[pl.DataFrame]:
    """Records of a few files in parts, some long enough to be packed, with numbers that were left out."""
    parts = []
    for file_no in draw(st.lists(st.integers(1, 5), unique=True, min_size=1)):
        numbers = sorted(draw(st.sets(st.integers(1, 40), min_size=1)))
        parts += [
            pl.DataFrame(
                {"file_no": file_no, "record_number": half, "raw": [f'{{"a":{n}}}{" " * size}' for n in half]},
                schema_overrides={"file_no": pl.Int64, "record_number": pl.Int64},
            )
            for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :])
            for size in (draw(st.sampled_from([0, WORTH_PACKING])),)
            if half
        ]
    return parts


@example_settings(deadline=None)
@given(files(), st.data())
def test_texts_come_back_to_whichever_records_want_them(parts: list[pl.DataFrame], data: st.DataObject) -> None:
    texts = PackedTexts()
    packed = pl.concat([texts.pack(part) for part in parts])
    whole = pl.concat(parts)
    wanted = data.draw(st.lists(st.integers(0, len(whole) - 1), unique=True))
    assert_frame_equal(texts.unpack(packed[wanted]), whole[wanted])


def test_only_long_texts_are_packed() -> None:
    texts = PackedTexts()
    long, short = (
        pl.DataFrame({"file_no": [1], "record_number": [1], "raw": ["x" * length]}) for length in (WORTH_PACKING, 50)
    )
    assert texts.pack(long)["raw"].to_list() == [None]
    assert 0 < texts.size < WORTH_PACKING / 10
    assert_frame_equal(texts.pack(short), short)
    texts.forget(1)
    assert texts.size == 0


@pytest.mark.parametrize(("records", "packed"), [(60, 0), (1_100, 1_100)])
def test_the_texts_of_a_large_file_are_packed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: int, packed: int
) -> None:
    sizes: list[int] = []
    pack = PackedTexts.pack

    def note(texts: PackedTexts, frame: pl.DataFrame) -> pl.DataFrame:
        left = pack(texts, frame)
        sizes.append(left["raw"].null_count())
        return left

    monkeypatch.setattr(PackedTexts, "pack", note)
    clinics = [CLINICS[number % 60] | {"code": number, "name": f"Clinic {number}"} for number in range(records)]
    assert outcome(run([write(tmp_path, "a.json", clinics)], settings)) == {"read": records, "inserted": records}
    assert sum(sizes) == packed


@pytest.mark.usefixtures("is_large")
@pytest.mark.parametrize("is_first_load", [True, False])
def test_a_record_that_the_rules_or_the_database_refuse_is_set_aside_as_it_came(
    settings: Settings, fresh: Database, tmp_path: Path, *, is_first_load: bool
) -> None:
    run([write(tmp_path, "other.json", [CLINICS[0] | {"code": 99}])], settings, Options(dry_run=is_first_load))
    fresh.execute("ALTER TABLE facilities ADD CONSTRAINT no_ghosts CHECK (facility_name <> 'Ghost Clinic')")
    path = write(tmp_path, "a.json", GIVEN)
    for account in (run([path], settings), run([path], settings, Options(force=True))):
        assert account.files[0].rejects == {"name_missing": 1, "refused_by_database": 1}
        rejects = rows(fresh, "SELECT record_number, raw FROM etl.rejects ORDER BY record_number")
        assert [(row["record_number"], json.loads(row["raw"])) for row in rejects] == [(8, GHOST), (10, NAMELESS)]


@pytest.mark.usefixtures("is_large")
def test_corrected_rejects_land_beside_packed_records(settings: Settings, tmp_path: Path) -> None:
    account = run([write(tmp_path, "a.json", GIVEN)], settings)
    rejects = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    rejects.write_text(rejects.read_text("utf-8").replace('"name": ""', '"name": "Amani Shelter"'), "utf-8")
    others = [clinic | {"code": clinic["code"] + 100} for clinic in CLINICS]
    again = run([write(tmp_path, "b.json", others), str(rejects)], settings)
    assert outcome(again) == {"read": 61, "inserted": 61}


@pytest.mark.usefixtures("is_large")
def test_what_is_kept_of_a_batch_that_landed_has_the_texts(settings: Settings, tmp_path: Path) -> None:
    account = run([write(tmp_path, "a.json", GIVEN)], msgspec.structs.replace(settings, keep_validated=True))
    kept = pl.read_parquet(settings.data_dir / "validated" / account.run_id / "*.parquet")
    assert [json.loads(raw) for raw in kept["raw"]] == [record for record in GIVEN if record != NAMELESS]
