"""What waits in the outbox, by chat: a long queue for one is not walked for the others

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_messages_outbox_chat",
        "messages",
        ["state", "chat_id", "priority", "id"],
        sqlite_where=sa.text("state IN (0, 1)"),
        postgresql_where=sa.text("state IN (0, 1)"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_outbox_chat", "messages")
