"""Records of a map service whose values are codes: what they mean stands in its schema, beside the records.

``{"fields": [{"name": "STATUS", "alias": "Status", "domain": {"codedValues": [{"code": 2, "name": "Closed"}]}}],
"features": [{"attributes": {"STATUS": 2}}]}`` (ESRI). Unread, a facility that is closed is not told to be. In a layer
of a web map the schema is inside ``layerDefinition`` and the records inside ``featureSet``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gvrc.meaning.paths import is_absent
from gvrc.reading.cursor import read_element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements

SCHEMA: Final = "fields"
ATTRIBUTES: Final = "attributes"
ESRI: Final = "esriFieldType"
DEFINITION: Final = "layerDefinition"
SET_OF_RECORDS: Final = "featureSet"
TYPE_FIELD: Final = "typeIdField"


class Field(NamedTuple):
    """A column of a schema: what people call it, and what its codes mean."""

    alias: str
    labels: dict[str, str]


Schema = dict[str, Field]


def schema_in(values: Iterable[object]) -> Schema:
    """Give the columns of a map service's schema by their names; none of any other list.

    >>> schema_in([{"name": "FNM", "type": "esriFieldTypeString", "alias": "Facility Name"}])
    {'FNM': Field(alias='Facility Name', labels={})}
    >>> schema_in([{"name": "Lindi Clinic", "type": "Dispensary"}])
    {}
    """
    columns = list(values)
    are_columns = bool(columns) and all(isinstance(column, dict) and _is_column(column) for column in columns)
    return {column["name"]: _field(column) for column in columns if isinstance(column, dict)} if are_columns else {}


def schema_beside(whole: dict[str, Any]) -> Schema:
    """Give the schema that an object holds beside its records.

    >>> schema_beside(
    ...     {
    ...         "layerDefinition": {
    ...             "fields": [{"name": "ST", "alias": "Status"}],
    ...             "typeIdField": "ST",
    ...             "types": [{"id": 1, "name": "Closed"}],
    ...         }
    ...     }
    ... )
    {'ST': Field(alias='Status', labels={'1': 'Closed'})}
    """
    inner = whole.get(DEFINITION)
    definition = inner if isinstance(inner, dict) else whole
    listed = definition.get(SCHEMA)
    schema = schema_in(listed) if isinstance(listed, list) else {}
    return schema | {
        name: _with_types(schema[name], definition) for name in schema if name == definition.get(TYPE_FIELD)
    }


def are_coded(values: Iterable[object], schema: Schema, keys: Keys) -> bool:
    """Say whether the schema tells more of records than they do: a name that is known, or what a code means."""
    attributes = [value[ATTRIBUTES] for value in values if isinstance(value, dict) and _has_attributes(value)]
    return any(_told(key, said, schema, keys) != (key, said) for record in attributes for key, said in record.items())


def with_labels(parts: Iterable[Elements], schema: Schema, keys: Keys) -> Iterator[Elements]:
    """Give records under the names that are known, with what their codes mean; what is no record stays as it is."""
    for elements in parts:
        yield [_with_labels(element, schema, keys) for element in elements]


def _with_labels(element: msgspec.Raw | bytes, schema: Schema, keys: Keys) -> msgspec.Raw | bytes:
    record = read_element(element)
    if not isinstance(record, dict) or not _has_attributes(record):
        return element
    attributes = record[ATTRIBUTES]
    told = [_told(key, said, schema, keys) for key, said in attributes.items()]
    if len(dict(told)) < len(told):  # two columns are called the same
        told = [(key, _told(key, said, schema, keys)[1]) for key, said in attributes.items()]
    return msgspec.json.encode(record | {ATTRIBUTES: dict(told)})


def _told(key: str, said: object, schema: Schema, keys: Keys) -> tuple[str, object]:
    """Give a key as people call it, if only that is known, and what its code means."""
    field = schema.get(key)
    if field is None:
        return key, said
    is_alias_known = not keys.meanings((key,)) and bool(keys.meanings((field.alias,)))
    return field.alias if is_alias_known else key, field.labels.get(str(said), said)


def _has_attributes(record: dict[str, Any]) -> bool:
    return isinstance(record.get(ATTRIBUTES), dict)


def _is_column(column: dict[str, Any]) -> bool:
    is_typed = str(column.get("type")).startswith(ESRI) or isinstance(column.get("domain"), dict)
    return isinstance(column.get("name"), str) and (is_typed or isinstance(column.get("alias"), str))


def _field(column: dict[str, Any]) -> Field:
    domain, alias = column.get("domain"), column.get("alias")
    labels = _labels(domain.get("codedValues"), "code") if isinstance(domain, dict) else {}
    return Field(alias if isinstance(alias, str) else column["name"], labels)


def _with_types(field: Field, definition: dict[str, Any]) -> Field:
    """Add what the codes mean of the one column by which a layer tells the types of its records apart."""
    return field._replace(labels=_labels(definition.get("types"), "id") | field.labels)


def _labels(coded: object, key: str) -> dict[str, str]:
    """Give what codes mean, which stand under ``key`` beside their names."""
    return {
        str(value.get(key)): value["name"]
        for value in (coded if isinstance(coded, list) else [])
        if isinstance(value, dict) and isinstance(value.get("name"), str) and not is_absent(value["name"])
    }
