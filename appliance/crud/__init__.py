"""Every query of the program, a file a subject. Functions take the session first."""
