"""Addresses that are not where a facility is: a former one, and the county of a postal one (FHIR, HSDS).

``{"address": [{"use": "old", "state": "Mombasa"}, {"state": "Nairobi"}]}``. The first of several counts, so that a
facility that had moved stood where it no longer is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.meaning.paths import normal_key
from gvrc.values.casts import is_end

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES: Final = frozenset(("address", "addresses", "physicaladdress", "physicaladdresses"))
KINDS: Final = frozenset(("type", "addresstype"))
POSTAL: Final = frozenset(("postal", "mailing"))


class Parted(NamedTuple):
    """What a value under the key of an address says of where a facility is, and what it says else."""

    here: Any
    left_over: list[dict[str, Any]]


def part_address(value: object, is_place: Callable[[str], bool]) -> Parted:
    """Part what says where a facility is from what does not; ``is_place`` tells the keys of places.

    >>> part_address([{"use": "old", "state": "Mombasa"}, {"state": "Nairobi"}], "state".__eq__)
    Parted(here=[{'state': 'Nairobi'}], left_over=[{'use': 'old', 'state': 'Mombasa'}])
    >>> part_address({"type": "postal", "line": ["P.O. Box 1"], "state": "Mombasa"}, "state".__eq__)
    Parted(here={'type': 'postal', 'line': ['P.O. Box 1']}, left_over=[{'state': 'Mombasa'}])
    """
    if isinstance(value, dict):
        return _part_one(value, is_place)
    if not isinstance(value, list):
        return Parted(value, [])
    parted = [_part_one(one, is_place) if isinstance(one, dict) else Parted(one, []) for one in value]
    here = [one.here for one in parted if one.here not in (None, {})]
    return Parted(here or None, [left for one in parted for left in one.left_over])


def _part_one(address: dict[str, Any], is_place: Callable[[str], bool]) -> Parted:
    """Part one address; the town and county of a postal one are those of the post office."""
    if _is_former(address):
        return Parted(None, [address])
    if not any(normal_key(key) in KINDS and _is_postal(said) for key, said in address.items()):
        return Parted(address, [])
    here = {key: said for key, said in address.items() if not (is_place(key) or isinstance(said, dict))}
    return Parted(here, [{key: said for key, said in address.items() if key not in here}])


def _is_former(address: dict[str, Any]) -> bool:
    period = address.get("period")
    return address.get("use") == "old" or (isinstance(period, dict) and is_end(period.get("end")))


def _is_postal(kind: object) -> bool:
    return isinstance(kind, str) and normal_key(kind) in POSTAL
