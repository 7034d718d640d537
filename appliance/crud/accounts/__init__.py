"""Queries about accounts: users, tokens, link codes, used login proofs."""
