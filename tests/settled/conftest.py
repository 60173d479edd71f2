"""Two databases, in one of which nothing is ever settled; and which records are transformed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.database import connect
from gvrc.transform import transform
from tests.settled.test_settled import Twins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvrc.settings import Settings


@pytest.fixture
def twins(settings: Settings, further_urls: Callable[[], str]) -> Iterator[Twins]:
    long = msgspec.structs.replace(settings, database_url=further_urls())
    with connect(str(settings.database_url)) as short_way, connect(str(long.database_url)) as long_way:
        yield Twins(settings, long, [short_way, long_way])


@pytest.fixture
def transformed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names of the records that are transformed."""
    names: list[str] = []

    def note(records: Any, *others: Any) -> Any:
        names.extend(records["facility_name"])
        return transform(records, *others)

    monkeypatch.setattr("gvrc.transform.transform", note)
    return names
