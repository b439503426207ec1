"""What linkmgr takes, beside what PostgreSQL itself takes and beside other ways to write the same: `linkmgr bench`.

Not part of the wheel. Begin with `run`; figures go to `results`, and `report` makes docs/performance.md of them.
"""
