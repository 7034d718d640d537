"""aiogram-broadcaster, which sends one message after the other, without an interval or storage.

one_by_one.py URL MESSAGES
"""

import argparse
import asyncio
import json
import logging
import time

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram_broadcaster import Broadcaster
from aiogram_broadcaster.contents import TextContent

TEXT = "Hello! The next meeting is on Thursday at 19:00, in the usual place. Bring a friend."


async def send(url: str, messages: int) -> dict[str, float]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(url))
    async with Bot("1:benchmarks", session=session) as bot:
        broadcaster = Broadcaster(bot)
        mailer = await broadcaster.create_mailer(
            chats=range(1, messages + 1), content=TextContent(text=TEXT)
        )
        began, cpu = time.monotonic(), time.process_time()
        await mailer.start()
        return {"cpu": time.process_time() - cpu, "seconds": time.monotonic() - began}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("messages", type=int)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    print(json.dumps(asyncio.run(send(arguments.url, arguments.messages))))


if __name__ == "__main__":
    main()
