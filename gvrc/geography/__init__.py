"""Where a facility is: the reference of wards, and the resolver that finds the right one or none (docs/places.md).

``resolver.py`` is what a run asks. What names are compared with: ``reference.py`` and ``aliases.py`` read it,
``labels.py`` finds the official ward of each of the database's, ``gazetteer.py`` holds both. How: ``names.py`` makes
the forms of a name, by the lists of ``words.py``; ``similar.py`` says how alike two are.

A place: ``chains.py`` and ``exchanges.py`` put its cells right, ``parents.py`` finds county and constituency,
``matches.py`` the wards that its name fits, ``evidence.py`` what speaks for each, and ``decisions.py`` chooses.
``distances.py`` and ``boundaries.py`` settle ties and warn. For what stays open, ``candidates.py`` and
``suggestions.py`` tell a person what may be meant.

``mapper.py`` is the guide's face, ``listing.py`` answers lists of places, ``check.py`` checks the shipped tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvrc.geography.aliases import Aliases as Aliases
    from gvrc.geography.aliases import read_aliases as read_aliases
    from gvrc.geography.mapper import GeographicMapper as GeographicMapper
    from gvrc.geography.reference import read_shipped_reference as read_shipped_reference
    from gvrc.geography.reference import read_shipped_tables as read_shipped_tables
    from gvrc.geography.resolver import PlaceResolver as PlaceResolver
    from gvrc.geography.suggestions import add_ward_suggestion as add_ward_suggestion
    from gvrc.geography.thresholds import Thresholds as Thresholds

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

__all__ = list(MODULES)


def __getattr__(name: str) -> object:
    """Load the module that a public name is in."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
