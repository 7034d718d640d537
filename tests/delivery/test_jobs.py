"""The body of a call to many chats."""

import json

from hypothesis import given
from hypothesis import strategies as st

from appliance.delivery.jobs import Body


@given(st.integers(-(2**63), 2**63), st.dictionaries(st.sampled_from("abc"), st.text()))
def test_only_the_chat_differs(chat_id: int, params: dict[str, str]) -> None:
    assert json.loads(Body(params).to(chat_id)) == {"chat_id": chat_id, **params}
