"""An edit or a recall of what was sent, and what people see of it."""

from appliance.services.broadcasts import changes


def decide(write, number, kind):
    """Edit broadcast `number` to "new", or recall it."""
    if kind == "edit":
        changes.edit(write, number, "test", text="new", format="plain")
    else:
        changes.recall(write, number, "test")


def on_phone(ask, person):
    """What the bot wrote to somebody, each (text, whether it is deleted)."""
    messages = ask(f"people/{person}/messages")["messages"]
    return [(m["text"], m["deleted"]) for m in messages if m["from"] == "bot"]
