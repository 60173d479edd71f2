"""What is made when it is first used acts as if it had been made at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gvrc.lazy import METHODS, lazy_pattern

LATE = """
import sys
from gvrc.lazy import lazy_module
lazy_module("importlib.metadata")
import importlib, polars
before = "email" in sys.modules
print(before, importlib.metadata.version("polars") == polars.__version__, "email" in sys.modules)
from importlib.metadata import version
lazy_module("importlib.metadata")
print(version is importlib.metadata.version is sys.modules["importlib.metadata"].version)
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_pattern_does_what_the_compiled_one_does(method: str) -> None:
    arguments = ("x", "A1, a22") if method in ("sub", "subn") else ("A1, a22",)
    made, compiled = lazy_pattern(r"a(\d)", re.IGNORECASE), re.compile(r"a(\d)", re.IGNORECASE)
    assert told(getattr(made, method)(*arguments)) == told(getattr(compiled, method)(*arguments))
    assert made.pattern == compiled.pattern


def test_a_pattern_of_bytes_is_searched_for_in_bytes() -> None:
    assert lazy_pattern(rb"\d+").findall(b"1 and 22") == [b"1", b"22"]


def test_a_pattern_that_is_wrong_is_told_when_it_is_used() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_what_a_pattern_has_not_is_missed_as_elsewhere() -> None:
    assert not hasattr(lazy_pattern("a"), "replace")


def test_a_module_is_imported_when_something_of_it_is_used() -> None:
    printed = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["False True True", "True"]


def told(found: object) -> object:
    """Give what a method found as values that can be compared."""
    if isinstance(found, re.Match):
        return found.span(), found.groups()
    return list(map(told, found)) if isinstance(found, Iterator) else found
