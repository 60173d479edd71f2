#!/usr/bin/env python3
"""Import facility files into the directory: files, folders, globs or standard input. See --help."""

import _environment  # noqa: F401

from gvrc.command import main
from gvrc.operating.ending import leave

if __name__ == "__main__":
    leave(main())
