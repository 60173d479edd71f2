"""The settings as somebody gave them: in a YAML file, in the environment, as options of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from gvrc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Given(NamedTuple):
    """One setting as somebody gave it, and where."""

    name: str
    value: object
    where: str  # the beginning of an error message: file and line, variable, option
    is_place: bool = False  # one of the ``places:`` section
    is_text: bool = False  # from the environment, where everything is text
    start: Path | None = None  # where a relative path starts; None for the project's folder

    @property
    def shown_name(self) -> str:
        """Name the setting as the file does."""
        return f"places.{self.name}" if self.is_place else self.name


def file_settings(path: Path) -> list[Given]:
    """Read the settings of a YAML file, each with its line."""
    import yaml

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{path}: the settings cannot be read: {reason}. Give a YAML file, or none.") from error
    loader = yaml.SafeLoader(text)
    try:
        document = loader.get_single_node()
        return [] if document is None else list(node_settings(path, loader, document, is_place=False))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}, line {line}: this is not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: this is not YAML: {error}.") from error
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply for settings. Correct it, or give another file.") from error


def node_settings(path: Path, loader: Any, mapping: Any, *, is_place: bool) -> Iterator[Given]:  # noqa: ANN401 - yaml's nodes are untyped
    """Give the settings of one YAML mapping; the keys of ``places:`` stand in a mapping of their own."""
    if mapping.id != "mapping":
        line = mapping.start_mark.line + 1
        raise UsageError(f'{path}, line {line}: expected settings, one "name: value" a line.')
    lines: dict[str, int] = {}
    for key, value in mapping.value:
        name, line = str(key.value), key.start_mark.line + 1
        where = f"{path}, line {line}"
        if name in lines:
            raise UsageError(f'{where}: "{name}" was already set in line {lines[name]}; keep one.')
        lines[name] = line
        if name == "places" and not is_place:
            yield from node_settings(path, loader, value, is_place=True)
        else:
            yield Given(name, constructed(loader, value, f"{where}: {name}"), where, is_place)


def constructed(loader: Any, node: Any, where: str) -> object:  # noqa: ANN401 - yaml's nodes are untyped
    """Give the value of a YAML node; what looks like a date and is none is refused by Python, not by yaml."""
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        raise UsageError(f"{where}: {node.value} looks like a date and is none. Put a text between quotes.") from error


def environment_settings(environment: Mapping[str, str]) -> Iterator[Given]:
    """Give the settings of the environment: DATABASE_URL, LOG_LEVEL, REDIS_URL and GVRC_<SETTING>; "" is not set.

    GVRC_TEST_... are those of the test suite.
    """
    for variable in ("DATABASE_URL", "LOG_LEVEL", "REDIS_URL"):
        if value := environment.get(variable):
            yield environment_setting(variable, variable.lower(), value)
    for variable, value in environment.items():
        if variable.startswith("GVRC_") and not variable.startswith("GVRC_TEST_") and value:
            yield environment_setting(variable, variable.removeprefix("GVRC_").lower(), value)


def environment_setting(variable: str, name: str, value: str) -> Given:
    """Give one variable's setting; GVRC_PLACES_WARD_MARGIN is ``places.ward_margin``, a mapping is JSON."""
    is_place = name.startswith("places_")
    name = name.removeprefix("places_")
    where = f"environment variable {variable}"
    parsed: object = value
    if not is_place and name in ("source_rank", "lookup_defaults"):
        try:
            parsed = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UsageError(f'{where}: expected JSON such as {{"name": "value"}}: {error}.') from error
    return Given(name, parsed, where, is_place, is_text=True, start=Path.cwd())


def option_settings(options: Mapping[str, object]) -> Iterator[Given]:
    """Give the options that were given."""
    for name, value in options.items():
        if value is not None:
            yield Given(name, value, f"option --{name.replace('_', '-')}", is_text=True, start=Path.cwd())
