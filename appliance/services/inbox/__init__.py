"""The shared inbox: what people write to the bot, and what operators answer."""
