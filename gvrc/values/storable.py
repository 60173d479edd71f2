"""What a text may hold that PostgreSQL is to keep."""

from __future__ import annotations

# Neither NUL nor halves of characters, which bytes that are no UTF-8 are read as.
STORABLE = r"^[^\0\ud800-\udfff]*$"
