"""Programs' keys to the API: only their hashes are here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from appliance.errors import NotFound, localized
from appliance.models import MAX_ID, ApiToken, User


def add(session: Session, token: ApiToken) -> ApiToken:
    session.add(token)
    session.flush()
    return token


def get(session: Session, token_id: int) -> ApiToken:
    """Raises NotFound."""
    token = session.get(ApiToken, token_id) if 0 < token_id <= MAX_ID else None
    if token is None:
        raise NotFound(
            localized("there is no token {id}; `appliance token list` shows all", id=token_id)
        )
    return token


def get_by_hash(session: Session, token_hash: bytes) -> tuple[ApiToken, User] | None:
    """A token and whose it is; one look into an index."""
    query = select(ApiToken, User).join(User, User.id == ApiToken.user_id)
    row = session.execute(query.where(ApiToken.token_hash == token_hash)).one_or_none()
    return (row[0], row[1]) if row else None


def list_page(
    session: Session, limit: int, before_id: int | None = None, user_id: int | None = None
) -> Sequence[ApiToken]:
    """The newest first; of one user, or of all."""
    query = select(ApiToken).order_by(ApiToken.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ApiToken.id < before_id)
    if user_id is not None:
        query = query.where(ApiToken.user_id == user_id)
    return session.scalars(query).all()


def count_live(session: Session, user_id: int, now: datetime) -> int:
    """How many of a user's tokens work."""
    query = select(func.count(ApiToken.id)).where(
        ApiToken.user_id == user_id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
    )
    return session.scalar(query) or 0


def touch(session: Session, token_id: int, now: datetime) -> None:
    """Note that it was used."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id)
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )
