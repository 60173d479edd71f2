"""Text as it should be stored: composed, visible, single-spaced, and absent if it says that it is absent."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.masking import mask_contacts
from gvrc.meaning.paths import SAYS_NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What sources write if they know nothing, in whole texts, too; compared without regard to case.
ABSENT_WORDS = (
    *SAYS_NONE,
    *("n.a", "n.a.", "- select -", "not known", "not available", "not applicable", "not provided", "not given"),
    *("withheld", "confidential", "undisclosed", "not disclosed", "redacted"),  # a shelter's address
)
# A spreadsheet shows #### if a column is too narrow.
_ABSENT = r"^(?i:" + "|".join(re.escape(word) for word in ABSENT_WORDS) + r"|[\s._?-]*|#{2,})$"
_ENTITY = r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);"
_AMPERSAND = lazy_pattern(
    r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+"
)  # all at once: a cell of them, one a pass, took minutes
# Format characters (zero-width spaces, joiners, byte order marks, direction marks) and the blank letters of other
# scripts are invisible, but make two equal names differ. White space among the control characters is kept here.
_INVISIBLE = r"[\p{Cf}\x{00}-\x{08}\x{0e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{34f}\x{fe00}-\x{fe0f}]"
_BLANK = r"[\s\x{2800}\x{3164}\x{ffa0}]+"
# Text in which none of these is found is clean: one pass over the distinct values decides, and most columns end there.
_SUSPECT = r"[^ -~]|^ | $|  |</?[a-zA-Z!]|" + _ENTITY + "|" + _ABSENT
INVALID_TEXT = "issue.invalid_text"  # extract sets it, too
# UTF-8 that was read as Windows-1252, perhaps more than once: Maryâ€™s, CafÃ©.
_CP1252 = "".join(bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0))
_MOJIBAKE = rf"[\u00c2\u00c3\u00e2][\u0080-\u00bf{_CP1252}]"
# The tags of a web page. Those that only style letters are cut out; those that begin a line separate words.
_COMMENT = lazy_pattern(r"<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LINE = lazy_pattern(r"</?(?:p|br|div|li|ul|ol|h[1-6]|hr|table|tbody|tr|td|th|section|article)\b[^<>]*>", re.IGNORECASE)
_LETTERING = lazy_pattern(
    r"</?(?:a|abbr|b|big|code|em|font|i|img|label|mark|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE
)
_BYTE_OF = {letter: letter.encode("cp1252") for letter in _CP1252}
# What might be personal at all; masking.py looks more closely.
_PERSONAL = r"@|\d(?:[ .()-]{0,2}\d){5}"


def clean_columns(records: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Clean text columns as ``clean_text`` does; one check for all of them, because most have nothing to clean."""
    return clean_suspects(records, suspects_in(records, columns))


def suspects_in(records: pl.DataFrame, columns: list[str]) -> dict[str, list[str]]:
    """Give the distinct texts of columns that may not be clean."""
    distinct = records.select(pl.col(columns).drop_nulls().unique().implode())
    suspect = distinct.select(pl.all().list.eval(pl.element().filter(pl.element().str.contains(_SUSPECT)))).row(0)
    return dict(zip(columns, suspect, strict=True))


def clean_suspects(records: pl.DataFrame, suspects: dict[str, list[str]]) -> pl.DataFrame:
    """Clean the texts that may not be clean."""
    return records.with_columns(
        records[column].replace(values := pl.Series(column, texts, dtype=pl.String), _cleaned(values))
        for column, texts in suspects.items()
        if texts
    )


def clean_text(values: pl.Series) -> pl.Series:
    """Compose (NFC), unescape, drop the invisible, collapse white space, trim; words for absent become null."""
    return clean_columns(values.to_frame(), [values.name]).to_series()


def clean_value(text: str) -> str | None:
    """Clean one text as ``clean_text`` does, for values that stand inside lists and objects.

    Each contact of a file asks, mostly for a role or a name that is not there: no frame is made for that.
    """
    if not re.search(_SUSPECT, text):
        return text
    if re.search(_ABSENT, text):
        return None
    cleaned: str | None = _composed(pl.Series([unescape(text)], dtype=pl.String)).item()
    return cleaned


