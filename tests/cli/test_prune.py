"""`appliance prune`."""

from datetime import timedelta

import pytest

from appliance.models import Update, utcnow

KINDS = {"deliveries": 0, "events": 0, "updates": 0, "messages": 0}


@pytest.fixture
def old(database):
    with database.writing() as session:
        for number, days in ((1, 100), (2, 500)):
            at = utcnow() - timedelta(days=days)
            session.add(Update(id=number, payload={}, received_at=at, handled_at=at))


def test_a_dry_run_counts_and_deletes_nothing(old, answer):
    for _ in range(2):
        assert answer("prune", "--dry-run") == KINDS | {"updates": 1}


def test_what_is_older_goes(old, answer):
    assert answer("prune") == KINDS | {"updates": 1}
    assert answer("prune") == KINDS
    assert answer("prune", "--older-than", "90d") == KINDS | {"updates": 1}


def test_kept_for_ever(old, invoke):
    assert "everything is kept" in invoke("prune", RETENTION="off").stdout


@pytest.mark.parametrize("age", ["3d", "90", "90x", "-1d", "٩٠d", ""])
def test_a_wrong_age(age, invoke, refused):
    assert f"--older-than is {age!r}: expected days like 400d" in refused(
        invoke("prune", "--older-than", age), 1
    )
