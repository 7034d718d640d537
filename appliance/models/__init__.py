"""The tables, as SQLAlchemy 2 typed mappings. No queries here: they live in `crud/`.

Ids of chats and messages are Telegram's own. Times are UTC. The delivery states are small
integers, because a million deliveries should cost a million short rows.
"""

from appliance.models.base import MAX_ID, Base, BigId, UtcDateTime, utcnow
from appliance.models.broadcasts import (
    Broadcast,
    BroadcastEvent,
    BroadcastStatus,
    Click,
    Delivery,
    Operation,
    Schedule,
    TrackedLink,
)
from appliance.models.inbox import Note, Thread
from appliance.models.media import Media
from appliance.models.messages import DeliveryState, Direction, Message, Priority, Update
from appliance.models.people import Chat, ChatStatus, ChatType, LinkCode, Role, UsedProof, User
from appliance.models.programs import ApiToken, Notification
from appliance.models.system import Lease, Setting
from appliance.models.topics import Subscription, Topic

__all__ = [
    "MAX_ID",
    "ApiToken",
    "Base",
    "BigId",
    "Broadcast",
    "BroadcastEvent",
    "BroadcastStatus",
    "Chat",
    "ChatStatus",
    "ChatType",
    "Click",
    "Delivery",
    "DeliveryState",
    "Direction",
    "Lease",
    "LinkCode",
    "Media",
    "Message",
    "Note",
    "Notification",
    "Operation",
    "Priority",
    "Role",
    "Schedule",
    "Setting",
    "Subscription",
    "Thread",
    "Topic",
    "TrackedLink",
    "Update",
    "UsedProof",
    "User",
    "UtcDateTime",
    "utcnow",
]
