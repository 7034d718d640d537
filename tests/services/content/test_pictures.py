"""What Telegram takes as a photo; the bounds of sides are in test_media.py."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services.content.pictures import find_fault
from support.pictures import JPEG, picture

PICTURES = [JPEG, picture("PNG"), picture("WEBP")]


@pytest.mark.parametrize("content", PICTURES)
def test_pictures_have_no_fault(content):
    assert find_fault(io.BytesIO(content), "a") is None


@given(st.sampled_from(PICTURES), st.integers(0, 2000), st.binary(max_size=30))
def test_whatever_it_is_it_has_a_meaning(content, cut, tail):
    """Damaged at any place: a fault in words, or none, but no error."""
    fault = find_fault(io.BytesIO(content[:cut] + tail + content[cut + len(tail) :]), "a")
    assert fault is None or fault.startswith("a ")
