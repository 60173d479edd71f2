"""The benchmark's data: other facilities in every copy, the same bytes at every call."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import scale
from benchmarks.generated import generated_county_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _two_generated_counties(monkeypatch: pytest.MonkeyPatch) -> None:
    counties = [(county, records[:60]) for county, records in islice(generated_county_files(), 2)]
    monkeypatch.setattr(scale, "county_files", lambda: iter(counties))


def written(folder: Path, copies: int, *, changed: bool = False) -> list[dict[str, Any]]:
    scale.write_scaled(folder, range(copies), changed=changed)
    pages = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    assert all(page["count"] == len(page["results"]) for page in pages)
    return [record for page in pages for record in page["results"]]


def test_every_copy_is_other_facilities_at_the_same_places(tmp_path: Path) -> None:
    records = written(tmp_path, 3)
    assert len(records) == 3 * 120
    for key in ("code", "id", "name"):
        assert len({record[key] for record in records}) == len(records)
    assert set(Counter(record["ward"] for record in records).values()) <= {3 * n for n in range(1, 121)}


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "once", 2) == written(tmp_path / "again", 2)


def test_the_changed_variant_renames_one_facility_in_a_hundred_and_touches_every_file(tmp_path: Path) -> None:
    before, after = written(tmp_path / "before", 2), written(tmp_path / "after", 2, changed=True)
    renamed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(renamed) == 2 * 2
    assert all(record["name"].endswith(" Annex") for record in renamed)


def test_generated_data_has_the_size_of_the_national_list() -> None:
    counties = dict(generated_county_files())
    assert len(counties) == 35
    assert len(counties["nairobi"]) == 1005
    assert sum(map(len, counties.values())) == 9267


@pytest.mark.skipif(not scale.REAL.is_dir(), reason="the real facility list (../shared/data/kmhfl) is not here")
def test_generated_facilities_have_the_keys_of_the_real_list() -> None:
    real = json.loads(next(scale.REAL.glob("*.json")).read_bytes())["results"][0]
    generated = next(generated_county_files())[1][0]
    assert set(generated) == set(real)