def clean_and_mend(records: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Clean text columns, cut out the tags of a web page, and repair UTF-8 that was read as Windows-1252.

    Both are reported in ``INVALID_TEXT``.
    """
    suspects = suspects_in(records, columns)
    found = {
        column: {text: better for text in texts if (better := _without_marks(_mended(text))) != text}
        for column, texts in suspects.items()
    }
    mended = {column: texts for column, texts in found.items() if texts}
    if not mended:
        told = [] if INVALID_TEXT in records.columns else [pl.lit(None, pl.String).alias(INVALID_TEXT)]
        return clean_suspects(records, suspects).with_columns(told)
    earlier = [pl.col(INVALID_TEXT)] if INVALID_TEXT in records.columns else []
    told = [masked(pl.when(pl.col(column).is_in(list(texts))).then(pl.col(column))) for column, texts in mended.items()]
    return records.with_columns(
        join_texts([*earlier, *told]).alias(INVALID_TEXT),
        *(pl.col(column).replace(texts) for column, texts in mended.items()),
    ).pipe(clean_columns, columns)


def join_texts(texts: Iterable[pl.Expr], separator: str = "; ") -> pl.Expr:
    """Join the texts of each row that are there; null if there is none."""
    together = pl.concat_str(list(texts), separator=separator, ignore_nulls=True)
    return pl.when(together != "").then(together)


def by_distinct(
    column: pl.Expr, read: Callable[[pl.Series], Iterable[object]], dtype: pl.DataType | type[pl.DataType]
) -> pl.Expr:
    """Give what ``read`` makes of a text column, called once with its distinct values; null stays null."""
    return column.map_batches(lambda values: _spread(values, read, dtype), return_dtype=dtype, is_elementwise=True)


def masked(text: pl.Expr) -> pl.Expr:
    """Hide telephone numbers and e-mail addresses: an issue is read by more people than the directory."""
    return text.map_batches(_mask, return_dtype=pl.String, is_elementwise=True)


def is_all_null(values: pl.Series) -> bool:
    """Say whether a column is empty, as most columns of most sources are."""
    return values.null_count() == len(values)


def fold(text: str) -> str:
    """Give what all spellings of one word share: letters and digits, in lower case, without accents.

    >>> fold("Non-Operational ") == fold("NON OPERATIONAL")
    True
    """
    decomposed = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def _mask(values: pl.Series) -> pl.Series:
    """Mask what needs it: issue columns are nearly empty, and a pattern costs as much on null as on text."""
    if is_all_null(values):
        return values
    given = values.drop_nulls().unique()
    personal = given.filter(given.str.contains(_PERSONAL))
    return values.replace(personal, pl.Series(map(mask_contacts, personal), dtype=pl.String))


def _spread(
    values: pl.Series, read: Callable[[pl.Series], Iterable[object]], dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    if is_all_null(values):
        return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))
    distinct = values.drop_nulls().unique()
    read_values = read(distinct)
    found = read_values if isinstance(read_values, pl.Series) else pl.Series(list(read_values), dtype=dtype)
    positions = pl.int_range(len(distinct), eager=True, dtype=pl.UInt32)
    return found.alias(values.name).gather(
        values.replace_strict(distinct, positions, default=None, return_dtype=pl.UInt32)
    )


def _cleaned(values: pl.Series) -> pl.Series:
    unescaped = values.replace(
        escaped := values.filter(values.str.contains(_ENTITY)), pl.Series(map(unescape, escaped), dtype=pl.String)
    )
    return _composed(unescaped)


def _composed(values: pl.Series) -> pl.Series:
    text = pl.col(values.name)
    visible = text.str.replace_all(_INVISIBLE, "").str.normalize("NFC")
    return (
        values.to_frame()
        .select(visible.str.replace_all(_BLANK, " ").str.strip_chars(" "))
        .select(pl.when(~text.str.contains(_ABSENT)).then(text))
        .to_series()
    )


def _mended(text: str) -> str:
    """Repair until nothing changes; what is then not UTF-8 was no mistake."""
    if not re.search(_MOJIBAKE, text):
        return text
    try:
        mended = b"".join(_BYTE_OF.get(letter) or letter.encode("latin-1") for letter in text).decode("utf-8")
    except UnicodeError:
        return text
    return _mended(mended)


def _without_marks(text: str) -> str:
    """Cut out the tags of a web page, escaped ones, too; a lone < is no tag: "under <5 years"."""
    if "<" not in text and "&lt;" not in text:
        return text
    plain = unescape(text)
    cut = _LETTERING.sub("", _LINE.sub(" ", _COMMENT.sub(" ", plain)))
    return text if cut == plain else cut


def unescape(text: str) -> str:
    """Unescape until nothing changes: exports of exports hold ``&amp;amp;``, perhaps thousands of times over."""
    import html  # loads the table of all entities, which few files hold

    before, plain = "", text
    while plain != before:
        before = plain
        plain = re.sub(_ENTITY, lambda entity: html.unescape(entity[0]), _AMPERSAND.sub("&", plain))
    return plain
