"""The files of rules while a service watches: nothing is imported under one that is gone, just written, or refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvrc.files import states_of
from gvrc.log import log_event

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.settings import Settings

# An editor or a copy may be at a file that was written so lately: half of it may be valid, and mean something else.
SECONDS_AT_REST = 2.0


class WatchedRules:
    """What a service has seen of its files of rules."""

    def __init__(self, settings: Settings) -> None:
        self.paths = [path for path in (settings.sources, settings.ward_aliases, settings.boundaries) if path]
        self._known = set(states_of(self.paths))
        self._refused: dict[Path, tuple[int, ...]] | None = None
        self._is_gone_told = False

    def refuse(self, states: dict[Path, tuple[int, ...]]) -> None:
        """Remember the rules that a run could not use, as they were before it."""
        self._refused = {path: states[path] for path in self.paths if path in states}

    def are_whole(self, *, is_late: bool) -> bool:
        """Say whether to import under the rules as they are; those that were refused are tried again late."""
        states = states_of(self.paths)
        is_gone = self._is_gone(set(states))
        self._known |= states.keys()
        return not is_gone and all(map(is_at_rest, states)) and (is_late or states != self._refused)

    def _is_gone(self, found: set[Path]) -> bool:
        """Say whether a file is away that was there, and tell it once: without it a run would have no such rules."""
        gone = sorted(map(str, self._known - found))
        if gone and not self._is_gone_told:
            hint = "nothing is imported until it is back; to do without it, stop the service and start it again"
            log_event("rules_gone", "ERROR", files=", ".join(gone), hint=hint)
        self._is_gone_told = bool(gone)
        return bool(gone)


def is_at_rest(path: Path) -> bool:
    """Say whether a file was not written just now; one with a time to come is as it is."""
    try:
        return abs(time.time() - path.stat().st_mtime) > SECONDS_AT_REST
    except OSError:
        return False
