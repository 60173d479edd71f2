"""Codes that do not distinguish facilities: the county's code, or the body's, beside each of its facilities.

If they were read as the facilities' own, all those in one ward would be one, and each but the last superseded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import is_absent, leaves, value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvrc.meaning.meanings import Keys
    from gvrc.meaning.paths import KeyPath

NAMES_TO_A_CODE: Final = 5  # from this many on, it is no facility's; in the national list each code has one name
SAMPLED: Final = 3  # records whose keys are looked at


def repeated_codes(records: Sequence[object], keys: Keys) -> list[KeyPath]:
    """Give the paths of codes that many names share on average; none if the source's rules say what its codes are.

    A list of services repeats the code of each facility, but the facility's name with it.
    """
    if keys.pins("facility_code"):
        return []
    said = [record for record in records if isinstance(record, dict)]
    paths = {path: None for record in said[:SAMPLED] for path, _ in leaves(record)}
    named = [path for path in paths if "facility_name" in keys.ranks(path)]
    return [path for path in paths if "facility_code" in keys.ranks(path) and _is_repeated(path, named, said)]


def _is_repeated(path: KeyPath, named: list[KeyPath], records: list[dict[str, Any]]) -> bool:
    most = len(records) // NAMES_TO_A_CODE  # codes: of more, there are too few records to repeat each
    coded: list[tuple[str, dict[str, Any]]] = []
    codes: set[str] = set()
    for record in records:
        if not is_absent(code := value_at(path, record)):
            coded.append((str(code), record))
            codes.add(str(code))
        if len(codes) > most:
            return False
    names = {(code, " ".join(str(value_at(name, record)).lower() for name in named)) for code, record in coded}
    return bool(codes) and len(names) >= NAMES_TO_A_CODE * len(codes)
