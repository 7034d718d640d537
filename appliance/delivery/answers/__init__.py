"""What came back from Telegram means: an answer, the words of a refusal, refusals in a row."""
