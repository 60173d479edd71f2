"""What a facility offers, and which kinds of violence it answers to: lists of names in whatever form they came.

A list comes as JSON text: strings, objects with a name, or one string ``"a, b"`` (``service_names.py``). A UUID or a
number is a reference that means nothing here: it becomes the issue ``service_invalid``, not a service.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.values.service_names import NOT_OFFERED_FROM, list_spellings
from gvrc.values.synonyms import canonical_name, to_canonical
from gvrc.values.text import by_distinct, clean_text, fold, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Accept = Callable[[str], str | None]


_NAMES = pl.Struct({"names": pl.List(pl.String), "unused": pl.String})
_MARK = "\x1e"  # no cleaned name holds a control character
_NO_NAME = lazy_pattern(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[\d.eE+-]+|true|false|yes|no|[yn]|[\[{].*", re.IGNORECASE | re.DOTALL
)
# PEP (not available), PEP no longer offered, No PEP; but "No scalpel vasectomy" is one, and so are "Referral where PEP
# is not available" and "No FGM campaign".
_OFFERED = r"(?:available|offered|provided)"
_LACKING = rf"(?:currently |temporarily )?(?:(?:not|never) (?:yet |currently )?{_OFFERED}|unavailable)"
_LACKING += rf"|no longer {_OFFERED}|(?:is|are)n['\u2019]?t (?:yet |currently )?{_OFFERED}|cannot be {_OFFERED}"
_LACKING += r"|ha(?:i|zi|u)(?:patikani|tolewi)"
_LATELY = r"(?: (?:here|now|today|yet|currently|for now|at (?:the|this) (?:moment|time|facility)|since \d{4})"
_LATELY += r"| refer(?:red)? to [^()]{1,80}| \(refer(?:red)? to [^()]{1,80}\))?\.?"
_NOT_OFFERING = r"(?:we )?(?:do|does) ?(?:not|n['\u2019]?t) (?:offer|provide)|not (?:offering|providing)|lacks?"
_NO_LACK = r"scalpel|cost|fees?\b|charges?\b|appointment|referral|limit|wrong|one\b|touch|to\b|\d"
_NO_LACK += r"|(?:violence|fear|shame|stigma|smoking|tobacco)\b"
_NO_LACK += r"|.*\b(?:campaigns?|advocacy|awareness|sensiti[sz]ation|movement|initiative|prevention)$"
_SAID_TO_LACK = lazy_pattern(
    rf"(?:\(|[\u2013:=-]\s*)(?:no|none|n/a|(?:{_LACKING}){_LATELY}|not (?:functional|operational|working)|out of stock"
    rf"|coming soon|discontinued|suspended|stopped|closed|hakuna|hamna)\s*\)?$"
    rf"|^(?!.*\b(?:if|when|where)\b).*\s(?:is |are )?(?:{_LACKING}){_LATELY}$|[\u274c\u2716-\u2718]$"
    rf"|\s(?:out of stock|coming soon|n/a|hakuna|hamna)$|^{NOT_OFFERED_FROM}"
    rf"|^(?:no|hakuna|hamna|{_NOT_OFFERING})\s+(?!{_NO_LACK})\w",
    re.IGNORECASE,
)
# What stands in a cell where there is none, or which the cell above has; and what a form offers beside its choices.
_NO_SERVICE = frozenset(
    (
        *("noservices", "noservice", "noneavailable", "noneoffered", "sameasabove", "asabove", "ditto"),
        *("hakuna", "hamna", "nothing", "tbc", "tba", "tobeconfirmed"),
        *("dontknow", "donotknow", "notsure", "noneoftheabove", "noneofthese", "prefernottosay"),
    )
)


def add_services(records: pl.DataFrame) -> pl.DataFrame:
    """Read ``services`` into distinct names in the order given; what is no name goes to ``issue.service_invalid``."""
    return _add_names(records, "services", _service_name, "issue.service_invalid")


def _service_name(name: str) -> str | None:
    is_none = _NO_NAME.fullmatch(name) or _SAID_TO_LACK.search(name) or fold(name) in _NO_SERVICE
    return None if is_none else name


def add_gbv_categories(records: pl.DataFrame) -> pl.DataFrame:
    """Read ``gbv_categories`` into canonical names; unknown ones go to ``issue.gbv_category_unknown``."""
    return _add_names(records, "gbv_categories", _gbv_category, "issue.gbv_category_unknown")


def _gbv_category(name: str) -> str | None:
    return canonical_name("gbv_categories", name)


def names_violence(text: str) -> bool:
    """Say whether the JSON text of a list names a kind of violence.

    >>> names_violence('["Sexual Violence", "PEP"]'), names_violence('["PEP", "Legal aid"]')
    (True, False)
    """
    return any(_gbv_category(name) for name in list_spellings(text))


def _add_names(records: pl.DataFrame, column: str, accept: Accept, issue: str) -> pl.DataFrame:
    read = pl.col("names.read").struct
    return (
        records.with_columns(
            by_distinct(pl.col(column), lambda texts: _read_names(texts, accept), _NAMES).alias("names.read")
        )
        .with_columns(read.field("names").fill_null([]).alias(column), masked(read.field("unused")).alias(issue))
        .drop("names.read")
    )


def _read_names(texts: pl.Series, accept: Accept) -> pl.Series:
    """Read every text of a list; each distinct spelling in all of them is cleaned and accepted once."""
    given = [list_spellings(text) for text in texts]
    spellings = pl.Series(list(set().union(*given)), dtype=pl.String)
    cleaned = dict(zip(spellings, clean_text(spellings), strict=True))
    accepted = {spelling: name for spelling, clean in cleaned.items() if clean and (name := accept(clean))}
    refused = {spelling for spelling, clean in cleaned.items() if clean and spelling not in accepted}
    # Joined and split again: Polars takes ten times as long over a Python list of lists.
    names = pl.Series("names", [_MARK.join(row) or None for row in _distinct_names(given, accepted)], dtype=pl.String)
    said = ["; ".join(filter(refused.__contains__, row)) or None for row in given] if refused else [None] * len(given)
    return pl.select(names.str.split(_MARK), pl.Series("unused", said, dtype=pl.String)).to_struct()


def _distinct_names(given: list[list[str]], accepted: dict[str, str]) -> Iterator[Iterable[str]]:
    """Give the names of each row, of those that differ only in case the first. Most batches have no two such names."""
    names = set(accepted.values())
    if len({name.casefold() for name in names}) == len(names):
        return (dict.fromkeys(filter(None, map(accepted.get, row))) for row in given)
    return (_distinct_but_for_case(filter(None, map(accepted.get, row))) for row in given)


def _distinct_but_for_case(row: Iterable[str]) -> Iterable[str]:
    names: dict[str, str] = {}
    for name in row:
        names.setdefault(name.casefold(), name)
    return names.values()


def add_service_category(services: pl.DataFrame) -> pl.DataFrame:
    """Give every row of (``facility_type``, ``service_name``) its ``service_category``, null when nothing says which.

    The service's own name decides where the synonym table knows it, else the type's default (police: Security), else
    a word of the name that the table knows by itself ("Legal representation of survivors": Legal).
    """
    name, table = pl.col("service_name"), "service_categories"
    return services.with_columns(
        pl.coalesce(
            to_canonical(name, table),
            to_canonical(pl.col("facility_type"), table),
            by_distinct(name, lambda names: map(_category_of_a_word, names), pl.String),
        ).alias("service_category")
    )


def _category_of_a_word(name: str) -> str | None:
    known = (canonical_name("service_categories", word) for word in re.findall(r"\w+", name))
    return next((category for category in known if category), None)
