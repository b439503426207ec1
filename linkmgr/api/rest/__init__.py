"""The resource API: plain collections over the same tables and engine, with problem documents for faults."""
