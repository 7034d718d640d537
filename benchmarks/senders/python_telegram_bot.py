"""python-telegram-bot with its AIORateLimiter, 256 connections, without a ledger.

    python_telegram_bot.py URL MESSAGES

The limiter is allowed far more than can be reached, so that it works and does not hold back.
"""

import argparse
import asyncio
import json
import time

from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

TEXT = "Hello! The next meeting is on Thursday at 19:00, in the usual place. Bring a friend."
CONNECTIONS = 256


async def send(url: str, messages: int) -> dict[str, float]:
    request = HTTPXRequest(connection_pool_size=CONNECTIONS, pool_timeout=60)
    limiter = AIORateLimiter(overall_max_rate=100_000, overall_time_period=1)
    bot = ExtBot("1:benchmarks", base_url=f"{url}/bot", request=request, rate_limiter=limiter)
    chats = iter(range(1, messages + 1))

    async def work() -> None:
        for chat in chats:
            await bot.send_message(chat, TEXT)

    async with bot:
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return {"cpu": time.process_time() - cpu, "seconds": time.monotonic() - began}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("messages", type=int)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(send(arguments.url, arguments.messages))))


if __name__ == "__main__":
    main()
