"""What costs time when it is imported, and is needed in few runs, is made when it is first used.

There are two hundred patterns, of which a first load uses a third (``docs/performance.md``).
"""

from __future__ import annotations

import importlib
import re
import sys
from types import ModuleType
from typing import Any, AnyStr, Final, cast

METHODS: Final = ("search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")


def lazy_pattern(text: AnyStr, flags: re.RegexFlag | int = 0) -> re.Pattern[AnyStr]:
    """Give what acts as a compiled pattern, and is compiled when the first of its methods is asked for.

    The functions of ``re`` do not take it, nor polars: use its methods, and its ``pattern``.
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(text, flags))


class _LazyPattern:
    def __init__(self, text: str | bytes, flags: re.RegexFlag | int) -> None:
        self.pattern = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method of one pattern or another
        """Compile, and keep the methods: this is not called again."""
        if name not in METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        vars(self).update({method: getattr(compiled, method) for method in METHODS})
        return vars(self)[name]


def lazy_module(name: str) -> None:
    """Have a module imported when something of it is first used, and not when it is imported.

    Polars imports ``importlib.metadata``, for tables of Iceberg, and with it ``email`` and 46 other modules.
    """
    if name in sys.modules:
        return
    stand_in = ModuleType(name)

    def of_the_module(attribute: str) -> object:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    vars(stand_in)["__getattr__"] = of_the_module
    sys.modules[name] = stand_in
    parent, _, child = name.rpartition(".")
    setattr(importlib.import_module(parent), child, stand_in)
