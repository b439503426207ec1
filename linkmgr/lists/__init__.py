"""Long lists with numbers of pages, in any order, without an index for each: sorted once after a change."""
