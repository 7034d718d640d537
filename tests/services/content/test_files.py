"""What Telegram's answers say of files."""

import pytest

from appliance.services.content import File, file_ids_from, message_ids_from


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        ({"document": {"file_id": "D"}}, ["D"]),
        ({"video": {"file_id": "V", "thumbnail": {"file_id": "t"}}}, ["V"]),
        ({"animation": {"file_id": "A"}, "document": {"file_id": "A"}}, ["A"]),
        (
            {
                "photo": [
                    {"file_id": "s", "width": 90, "height": 60},
                    {"file_id": "L", "width": 900, "height": 600},
                    {"file_id": "m", "width": 300, "height": 200},
                ]
            },
            ["L"],
        ),
        ([{"photo": [{"file_id": "P"}]}, {"video": {"file_id": "V"}}], ["P", "V"]),
        ({"text": "no file"}, []),
        ({"photo": []}, []),
        ({"document": {"file_id": None}}, []),
        (True, []),
        (None, []),
        ([None, "x"], []),
    ],
)
def test_file_ids(result, ids):
    assert file_ids_from(result) == ids


@pytest.mark.parametrize(
    ("name", "mime"),
    [("a.pdf", "application/pdf"), ("a.JPG", "image/jpeg"), ("a", "application/octet-stream")],
)
def test_mime_goes_by_the_name(name, mime):
    assert File(1, "document", "", name).mime == mime


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        ([{"message_id": 7}, {"message_id": 9}], [7, 9]),
        ({"message_id": 7}, []),
        ([{"message_id": "7"}, None], []),
        (None, []),
    ],
)
def test_message_ids_of_an_album(result, ids):
    assert message_ids_from(result) == ids
