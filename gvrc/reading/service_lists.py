"""Lists of services that name the places where each is offered (Open Referral's HSDS): their places are the facilities.

``{"name": "Post-rape care", "service_at_locations": [{"location": {"name": "Lindi Safe House", ..}}]}``. Read as they
stand, the services themselves became facilities, and the places were lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.meaning.paths import normal_key
from gvrc.reading.cursor import read_element
from gvrc.reading.link_keys import id_of
from gvrc.reading.ticked import is_service
from gvrc.shapes import is_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.reading.elements import Elements
    from gvrc.reading.walked import Walked

AT_LOCATIONS: Final = "serviceatlocations"
OF_ORGANIZATION: Final = frozenset(("organization", "organization_id", "organisation", "organisation_id"))
LOCATIONS: Final = "locations"  # of a service; or of an organisation, whose branches they are
NOWHERE: Final = "services that name no place"


def are_services_at_places(values: Iterable[object]) -> bool:
    """Say whether a list is of services with the places where they are offered."""
    # Each key is looked at once, not for each record.
    records = [value for value in values if isinstance(value, dict)]
    keys = set[str]().union(*records)
    return AT_LOCATIONS in map(normal_key, keys) or (LOCATIONS in keys and _are_services(records))


def _are_services(records: list[dict[str, Any]]) -> bool:
    """Say whether records with named places are services: all are called so, or one, and all are of an organisation.

    An organisation, whose places these might be as well, is not called "Legal aid", nor is it of another one.
    """
    listed = [place for record in records for place in _listed(record, LOCATIONS)]
    if not listed or not all(isinstance(place, dict) and is_name(place.get("name")) for place in listed):
        return False
    known = [is_service(str(record.get("name"))) for record in records]
    return all(known) or (any(known) and not any(OF_ORGANIZATION.isdisjoint(record) for record in records))


def places_of_services(parts: Iterable[Elements], walked: Walked) -> Iterator[Elements]:
    """Give the places of services, each once for what is at hand, with the services that it offers."""
    for elements in parts:
        places: dict[object, dict[str, Any]] = {}
        for number, element in enumerate(elements):
            found = _places_in(read_element(element))
            walked.passed_over.update([] if found else [NOWHERE])
            for place, said in enumerate(found):
                known = places.setdefault(id_of(said.get("id")) or (number, place), said)
                if known is not said:
                    _add(known, said)
        yield [msgspec.json.encode(place) for place in places.values()]


def _places_in(service: object) -> list[dict[str, Any]]:
    """Give the places of one service; a telephone of the service is that of its place if it has only one."""
    key = _places_key(service) if isinstance(service, dict) else None
    if not isinstance(service, dict) or key is None:
        return []
    listed = [at if key == LOCATIONS else at.get("location") for at in _listed(service, key) if isinstance(at, dict)]
    places = [place for place in listed if isinstance(place, dict)]
    offered = {"name": service.get("name"), "status": service.get("status")}
    beside = {"organization": service["organization"]} if "organization" in service else {}
    phones = _listed(service, "phones") if len(places) == 1 else []
    return [
        beside
        | place
        | {"services": [offered]}
        | ({"phones": said} if (said := _listed(place, "phones") + phones) else {})
        for place in places
    ]


def _add(place: dict[str, Any], again: dict[str, Any]) -> None:
    """Add to a place what another service says of it."""
    for key in ("services", "phones"):
        further = [said for said in _listed(again, key) if said not in _listed(place, key)]
        if further:
            place[key] = _listed(place, key) + further
    for key, value in again.items():
        place.setdefault(key, value)


def _listed(value: dict[str, Any], key: str) -> list[Any]:
    said = value.get(key)
    return said if isinstance(said, list) else []


def _places_key(service: dict[str, Any]) -> str | None:
    at_locations = next((key for key in service if normal_key(key) == AT_LOCATIONS), None)
    return at_locations or (LOCATIONS if LOCATIONS in service else None)
