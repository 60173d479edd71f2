"""Each example of docs/data_format.md is imported, and gives what the table under it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from gvrc.meaning.meanings import Keys
from gvrc.pipeline import run
from gvrc.settings import PROJECT
from gvrc.sources import FIELDS
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

TEXT = (PROJECT / "docs" / "data_format.md").read_text("utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```\s+(\|.*?\n)(?:\n|$)", TEXT, re.DOTALL)
SOURCES = "".join(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
PINNED = r"`(msaada_june\.json)`"
LANDED = """
SELECT
    facility_name AS name,
    facility_code AS code,
    county_name AS county,
    constituency_name AS constituency,
    ward_name AS ward,
    latitude::float8::text AS latitude,
    longitude::float8::text AS longitude,
    facility_type AS type,
    (SELECT string_agg(contact_value, '; ' ORDER BY contact_id) FROM facility_contacts AS c
        WHERE c.facility_id = f.facility_id) AS contacts,
    (SELECT string_agg(service_name, '; ' ORDER BY service_name) FROM facility_services AS s
        WHERE s.facility_id = f.facility_id) AS services
FROM facilities AS f
LEFT JOIN wards USING (ward_id)
LEFT JOIN constituencies USING (constituency_id)
LEFT JOIN counties USING (county_id)
LEFT JOIN facility_coordinates USING (facility_id)
"""


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in line.strip().strip("|").split(" | ")]


def table(text: str) -> list[dict[str, str]]:
    head, _, *lines = text.strip().splitlines()
    return [dict(zip(cells(head), cells(line), strict=True)) for line in lines]


def tables_with(heading: str) -> list[dict[str, str]]:
    (found,) = re.findall(rf"^(\| {heading}.*?\n)(?:\n|$)", TEXT, re.DOTALL | re.MULTILINE)
    return table(found)


def test_every_example_is_imported_as_its_table_says(fresh: Database, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES, "utf-8")
    (pinned,) = re.findall(PINNED, TEXT)
    files = [tmp_path / (pinned if "jibu" in example else f"{n}.json") for n, (example, _) in enumerate(EXAMPLES)]
    for file, (example, _) in zip(files, EXAMPLES, strict=True):
        file.write_text(example, "utf-8")

    account = run(map(str, files), msgspec.structs.replace(settings, sources=tmp_path / "sources.yaml"))

    expected = [row for _, rows in EXAMPLES for row in table(rows)]
    assert [(file.status, file.inserted) for file in account.files] == [("succeeded", 1)] * len(expected)
    landed = {row["name"]: row for row in rows(fresh, LANDED)}
    assert [{key: landed[row["name"]][key] or "" for key in row} for row in expected] == expected
    assert len(landed) == len(expected) >= 6


def test_every_json_of_the_document_has_a_table_that_says_what_becomes_of_it() -> None:
    assert TEXT.count("```json") == len(EXAMPLES)


def test_every_key_of_the_table_of_fields_means_its_field() -> None:
    for row in tables_with("field"):
        fields, keys = set(re.findall(r"`(\w+)`", row["field"])), re.findall(r"`([\w.]+)`", row["keys"])
        assert fields
        assert keys
        assert fields <= set(FIELDS)
        for key in keys:
            assert fields & {meaning.field for meaning in Keys().meanings((key,))}, key


@pytest.mark.parametrize("row", tables_with("a file with"), ids=lambda row: row["a file with"])
def test_what_is_refused_is_refused_in_these_words(row: dict[str, str], settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(row["a file with"].strip("` "), "utf-8")
    file = run([str(path)], settings).files[0]
    assert (file.status, file.read) == ("failed", 0)
    assert row["fails with"] in (file.error or "")
