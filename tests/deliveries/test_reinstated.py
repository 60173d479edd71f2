"""A record that another one superseded counts again in a month in which that one does not come any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, outcomes, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

DESCRIPTION = "SELECT description FROM facilities"
LINEAGE = "SELECT to_jsonb(known)::text AS row FROM etl.facility_source AS known ORDER BY 1"
FIRST, SECOND, THIRD = (CLINIC | {"description": text} for text in ("first", "second", "third"))
OTHERS = [CLINIC | {"name": f"Safe House {word}", "code": word} for word in ("Amani", "Baraka", "Furaha")]


def described(database: Database) -> str:
    return str(rows(database, DESCRIPTION)[0]["description"])


@pytest.mark.parametrize("batch_size", [1, 10])
@pytest.mark.parametrize(
    "months",
    [
        ([FIRST, SECOND], [FIRST]),
        ([SECOND, FIRST], [SECOND]),
        ([FIRST, SECOND, THIRD], [FIRST, SECOND]),
        ([FIRST, SECOND, THIRD], [FIRST]),
        ([FIRST, SECOND, THIRD], [FIRST, THIRD]),
    ],
)
def test_what_a_body_has_left_of_its_doubles_is_what_the_directory_says(
    settings: Settings,
    fresh: Database,
    tmp_path: Path,
    batch_size: int,
    months: tuple[list[Any], list[Any]],
) -> None:
    january, february = months
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    run([write(tmp_path, "a.json", january)], settings)
    before, lineage = content(fresh), rows(fresh, LINEAGE)
    path = write(tmp_path, "a.json", february)
    account = run([path], settings)
    assert described(fresh) == february[-1]["description"]
    assert account.files[0].balances()

    after, lineage_after = content(fresh), rows(fresh, LINEAGE)
    assert outcome(run([path], settings, Options(force=True))).get("updated") is None
    assert (content(fresh), rows(fresh, LINEAGE)) == (after, lineage_after)

    undone = undo(account.run_id, settings)
    assert (content(fresh), rows(fresh, LINEAGE)) == (before, lineage)
    undo(undone.run_id, settings)
    assert (content(fresh), rows(fresh, LINEAGE)) == (after, lineage_after)


def test_months_with_and_without_the_double_each_say_their_own(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    for _ in range(3):
        for records, last in (([FIRST, SECOND], "second"), ([FIRST], "first")):
            path = write(tmp_path, "a.json", records)
            run([path], settings)
            assert described(fresh) == last
            assert "updated" not in outcome(run([path], settings, Options(force=True)))


def test_the_last_word_of_a_body_that_sends_nothing_this_month_stays(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    kmhfl, gbv = write(tmp_path, "kmhfl_a.json", [FIRST]), write(tmp_path, "gbv_support_a.json", [SECOND])
    run([kmhfl, gbv], settings)
    assert outcome(run([kmhfl], settings, Options(force=True))) == {"read": 1, "superseded": 1}
    assert described(fresh) == "second"


def test_a_single_file_of_a_body_that_is_run_again_takes_nothing_back_of_its_others(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    kibra, lindi = write(tmp_path, "kmhfl_kibra.json", [FIRST]), write(tmp_path, "kmhfl_lindi.json", [SECOND])
    run([kibra, lindi], settings)
    before = content(fresh)
    assert outcome(run([kibra], settings, Options(force=True))) == {"read": 1, "superseded": 1}
    assert content(fresh) == before
    write(tmp_path, "kmhfl_lindi.json", [OTHERS[0]])
    run([lindi], settings)
    assert outcomes(run([kibra, lindi], settings, Options(force=True)))[0] == {"read": 1, "updated": 1}
    assert rows(fresh, f"{DESCRIPTION} WHERE facility_code = '13080'") == [{"description": "first"}]


def test_a_double_that_came_later_in_a_file_of_the_same_name_is_gone_with_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    for records, last in (([FIRST], "first"), ([FIRST, SECOND], "second"), ([FIRST], "first")):
        run([write(tmp_path, "a.json", records)], settings)
        assert described(fresh) == last


def test_where_a_body_takes_its_last_word_back_the_other_ones_counts(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    kmhfl, gbv = write(tmp_path, "kmhfl_a.json", [FIRST]), write(tmp_path, "gbv_support_a.json", [SECOND, OTHERS[0]])
    run([kmhfl, gbv], settings)
    write(tmp_path, "gbv_support_a.json", [OTHERS[0]])
    account = run([kmhfl, gbv], settings)
    assert outcomes(account) == [{"read": 1, "updated": 1}, {"read": 1, "unchanged": 1}]
    assert rows(fresh, f"{DESCRIPTION} WHERE facility_code = '13080'") == [{"description": "first"}]


def test_a_file_that_cannot_be_read_takes_nothing_back(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    kmhfl, gbv = write(tmp_path, "kmhfl_a.json", [FIRST]), tmp_path / "gbv_support_a.json"
    write(tmp_path, gbv.name, [SECOND])
    run([kmhfl, str(gbv)], settings)
    gbv.write_text(gbv.read_text("utf-8")[:-30], "utf-8")
    account = run([kmhfl, str(gbv)], settings)
    assert [file.status for file in account.files] == ["succeeded", "failed"]
    assert described(fresh) == "second"


def test_a_file_that_was_cut_off_takes_nothing_back_either(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(settings, salvage=True)
    path = write(tmp_path, "a.json", [FIRST, SECOND])
    run([path], settings)
    text = (tmp_path / "a.json").read_text("utf-8")
    (tmp_path / "a.json").write_text(text[: text.rindex('"second"')], "utf-8")
    assert outcome(run([path], settings)) == {"read": 2, "superseded": 1, "rejected": 1}
    assert described(fresh) == "second"


def test_a_record_that_had_to_be_mended_is_known_to_come_in_a_later_batch(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=2, keep_validated=True)  # every record is opened
    path = tmp_path / "a.json"
    records = [FIRST, *OTHERS, CLINIC | {"description": "Café"}]
    path.write_bytes(json.dumps(records, ensure_ascii=False).encode("windows-1252"))
    run([str(path)], settings)
    before = content(fresh)
    for _ in range(2):
        again = run([str(path)], settings, Options(force=True))
        assert outcome(again) == {"read": 5, "unchanged": 4, "superseded": 1}
    assert content(fresh) == before


def test_a_dry_run_tells_that_a_record_would_count_again(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [FIRST, SECOND])], settings)
    before, lineage = content(fresh), rows(fresh, LINEAGE)
    account = run([write(tmp_path, "a.json", [FIRST])], settings, Options(dry_run=True))
    assert outcome(account) == {"read": 1, "updated": 1}
    assert (content(fresh), rows(fresh, LINEAGE)) == (before, lineage)
