"""What an error of the database says, in one line that quotes no row and no password, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc.errors import GvrcError
from gvrc.lazy import lazy_pattern
from gvrc.masking import mask, mask_passwords

if TYPE_CHECKING:
    from collections.abc import Iterable

# What the driver says before libpq does, with our query of many lines in it.
DRIVERS_WORDS = lazy_pattern(r"^[A-Z_]+: *(Failed to connect: *|Failed to \w+ query '.*': *)?", re.DOTALL)
REFUSED_CONNECTION = lazy_pattern(r"connection to server .* failed: (?:FATAL:|fe_sendauth:)")
# SQLSTATEs that a repetition does not mend: a right, a schema, a table, a column or a key is missing.
NO_RIGHT = "42501"
NO_COLUMN = "42703"
LACKING = (NO_RIGHT, "3F000", "42P01", NO_COLUMN, "42P10", "42803")
DISK_FULL = "53100"
READ_ONLY = "25006"
KEY_TAKEN = "23505"
QUERY_CANCELED = "57014"  # somebody cancelled just this statement: doing it again would defy them
NO_MORE_CONNECTIONS = "too many c(lients|onnections)|remaining connection slots"
# What a server says that answered and would not let this user in, and what to do: the driver gives no SQLSTATE for it.
REFUSALS = {
    "password authentication failed": "Correct the user and the password in the URL, or in ~/.pgpass. (A user that "
    "does not exist, has no password, or whose password has expired is answered the same way.)",
    "no password supplied": "Give the password in the URL, in PGPASSWORD or in ~/.pgpass.",
    r'role "[^"]*" does not exist': "Correct the user in the URL, and the role in its options if it names one; or have "
    "an administrator create it (CREATE ROLE ... LOGIN).",
    "is not permitted to log in": "Name another user in the URL; or an administrator runs ALTER ROLE ... LOGIN.",
    "permission denied to set role": "Name another role in the options of the URL, or none; or an administrator runs "
    "GRANT ... TO this user.",
    r'database "[^"]*" does not exist': "Correct the name of the database in the URL; or have an administrator create "
    "it (CREATE DATABASE ... OWNER ...).",
    "permission denied for database": "Name another user or database in the URL; or an owner runs GRANT CONNECT ON "
    "DATABASE ... TO this user.",
    "not currently accepting connections": "Name another database in the URL; or an administrator runs ALTER DATABASE "
    "... ALLOW_CONNECTIONS true.",
    r"pg_hba\.conf": "Have an administrator let this user in from this machine, by a line of the server's pg_hba.conf, "
    "which may also demand ?sslmode=require in the URL.",
    NO_MORE_CONNECTIONS: "Wait until another session has ended, or have an administrator raise the limit, then repeat "
    "the command.",
}


def tell_error(error: BaseException) -> str:
    """Say what went wrong as the command would say it; our own errors say it themselves."""
    return str(error) if isinstance(error, GvrcError) else describe_error(error)[0]


def describe_error(error: BaseException) -> tuple[str, int]:
    """Say in one line what went wrong, and the exit status: 3 where the database did, else 1."""
    if isinstance(error, adbc_driver_manager.Error):
        told = mask(first_line(error))
        return f"The database stopped the run: {told} What was committed stays; {advice_on(error)}", 3
    return f"{type(error).__name__}: {mask(str(error))} (a fault of the importer: --debug shows where)", 1


def advice_on(error: adbc_driver_manager.Error) -> str:
    """Say what to do about an error of the database."""
    if sqlstate(error) in LACKING:
        return "see what is lacking: python scripts/migrate.py --check"
    if refused_key(error).endswith("_pkey"):  # our keys come from sequences
        return "a sequence is behind its table, as after a dump restored in part: restore it whole."
    if sqlstate(error) == DISK_FULL:
        return "make room on the disk of the database server, then repeat the command."
    if sqlstate(error) == READ_ONLY:  # a standby, or a server that was made one meanwhile
        return "name the server that takes writes by --database-url, or DATABASE_URL, then repeat the command."
    if refusal := advice_on_refusal(error):
        return f"repeat the command when it lets this user in. {refusal}"
    return "repeat the command."


def advice_on_refusal(error: BaseException) -> str:
    """Say what to do about a server that answered and would not let this user in; empty where it was anything else."""
    told = first_line(error) if REFUSED_CONNECTION.search(str(error)) else ""
    return next((advice for words, advice in REFUSALS.items() if re.search(words, told)), "")


def is_full(error: BaseException) -> bool:
    """Say whether a server, a database or a role gives no more connections; one that was lost may still be counted."""
    return re.search(NO_MORE_CONNECTIONS, first_line(error)) is not None


def first_line(error: BaseException) -> str:
    """Say in one line what the server said, without DETAIL (which quotes values of rows) and without our query."""
    told = part_of(error, "MESSAGE_PRIMARY").strip() or without_drivers_words(mask_passwords(str(error)))
    return mask_passwords(told).splitlines()[0].strip().rstrip(".") + "."


def without_drivers_words(text: str) -> str:
    """Cut from an error what the driver says around the words of libpq, or of a server that refused a connection."""
    text = text.replace("[libpq]", "")
    found = re.search(r"(?:ERROR|FATAL|PANIC):\s*(.+)", text) or re.search(r"error:\s*(.+)", text)
    return found.group(1).strip() if found else DRIVERS_WORDS.sub("", text.strip())


def part_of(error: BaseException, name: str) -> str:
    """Give a part of what the server said, whatever its language (``lc_messages``); "" where the driver has none."""
    parts: Iterable[tuple[object, bytes]] = getattr(error, "details", ())
    return next((told.decode("utf-8", "replace") for part, told in parts if f"PG_DIAG_{name}" in str(part)), "")


def sqlstate(error: BaseException) -> str:
    """Give the SQLSTATE of a driver's error; "" where there is none, as on a lost connection."""
    return getattr(error, "sqlstate", None) or ""


def refused_key(error: BaseException) -> str:
    """Name the unique key that a row would have broken; empty where it was none."""
    return part_of(error, "CONSTRAINT_NAME") if sqlstate(error) == KEY_TAKEN else ""
