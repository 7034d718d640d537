"""`appliance inbox …`: reading, answering, and managing threads."""
