"""What a text may hold that PostgreSQL is to keep."""

from __future__ import annotations

from typing import Final

NO_NUL: Final = "\ufffd"  # stands for NUL in what is told of a file: PostgreSQL takes none in a text
# Neither NUL nor halves of characters, which bytes that are no UTF-8 are read as.
STORABLE = r"^[^\0\ud800-\udfff]*$"


def storable(text: str) -> str:
    """Write NUL, and bytes of a path that are no UTF-8, as they are written in a program: no text column takes them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", r"\x00")
