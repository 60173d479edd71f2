"""The forms that lists of services come in: one JSON text -> the names in it, and what is said beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_DEPTH, is_absent, normal_key
from gvrc.values.casts import read_flag
from gvrc.values.synonyms import canonical_name, says_closed
from gvrc.values.text import fold, unescape

if TYPE_CHECKING:
    from collections.abc import Iterator


_NAME_KEYS = ("servicename", "categoryname", "name", "service", "category", "title", "display", "text", "value", "en")
_LIST_KEYS = frozenset(("services", "children", "items", "subservices", "servicelist"))
_OFFERED_KEYS = frozenset(
    (
        *("available", "isavailable", "availability", "offered", "isoffered", "provided", "isprovided", "status"),
        *("active", "isactive", "functional", "isfunctional", "operational", "isoperational"),
        *("optionname", "option", "answer", "response", "selected", "checked", "ticked"),  # KMHFL's option_name: "No"
    )
)
_NOT_OFFERED = frozenset(("notoffered", "unavailable", "notprovided", "discontinued", "stopped", "notavailable"))
_LIST_OF_TEXTS = msgspec.json.Decoder(list[str])
# What separates the names of one text, and before it what does not: the comma in Medical care (PEP, EC) is part of the
# name.
_BETWEEN_NAMES = lazy_pattern(
    r"\([^()\n]{0,200}\)|(?P<between>[,;|\n\u2022\u25cf\u25aa]|\s\u00b7\s|</?[A-Za-z][^<>]*>)"
)
_STROKE = lazy_pattern(r"\s/\s")
# 1) PEP 2) HTS: a list in one line is split before its numbers.
_NUMBERED = lazy_pattern(r"\s*\(?1[.)]\s*[^\W\d_].*\s\(?2[.)]\s*[^\W\d_]", re.DOTALL)
_BEFORE_A_NUMBER = lazy_pattern(r"\s(?=\(?\d{1,2}[.)]\s*[^\W\d_])")
_BARE_SEPARATOR = lazy_pattern(r"[,;|\n]")
_STYLE = lazy_pattern(r"</?(?:a|b|em|font|i|small|span|strong|u)\b[^<>]*>", re.IGNORECASE)  # other tags separate names
_LIST_MARK = lazy_pattern(
    r"^\s*(?:[\u2022\u25cf\u25aa\u00b7*]\s*|[\u2013\u2014-]\s+|\(?\d{1,2}[.)]\s*(?=[^\W\d_])|\(?[a-z][.)]\s+)"
)
# After this, what is named is not offered: "Counselling. Not offered: PEP, HTS".
NOT_OFFERED_FROM = (
    r"(?:services?\s+)?(?:not\s+(?:available|offered|provided)|unavailable)(?:\s+services?)?\s*[:=\u2013-]\s*\w"
)
_NOT_OFFERED_LIST = lazy_pattern(rf"(?:^|(?<=[,;|\n.])\s*){NOT_OFFERED_FROM}", re.IGNORECASE)
# What was ticked in a form of KoBo or ODK: the codes of the choices, separated by blanks, pep legal_aid.
_CODES = lazy_pattern(r"(?=[^_]*_)[a-z0-9]+(?:_+[a-z0-9]+)*(?: [a-z0-9]+(?:_+[a-z0-9]+)*)+")


def list_spellings(text: str) -> list[str]:
    """List the names in a JSON text of services, as they are spelt; a text that is not JSON is split."""
    try:
        return _LIST_OF_TEXTS.decode(text)  # nearly all lists; they need no walk
    except msgspec.DecodeError:
        return _spellings_in_other_forms(text)


def _spellings_in_other_forms(text: str) -> list[str]:
    try:
        value = msgspec.json.decode(text)
        return _split(value) if isinstance(value, str) else list(_spellings_in(value))
    except msgspec.DecodeError:
        return _split(text)
    except RecursionError:  # nested a thousand deep: refused as a whole
        return [text]


def _split(names: str) -> list[str]:
    """Split names in one text; a list that went through a spreadsheet is a text, too: ``['PEP', 'HTS']``."""
    listed = names.strip()
    if (listed[:1], listed[-1:]) in (("[", "]"), ("{", "}")):  # PostgreSQL writes arrays so: {PEP,"Legal aid"}
        return [name.strip(" '\"") for name in _BARE_SEPARATOR.split(listed[1:-1])]
    if _CODES.fullmatch(listed) or (listed.islower() and _are_known(listed, listed.split())):
        return listed.split()
    plain = _STYLE.sub("", unescape(names))  # or the semicolon of &amp; would separate
    if lacking := _NOT_OFFERED_LIST.search(plain):
        offered = plain[: lacking.start()].rstrip(" .,;|\n")
        return [*(_split(offered) if offered else []), plain[lacking.start() :].strip()]
    if _NUMBERED.match(plain):
        plain = _BEFORE_A_NUMBER.sub("\n", plain)
    ends = [found.span() for found in _BETWEEN_NAMES.finditer(plain) if found["between"]]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(plain)]
    found = [_LIST_MARK.sub("", plain[start:stop]) for start, stop in zip(starts, stops, strict=True)]
    return [name for spelling in found for name in _split_at_strokes(spelling)]


def _split_at_strokes(spelling: str) -> list[str]:
    """Split at strokes if what stands before each of them is a known service by itself: "Day" and "Ante" are none.

    Without blanks around them a stroke may be part of a word: then all must be known.

    >>> _split_at_strokes("Counselling / PEP"), _split_at_strokes("Day / night shelter"), _split_at_strokes("HIV/AIDS")
    (['Counselling', 'PEP'], ['Day / night shelter'], ['HIV/AIDS'])
    >>> _split_at_strokes("PEP/Counselling"), _split_at_strokes("VCT/CCC")
    (['PEP', 'Counselling'], ['VCT/CCC'])
    """
    if _are_known(spelling, names := [part.strip() for part in spelling.split("/")]):
        return names
    names = _STROKE.split(spelling)
    return names if all(canonical_name("service_categories", name) for name in names[:-1]) else [spelling]


def _are_known(text: str, names: list[str]) -> bool:
    """Say whether the parts of a text are services by themselves, and the whole is none."""
    known = (canonical_name("service_categories", name) for name in names)
    return len(names) > 1 and canonical_name("service_categories", text) is None and all(known)


def _spellings_in(value: object) -> Iterator[str]:
    """Give the names in a decoded value; what holds none comes back as JSON text, to be refused by name."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _spellings_in(item)
        case dict() if named := _name_in(value):
            yield from _spellings_of(value, named[1])
        case dict() if groups := _groups_in(value):
            yield from _spellings_in(groups)
        # A map of names to what is offered: {"Outpatient": true, "Surgery": "No"}
        case dict() if _is_map_of_services(value):
            yield from _offered_in(value)
        case None:
            return
        case _:
            yield msgspec.json.encode(value).decode()


