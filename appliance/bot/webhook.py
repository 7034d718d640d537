"""The other source of updates: Telegram brings them to the site, which stores them.

This part registers the address with Telegram, and checks from time to time that deliveries succeed.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from telebot import TeleBot
from telebot.types import WebhookInfo

from appliance.bot.failures import MOVED, RUNNING, Streak
from appliance.bot.telegram import redact, set_webhook, webhook_info

log = logging.getLogger(__name__)

CHECK_SECONDS = 20.0
"""Between two calls of getWebhookInfo; `appliance status` shows a broken webhook that late."""


class Webhook:
    """A source of updates: `step` sets the webhook, then watches it. See `Poller`."""

    def __init__(self, bot: TeleBot, url: str, secret: str) -> None:
        self.state = "starting"
        self.on_stored: Callable[[], None] = lambda: None
        """Never called: the web part stores, often in another process."""
        self._bot = bot
        self._url = url
        self._secret = secret
        self._set = False
        self._streak = Streak()

    def step(self) -> float:
        """Set the webhook, later check it; returns the seconds to wait. Raises nothing."""
        try:
            if not self._set:
                set_webhook(self._bot, self._url, self._secret)
                self._set = True
            state = self._judge(webhook_info(self._bot))
        except Exception as error:
            trouble = self._streak.judge(error)
            self._become(trouble.state, trouble.level)
            return trouble.seconds
        self._streak.over()
        self._become(state, logging.INFO if state == RUNNING else logging.ERROR)
        return CHECK_SECONDS

    def interrupt(self) -> None:
        """Nothing to interrupt: no call here waits for long."""

    def finish(self) -> None:
        """The webhook stays set: Telegram keeps what it cannot deliver, until the next start."""

    def _judge(self, info: WebhookInfo) -> str:
        if info.url != self._url:
            return MOVED  # not set again: two programs would take the bot from each other
        if not info.last_error_message or not info.last_error_date:
            return RUNNING
        waiting = info.pending_update_count
        if not waiting:  # delivered since; Telegram never forgets its last failure
            return RUNNING
        failed = datetime.fromtimestamp(info.last_error_date, UTC)
        reason = redact(str(info.last_error_message))[:120]
        return (
            f"webhook: Telegram could not call the site at {failed:%H:%M:%S} UTC: {reason};"
            f" {waiting} wait"
        )

    def _become(self, state: str, level: int) -> None:
        if state != self.state:
            self.state = state
            log.log(level, "updates: %s", state)
