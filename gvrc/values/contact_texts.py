"""One text about contacts -> the numbers, addresses and sites in it, and the words beside them."""

from __future__ import annotations

import re

from gvrc.lazy import lazy_pattern
from gvrc.meaning.vocabulary import list_words
from gvrc.values.phones import find_phones, lacks_zero, read_phone, split_phones
from gvrc.values.synonyms import canonical_name
from gvrc.values.text import fold

_OUT_OF_USE_IN_WORDS = lazy_pattern(
    r"\b(?:wrong\s+number|not\s+(?:in\s+use|in\s+service|working|going\s+through|functional|reachable)|no\s+longer\s+(?:in\s+use|working)"
    r"|out\s+of\s+(?:use|service|order)|disconnected|unreachable|switched\s+off|inactive"
    r"|ha(?:i|zi)(?:patikani|tumiki|fanyi\s+kazi)|namba(?:ri)?\s+(?:ya|za)\s+zamani"
    r"|(?:old|former|previous)(?:\s+(?:number|no|line|tel|phone|mobile))?\s*[.:)]|(?:old|former)\s+(?:number|no|line)\b"
    r"|(?:old|former(?:ly)?|previously)\s+(?=[+(]?\d)"
    r"|\((?:old|former)\))",
    re.IGNORECASE,
)
# Between numbers of which each has its own word: "0700000016 (old) 0700000017 (new)", "Old 0700000016 new 0700000017".
_BETWEEN_NUMBERS = lazy_pattern(
    r"[,;/|\n]|(?<=[^\W\d_]\))\s*(?=[+(]?\d)"
    r"|(?<=\d)[\s(\-]+(?=(?:old|new|now|former(?:ly)?|previous(?:ly)?)(?:\s+(?:number|no|line|tel))?\s*[.:]?\s*[+(]?\d)",
    re.IGNORECASE,
)
PRIVATE_IN_WORDS = lazy_pattern(
    r"\((?:private|personal|confidential|binafsi|siri)(?:\s+(?:no|number|line|phone|mobile|cell))?[\s.]*\)"
    r"|\b(?:private|personal)\s+(?:no|number|line|phone|mobile|cell)\b|\bdo\s+not\s+(?:share|publish|give\s+out)\b"
    r"|\bnot\s+(?:to\s+be\s+shared|for\s+(?:the\s+)?public)\b"
    r"|\b(?:survivor|victim|client|patient|complainant)s?['\u2019]s?\s+(?:\w+\s+)?(?:mother|father|parents?"
    r"|sister|brother|aunt|uncle|guardian|husband|wife|relative|neighbou?r|friend|phone|number)\b"
    r"|(?:[^\W\d_]['\u2019]s|\b(?:her|his))\s+(?:private|personal)(?:\s+(?:no|number|line|phone|mobile|cell))?\s*(?=[).,;/|\n]|\Z)",
    re.IGNORECASE,
)
# The look-arounds keep "jane..doe@example.org" from being read as doe@example.org, and "info@example.co.k" (or its
# end and a number in one) as info@example.co.
EMAIL = lazy_pattern(
    r"(?<![\w.%'+@-])(?:mailto:)?([\w%'+-]+(?:\.[\w%'+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?![\w@-]|\.[a-z]+(?![.a-z]))",
    re.IGNORECASE,
)
_URL = lazy_pattern(r"\b(?:https?://|www\.)[^\s,;|<>\"]*[^\s,;|<>\".)]", re.IGNORECASE)
_DOMAIN = lazy_pattern(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_POSTAL = lazy_pattern(r"\bp\.?\s*o\.?\s*box\b|^(?:private\s+)?bag\s+\d|^box\s+\d", re.IGNORECASE)
_TEL_AND_FAX = lazy_pattern(r"\b(tel(?:ephone)?)\.?\s*(?:/|&|and)\s*fax\b", re.IGNORECASE)  # it answers calls
_FAX_BEHIND = lazy_pattern(r"(\+?\(?\d[\d\s().\-]{5,24}\d)\s*\(\s*fax\s*\)", re.IGNORECASE)
_LINE_LABEL = lazy_pattern(r"\b(?=(?:tel|telephone|phone|mobile|cell|fax)\b)", re.IGNORECASE)
_OF_SOMETHING = lazy_pattern(r"\b[a-z]\s*[/.]\s*no\b", re.IGNORECASE)  # P/No of an officer, L.R. No. of a plot
LETTERS = lazy_pattern(r"[^\W\d_]{2,}")
_LABELS = list_words("contact_labels")
_STATED_LINES = frozenset({"Fax", "Hotline", "Toll Free"})


def part_by_use(text: str) -> tuple[str, list[str]]:
    """Separate what a text says is in use from what is not: "0700000016 (disconnected)", "old: 0700000016"."""
    return _parted(text, _OUT_OF_USE_IN_WORDS)


def part_by_privacy(text: str) -> tuple[str, list[str]]:
    """Separate what a text gives to the public from what it does not: "0700000016 (private)", "do not share"."""
    return _parted(text, PRIVATE_IN_WORDS)


def _parted(text: str, telling: re.Pattern[str]) -> tuple[str, list[str]]:
    if not telling.search(text):
        return text, []
    parts = [part.strip() for part in _BETWEEN_NUMBERS.split(text)]
    ended = [part for part in parts if telling.search(part)]
    kept = [part for part in parts if part not in ended]
    return (", ".join(kept), ended) if any(re.search(r"\d", part) for part in ended) else ("", [text])


def says_only_ended(text: str) -> bool:
    """Say whether a text has no words but those: not "0700000016 if the office is unreachable"."""
    return not words_in(_OUT_OF_USE_IN_WORDS.sub(" ", text))


def read_lines(kind: str | None, text: str, *, may_lack_zero: bool = True) -> tuple[list[tuple[str, str]], list[str]]:
    """Give (contact type, value) of every e-mail, site, postal address and number in a text, and what is left over.

    ``may_lack_zero`` says that the text stands under a key of telephones: elsewhere an identity card (``id_no``) has as
    many digits as a landline without its 0.
    """
    is_line = kind != "Postal Address" and (may_lack_zero or not lacks_zero(text))  # box 1195 is not the hotline
    if is_line and (phone := read_phone(text)):  # nearly every contact is a single number
        return [(_line_of(kind, phone.contact_type), phone.contact_value)], []
    lines = [("Email", address.lower()) for address in EMAIL.findall(text)]
    rest = EMAIL.sub(" ", text)
    lines += [("Website", address) for address in _URL.findall(rest)]
    rest = _URL.sub(" ", rest).strip()
    if kind == "Website" and _DOMAIN.fullmatch(rest):
        return [*lines, ("Website", rest)], []
    if rest and (kind == "Postal Address" or _POSTAL.search(rest)):
        return [*lines, *_read_postal(rest)], []
    refused = re.findall(r"\S*@\S*", rest)
    for part in _LINE_LABEL.split(_FAX_BEHIND.sub(r"fax \1", _TEL_AND_FAX.sub(r"\1", rest))):
        is_alone = may_lack_zero and not words_in(part) and not _OF_SOMETHING.search(part)
        phones, no_phones = find_phones(part, stated_line=kind in {"Hotline", "Toll Free"}, may_lack_zero=is_alone)
        stated = "Fax" if part.casefold().startswith("fax") else kind
        lines += [(_line_of(stated, phone.contact_type), phone.contact_value) for phone in phones]
        refused += no_phones
    return lines, refused


def _read_postal(text: str) -> list[tuple[str, str]]:
    """Read a postal address as it stands, and the numbers in it: "P.O. Box 12 Kitui, Tel 0700000016".

    Only after a label does any number count: a box and a postal code have digits, too.
    """
    lines = [("Postal Address", text)]
    for part in _LINE_LABEL.split(text):
        is_labelled = _LINE_LABEL.match(part) and not _POSTAL.search(part)
        texts = [part] if is_labelled else split_phones(part)[1]
        phones = [phone for number in texts for phone in find_phones(number)[0]]
        stated = "Fax" if part.casefold().startswith("fax") else None
        lines += [(_line_of(stated, phone.contact_type), phone.contact_value) for phone in phones]
    return lines


def _line_of(stated: str | None, found: str) -> str:
    """Prefer what the source calls the line, but a short code is always a hotline."""
    return stated if stated in _STATED_LINES and found != "Hotline" else found


def words_beside(text: str, lines: list[tuple[str, str]]) -> str:
    """Give the words beside the numbers of a text that are no labels: "Jane 0700000016 / Joe 0700000017".

    Nobody can tell whether they are people or departments, so they are an issue.
    """
    if not LETTERS.search(text) or any(line in ("Website", "Postal Address") for line, _ in lines):  # theirs
        return ""
    return words_in(text)


def words_in(text: str) -> str:
    """Give the words of a text except labels of a number, such as "or" and "tel"."""
    words = LETTERS.findall(EMAIL.sub(" ", text))
    return " ".join(word for word in words if fold(word) not in _LABELS and not canonical_name("contact_types", word))
