"""A demonstration estate, loaded through linkmgr's own HTTP API as any integrator would."""
