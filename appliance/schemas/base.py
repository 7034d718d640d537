"""The shapes of requests and responses.

Requests are read in strict JSON mode: `false` is no integer, and an unknown name is a fault.
A shape made from a table's row has a class method `of`; nothing here asks the database.
"""

from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from appliance.errors import localized
from appliance.languages import LANGUAGES

T = TypeVar("T")

if TYPE_CHECKING:
    Language = str
else:
    # The languages are found, and a Literal names them in the API's description.
    Language = Literal[LANGUAGES]
Role = Literal["member", "operator", "admin"]
ChatStatus = Literal["active", "stopped", "blocked", "left", "lost", "new"]
State = Literal["pending", "sending", "sent", "failed", "skipped", "unknown"]
MediaKind = Literal["photo", "document", "video"]
BroadcastStatus = Literal["draft", "scheduled", "running", "paused", "halted", "cancelled", "done"]


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL, and half a surrogate pair is in no encoding."""
    for offset, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            code = f"U+{ord(character):04X}"
            raise ValueError(
                localized(
                    "the character {code} at {offset} cannot be stored", code=code, offset=offset
                )
            )
    return text


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[Text, Field(max_length=255)]
Secret = Annotated[Text, Field(min_length=1, max_length=200)]
# Over what Telegram takes, so that its own fault (with the place) is told and not a length alone.
Body = Annotated[Text, Field(max_length=64_000)]


class Request(BaseModel):
    """A body: strict, and a name nobody knows is a fault, for it is most likely a slip."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Query(BaseModel):
    """Parameters of an address: words there are all text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Page(Answer, Generic[T]):
    """Part of a list; `next_cursor` asks for the next one, null is the end."""

    items: list[T]
    next_cursor: str | None = None


class PageQuery(Query):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)
