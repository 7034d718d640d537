"""What Telegram makes of a text: markup, entities, addresses. No database, no network."""
