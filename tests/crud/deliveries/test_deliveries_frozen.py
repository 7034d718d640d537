"""The ledger: every recipient once."""

import pytest

from appliance.crud.broadcasts import audience
from appliance.crud.broadcasts.audience import Audience, Term

ALL = Audience((Term("all"),))
NOW = 1_800_000_000


@pytest.mark.parametrize("chunk", [1, 2, 5, 6])
def test_an_audience_is_frozen_in_chunks_and_nobody_is_left_out(
    know, announce, freeze, states, chunk
):
    know(-7, 1, 2**53, 3, 2)
    broadcast_id = announce()
    freeze(broadcast_id, chunk)
    assert states(broadcast_id) == {"pending": [-7, 1, 2, 3, 2**53]}


def test_a_chunk_begins_after_the_cursor(store, know, announce):
    know(1, 2, 3)
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (2, 2)
        assert audience.freeze(session, broadcast_id, ALL, 2, 2, NOW) == (1, None)


def test_the_last_chunk_may_be_full(store, know, announce):
    know(1, 2)
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (2, 2)
        assert audience.freeze(session, broadcast_id, ALL, 2, 2, NOW) == (0, None)


def test_an_empty_audience_freezes_to_nothing(store, announce):
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (0, None)


def test_nobody_is_frozen_twice(store, ledger):
    with pytest.raises(Exception, match=r"(?i)unique"), store.writing() as session:
        audience.freeze(session, ledger, ALL, None, 2, NOW)
