"""What a claimed call carries."""

import json

from hypothesis import given
from hypothesis import strategies as st

from appliance.delivery.jobs import encode


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_parameters_are_json(params):
    assert json.loads(encode(params)) == params
