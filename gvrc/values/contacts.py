"""How a facility is reached: contacts in whatever form a source has them, one row each, none lost silently.

``contacts`` comes as JSON text ``[{"key": the key it stood under, "value": as it came}, ...]``; a value is text, a
number, a list, or an object such as ``{"type": "phone", "value": ".."}`` or ``{"name": "..", "phone": ".."}``. What
cannot be read becomes ``issue.contact_invalid`` with letters and digits masked: an unreadable contact is often a
person's name.
"""

from __future__ import annotations

import msgspec
import polars as pl

from gvrc.columns import CONTACT, ENDED_CONTACT
from gvrc.values.contact_forms import Contact, read_contacts, read_ended
from gvrc.values.phones import PHONE_IN_TEXT, split_phones
from gvrc.values.text import by_distinct, join_texts, masked

WITHHELD = "issue.location_withheld"  # extract sets it
_NEXT = "\x1e"  # stands between JSON texts of contacts, and in none of them
_READ = pl.Struct({"contacts": pl.List(CONTACT), "invalid": pl.String, "ended": pl.List(ENDED_CONTACT)})
_SPLIT = pl.Struct({"name": pl.String, "contact": pl.String})

# 1. Umoja Clinic, (2) Umoja Clinic: the place in a list, which changes every month. Two of them are two facilities.
_PLACE_IN_LIST = r"^(?:\(?\d{1,4}[.)]|[\x{2022}\x{25cf}\x{25aa}\x{b7}])\s*(\p{L}{2})"
_FURTHER_PLACE = r"\s\(?\d{1,4}[.)]\s*\p{L}{2}"
# A pin on a map says where a house is, as its address does.
_MAP = r"(?i)\bmaps?\.[a-z]|/maps\b|\b(?:openstreetmap|osm)\.org\b|\bplus\.codes\b|\b(?:what3words|w3w|waze)\.co"
WEBSITE = r"^(?i:https?://)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?::\d+)?(?:[/?#]\S*)?$"


def repair_names(records: pl.DataFrame) -> pl.DataFrame:
    """Move telephone numbers from ``facility_name`` and ``official_name`` to ``contacts``; drop numbers of a list.

    ``issue.name_repaired`` keeps the name as it came, with the telephone number masked.
    """
    names = ("facility_name", "official_name")
    repaired = [
        pl.when(pl.col(f"{name}.split").is_not_null() | pl.col(f"{name}.unlisted").ne_missing(pl.col(name))).then(name)
        for name in names
    ]
    return (
        records.with_columns(_without_place(name).alias(f"{name}.unlisted") for name in names)
        .with_columns(_split(name).alias(f"{name}.split") for name in names)
        .with_columns(masked(pl.coalesce(repaired)).alias("issue.name_repaired"))
        .with_columns(_take(name) for name in names)
        .with_columns(_with_contacts(*(pl.col(f"{name}.split").struct.field("contact") for name in names)))
        .drop(f"{name}.{made}" for name in names for made in ("split", "unlisted"))
    )


def repair_websites(records: pl.DataFrame) -> pl.DataFrame:
    """Move from ``website_url`` to ``contacts`` what is no site: an e-mail, a number, or else an issue."""
    website = pl.col("website_url")
    odd = pl.when(~website.str.contains(WEBSITE)).then(website)
    is_told = website.str.contains(WEBSITE)
    if WITHHELD in records.columns:
        is_told &= pl.col(WITHHELD).is_null() | ~website.str.contains(_MAP)
    return records.with_columns(
        _with_contacts(by_distinct(odd, lambda texts: (_as_contact("website_url", text) for text in texts), pl.String)),
        pl.when(is_told).then(website).alias("website_url"),
    )


