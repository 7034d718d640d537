"""64 threads of the telebot library, each with its own connection, without a ledger.

telebot_threads.py URL MESSAGES [--threads 64]
"""

import argparse
import json
import queue
import threading
import time

import telebot
from telebot import apihelper

TEXT = "Hello! The next meeting is on Thursday at 19:00, in the usual place. Bring a friend."


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("messages", type=int)
    parser.add_argument("--threads", type=int, default=64)
    arguments = parser.parse_args()
    apihelper.API_URL = arguments.url + "/bot{0}/{1}"
    bot = telebot.TeleBot("1:benchmarks", threaded=False)
    chats: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    for chat in range(1, arguments.messages + 1):
        chats.put(chat)
    for _ in range(arguments.threads):
        chats.put(None)

    def work() -> None:
        while (chat := chats.get()) is not None:
            bot.send_message(chat, TEXT)

    threads = [threading.Thread(target=work) for _ in range(arguments.threads)]
    began, cpu = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"cpu": time.process_time() - cpu, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
