"""Broadcasts: what is asked for, and how they stand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from appliance import models
from appliance.schemas.base import (
    Answer,
    Body,
    BroadcastStatus,
    Line,
    MediaKind,
    Page,
    PageQuery,
    Request,
    State,
    Text,
)
from appliance.schemas.errors import Fault


class Button(Request):
    """Leads to `url`, or ends the recipient's subscription of the topic `topic_off`."""

    text: Line
    url: Annotated[Text, Field(max_length=2048)] | None = None
    topic_off: Line | None = None


class Options(Request):
    silent: bool = False
    protected: bool = False
    link_preview: bool = True
    track: bool = False
    buttons: list[Annotated[list[Button], Field(max_length=8)]] = Field([], max_length=20)


class Audience(Request):
    """`all`, `linked`, `unlinked`, `groups`, `channels`, `topic:NAME`, `user:EMAIL`, `chat:ID`,
    `role:ROLE`, `lang:CODE`.
    """

    to: list[Line] = Field(max_length=1000)
    not_: list[Line] = Field([], alias="not", max_length=1000)


class Draft(Request):
    """What a broadcast says, and to whom.

    `variants` are texts by language code, `text` is for everybody else; `media` are ids that
    `POST /media` gave, and with them `text` is a caption. `max_late` is in seconds, `quiet` like
    `22:00-08:00` by the recipients' clocks. `canary` people get it first, the rest only if no
    more than the share `canary_limit` of them fail or block within `canary_wait` seconds.
    """

    text: Body
    format: Literal["plain", "html"] = "plain"
    variants: dict[Line, Body] = Field({}, max_length=50)
    media: list[int] = Field([], max_length=20)
    audience: Audience
    options: Options = Options()
    max_late: int | None = None
    quiet: Line | None = None
    canary: int | None = None
    canary_limit: float | None = None
    canary_wait: int | None = None

    def options_given(self) -> dict[str, Any]:
        """What differs from the default, as it is stored."""
        return self.options.model_dump(exclude_defaults=True)


class NewBroadcast(Draft):
    """`at` is a wall time in `timezone` (the site's own, if not given), or RFC 3339."""

    key: Line | None = None
    at: Line | None = None
    timezone: Line | None = None


class MediaUpload(Request):
    """A form with the part `file`: a photo of up to 10 MB, another file of up to 50 MB."""

    kind: MediaKind


class Media(Answer):
    """A file that broadcasts can carry, by its `id`; the same content and kind has one."""

    id: int
    kind: MediaKind
    name: str
    size: int


class Preview(Answer):
    html: str
    length: int
    limit: int
    faults: list[Fault]
    count: int
    seconds: float


class Author(Answer):
    id: int
    name: str


class AudienceWords(Answer):
    to: list[str]
    not_: list[str] = Field([], serialization_alias="not", validation_alias="not")


class Canary(Answer):
    """It goes to `people` first. `waiting`: it was sent to them, and is not judged yet."""

    people: int
    waiting: bool
    passed: bool


class Broadcast(Answer):
    """`total` are the lines of its ledger: the `recipients`, and members `out_of_reach` of the bot.

    Those read it on the site, and are among the `skipped`.
    """

    id: int
    key: str | None
    status: BroadcastStatus
    audience: AudienceWords
    total: int
    pending: int
    sending: int
    sent: int
    failed: int
    skipped: int
    unknown: int
    reasons: dict[str, int]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    rate: float | None
    starts_at: datetime | None
    canary: Canary | None
    recipients: int
    out_of_reach: int
    quiet: str | None
    text: str
    format: Literal["plain", "html"]
    html: str
    options: dict[str, Any]
    variants: dict[str, str]
    media: list[dict[str, Any]]
    note: str | None
    created_by: Author | None

    @classmethod
    def of(
        cls,
        broadcast: models.Broadcast,
        document: Mapping[str, Any],
        html: str,
        names: Mapping[int, str],
    ) -> "Broadcast":
        """`document` is the shape scripts rely on, `names` those of the users."""
        author = broadcast.created_by
        name = names.get(author) if author is not None else None
        return cls.model_validate(
            {
                **document,
                "quiet": broadcast.quiet,
                "text": broadcast.text,
                "format": broadcast.format,
                "html": html,
                "options": broadcast.options,
                "variants": broadcast.variants,
                "media": broadcast.media,
                "created_by": {"id": author, "name": name} if name is not None else None,
            }
        )


class BroadcastPage(Page[Broadcast]):
    pass


class Delivery(Answer):
    chat_id: int
    name: str
    username: str | None
    user_id: int | None
    state: State
    reason: str | None
    attempts: int
    message_id: int | None
    updated_at: datetime


class DeliveryPage(Page[Delivery]):
    pass


class DeliveryQuery(PageQuery):
    state: State | None = None
