"""What the importer does, a folder a behaviour: the files of each run, and in ``expected.txt`` what came of them.

A folder ``run_1`` is imported, then ``run_2``, into a fresh directory. Each behaviour keeps the promises, too: what was
read is accounted for, running again changes nothing, and the runs taken back leave what was there before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.report import draw
from tests.test_pipeline import content, rows

if TYPE_CHECKING:
    from gvrc.account import FileAccount, RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

BEHAVIOURS = sorted(path for path in Path(__file__).parent.iterdir() if (path / "run_1").is_dir())
DIRECTORY = """
SELECT
    facility_code AS code,
    facility_name AS name,
    coalesce(registration_number, '-') AS registration,
    coalesce(facility_type, '-') AS type,
    coalesce(ward_name || ', ' || constituency_name || ', ' || county_name, '-') AS place,
    coalesce(status_name, '-') || CASE WHEN facilities.is_active THEN '' ELSE ' (inactive)' END AS status,
    coalesce(
        (
            SELECT string_agg(concat_ws(' ', latitude::float8, longitude::float8), '; ' ORDER BY coordinate_id)
            FROM facility_coordinates
            WHERE facility_coordinates.facility_id = facilities.facility_id
                AND is_active
        ),
        '-'
    ) AS point,
    coalesce(
        (
            SELECT string_agg(
                concat_ws(' ', contact_value, nullif(contact_person_name, '')),
                '; '
                ORDER BY is_primary DESC, contact_value
            )
            FROM facility_contacts
            WHERE facility_contacts.facility_id = facilities.facility_id
                AND is_active
        ),
        '-'
    ) AS contacts,
    coalesce(
        (
            SELECT string_agg(service_name, '; ' ORDER BY service_name)
            FROM facility_services
            WHERE facility_services.facility_id = facilities.facility_id
        ),
        '-'
    ) AS services
FROM facilities
LEFT JOIN wards USING (ward_id)
LEFT JOIN constituencies USING (constituency_id)
LEFT JOIN counties USING (county_id)
LEFT JOIN operational_statuses USING (operational_status_id)
ORDER BY facility_name COLLATE "C", facility_code
"""


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda path: path.name)
def test_the_files_of_a_behaviour_come_out_as_expected_again_and_back(
    behaviour: Path, settings: Settings, fresh: Database
) -> None:
    before = content(fresh)
    accounts, told = [], []
    for files in sorted(behaviour.glob("run_*")):
        accounts.append(run([str(files)], settings))
        told += [files.name, *map(file_line, accounts[-1].files), "", *directory_lines(fresh), ""]
    assert told == (behaviour / "expected.txt").read_text("utf-8").split("\n"), "\n".join(told)

    after = content(fresh)
    again = run([str(files)], settings, Options(force=True))
    assert changed(again) == {}
    assert content(fresh) == after

    for account in reversed(accounts):
        undo(account.run_id, settings)
    assert content(fresh) == before


def file_line(file: FileAccount) -> str:
    """Say what became of a file's records: ``kps.json: read 2 = inserted 1 + rejected 1 (name_missing)``."""
    assert file.balances()
    counts = {name: count for name, count in file.counts().items() if count}
    read = counts.pop("read", 0)
    outcomes = " + ".join(f"{name} {count}" for name, count in counts.items())
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(file.rejects.items()))
    issues = ", ".join(f"{kind} {count}" for kind, count in sorted(file.issues.items()))
    unmapped = ", ".join(f"{key} {count}" for key, (count, _) in sorted(file.unmapped.items()))
    return (
        f"{Path(file.path).name}: {f'read {read} = {outcomes}' if read else file.status}"
        + (f"; rejects: {reasons}" if reasons else "")
        + (f"; issues: {issues}" if issues else "")
        + (f"; unmapped keys: {unmapped}" if unmapped else "")
    )


def directory_lines(database: Database) -> list[str]:
    """Draw the directory, a facility a line."""
    facilities = rows(database, DIRECTORY)
    if not facilities:
        return ["(no facility)"]
    table = [tuple(facilities[0]), *(tuple(facility.values()) for facility in facilities)]
    lines, rule = draw(table, words=len(table[0]))
    return [line.rstrip() for line in (lines[0], rule, *lines[1:])]


def changed(account: RunAccount) -> dict[str, int]:
    """Count what a run has written."""
    return {name: count for name, count in account.totals().items() if name in ("inserted", "updated") and count}
