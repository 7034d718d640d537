"""Simulated people and what they do: writing, pressing, joining, leaving."""
