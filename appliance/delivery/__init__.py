"""The broadcast engine: the only sender, at Telegram's limit, over a ledger that survives crashes."""
