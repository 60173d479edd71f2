"""What to do when the database fails for a moment: try again, and stop hammering one that stays dead.

Both libraries are imported at the first failure, so that a run without one does not wait for them (0.1 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeVar

from gvrc.database_errors import DISK_FULL, QUERY_CANCELED, first_line, is_full, sqlstate
from gvrc.errors import DatabaseUnavailableError, GvrcError
from gvrc.log import log_event
from gvrc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    import circuitbreaker

    from gvrc.settings import Settings

T = TypeVar("T")

# SQLSTATE classes: lost connection; rolled back by deadlock or serialisation; out of memory, disk or connections;
# shut down by an operator or starting up. https://www.postgresql.org/docs/16/errcodes-appendix.html
ROLLED_BACK = "40"
TRANSIENT_CLASSES = ("08", ROLLED_BACK, "53", "57")
LOCK_NOT_AVAILABLE = "55P03"  # lock_timeout ran out: whoever holds the lock will let go
# The driver gives no SQLSTATE when the connection broke or was never made, only libpq's words.
CONNECT_FAILED = "Failed to connect"
CHECK_RUNNING = "Make sure that it is running (scripts/health_check.py)"
WORTH_CONNECTING_AGAIN = (
    "Connection refused",
    "timeout expired",
    "timed out",
    "starting up",
    "shutting down",
    "in recovery mode",
    "yet accepting connections",  # since PostgreSQL 14 a server that recovers from a crash says so
    "server closed the connection",
    "Connection reset by peer",  # of a server that ends, behind a proxy
    "No route to host",  # a machine that starts again
    "Temporary failure in name resolution",
)


def is_transient(error: BaseException) -> bool:
    """Say whether doing the same again may succeed: a lost connection, a deadlock, a server that restarts.

    Understands ADBC's errors, and errors of ours that were raised from one.
    """
    if state := sqlstate(error):
        return state != QUERY_CANCELED and (state[:2] in TRANSIENT_CLASSES or state == LOCK_NOT_AVAILABLE)
    if getattr(getattr(error, "status_code", None), "name", "") == "IO":
        message = str(error)
        is_worth_it = is_full(error) or any(words in message for words in WORTH_CONNECTING_AGAIN)
        return is_worth_it or CONNECT_FAILED not in message
    return error.__cause__ is not None and is_transient(error.__cause__)


def is_server_down(error: BaseException) -> bool:
    """Say whether a transient error means that the server is down; after another's lock it has answered."""
    state = sqlstate(error)
    return is_transient(error) and state != LOCK_NOT_AVAILABLE and not state.startswith(ROLLED_BACK)


def retry_transient(function: Callable[[], T], settings: Settings, recover: Callable[[], object] | None = None) -> T:
    """Call a function until it succeeds: ``retry_attempts`` times at most, waiting longer each time, with jitter.

    ``function`` must do a whole transaction, for what an attempt did is lost with it. ``recover`` is called before
    each further attempt, to connect again.

    Raises:
        Exception: the error of the last attempt, or the first error that trying again would not mend.
    """
    try:
        return function()
    except Exception as error:
        if settings.retry_attempts == 1 or not is_transient(error):
            raise
        return retry_after(error, function, settings, recover)


def retry_after(
    first: Exception, function: Callable[[], T], settings: Settings, recover: Callable[[], object] | None
) -> T:
    """Go on after a first attempt that failed: show its error to stamina, which then makes the other attempts."""
    import stamina
    import stamina.instrumentation

    stamina.instrumentation.set_on_retry_hooks([])  # its own would print; ours is the log
    errors = [first]
    for attempt in stamina.retry_context(
        on=is_transient,
        attempts=settings.retry_attempts,
        timeout=None,
        wait_initial=settings.retry_wait_seconds,
        wait_max=settings.retry_wait_seconds * 32,
        wait_jitter=settings.retry_wait_seconds,
    ):
        with attempt:
            if attempt.num == 1:
                raise first
            log_event("transaction_retried", "WARNING", attempt=attempt.num, error=first_line(errors[-1]))
            try:
                if recover is not None:
                    recover()
                return function()
            except Exception as error:
                errors.append(error)
                raise
    raise first  # not reached: the last attempt's error leaves the loop


class CircuitBreaker:
    """Gives up a database that failed too often in a row, and tries it again after a while.

    After ``failures`` errors in a row of a server that is down it is open: nothing is tried for ``wait_seconds``. A
    success, or any other error, closes it, because then the server has answered.
    """

    def __init__(self, failures: int = 3, wait_seconds: float = 30.0) -> None:
        self.failures = failures
        self.wait_seconds = wait_seconds
        self.breaker: circuitbreaker.CircuitBreaker | None = None  # from the first failure on

    @property
    def is_open(self) -> bool:
        """Say whether the database is given up."""
        return self.breaker is not None and bool(self.breaker.opened)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function, unless the database is given up.

        Raises:
            DatabaseUnavailableError: the database is given up; ``function`` was not called.
        """
        if self.is_open:
            raise DatabaseUnavailableError(self.told())
        try:
            result = function()
        except Exception as error:
            self.count(error)
            raise
        self.breaker = None
        return result

    def told(self) -> str:
        """Say that the database is given up, why, and what to do."""
        return (
            f"The database failed {self.failures} times in a row and is given up. "
            f"{last_words(self.breaker.last_failure if self.breaker else None)}, "
            "then repeat the command: what is loaded stays loaded."
        )

    def count(self, error: Exception) -> None:
        """Let the breaker see an error."""
        import circuitbreaker

        if self.breaker is None:
            self.breaker = circuitbreaker.CircuitBreaker(
                self.failures, self.wait_seconds, lambda _kind, error: is_server_down(error)
            )

        def fail() -> NoReturn:
            raise error

        try:
            self.breaker.call(fail)
        except Exception as same:
            if same is not error:
                raise
        if self.is_open:
            log_event("database_given_up", "ERROR", failures=self.failures, error=first_line(error))


def last_words(error: BaseException | None) -> str:
    """Give what a server said last, and what to do; that it could not be reached was told each time."""
    if error is None or isinstance(error, GvrcError):
        return CHECK_RUNNING
    mend = "Make room on the disk of its server" if sqlstate(error) == DISK_FULL else CHECK_RUNNING
    return f"The last error: {mask(first_line(error))} {mend}"
