"""Codes that do not distinguish facilities: the county's code, or the body's, beside each of its facilities.

If they were read as the facilities' own, all those in one ward would be one, and each but the last superseded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import is_absent, leaves, value_at
from gvrc.reading.cursor import read_element

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import msgspec
    import polars as pl

    from gvrc.meaning.meanings import Keys
    from gvrc.meaning.paths import KeyPath
    from gvrc.reading.elements import Elements

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


def codes_under(paths: Collection[KeyPath], elements: Elements) -> pl.Series:
    """Give the codes that records have under these paths, a code a line: with a reject, they are remembered."""
    import polars as pl  # a file whose codes are its facilities' need not wait for it

    return pl.Series([_said_under(paths, read_element(element)) for element in elements], dtype=pl.String)


def _said_under(paths: Collection[KeyPath], record: object) -> str | None:
    values = [value_at(path, record) for path in paths] if isinstance(record, dict) else []
    return "\n".join(str(value) for value in values if not is_absent(value)) or None


def without_nobodys_codes(keys: Keys, element: msgspec.Raw | bytes, header: Mapping[str, object]) -> Keys:
    """Give the keys to read a reject by that comes back: what its list had shown to be no code is none without it, too.

    A code that somebody has corrected is another one, and counts.
    """
    nobodys = str(header.get("nobodys", "")).split("\n")
    record = read_element(element)
    if nobodys == [""] or not isinstance(record, dict):
        return keys
    coded = [path for path, _ in leaves(record) if "facility_code" in keys.ranks(path)]
    return keys.without_codes([path for path in coded if str(value_at(path, record)) in nobodys])
