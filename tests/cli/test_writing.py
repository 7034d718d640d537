"""Long answers are one JSON document, however many elements they have."""

import json

import pytest

from appliance.cli.writing import write_json_array


@pytest.mark.parametrize("documents", [[], [{"name": "Анна"}], [1, "two", None]])
def test_an_array(capsys, documents):
    write_json_array(iter(documents))
    written = capsys.readouterr().out
    assert json.loads(written) == documents
    assert written.endswith("]\n")
    assert "\\u" not in written
