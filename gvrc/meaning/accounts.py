"""Objects of a system's own bookkeeping inside a record: who keeps the record there, and its type there."""

from __future__ import annotations

from typing import Any, Final

from gvrc.meaning.paths import normal_key

MAY_BE_ACCOUNTS: Final = frozenset(("attributes", "owner"))
SALESFORCE: Final = "/services/data/"
ACCOUNTS: Final = ("User", "Group", "Name")
ACCOUNT_KEYS: Final = frozenset(("username", "userid", "firstname", "lastname"))


def is_of_account(key: str, value: dict[str, Any]) -> bool:
    """Say whether an object is the user who keeps a record in a system, or the record's type there: Salesforce's.

    >>> is_of_account("Owner", {"attributes": {"type": "User"}, "Name": "Sample Admin"})
    True
    >>> is_of_account("owner", {"name": "Sample Trust", "type": "NGO"})
    False
    """
    word = normal_key(key)
    if word == "attributes":
        return str(value.get("url")).startswith(SALESFORCE)
    marks = value.get("attributes")
    kind = marks.get("type") if isinstance(marks, dict) else None
    return word == "owner" and (kind in ACCOUNTS or not ACCOUNT_KEYS.isdisjoint(map(normal_key, value)))
