"""`linkmgr torture`: clients that write, faults that kill what serves them, and the books compared at the end."""
