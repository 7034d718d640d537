"""A members' site and a Telegram bot in one self-hosted package."""

__version__ = "0.1.0"
