"""What the engine is told of a site, from its settings."""

from dataclasses import replace

import pytest

from appliance.delivery.engine_config import EngineConfig


def test_the_settings_of_a_site(settings):
    site = replace(settings, timezone="Asia/Omsk", domain="club.example")

    assert EngineConfig.of(site) == EngineConfig(
        media=settings.home / "data" / "media",
        timezone="Asia/Omsk",
        paid=False,
        site_url="https://club.example",
        secret=settings.secret_key,
    )


@pytest.mark.parametrize(
    ("paid_broadcast", "send_rate", "paid"),
    [(True, 31.0, True), (True, 30.0, False), (False, 31.0, False)],
)
def test_stars_are_spent_only_for_what_is_over_the_free_rate(
    settings, paid_broadcast, send_rate, paid
):
    site = replace(settings, paid_broadcast=paid_broadcast, send_rate=send_rate)

    assert EngineConfig.of(site).paid is paid


def test_the_secret_is_in_no_log(settings):
    assert settings.secret_key not in repr(EngineConfig.of(settings))
