"""The soak: workers as processes, and all faults of the catalogue at random, until the time is up."""
