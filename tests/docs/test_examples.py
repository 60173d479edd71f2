"""The examples in docstrings (``>>>``) give what they say."""

from __future__ import annotations

import doctest
from importlib import import_module

from gvrc.settings import PROJECT


def test_every_example_of_a_docstring_gives_what_it_says() -> None:
    paths = [path for path in sorted((PROJECT / "gvrc").rglob("*.py")) if ">>> " in path.read_text("utf-8")]
    modules = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in paths]
    ran = {module: doctest.testmod(import_module(module)) for module in modules}
    assert [module for module, (failed, attempted) in ran.items() if failed or not attempted] == []
    assert len(ran) > 40
