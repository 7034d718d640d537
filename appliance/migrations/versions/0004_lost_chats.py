"""Chats that Telegram does not know: counted, and out of audiences after three refusals in a row

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "chats", sa.Column("not_found", sa.SmallInteger(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_chats_not_found",
        "chats",
        ["not_found"],
        sqlite_where=sa.text("not_found > 0"),
        postgresql_where=sa.text("not_found > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_chats_not_found", "chats")
    with op.batch_alter_table("chats") as batch_op:
        batch_op.drop_column("not_found")
