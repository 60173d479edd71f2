"""The HealthcareServices of FHIR, which name the Locations that they are offered at: they are services of those.

They stand beside the Locations in a Bundle, or in lines. A wrong join sends survivors to another facility's telephone:
one counts only where a single resource of the file has the id that it names, and its telephone only where it names one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import PARENT_CONTACTS, PARENT_SERVICES, is_absent
from gvrc.reading.link_keys import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEALTHCARE: Final = "HealthcareService"
OFFERING: Final = ("Location", "Organization")
MARK_OF_RESOURCE: Final = b'"resourceType"'
MOST: Final = 20_000  # services that are kept in memory

Reference = tuple[str, str]  # what kind of resource, and its id


class Healthcare:
    """The services of a file by the resource that offers them."""

    def __init__(self) -> None:
        self._ids: Counter[Reference] = Counter()
        self._offered: defaultdict[Reference, list[dict[str, Any]]] = defaultdict(list)
        self._count = 0

    def add(self, element: object) -> None:
        """Add a service, or count the id of what may offer one."""
        resource = resource_in(element)
        known = id_of(resource.get("id"))
        if resource.get("resourceType") in OFFERING and known:
            self._ids[resource["resourceType"], known] += 1
        elif resource.get("resourceType") == HEALTHCARE and self._count < MOST:
            self._count += 1
            self._add_service(resource)

    def _add_service(self, resource: dict[str, Any]) -> None:
        places = list(_referred(resource.get("location"))) or list(_referred(resource.get("providedBy")))
        name = _name_of(resource)
        service = {"name": name} | ({"active": resource["active"]} if "active" in resource else {})
        telecom = resource.get("telecom") if len(places) == 1 and resource.get("active") is not False else None
        for place in places:
            told = ({PARENT_SERVICES: [service]} if name else {}) | (
                {PARENT_CONTACTS: telecom} if isinstance(telecom, list) else {}
            )
            self._offered[place].append(told)

    def of(self, element: object) -> dict[str, list[Any]]:
        """Give the services of a resource, and the telephones of those that are offered nowhere else."""
        resource = resource_in(element)
        own = (str(resource.get("resourceType")), id_of(resource.get("id")) or "")
        found: dict[str, list[Any]] = {}
        for told in self._offered.get(own, []) if self._ids[own] == 1 else []:
            for key, said in told.items():
                found[key] = found.get(key, []) + said
        return found


def resource_in(element: object) -> dict[str, Any]:
    """Give the resource of FHIR that an element of a list is, or that an entry of a Bundle holds."""
    inner = element.get("resource", element) if isinstance(element, dict) else None
    return inner if isinstance(inner, dict) else {}


def are_resources(elements: Iterable[object]) -> bool:
    """Say whether a list is of FHIR: its first elements may be the services themselves."""
    return any("resourceType" in resource_in(element) for element in elements)


def _referred(said: object) -> Iterator[Reference]:
    """Give what is referred to.

    >>> list(_referred([{"reference": "https://example.org/fhir/Location/7"}, {"reference": "#here"}]))
    [('Location', '7')]
    """
    for one in said if isinstance(said, list) else [said]:
        reference = one.get("reference") if isinstance(one, dict) else None
        kind, _, known = reference.rpartition("/") if isinstance(reference, str) else ("", "", "")
        if kind.rpartition("/")[2] in OFFERING:
            yield kind.rpartition("/")[2], known


def _name_of(resource: dict[str, Any]) -> str | None:
    """Give what a service is called, or else the first of its types in words."""
    types = resource.get("type")
    kinds = [kind for kind in (types if isinstance(types, list) else []) if isinstance(kind, dict)]
    codings = [one for kind in kinds if isinstance(kind.get("coding"), list) for one in kind["coding"]]
    words = [kind.get("text") for kind in kinds] + [one.get("display") for one in codings if isinstance(one, dict)]
    return next(
        (word for word in (resource.get("name"), *words) if isinstance(word, str) and not is_absent(word)), None
    )
