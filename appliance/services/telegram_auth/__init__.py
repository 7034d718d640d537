"""A site's account and a Telegram chat: linking them, and logging in by what Telegram proves."""

from appliance.services.telegram_auth.linking import (
    LIFETIME,
    NewCode,
    check_free,
    claim,
    hashed,
    invalidate_codes_in,
    is_for_site,
    link,
    preview,
    preview_code,
    read_pasted,
    redeem,
    start_link,
    start_link_from_chat,
    unlink,
)

__all__ = [
    "LIFETIME",
    "NewCode",
    "check_free",
    "claim",
    "hashed",
    "invalidate_codes_in",
    "is_for_site",
    "link",
    "preview",
    "preview_code",
    "read_pasted",
    "redeem",
    "start_link",
    "start_link_from_chat",
    "unlink",
]
