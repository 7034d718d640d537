"""Which signed login data was used already: it proves a person once, though it stays signed."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.models import UsedProof


def use(session: Session, proof_hash: bytes, expires_at: datetime) -> bool:
    """Use a proof up. Of several callers with the same one exactly one gets True.

    The row has to stay until `expires_at`, when the proof is refused for its age.
    """
    # Inserted without a look: the key decides, also between two processes.
    try:
        with session.begin_nested():
            session.add(UsedProof(proof_hash=proof_hash, expires_at=expires_at))
    except IntegrityError:
        return False
    return True


def forget(session: Session, before: datetime) -> int:
    """Delete the proofs that ran out before a time. Returns how many."""
    statement = delete(UsedProof).where(UsedProof.expires_at < before)
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
