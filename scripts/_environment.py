"""What every command does first: find the package, and the virtual environment that ``make setup`` made.

``python scripts/...`` with any Python then works: one without our packages hands over to ``.venv``.
"""

import importlib.util
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = PROJECT / ".venv" / "bin" / "python"

sys.path.insert(0, str(PROJECT))
if importlib.util.find_spec("msgspec") is None or importlib.util.find_spec("adbc_driver_postgresql") is None:
    if not PYTHON.exists() or Path(sys.prefix) == PYTHON.parent.parent:
        sys.stderr.write("error: the project's packages are not installed. Run: make setup\n")
        sys.exit(2)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - the same command, by the project's Python
