"""Where a facility is: the reference of wards, and the resolver that finds the right one or none (docs/places.md)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvrc.geography.aliases import Aliases, read_aliases
    from gvrc.geography.mapper import GeographicMapper
    from gvrc.geography.reference import read_shipped_reference, read_shipped_tables
    from gvrc.geography.resolver import PlaceResolver
    from gvrc.geography.suggestions import add_ward_suggestion
    from gvrc.geography.thresholds import Thresholds

__all__ = [
    "Aliases",
    "GeographicMapper",
    "PlaceResolver",
    "Thresholds",
    "add_ward_suggestion",
    "read_aliases",
    "read_shipped_reference",
    "read_shipped_tables",
]

# Loaded when first asked for, so that a command that resolves no place does not wait for polars.
MODULES = {
    "Aliases": "aliases",
    "GeographicMapper": "mapper",
    "PlaceResolver": "resolver",
    "Thresholds": "thresholds",
    "add_ward_suggestion": "suggestions",
    "read_aliases": "aliases",
    "read_shipped_reference": "reference",
    "read_shipped_tables": "reference",
}


def __getattr__(name: str) -> object:
    """Load the module that a public name is in."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
