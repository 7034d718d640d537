"""Queries about messages with one chat: the outbox, threads of the inbox, what a member reads."""
