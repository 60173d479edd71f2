"""A newer export of real facilities: planned, loaded, and taken back to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import content, rows
from tests.undo.test_undo import memory

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

# Facilities that the second run met (818 common codes), renamed and inserted.
CHANGED = """
WITH of_second AS (SELECT max(run_no) AS run_no FROM etl.runs)
SELECT
    (SELECT count(DISTINCT facility_id) FROM etl.former_lineage WHERE changed_by_run_no = of_second.run_no) AS met,
    count(*) FILTER (WHERE after ? 'facility_name') AS renamed,
    count(*) FILTER (WHERE operation = 'insert') AS inserted
FROM etl.changes
JOIN of_second USING (run_no)
WHERE table_name = 'facilities'
GROUP BY of_second.run_no
"""
NOTHING = """
SELECT facility_code
FROM facilities
WHERE lower(registration_number) IN ('none', 'nan', 'null')
    OR lower(facility_code) IN ('none', 'nan', 'null')
    OR facility_code LIKE '%.0'
"""


def test_a_newer_export_is_planned_loaded_and_taken_back(
    settings: Settings, fresh: Database, shared_data: Path
) -> None:
    newer = [str(shared_data / "shapes" / "23_kmhfl2_nairobi_titlecase.geojson")]
    run([str(shared_data / "kmhfl" / "nairobi.json")], settings)
    before = content(fresh), memory(fresh)
    planned = run(newer, settings, Options(dry_run=True))
    assert (content(fresh), memory(fresh)) == before
    assert "12973 facilities.facility_name: Huruma (EDARP) -> EDARP Huruma Clinic" in planned.plan
    done = run(newer, settings)
    assert (done.totals(), done.tables()) == (planned.totals(), planned.tables())
    assert rows(fresh, CHANGED) == [{"met": 818, "renamed": 71, "inserted": 430}]
    assert rows(fresh, NOTHING) == []
    undo(done.run_id, settings)
    assert (content(fresh), memory(fresh)) == before
