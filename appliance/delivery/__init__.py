"""The broadcast engine: the only sender, at Telegram's limit, over a durable ledger."""
