"""What a run of the program has to do with the system: streams, failures, whose files it makes."""
