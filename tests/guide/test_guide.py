"""The founding guide's code and SQL, as a person who follows it would use them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import gvrc
from gvrc.settings import PROJECT
from gvrc.statements import all_statements
from tests.conftest import variables_of

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

CLINIC = {
    "name": "Mukuru Crisis Clinic",
    "code": "13080",
    "location": {"county": "Nairobi", "constituency": "Westlands", "ward": "Kitisuru"},
    "contacts": [{"type": "phone", "value": "0700000016"}],
    "services": ["PEP", "Counselling"],
}
SUMMARY_KEYS = {
    "total_records_processed",
    "total_processing_time",
    "average_processing_time_per_record",
    "total_errors",
    "error_rate",
    "quality_score",
}


@pytest.fixture(autouse=True)
def environment_of_the_test(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment name the test's database and folders, as an operator's shell would."""
    for name in [name for name in os.environ if name.startswith("GVRC_")]:
        monkeypatch.delenv(name)
    for name, value in variables_of(settings).items():
        monkeypatch.setenv(name, value)


def write(tmp_path: Path, document: object, name: str = "clinics.json") -> str:
    path = tmp_path / name
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def test_every_name_of_the_guide_is_public() -> None:
    names = (
        "ETLPipeline JSONExtractor FacilityTransformer GeographicMapper DataEnricher DataValidator DatabaseLoader "
        "ConfigManager CircuitBreaker MemoryManager HealthChecker MetricsCollector DataValidationError "
        "DataTransformationError"
    )
    assert set(names.split()) <= set(gvrc.__all__)
    for name in names.split():
        assert isinstance(getattr(gvrc, name), type)
    with pytest.raises(AttributeError):
        _ = gvrc.no_such_name


def test_the_pipeline_gives_the_guides_keys(tmp_path: Path) -> None:
    pipeline = gvrc.ETLPipeline(str(PROJECT / "config" / "example.yaml"))
    found = pipeline.run([write(tmp_path, [CLINIC, {"code": "13081"}])])
    assert set(found) == {"success", "processed_count", "error_count", "metrics"}
    assert (found["success"], found["processed_count"], found["error_count"]) == (True, 1, 1)
    assert set(found["metrics"]) == SUMMARY_KEYS
    assert found["metrics"]["total_records_processed"] == 2
    assert found["metrics"]["error_rate"] == 50.0


def test_the_pipelines_phases_one_after_the_other_account_for_every_record(fresh: Database, tmp_path: Path) -> None:
    pipeline = gvrc.ETLPipeline()
    raw = pipeline.extract_data([write(tmp_path, [CLINIC, {"code": "13081"}])])
    transformed = pipeline.transform_data(raw)
    assert [record.get("ward_match") for record in transformed] == ["exact", None]
    loaded = pipeline.load_data(transformed)
    assert (loaded["success_count"], loaded["error_count"]) == (1, 1)
    assert [error["error"] for error in loaded["errors"]] == ["name_missing: 1 records"]
    assert {row["table_name"]: row["rows"] for row in fresh.rows("count_tables")}["facilities"] == 1
    assert gvrc.DatabaseLoader(pipeline.config).load_facilities([CLINIC])["success_count"] == 1


def test_a_pipeline_that_fails_says_so_with_the_guides_keys(tmp_path: Path) -> None:
    found = gvrc.ETLPipeline().run([str(tmp_path / "absent.json")])
    assert set(found) == {"success", "error", "metrics"}
    assert found["success"] is False
    assert "absent.json" in found["error"]


def test_a_pipeline_whose_database_failed_three_times_in_a_row_does_not_knock_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://gvrc@127.0.0.1:1/gvrc")
    pipeline = gvrc.ETLPipeline()
    told = [pipeline.run([write(tmp_path, [CLINIC])])["error"] for _ in range(4)]
    assert ["cannot be reached" in error for error in told] == [True, True, True, False]
    assert "3 times in a row and is given up" in told[3]
    assert pipeline.circuit_breaker.is_open


@pytest.mark.parametrize(
    "document", [[CLINIC], {"facilities": [CLINIC]}, {"data": [CLINIC]}, {"data": {"facilities": [CLINIC]}}, CLINIC]
)
def test_the_extractor_finds_the_facilities_in_every_structure_of_the_guide(tmp_path: Path, document: object) -> None:
    (found,) = gvrc.JSONExtractor().extract_facilities(write(tmp_path, document))
    assert (found["facility_name"], found["facility_code"]) == ("Mukuru Crisis Clinic", "13080")
    assert (found["county_name"], found["ward_name"]) == ("Nairobi", "Kitisuru")


