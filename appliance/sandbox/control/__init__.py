"""What tests and the site do with the simulator: people, groups, faults, looking at it."""
