"""Whether two places of one name are one facility, where a code does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import outcome, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.settings import Settings

SHELTER = {"name": "Amani Shelter", "county": "Nairobi", "constituency": "Westlands", "ward": "Kitisuru"}
SOUTH = SHELTER | {"lat": -1.25, "long": 36.78, "phone": "0700000016"}
NORTH = SHELTER | {"lat": -1.22, "long": 36.78, "phone": "0700000017"}  # 3.3 km


def load(settings: Settings, folder: Path, *records: dict[str, Any], name: str = "a.json", force: bool = False) -> Any:
    return run([write(folder, name, list(records))], settings, Options(force=force))


@pytest.mark.parametrize(("latitude", "expected"), [(-1.2585, "updated"), (-1.2395, "inserted")])
@pytest.mark.parametrize("is_coded_first", [True, False])
def test_a_record_without_a_code_is_met_by_its_name_within_a_kilometre_and_no_farther(
    settings: Settings, tmp_path: Path, latitude: float, expected: str, is_coded_first: bool
) -> None:
    coded, other = SOUTH | {"code": "13080"}, SOUTH | {"lat": latitude}
    first, second = (coded, other) if is_coded_first else (other, coded)
    load(settings, tmp_path, first, name="one_body.json")
    assert outcome(load(settings, tmp_path, second, name="another_body.json")) == {"read": 1, expected: 1}