def add_contacts(records: pl.DataFrame) -> pl.DataFrame:
    """Read ``contacts`` into a list of ``columns.CONTACT``, distinct by value, in the order given; empty for none.

    ``ended_contacts`` has what the record calls out of use.
    """
    read = pl.col("contacts.read").struct
    found = read.field("contacts").fill_null(pl.lit([], dtype=pl.List(CONTACT)))
    return (
        records.with_columns(by_distinct(pl.col("contacts"), _read_all, _READ).alias("contacts.read"))
        .with_columns(
            (_that_may_be_told(found) if WITHHELD in records.columns else found).alias("contacts"),
            read.field("invalid").alias("issue.contact_invalid"),
            read.field("ended").alias("ended_contacts"),
        )
        .drop("contacts.read")
    )


def _that_may_be_told(contacts: pl.Expr) -> pl.Expr:
    """Leave out addresses, many of which say in which house it is, and pins on a map, where it must not be told."""
    contact = pl.element().struct
    is_address = contact.field("contact_type") == "Postal Address"
    is_pin = (contact.field("contact_type") == "Website") & contact.field("contact_value").str.contains(_MAP)
    told = contacts.list.eval(pl.element().filter(~is_address & ~is_pin))
    return pl.when(pl.col(WITHHELD).is_null()).then(contacts).otherwise(told)


def _without_place(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(text.str.contains(_FURTHER_PLACE)).then(text).otherwise(text.str.replace(_PLACE_IN_LIST, "$1"))


def _split(name: str) -> pl.Expr:
    unlisted = pl.col(f"{name}.unlisted")
    suspect = pl.when(unlisted.str.contains(PHONE_IN_TEXT)).then(unlisted)
    return by_distinct(suspect, lambda texts: (_split_one(name, text) for text in texts), _SPLIT)


def _split_one(column: str, text: str) -> dict[str, str] | None:
    name, numbers = split_phones(text)
    return {"name": name, "contact": _as_contact(column, numbers)} if numbers else None


def _take(name: str) -> pl.Expr:
    split = pl.col(f"{name}.split")
    left = split.struct.field("name")
    return pl.when(split.is_null()).then(pl.col(f"{name}.unlisted")).when(left != "").then(left).alias(name)


def _with_contacts(*found: pl.Expr) -> pl.Expr:
    return join_texts([pl.col("contacts"), *found], _NEXT).alias("contacts")


def _as_contact(key: str, value: object) -> str:
    return msgspec.json.encode([{"key": key, "value": value}]).decode()


def _read_all(texts: pl.Series) -> pl.Series:
    """Read every text, and put the lists together in one go: Polars is slow over Python lists of objects."""
    parts = [text.split(_NEXT) for text in texts]
    read = [read_contacts(of_text) for of_text in parts]
    flat = [(row, *contact) for row, (contacts, _) in enumerate(read) for contact in contacts]
    invalid = pl.Series("invalid", ["; ".join(invalid) or None for _, invalid in read], dtype=pl.String)
    contacts = (
        pl.DataFrame(flat, schema={"row": pl.UInt32, **dict(CONTACT)}, orient="row")
        .group_by("row")
        .agg(contacts=pl.struct(pl.exclude("row")))
    )
    return (
        pl.DataFrame([invalid, _read_ended(parts, read)])
        .with_row_index("row")
        .join(contacts, on="row", how="left", validate="1:1", maintain_order="left")
        .select("contacts", "invalid", "ended")
        .to_struct()
    )


def _read_ended(parts: list[list[str]], read: list[tuple[list[Contact], list[str]]]) -> pl.Series:
    """Read what is out of use where something was refused: all of it was, and few texts are walked down again."""
    ended = [
        read_ended(texts, contacts) if invalid else [] for texts, (contacts, invalid) in zip(parts, read, strict=True)
    ]
    rows = [[dict(zip(ENDED_CONTACT.to_schema(), line, strict=True)) for line in lines] or None for lines in ended]
    return pl.Series("ended", rows, dtype=pl.List(ENDED_CONTACT))