def _offered_in(services: dict[str, object]) -> Iterator[str]:
    """Give the names that stand before a yes; an object that is no answer comes back as JSON text."""
    is_short = _has_short_answers(services)
    for name, item in services.items():
        if _is_offered(item, is_short=is_short):
            yield name
        elif isinstance(item, dict):
            yield msgspec.json.encode({name: item}).decode()


def _spellings_of(service: dict[str, object], name: object) -> Iterator[str]:
    """Give the names in an object that has one: its own, and those of the services that it lists."""
    within = list(_lists_in(service).values())
    if any(_says_not_offered(key, item) for key, item in service.items()):
        yield msgspec.json.encode(service).decode()
    elif any(within):  # {"category": "Medical", "services": ["PEP", "HTS"]}: the category is no service
        yield from _spellings_in([within] if _is_category(service) else [name, within])
    else:
        yield from _spellings_in(name)


def _name_in(service: dict[str, object]) -> tuple[str, object] | None:
    """Give the first of the keys for a name that has a value, in any case of letters (serviceName), and the value."""
    named = {normal_key(key): item for key, item in service.items() if item}
    return next(((key, named[key]) for key in _NAME_KEYS if key in named), None)


def _lists_in(service: dict[str, object]) -> dict[str, list[object]]:
    """Give the lists of services that an object has."""
    return {key: item for key, item in service.items() if isinstance(item, list) and normal_key(key) in _LIST_KEYS}


