"""The simulated Telegram: its state, updates, files, flood control and faults."""
