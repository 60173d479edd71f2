"""Text that PostgreSQL can store."""

from __future__ import annotations

from typing import Final

NO_NUL: Final = "\ufffd"  # replaces NUL in what is reported of a file: PostgreSQL's text cannot hold it
# Neither NUL nor surrogates, as which Python reads bytes that are not UTF-8.
STORABLE = r"^[^\0\ud800-\udfff]*$"


def storable(text: str) -> str:
    """Escape NUL, and bytes of a path that are not UTF-8, as programs write them: no text column accepts them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", r"\x00")
