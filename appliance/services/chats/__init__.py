"""Chats of the bot: approval, lists of them, topics, the command menu, quiet hours."""
