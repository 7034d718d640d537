"""The bot: updates come in, are stored, and are handled in order; answers go to the outbox."""