def test_the_transformer_gives_one_facility_in_the_directorys_form() -> None:
    found = gvrc.FacilityTransformer().transform_facility(CLINIC)
    assert found["facility_name"] == "Mukuru Crisis Clinic"
    assert found["ward_id"] is not None
    assert found["ward_match"] == "exact"
    with pytest.raises(gvrc.DataTransformationError):
        gvrc.FacilityTransformer().transform_facility({"code": "13081"})


def test_the_validator_gives_the_guides_result() -> None:
    result = gvrc.DataValidator().validate_facility(CLINIC)
    assert (result.is_valid, result.errors) == (True, [])
    assert 0 < result.quality_score <= 100
    result = gvrc.DataValidator().validate_facility({"code": "13081"})
    assert not result.is_valid
    assert result.errors


def test_the_loader_gives_the_guides_keys(fresh: Database) -> None:
    loader = gvrc.DatabaseLoader()
    found = loader.load_facilities([CLINIC, {"code": "13081"}])
    assert set(found) == {"success_count", "error_count", "errors"}
    assert (found["success_count"], found["error_count"]) == (1, 1)
    assert {row["table_name"]: row["rows"] for row in fresh.rows("count_tables")}["facilities"] == 1


def test_faces_give_an_error_of_the_server_with_the_guides_keys(fresh: Database, tmp_path: Path) -> None:
    gvrc.DatabaseLoader().load_facilities([CLINIC])
    fresh.execute("ALTER TABLE etl.runs RENAME TO former_runs")
    found = gvrc.ETLPipeline().run([write(tmp_path, [CLINIC])])
    assert found["success"] is False
    assert "etl.runs" in found["error"]
    loaded = gvrc.DatabaseLoader().load_facilities([CLINIC, CLINIC])
    assert (loaded["success_count"], loaded["error_count"]) == (0, 2)
    assert "etl.runs" in loaded["errors"][0]["error"]


def test_a_loader_whose_database_is_away_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql:///nowhere?host={tmp_path}")
    loaded = gvrc.DatabaseLoader().load_facilities([CLINIC])
    assert (loaded["success_count"], loaded["error_count"]) == (0, 1)
    assert len(loaded["errors"]) == 1


def test_mapper_and_enricher_work_on_one_facility() -> None:
    mapped = gvrc.GeographicMapper().map_location(
        {"county_name": "Nairobi", "constituency_name": "Westlands", "ward_name": "Kitisuru"}
    )
    assert mapped["ward_match"] == "exact"
    enriched = gvrc.DataEnricher().enrich_facility({"facility_name": "Mukuru Crisis Clinic"})
    assert enriched["facility_name"] == "Mukuru Crisis Clinic"


def test_the_guides_other_classes_are_made_as_it_makes_them() -> None:
    assert gvrc.CircuitBreaker().call(lambda: 3) == 3
    assert gvrc.MemoryManager().max_memory_mb == 512
    assert list(gvrc.MemoryManager(100_000).process_in_chunks([1, 2, 3], chunk_size=2)) == [[1, 2], [3]]
    assert set(gvrc.HealthChecker().run_health_checks()) == {"overall_status", "checks", "timestamp"}
    assert set(gvrc.MetricsCollector().get_metrics_summary()) == SUMMARY_KEYS
    assert gvrc.ConfigManager(str(PROJECT / "config" / "production.yaml")).get("archive_processed") is True


INSERT = """
INSERT INTO facilities (
    facility_code, registration_number, facility_name,
    facility_type, operational_status_id, ward_id,
    created_by, updated_by, is_active
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (facility_code) DO UPDATE SET
    registration_number = EXCLUDED.registration_number,
    facility_name = EXCLUDED.facility_name,
    updated_at = CURRENT_TIMESTAMP
"""


def test_the_guides_insert_and_count_run_verbatim_on_a_fresh_database(fresh: Database) -> None:
    for name in ("Mukuru Clinic", "Mukuru Crisis Clinic"):
        assert fresh.execute(INSERT, "13080", "", name, "Dispensary", 1, 1, 1, 1, True) == 1
    all_statements()["count_of_the_guide"] = "SELECT COUNT(*) FROM facilities"
    assert fresh.rows("count_of_the_guide") == [{"count": 1}]


def test_the_guides_requirements_file_is_the_projects() -> None:
    lines = (PROJECT / "config" / "etl_requirements.txt").read_text("utf-8").splitlines()
    assert lines[-1] == "-r ../requirements.txt"
