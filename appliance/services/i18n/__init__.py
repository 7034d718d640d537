"""Texts of the bot by key and language, and texts that are stored before the language is known."""
