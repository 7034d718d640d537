"""The Telegram simulator: a Bot API server on loopback, simulated people, faults on demand."""
