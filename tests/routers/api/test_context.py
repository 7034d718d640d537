"""What a view needs besides its arguments."""

from appliance.routers.api import context


def test_each_application_has_its_own(app, settings):
    with app.app_context():
        assert context.settings() is settings
        assert context.context() is context.context()
        assert context.session() is context.session()