def _is_category(group: dict[str, object]) -> bool:
    """Say whether the name of a group of services is only that of their category."""
    named = {normal_key(key) for key, item in group.items() if item}
    return named.isdisjoint(("servicename", "name", "service")) and not named.isdisjoint(("category", "categoryname"))


def _groups_in(value: dict[str, object]) -> list[object]:
    """Give what stands under names of categories (``{"Medical": ["PEP"]}``), or in what only wraps a list.

    Such wrappers are the edges of GraphQL, the data of Strapi, the results of SharePoint.
    """
    match value:
        case {"edges": list(items)} | {"nodes": list(items)} | {"data": list(items)} | {"results": list(items)}:
            return [items]
        case (
            {"node": dict(item)} | {"attributes": dict(item)} | {"services_id": dict(item)} | {"service_id": dict(item)}
        ):
            return [item]
    return list(value.values()) if all(_is_group(key, item) for key, item in value.items()) else []


def _is_group(category: str, services: object) -> bool:
    """Say whether services stand under their category's name, which is none; not if they only say it is available."""
    if fold(canonical_name("service_categories", category) or "") != fold(category):
        return False
    return isinstance(services, list) or (
        isinstance(services, dict)
        and all(fold(key) not in _OFFERED_KEYS and _is_offered(item) is not None for key, item in services.items())
    )


def _is_map_of_services(value: dict[str, object]) -> bool:
    """Say whether names stand before yes or no, or before nothing if nobody said either."""
    said = [item for item in value.values() if not is_absent(item)]
    is_short = _has_short_answers(value)
    return bool(said) and all(_is_offered(item, is_short=is_short) is not None for item in said)


def _has_short_answers(services: dict[str, object]) -> bool:
    """Say whether Y and N, or 1 and 0, answer for services: then nothing else is said, and the services are known.

    >>> _has_short_answers({"PEP": "Y", "P3 forms": "N"}), _has_short_answers({"PEP": 1, "Counselling": 0})
    (True, True)
    >>> _has_short_answers({"Counselling": 1, "beds": 1}), _has_short_answers({"kind": "N"})
    (False, False)
    """
    said = {str(item).strip().upper() for item in services.values() if not is_absent(item)}
    known = [canonical_name("service_categories", name) is not None for name in services]
    return (said <= {"Y", "N"} and any(known)) or (said <= {"0", "1", "0.0", "1.0"} and all(known))


def _is_offered(item: object, *, is_short: bool = False) -> bool | None:
    """Read yes or no beside the name of a service; else a number or a single letter may mean anything."""
    match item:
        case bool():
            return item
        case str() if item.strip().isalpha() and len(item.strip()) > 1:
            return read_flag(item.strip())
        case str() | int() | float() if is_short:
            return read_flag(str(item).strip().removesuffix(".0"))
        case dict():  # {"PEP": {"available": true, "cost": "free"}}
            said = [_is_offered(inner) for key, inner in item.items() if fold(key) in _OFFERED_KEYS]
            return all(said) if said and None not in said else None
    return None


def _says_not_offered(key: str, item: object) -> bool:
    """Say whether a key of a service says that the facility does not have it, or no longer."""
    if fold(key) not in _OFFERED_KEYS or not isinstance(item, str | int):
        return False
    said = str(item).strip()
    return read_flag(said) is False or fold(said) in _NOT_OFFERED or says_closed(said)


def said_beside_names(value: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Give, by key, what objects in a decoded value say besides services: a category, a price, hours.

    An object that is no service is reported as a whole, so nothing of it is given here.
    """
    match value:
        case list() if depth < MAX_DEPTH:
            for item in value:
                yield from said_beside_names(item, depth + 1)
        case dict() if (named := _name_in(value)) and not any(map(_says_not_offered, value, value.values())):
            within = _lists_in(value)
            is_group = any(within.values()) and _is_category(value)
            for key, item in value.items():
                if key in within:
                    yield from said_beside_names(item, depth + 1)
                elif (is_group or normal_key(key) != named[0]) and fold(key) not in _OFFERED_KEYS:
                    yield key, item
        case dict() if _is_map_of_services(value):
            for item in value.values():
                inside = item.items() if isinstance(item, dict) and _is_offered(item) else ()
                yield from ((key, inner) for key, inner in inside if fold(key) not in _OFFERED_KEYS)
