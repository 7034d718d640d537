"""Queries about chats of Telegram: who they are, what they subscribed to, lists of them."""
