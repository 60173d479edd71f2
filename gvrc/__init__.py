"""GVRC ETL: facility files of many bodies into one directory. Start reading at ``gvrc/pipeline.py``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvrc.enrich import DataEnricher as DataEnricher
    from gvrc.errors import DataTransformationError as DataTransformationError
    from gvrc.errors import DataValidationError as DataValidationError
    from gvrc.extract import JSONExtractor as JSONExtractor
    from gvrc.geography import GeographicMapper as GeographicMapper
    from gvrc.health import HealthChecker as HealthChecker
    from gvrc.load import DatabaseLoader as DatabaseLoader
    from gvrc.memory import MemoryManager as MemoryManager
    from gvrc.metrics import MetricsCollector as MetricsCollector
    from gvrc.pipeline import ETLPipeline as ETLPipeline
    from gvrc.resilience import CircuitBreaker as CircuitBreaker
    from gvrc.rules import DataValidator as DataValidator
    from gvrc.settings import ConfigManager as ConfigManager
    from gvrc.transform import FacilityTransformer as FacilityTransformer

# The founding guide's names, loaded when first asked for: ``import gvrc`` itself costs nothing.
MODULES = {
    "CircuitBreaker": "resilience",
    "ConfigManager": "settings",
    "DataEnricher": "enrich",
    "DataTransformationError": "errors",
    "DataValidationError": "errors",
    "DataValidator": "rules",
    "DatabaseLoader": "load",
    "ETLPipeline": "pipeline",
    "FacilityTransformer": "transform",
    "GeographicMapper": "geography",
    "HealthChecker": "health",
    "JSONExtractor": "extract",
    "MemoryManager": "memory",
    "MetricsCollector": "metrics",
}

__all__ = list(MODULES)


def __getattr__(name: str) -> object:
    """Load the module that a public name is in."""
    if name not in MODULES:
        raise AttributeError(f"module 'gvrc' has no attribute {name!r}")
    return getattr(import_module(f"gvrc.{MODULES[name]}"), name)
