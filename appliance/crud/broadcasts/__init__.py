"""Queries about broadcasts, all but the ledger of their deliveries (`crud/deliveries`)."""
