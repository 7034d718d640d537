"""What operators write about a person, for each other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from appliance.errors import NotFound, localized
from appliance.models import Note, utcnow


def list_of(session: Session, chat_id: int) -> Sequence[Note]:
    """Oldest first."""
    return session.scalars(select(Note).where(Note.chat_id == chat_id).order_by(Note.id)).all()


def add(
    session: Session, chat_id: int, author_id: int | None, text: str, now: datetime | None = None
) -> Note:
    note = Note(chat_id=chat_id, author_id=author_id, text=text, created_at=now or utcnow())
    session.add(note)
    session.flush()
    return note


def delete(session: Session, chat_id: int, note_id: int) -> None:
    """Raises NotFound: no such note about this person."""
    note = session.get(Note, note_id)
    if note is None or note.chat_id != chat_id:
        raise NotFound(localized("there is no note {id}", id=note_id))
    session.delete(note)
    session.flush()
