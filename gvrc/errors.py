"""What can go wrong, by who can mend it. A command prints the message and ends with ``exit_status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvrc.account import RunAccount


# A forgotten DATABASE_URL is the usual reason: the embedded server's database is there, and empty.
NEVER_IMPORTED = "Nothing was ever imported into this database. Check --database-url, or DATABASE_URL."
NO_SUCH_RUN = "There is no run {}. See the latest: python scripts/verify.py"
NOT_MIGRATED = "The importer's tables are not those of this version: python scripts/migrate.py"


class GvrcError(Exception):
    """The parent of all that we raise on purpose: one or two lines, ending with what to do."""

    exit_status = 1


class UsageError(GvrcError):
    """A wrong option, path or setting: the person who called must change the call."""

    exit_status = 2


class RulesError(UsageError):
    """A file of rules (``sources``, ``ward_aliases``, ``boundaries``) cannot be used: it may be half written."""


class NoFilesError(UsageError):
    """What a path names is not there, or holds no source file: a service waits for some."""


class DatabaseUnavailableError(GvrcError):
    """The database cannot be reached, or is not one that we may write to."""

    exit_status = 3


class RunStoppedError(DatabaseUnavailableError):
    """The database failed in the middle of a run; ``account`` says what was loaded until then."""

    def __init__(self, message: str, account: RunAccount) -> None:
        super().__init__(message)
        self.account = account


class SourceFileError(GvrcError):
    """One source file cannot be read; the other files go on."""


class DataValidationError(GvrcError):
    """A record breaks a rule; ``reason`` is the reject reason of the glossary."""

    def __init__(self, message: str, reason: str = "invalid") -> None:
        super().__init__(message)
        self.reason = reason


class DataTransformationError(GvrcError):
    """A record could not be brought into the directory's form."""
