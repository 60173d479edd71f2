"""What is known about the bodies that send files (``config/sources.yaml``), and which rules a file falls under."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from gvrc.errors import RulesError
from gvrc.values.projections import WEB_MERCATOR, ZONES, projection_of
from gvrc.values.storable import STORABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml import Node

LONGEST_PREFIX = 37  # a code has room for 50 characters: the prefix, a hyphen and twelve of a hash
PATTERN_ENDINGS = (".gz", ".json", ".geojson", ".jsonl", ".ndjson")


# Not of gvrc/structs.py: read before anything is imported that is not Python's own (tests/speed).
@dataclass(frozen=True, kw_only=True)
class SourceRules:
    """What is pinned for one source; it wins over what the finder would guess."""

    name: str  # lower case words joined by _
    code_prefix: str  # of the codes that we generate: KMHFL gives KMHFL-3f0a...
    files: tuple[str, ...] = ()  # patterns of file names, or of paths where a pattern has a slash
    path: str | None = None  # where the records are: "data.facilities", "*.medical", "." for the document itself
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)  # field -> keys, the best first
    defaults: dict[str, str] = field(default_factory=dict)  # field -> value where a record says nothing
    encoding: str | None = None  # when the file is not UTF-8 and does not say so
    returned: tuple[SourceRules, ...] = ()  # whose records may come back in it, corrected


# Files that gvrc/rejects.py writes: their lines are records, whatever they lack (a name, most often).
REJECTED = SourceRules(name="rejected", code_prefix="REJECTED", files=("rejected/*.jsonl",), path=".")


def read_sources(path: Path | None) -> list[SourceRules]:
    """Read the rules of all sources; without a file there are none.

    Raises:
        RulesError: the file cannot be read, or says what no rule is; with its line.
    """
    if path is None:
        return []
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.compose(text)
    except OSError as error:
        raise RulesError(f"{path}: cannot be read ({error.strerror}). Check the setting sources.") from error
    except UnicodeDecodeError as error:
        raise RulesError(f"{path}: is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulesError(f"{path}, line {line}: not valid YAML ({error.problem}). Correct that line.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RulesError(f"{path}, line {line}: not valid YAML ({error.reason}). Take those characters out.") from error
    except RecursionError as error:
        raise RulesError(f"{path}: is nested too deeply for rules of sources. Correct it.") from error
    return [] if document is None else _sources(path, document)


def match_source(path: str | Path, rules: Iterable[SourceRules]) -> SourceRules:
    """Give the first rules with a pattern that fits the file; else a source named after the file, nothing pinned."""
    path = Path(path)
    for source in rules:
        if any(_fits(path, pattern) for pattern in source.files):
            return source
    return named_source(_stem(path))


def find_source(name: str, rules: Iterable[SourceRules]) -> SourceRules:
    """Give the rules of the source of that name; else a source of which only the name is known."""
    named = named_source(name)
    return next((source for source in rules if source.name == named.name), named)


def named_source(name: str) -> SourceRules:
    """Make a source of which only the name is known."""
    slug = _slug(name) or "source"
    return SourceRules(name=slug, code_prefix=slug.upper().replace("_", "-")[:LONGEST_PREFIX].rstrip("-"))


def _fits(path: Path, pattern: str) -> bool:
    shown = path.as_posix().lower() if "/" in pattern else path.name.lower()
    return fnmatch(shown, pattern.lower()) or ("/" in pattern and fnmatch(shown, f"*/{pattern.lower()}"))


def _stem(path: Path) -> str:
    name = path.name
    while name.lower().endswith(PATTERN_ENDINGS):
        name = name.rpartition(".")[0]
    return name


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


# ---- reading the file, with the line of every complaint


def _sources(path: Path, document: Node) -> list[SourceRules]:
    entries = _pairs(path, document, allowed=("sources",)).get("sources")
    if entries is None or entries.tag == NOTHING:
        return []
    found = [_source(path, entry) for entry in _items(path, entries)]
    names = [source.name for source in found]
    for name in names:
        if names.count(name) > 1:
            raise _complaint(path, document, f"the source {name} is there twice", "Join the two")
    return found


def _source(path: Path, entry: Node) -> SourceRules:
    parts = _pairs(path, entry, allowed=SOURCE_KEYS)
    if "name" not in parts:
        raise _complaint(path, entry, "a source without a name", "Give it one")
    name = _slug(_text(path, parts["name"]))
    if not name:
        raise _complaint(path, parts["name"], "a name needs letters or digits", "Change it")
    prefix = _text(path, parts["code_prefix"]) if "code_prefix" in parts else named_source(name).code_prefix
    if len(prefix) > LONGEST_PREFIX:
        raise _complaint(path, parts["code_prefix"], f"a prefix has at most {LONGEST_PREFIX} characters", "Shorten it")
    return SourceRules(
        name=name,
        code_prefix=prefix,
        files=tuple(_texts(path, parts["files"])) if "files" in parts else (),
        path=_text(path, parts["path"]) if "path" in parts else None,
        keys={field: tuple(_texts(path, keys)) for field, keys in _fields(path, parts.get("keys")).items()},
        defaults={field: _default(path, field, value) for field, value in _fields(path, parts.get("defaults")).items()},
        encoding=_encoding(path, parts["encoding"]) if "encoding" in parts else None,
    )


MAPPING, SEQUENCE, NOTHING = (f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "null"))
SOURCE_KEYS = ("name", "code_prefix", "files", "path", "keys", "defaults", "encoding")
# The fields of columns.EXTRACTED that a source may pin; a test holds the two together (this module stays light).
FIELDS = (
    *("facility_name", "official_name", "facility_code", "source_key", "registration_number", "facility_type"),
    *("facility_level", "operational_status", "is_active", "is_closed", "county_name", "constituency_name"),
    *("ward_name", "sub_county_name", "place_hint", "latitude", "longitude", "coordinates", "geometry", "contacts"),
    *("services", "gbv_categories", "owner_name", "owner_type", "address", "description", "website_url", "beds"),
    *("cots", "open_whole_day", "open_public_holidays", "open_weekends", "open_late_night", "recorded_on"),
    "projection",
)


def _fields(path: Path, node: Node | None) -> dict[str, Node]:
    return {} if node is None else _pairs(path, node, allowed=FIELDS)


def _pairs(path: Path, node: Node, allowed: tuple[str, ...]) -> dict[str, Node]:
    if node.tag != MAPPING:
        raise _complaint(path, node, "keys with values are expected here", f"Use {', '.join(allowed[:7])}")
    pairs: dict[str, Node] = {}
    for key, value in node.value:
        name = _text(path, key)
        if name not in allowed:
            raise _complaint(path, key, f"{name!r} is not known here", f"Use one of {', '.join(allowed)}")
        if name in pairs:
            raise _complaint(path, key, f"{name!r} is there twice", "Keep one")
        pairs[name] = value
    return pairs


def _items(path: Path, node: Node) -> list[Node]:
    if node.tag != SEQUENCE:
        raise _complaint(path, node, "a list is expected here", "Begin each entry with '- '")
    return list(node.value)


def _texts(path: Path, node: Node) -> list[str]:
    return [_text(path, item) for item in node.value] if node.tag == SEQUENCE else [_text(path, node)]


def _text(path: Path, node: Node) -> str:
    text = _any_text(path, node)
    if not re.search(STORABLE, text):
        raise _complaint(path, node, "a text holds what no database does (NUL, half a character)", "Take it out")
    return text


def _any_text(path: Path, node: Node) -> str:
    if not isinstance(node.value, str) or not node.value.strip():
        raise _complaint(path, node, "a text is expected here", "Write one value")
    return str(node.value)


def _default(path: Path, field: str, node: Node) -> str:
    text = _text(path, node)
    if field == "projection" and projection_of(text) is None:
        known = ", ".join((WEB_MERCATOR, *ZONES))
        raise _complaint(path, node, f"the projection {text!r} is not known", f"Use one of {known}; none for degrees")
    return text


def _encoding(path: Path, node: Node) -> str:
    try:
        name = codecs.lookup(_any_text(path, node)).name
        codecs.getincrementaldecoder(name)().decode("[]".encode(name))  # rot13 and base64 make no text of bytes
    except (LookupError, ValueError) as error:
        raise _complaint(path, node, f"the encoding {node.value!r} is not known", "Use utf-8, cp1252 ...") from error
    return name


def _complaint(path: Path, node: Node, what: str, mend: str) -> RulesError:
    return RulesError(f"{path}, line {node.start_mark.line + 1}: {what}. {mend}.")
