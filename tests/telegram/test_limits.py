"""How much room entities take."""

import pytest

from appliance.telegram.entities import Entity
from appliance.telegram.limits import size_of


@pytest.mark.parametrize(
    ("entity", "size"),
    [
        (Entity("bold", 0, 1), 12),
        (Entity("text_link", 0, 1, url="abc"), 16),
        (Entity("text_link", 0, 1, url="abcd"), 20),
        (Entity("text_link", 0, 1, url="я" * 127), 12 + 260),
        (Entity("pre", 0, 1, language="py"), 16),
        (Entity("text_mention", 0, 1, user_id=5), 20),
        (Entity("custom_emoji", 0, 1, custom_emoji_id="5"), 20),
    ],
)
def test_sizes(entity, size):
    assert size_of([entity]) == size
    assert size_of([entity, entity]) == 2 * size
