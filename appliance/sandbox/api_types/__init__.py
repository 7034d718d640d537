"""Objects of the Bot API: what a call names, and how answers are written."""
