"""What is refused for what it says: rows that stand in a list of facilities and are none."""

from __future__ import annotations

import pytest

from gvrc.rules import Demands
from gvrc.transform import transform_one


def reason(name: str) -> str | None:
    record = {"name": name, "county": "Nairobi", "beds": "1,200"}
    found: str | None = transform_one(record, Demands())["reject_reason"].item()
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("TOTAL", "Total:", "Totals", "Grand Total", "GRAND-TOTAL", "Sub-total: Nairobi", "Subtotal", "Overall total"),
        *("Total facilities", "Total number of beds", "Total for Nairobi", "Nairobi County Total", "NAIROBI - TOTAL"),
        *("Jumla", "Jumla Kuu"),
    ],
)
def test_the_sum_at_the_end_of_a_sheet_is_no_facility(name: str) -> None:
    assert reason(name) == "totals_row"


@pytest.mark.parametrize(
    "name", ["Total Dispensary", "Total Health Dispensary(Naivasha)", "Outspan Clinic Total", "Jumla Clinic", "Totali"]
)
def test_a_facility_that_is_called_total_is_one(name: str) -> None:
    assert reason(name) is None
