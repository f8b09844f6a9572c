"""The command `deskquorum`: arguments and files in, files, tables and exit codes out.

Exit codes: 0 ok, 1 found something, 2 bad input.
"""

from deskquorum.cli.app import main

__all__ = ["main"]
