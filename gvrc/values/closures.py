"""What says in words that a facility is closed: ``Closed since 2019`` for a status, ``(CLOSED)`` in its name, a remark.

Only that it is closed is read so. A survivor who is sent to a closed facility is harmed; one who is told of hours, of
holidays or of a new opening ("closed on Sundays") is told of an open one, and none of that is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.values.casts import read_day, read_flag
from gvrc.values.synonyms import CLOSED, canonical_name, read_synonyms, says_closed
from gvrc.values.text import by_distinct, clean_value, fold, join_texts, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("facility_name", "official_name")
_SPLIT = pl.Struct({"name": pl.String, "status": pl.String})

_RAW_LENGTH = 200  # characters of a remark that an issue keeps
# One of these is in every word for closed of synonyms/operational_statuses.csv that a name or a remark may use.
_SUSPECT = r"(?i)clos|shut|ceased|defunct|abandon|demolish|disused|operat|function|activ|working|register|suspend"
_SUSPECT += r"|construct|plan|propos|opened|opening|not yet open|in use|of service|exist|vacated|dormant|wound up"
_SUSPECT += r"|never|yet to|no services|destroy|burn|collaps|discontinu|decommission|obsolete|disband|looted|vandali"
_SUSPECT += r"|haipo|hakipo|huduma|jaanza|acha kufanya|bomoka|teketea"
_SUSPECT += r"|no longer|phased|struck off|surrender|cancel|blacklist|not refer"
_SUSPECT += r"|ko wazi|fung|hamishwa|bomolewa|jengwa|tumiki|simamishwa|fanyi kazi"
# A remark on a wing that is under construction, or on a suspended licence, is not on the facility.
_SURE_IN_A_REMARK = lazy_pattern(
    "clos|shut|ceased|defunct|abandon|demolish|disused|operat|function|fungwa|bomolewa"
    "|neveropened|destroy|burn(?:t|ed)down|decommission|nolonger|donotrefer|blacklist"
)
# Beside a name they say something else: a house that is not open to the public, one that has moved here.
_NOT_IN_A_NAME = frozenset(
    (
        *("no", "relocated", "moved", "merged", "stalled", "notopen", "imehamishwa", "kimehamishwa"),
        *("imehama", "kimehama"),
        *("disabled", "retired", "terminated", "incomplete", "unfinished", "noservices", "hakunahuduma"),
    )
)
_OPEN_AGAIN_OR_HOURS = lazy_pattern(
    r"re-?(?:open|built|constructed)|\bclosed\s+(?:from|between)\b.*\b(?:to|and|till|until)\b|\b(?:still|now|again)\s+open"
    r"|\bopen\s+(?:again|now)|\bnot\s+closed|\b(?:sun|mon|tue|tues|wed|thu|thur|thurs"
    r"|fri|sat|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|week-?ends?|holidays?|nights?"
    r"|evenings?|mornings?|afternoons?|lunch|daily|hours?|hrs|juma(?:pili|mosi|tatu|nne|tano)|alhamisi|ijumaa|wikendi"
    r"|sikukuu|likizo|usiku|asubuhi|mchana|jioni|kila|(?<!haiko\s)(?<!hakiko\s)wazi|imefunguliwa|kimefunguliwa)\b"
    r"|\d\s*[ap]\.?m\b|\d:\d\d",
    re.IGNORECASE,
)
_FOR_A_TIME = lazy_pattern(
    r"temporar|renovat|repair|maintenance|rehabilit|\b(?:un)?till?\b|for now|kwa muda|ukarabati|\bhadi\b", re.IGNORECASE
)
_MAY_BE_FOR_A_TIME = ("closed", "shut", "imefungwa", "kimefungwa")
_BEFORE = lazy_pattern(
    r"(?:(?:the|this)\s+)?(?:(?:facility|clinic|hospital|station|post|shelter|office|cent(?:re|er)|it"
    r"|home|(?:safe\s?)?house|institution|dispensary|kituo|hospitali|zahanati|kliniki|ofisi|nyumba)\s+)?"
    r"(?:(?:is|was|has(?:\s+since)?(?:\s+been)?)\s+)?(?:(?:now|currently|still|fully|completely|totally|officially)\s+)?",
    re.IGNORECASE,
)
# Between the clauses of a remark. Before a comma may stand when it is closed: "During floods, clinic closed".
_BETWEEN_CLAUSES = lazy_pattern(r"\s*;\s*|\.\s+")
# What may be closed in a later clause: the whole of it. A gate, a case or an office of it may be closed, too.
_THE_WHOLE = lazy_pattern(
    r"(?:(?:the|this)\s+)?(?:facility|clinic|hospital|police\s+station|station|shelter|cent(?:re|er)|home|safe\s?house"
    r"|institution|dispensary|kituo|hospitali|zahanati|kliniki|nyumba)\b",
    re.IGNORECASE,
)
_CLOSED_FOR_ITSELF = lazy_pattern(r"clos|shut|ceased|defunct|decommission|nolonger|fungwa")
_SAYS_OPEN = lazy_pattern(
    r"\b(?:open\w*|operat\w+|function\w*|working|running|active|ongoing|continu\w+|offer\w*|provid\w+|receiv\w+"
    r"|if|when|whenever|unless|inafanya|kinafanya|hutoa|inatoa|kinatoa|ikiwa|kama|wakati)\b",
    re.IGNORECASE,
)
# What may follow the word: a sign, a number, or one of few words. "Closed to walk-ins" is open.
_AFTER = lazy_pattern(
    r"\s+[-\u2013\u2014]\s*|[-\u2013\u2014](?=\s|\d)|\s*[,;:.!(\[]|\s+(?=\d)|\s+on\s+(?=\d)"
    r"|\s+(?:since|in|from|as\s+of|by|due|until|till|after|because|pending|tangu|hadi|kutokana)\s"
    r"|\s+kwa\s+(?=sababu|muda|ukarabati|sasa)"
    r"|\s+for\s+(?=good|now|renovat|repair|maint|rehab|construct|lack)|(?:(?<=relocated)|(?<=moved))\s+to\s"
    r"|(?<=merged)\s+(?:with|into|to)\s"
    r"|\s+(?:at\s+(?:the\s+moment|present)|currently|presently|now|yet|any\s?more|tena)$",
    re.IGNORECASE,
)
_YES_AND_MORE = lazy_pattern(r"(?:yes|ndiyo|ndio)\s*[-\u2013\u2014,;:.(].*", re.IGNORECASE | re.DOTALL)
_NO_AND_MORE = lazy_pattern(r"(?:no|hapana)\W+(?P<more>\w.*)", re.IGNORECASE | re.DOTALL)
CLOSING_YEAR = lazy_pattern(r"(?:19|20)\d\d(?:\.0)?$")
ANSWER_NUMBER = r"^\(?\d{1,2}\s*[-.:)=]\s*"  # 2 - Closed: as the answers of a form are coded
_BRACKETS = lazy_pattern(r"\s*[(\[]([^()\[\]]*)[)\]]")
_BETWEEN = lazy_pattern(r"\s+[-\u2013\u2014:,*]+\s*|[-\u2013\u2014:,*]+\s+")
# Between the parts of a status, of which one may say closed: "Completed, not operational", "Complete but not in use".
_BETWEEN_PARTS = lazy_pattern(
    r"\s*[,;:(\[)\]]\s*|\s+[-\u2013\u2014]\s+|\.\s+|\s+(?:but|though|although|lakini|ila)\s+", re.IGNORECASE
)
_OF_SOMETHING_ELSE = frozenset(("no", "incomplete", "notcomplete", "notcompleted", "unfinished"))
_SHORTEST_MISSPELT = 6  # letters: one off, and "open" is "pen"
_AT_THE_END = lazy_pattern(
    r"(?P<name>.+?)[\s/_-]+(?P<words>(?:(?:now|permanently|temporarily)\s+)?closed(?:\s+down)?|(?:ime|kime)fungwa"
    r"|(?:non|not)[\s-]*(?:functional|operational))",
    re.IGNORECASE,
)


# For speed only: no word for closed has half as many. A cell of 20,000 signs has as many ends, each to be looked up.
_LONGEST_WORD = 200  # characters


class _Split(NamedTuple):
    name: str
    status: str


def read_closures(records: pl.DataFrame) -> pl.DataFrame:
    """Read what says in words that a facility is closed, and take it out of the names: they are what it is met by.

    Adds ``status.in_words`` (of the status itself), ``status.aside`` (of name or description) and
    ``issue.closed_in_words``, with the words as they came.
    """
    status, remark = pl.col("operational_status"), pl.col("description")
    by_name = [pl.col(f"{name}.closed").struct.field("status") for name in _NAMES]
    read = records.with_columns(
        by_distinct(status, lambda texts: map(_status_in_words, texts), pl.String).alias("status.in_words"),
        by_distinct(_suspect(remark), lambda texts: map(_told_in_remark, texts), pl.String).alias("remark.closed"),
        *(
            by_distinct(_suspect(pl.col(name)), lambda texts: map(_split, texts), _SPLIT).alias(f"{name}.closed")
            for name in _NAMES
        ),
    )
    said = {
        "operational_status": pl.when(pl.col("status.in_words").is_not_null()).then(status),
        **{name: pl.when(said.is_not_null()).then(pl.col(name)) for name, said in zip(_NAMES, by_name, strict=True)},
        "description": pl.when(pl.col("remark.closed").is_not_null()).then(remark.str.slice(0, _RAW_LENGTH)),
    }
    words = [pl.format(f"{column}: {{}}", text) for column, text in said.items()]
    return read.with_columns(
        masked(join_texts(words)).alias("issue.closed_in_words"),
        pl.coalesce(*by_name, "remark.closed").alias("status.aside"),
        *(pl.coalesce(pl.col(f"{name}.closed").struct.field("name"), name).alias(name) for name in _NAMES),
    )


def read_closed(text: str) -> str | None:
    """Give the status that words say, if they say that a facility is closed; what else they say does not count.

    >>> [read_closed(text) for text in ("CLOSED - moved to Kibera", "Closed for renovation", "Closed on Sundays")]
    ['Non-Operational', 'Temporarily Closed', None]
    """
    if "/" in text and all(map(says_closed, text.split("/"))):
        return canonical_name("operational_statuses", text.split("/", maxsplit=1)[0])
    word, rest = _word_and_rest(text)
    status = canonical_name("operational_statuses", word)
    if status not in CLOSED or _OPEN_AGAIN_OR_HOURS.search(text) or (fold(word) == "no" and rest):
        return None
    return CLOSED[1] if _FOR_A_TIME.search(rest) and fold(word).startswith(_MAY_BE_FOR_A_TIME) else status


def read_closing(text: str) -> bool | None:
    """Read a flag of a closed facility that says more.

    >>> [read_closing(text) for text in ("Yes (since 2019)", "Closed since 2019", "Yes, on Sundays")]
    [True, True, None]
    """
    is_yes = _YES_AND_MORE.fullmatch(text) and not _OPEN_AGAIN_OR_HOURS.search(text)
    return True if is_yes or read_closed(text) else None


def read_denial(text: str) -> bool | None:
    """Read a flag of an open facility that says no, and that it is closed: "No (closed 2020)"."""
    denied = _NO_AND_MORE.fullmatch(text)
    return False if denied and read_closed(denied["more"]) else None


def outweighs(field: str, text: str) -> bool:
    """Say whether a text under one key of a field says closed: that outweighs what other keys say.

    A bare "no" is none of a status: of a licence, it says something else; "incomplete" may be a form or a wing.

    >>> outweighs("is_closed", "2020-01-31"), outweighs("operational_status", "License suspended")
    (True, True)
    """
    plain = re.sub(ANSWER_NUMBER, "", clean_value(text) or "")
    match field:
        case "is_closed":
            said = read_closing(plain), says_closed(plain), read_day(plain), CLOSING_YEAR.match(plain)
            return any(said) if read_flag(plain) is None else read_flag(plain) is True
        case "is_active":
            return read_flag(plain) is False or read_denial(plain) is False or says_closed(plain)
    return fold(plain) not in _OF_SOMETHING_ELSE and (says_closed(plain) or read_closed(plain) is not None)


def split_name(name: str) -> _Split | None:
    """Part a name from what it says of being closed; None for a name that says nothing of it.

    >>> [split_name(name) for name in ("Umoja Clinic (CLOSED)", "Closed - Umoja Clinic", "Umoja Clinic (Annex)")]
    [_Split(name='Umoja Clinic', status='Non-Operational'), _Split(name='Umoja Clinic', status='Non-Operational'), None]
    """
    parts = ((left, status) for left, words in _parts_of(name) if (status := _told_aside(words)))
    return next((_Split(left, status) for left, status in parts if any(map(str.isalpha, left))), None)


def _split(name: str) -> dict[str, str] | None:
    found = split_name(name)
    return found and found._asdict()


def _parts_of(name: str) -> Iterator[tuple[str, str]]:
    """Give every part of a name that could be words beside it, with what is left of the name."""
    for found in _BRACKETS.finditer(name):
        yield (name[: found.start()] + name[found.end() :]).strip(" -\u2013\u2014:,*"), found[1]
    for found in _BETWEEN.finditer(name):
        head, tail = name[: found.start()].strip(), name[found.end() :].strip()
        yield head, tail
        if says_closed(head):
            yield tail, head
    if found_last := _AT_THE_END.fullmatch(name):
        yield found_last["name"], found_last["words"]


def _status_in_words(text: str) -> str | None:
    answer = re.sub(ANSWER_NUMBER, "", text)
    if canonical_name("operational_statuses", answer):
        return None
    return read_closed(answer) or _closed_in_part(answer) or _closed_misspelt(answer)


def _closed_in_part(text: str) -> str | None:
    """Read a status of several parts, one of which says closed and none of which says open.

    >>> [_closed_in_part(text) for text in ("Complete but not in use", "Open, under construction")]
    ['Non-Operational', None]
    """
    parts = _BETWEEN_PARTS.split(text)
    is_open = any(canonical_name("operational_statuses", part) == "Operational" for part in parts)
    if is_open or _OPEN_AGAIN_OR_HOURS.search(text):
        return None
    return next(filter(None, map(_told_aside, parts)), None)


def _closed_misspelt(text: str) -> str | None:
    """Read a word for closed with one wrong letter ("Clossed"), if none for open is as near; "now" is not "not".

    Misspelt words for open need none of this: what nobody can read lands as open.
    """
    from rapidfuzz.distance import OSA  # not before: hardly any status is misspelt

    given = fold(text)
    # A slip is hardly ever in the first letter: "Leased" is no "Ceased".
    if not _SHORTEST_MISSPELT <= len(given) <= _LONGEST_WORD or given.startswith("now"):
        return None
    near = {
        status
        for word, status in read_synonyms("operational_statuses").items()
        if len(word) >= _SHORTEST_MISSPELT - 1
        and word[0] == given[0]
        and OSA.distance(given, word, score_cutoff=1) <= 1
    }
    return next((status for status in CLOSED if status in near), None) if near <= set(CLOSED) else None


def _told_aside(text: str) -> str | None:
    return None if fold(_word_and_rest(text)[0]) in _NOT_IN_A_NAME else read_closed(text)


def _told_in_remark(text: str) -> str | None:
    whole = _told_aside(text) if _SURE_IN_A_REMARK.search(fold(_word_and_rest(text)[0])) else None
    return whole or _told_in_clause(text)


def _told_in_clause(text: str) -> str | None:
    """Read a later clause of a remark that says of the whole facility that it is closed, if no other says open.

    >>> [
    ...     _told_in_clause(text)
    ...     for text in ("No funds; home closed", "No water; gate closed", "Offers PEP; home closed")
    ... ]
    ['Non-Operational', None, None]
    """
    before, *clauses = _BETWEEN_CLAUSES.split(text.strip())
    if _OPEN_AGAIN_OR_HOURS.search(text):
        return None
    for place, clause in enumerate(clauses):
        said = _told_aside(clause) if _THE_WHOLE.match(clause) else None
        if said and _CLOSED_FOR_ITSELF.search(fold(_word_and_rest(clause)[0])):
            others = (before, *clauses[:place], *clauses[place + 1 :])
            return None if any(map(_SAYS_OPEN.search, others)) else said
    return None


def _word_and_rest(text: str) -> tuple[str, str]:
    plain = text.strip(" .!*-\u2013\u2014")
    before = _BEFORE.match(plain)
    plain = plain[before.end() :] if before else plain
    ends = [*(after.start() for after in _AFTER.finditer(plain)), len(plain)]
    # The first that ends a word for closed: "Not in use - merged" says no more than "Not" before its first "in".
    end = next((end for end in ends if end <= _LONGEST_WORD and says_closed(plain[:end])), ends[0])
    return plain[:end], plain[end:]


def _suspect(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_SUSPECT)).then(text)
