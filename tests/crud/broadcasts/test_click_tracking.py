"""Clicks are counted once each, also when they come at the same moment."""

import threading

from appliance.crud.broadcasts import click_tracking
from appliance.crud.broadcasts.click_tracking import LinkClicks

A, B = "https://a.example/", "https://b.example/"


def test_links_are_remembered_once(store, announce):
    number = announce()
    with store.writing() as session:
        first = click_tracking.remember(session, number, [A, B])
        assert click_tracking.remember(session, number, [B, A]) == first
        assert (
            click_tracking.remember(session, announce_another(session), [A])[A]
            not in first.values()
        )
        assert click_tracking.address_of(session, first[B]) == B
        assert click_tracking.address_of(session, 999) is None


def announce_another(session):
    from appliance.models import Broadcast

    row = Broadcast(text="x", audience={"to": ["all"], "not": []})
    session.add(row)
    session.flush()
    return row.id


def test_clicks_and_people(store, announce):
    number = announce()
    with store.writing() as session:
        ids = click_tracking.remember(session, number, [A, B])
        for link, chat in [(A, 1), (A, 1), (A, 2), (B, 1)]:
            click_tracking.count_click(session, ids[link], chat)
        assert click_tracking.by_link(session, number) == [LinkClicks(A, 3, 2), LinkClicks(B, 1, 1)]
        assert click_tracking.count_people(session, number) == 2


def test_a_link_nobody_opened(store, announce):
    number = announce()
    with store.writing() as session:
        click_tracking.remember(session, number, [A])
        assert click_tracking.by_link(session, number) == [LinkClicks(A, 0, 0)]
        assert click_tracking.count_people(session, number) == 0


def test_no_click_is_lost_when_many_click_at_once(store, announce):
    number = announce()
    with store.writing() as session:
        link_id = click_tracking.remember(session, number, [A])[A]
    start = threading.Barrier(6)

    def click(chat_id):
        start.wait()
        for _ in range(10):
            with store.writing() as session:
                click_tracking.count_click(session, link_id, chat_id)

    threads = [threading.Thread(target=click, args=(chat % 2,)) for chat in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert click_tracking.by_link(session, number) == [LinkClicks(A, 60, 2)]
