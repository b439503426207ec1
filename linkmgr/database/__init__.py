"""Django's backend for PostgreSQL, with what costs less where every millisecond is looked at."""
