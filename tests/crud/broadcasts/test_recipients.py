"""What a message may call people, read for many at a time; on both databases."""

from appliance.crud.broadcasts import recipients
from appliance.crud.broadcasts.recipients import Person


def test_names_and_language(store, know):
    know(1, last_name="Orlova", username="anna", language="ru")
    know(2)
    know(-5, first_name=None, title="Chess club")
    with store.reading() as session:
        found = recipients.people_of(session, [1, 2, -5, 99])
        assert recipients.people_of(session, []) == {}
    assert found == {
        1: Person("P1", "Orlova", "anna", "ru"),
        2: Person("P2", None, None, None),
        -5: Person("Chess club", None, None, None),
    }
