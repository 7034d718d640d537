"""`appliance broadcast …`: a file for each kind of command, and for each bundle of options."""
