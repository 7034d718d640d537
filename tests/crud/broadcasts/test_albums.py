"""Ids of albums that do not follow one another: kept by broadcast and chat."""

from appliance.crud.broadcasts import albums


def test_ids_are_kept_for_the_chats_that_need_it(store, know, announce):
    know(1, 2)
    number, other = announce(), announce()
    with store.writing() as session:
        albums.remember(session, number, 1, [7, 9, 12])
        albums.remember(session, other, 2, [70, 90])

    with store.reading() as session:
        assert albums.ids_of(session, number, [1, 2, 3]) == {1: [7, 9, 12]}
        assert albums.ids_of(session, other, [1, 2]) == {2: [70, 90]}


def test_of_two_albums_the_later_counts_as_in_the_ledger(store, know, announce):
    know(1)
    number = announce()
    with store.writing() as session:
        albums.remember(session, number, 1, [7, 9])
        albums.remember(session, number, 1, [17, 19])

    with store.reading() as session:
        assert albums.ids_of(session, number, [1]) == {1: [17, 19]}


def test_a_chat_that_is_forgotten_is_passed_over(store, announce):
    number = announce()
    with store.writing() as session:
        albums.remember(session, number, 4711, [7, 9])

    with store.reading() as session:
        assert albums.ids_of(session, number, [4711]) == {}
