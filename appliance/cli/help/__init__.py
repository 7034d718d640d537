"""What is made of the commands' help: completion in a shell, the manual page."""
