"""Updates that are stored: handling all of them, and how many wait."""

from sqlalchemy import func, select

from appliance.models import Update


def handle_all(handler):
    """Handle everything that waits. Returns how many updates, including those set aside."""
    before = handler.handled
    while handler.step() == 0:
        pass
    return handler.handled - before


def count_waiting(session):
    return session.scalar(select(func.count(Update.seq)).where(Update.handled_at.is_(None)))
