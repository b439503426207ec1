"""Finds or starts PostgreSQL. Knows nothing else of linkmgr."""

from linkmgr.postgres.binaries import PostgresError
from linkmgr.postgres.dump import dump, restore
from linkmgr.postgres.server import Server, default_data_dir, serve, wait_for_others

__all__ = ["PostgresError", "Server", "default_data_dir", "dump", "restore", "serve", "wait_for_others"]
