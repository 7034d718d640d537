"""Accounts of the site: users, passwords, API tokens, and a member's own messages."""
