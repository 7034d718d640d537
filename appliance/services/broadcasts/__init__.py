"""Broadcasts: how they are made, what is decided about them, and how they are shown."""

from appliance.services.broadcasts.documents import (
    REPORT_COLUMNS,
    as_document,
    operation_document,
    out_of_reach,
    report_line,
)
from appliance.services.broadcasts.lifecycle import (
    NewBroadcast,
    Preview,
    audience_of,
    create,
    draft,
    lowered,
    preview,
    resolve_topics,
)

__all__ = [
    "REPORT_COLUMNS",
    "NewBroadcast",
    "Preview",
    "as_document",
    "audience_of",
    "create",
    "draft",
    "lowered",
    "operation_document",
    "out_of_reach",
    "preview",
    "report_line",
    "resolve_topics",
]
