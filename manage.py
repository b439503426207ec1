#!/usr/bin/env python
"""Django's command line with linkmgr's PostgreSQL behind it; the same as the console script `linkmgr`."""

from linkmgr.cli import main

if __name__ == "__main__":
    main()
