"""Import facility files into the directory: files, folders, globs or standard input. See --help."""

import sys

import _environment  # noqa: F401

from gvrc.command import main

if __name__ == "__main__":
    sys.exit(main())
