"""What a view needs besides its arguments."""

import dataclasses

import pytest

from appliance.crud.settings import SANDBOX, put_setting
from appliance.database import writing
from appliance.errors import Unavailable
from appliance.routers.api import context


def test_each_application_has_its_own(app, settings):
    with app.app_context():
        assert context.settings() is settings
        assert context.context() is context.context()
        assert context.session() is context.session()


@pytest.mark.parametrize(
    ("mode", "url", "used"),
    [
        ("polling", None, "https://api.telegram.org"),
        ("polling", "http://10.0.0.5", "http://10.0.0.5"),
        ("sandbox", "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("sandbox", None, "http://127.0.0.1:9"),
    ],
)
def test_where_the_bot_api_is(app, settings, mode, url, used):
    told = dataclasses.replace(settings, bot_mode=mode, bot_api_url=url)
    context.init_app(app, context.Context(told))
    with app.app_context():
        with writing(context.session()) as session:
            put_setting(session, SANDBOX, {"url": "http://127.0.0.1:9"})
        assert context.bot_api_url() == used


def test_without_a_simulator_there_is_no_bot_api(app):
    with app.app_context(), pytest.raises(Unavailable):
        context.bot_api_url()
