"""Making a home: everything asked and checked before the first byte is written."""

import stat

import click
import pytest

from appliance.cli.input import Prompter
from appliance.cli.setup import InitOptions, make_home
from appliance.config import SANDBOX_TOKEN, Settings, read_values
from appliance.crud.accounts import users
from appliance.crud.settings import BOT, get_setting
from appliance.database import SCHEMA, Database
from appliance.errors import BadToken, ConfigError, EmailTaken, Invalid, SchemaError, Unavailable

EMAIL = "me@example.org"
PASSWORD = "correct horse battery"
WRONG_TOKEN = "100001:WRONG-wrong-wrong-wrong-wrong-wrong-wrong"
KEY = "k" * 40


@pytest.fixture
def new_home(tmp_path):
    """A path where nothing is yet."""
    return tmp_path / "new" / "home"


@pytest.fixture
def make(new_home):
    def make(environ=None, **wishes):
        wishes = {"admin_email": EMAIL, "admin_password": PASSWORD, **wishes}
        return make_home(new_home, InitOptions(**wishes), Prompter(False), environ or {})

    return make


def test_a_home_is_made(make, new_home):
    made = make(sandbox=True)
    assert made.made == ["database", "settings", "admin"]
    assert made.document == {"home": str(new_home), "made": made.made, "admin": EMAIL}
    assert stat.S_IMODE(new_home.stat().st_mode) == 0o700
    assert stat.S_IMODE((new_home / ".env").stat().st_mode) == 0o600
    settings = Settings.load(new_home, environ={})
    assert settings.sandbox
    assert len(settings.secret_key) >= 48
    database = Database(settings.database_url)
    with database.reading() as session:
        (admin,) = users.list_admins(session)
    database.dispose()
    assert (admin.email, admin.name) == (EMAIL, "Admin")


def test_every_home_has_a_key_of_its_own(make, new_home, tmp_path):
    make(sandbox=True)
    first = Settings.load(new_home, environ={}).secret_key
    new_home.rename(tmp_path / "other")
    make(sandbox=True)
    assert Settings.load(new_home, environ={}).secret_key != first


def test_made_again_it_changes_not_one_byte(make, new_home):
    make(sandbox=True)
    before = _files(new_home)
    made = make(sandbox=True, admin_email="other@example.org", domain="other.example")
    assert made.made == []
    assert "nothing was changed" in made.summary
    assert _files(new_home) == before


def _files(home):
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_only_what_is_missing_is_made(make, new_home):
    make(sandbox=True)
    env = (new_home / ".env").read_bytes()
    (new_home / "data" / "database.db").unlink()
    assert make().made == ["database", "admin"]
    assert (new_home / ".env").read_bytes() == env


def test_a_site_with_a_domain(make, new_home, sandbox):
    environ = {"BOT_API_URL": sandbox.url}
    make(environ, domain="club.example.org", bot_token=SANDBOX_TOKEN, language="ru")
    values = read_values(new_home, {})
    assert values.pop("SECRET_KEY")
    assert values == {
        "BOT_TOKEN": SANDBOX_TOKEN,
        "DOMAIN": "club.example.org",
        "TRUSTED_PROXY": "127.0.0.1",
        "DEFAULT_LANGUAGE": "ru",
    }


def test_the_bot_is_asked_who_it_is(make, new_home, sandbox):
    make({"BOT_API_URL": sandbox.url}, bot_token=SANDBOX_TOKEN)
    settings = Settings.load(new_home, environ={})
    database = Database(settings.database_url)
    with database.reading() as session:
        assert get_setting(session, BOT)["id"] == 100001
    database.dispose()


def test_what_the_environment_says_is_not_written_down(make, new_home, tmp_path):
    """In `.env` it would win over the file a service manager names."""
    (tmp_path / "key").write_text(KEY)
    environ = {"SECRET_KEY_FILE": str(tmp_path / "key"), "BOT_MODE": "off"}
    made = make(environ)
    assert made.made == ["database", "settings", "admin"]
    assert read_values(new_home, {}) == {}
    assert make(environ).made == []


def test_the_address_of_the_database_is_kept(make, new_home, make_postgresql):
    """Also its password; the next command has no such environment."""
    url = make_postgresql().replace("tester@", "tester:it's%20me@")
    made = make({"DATABASE_URL": url}, sandbox=True)
    assert made.made == ["database", "settings", "admin"]
    assert "me@/" not in str(made)
    assert Settings.load(new_home, environ={}).database_url == url
    assert make().made == []
    assert not (new_home / "data" / "database.db").exists()


def test_a_relative_file_is_kept_with_its_folder(make, new_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make({"DATABASE_URL": "sqlite:///here.db"}, sandbox=True)
    assert read_values(new_home, {})["DATABASE_URL"] == f"sqlite:///{tmp_path}/here.db"


def test_an_address_in_a_file_of_its_own_stays_there(make, new_home, tmp_path):
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/here.db")
    make({"DATABASE_URL_FILE": str(tmp_path / "url")}, sandbox=True)
    assert "DATABASE_URL" not in read_values(new_home, {})


def test_another_address_than_that_of_the_home_is_told(make, new_home, tmp_path):
    make(sandbox=True)
    before = _files(new_home)
    made = make({"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"})
    assert made.made == ["database", "admin"]
    assert made.lines[1] == f"{new_home}/.env names another database than DATABASE_URL does here"
    assert _files(new_home) == before


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"admin_email": "no address"}, Invalid),
        ({"admin_name": ""}, Invalid),
        ({"domain": "https://x"}, ConfigError),
        ({"sandbox": True, "bot_token": "x"}, click.UsageError),
        ({"admin_email": None}, click.UsageError),
        ({"admin_password": None}, click.UsageError),
        ({"sandbox": False}, click.UsageError),
        ({"sandbox": False, "bot_token": "no token"}, ConfigError),
    ],
)
def test_what_is_refused_leaves_nothing(make, new_home, wishes, error):
    with pytest.raises(error):
        make(**{"sandbox": True, **wishes})
    assert not new_home.exists()


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_that_is_none_leaves_nothing(make, new_home, password):
    with pytest.raises(Invalid):
        make(sandbox=True, admin_password=password)
    assert not new_home.exists()


def test_a_wrong_token_leaves_nothing(make, new_home, sandbox):
    with pytest.raises(BadToken) as caught:
        make({"BOT_API_URL": sandbox.url}, bot_token=WRONG_TOKEN)
    assert WRONG_TOKEN not in str(caught.value)
    assert not new_home.exists()


def test_a_bot_api_out_of_reach_leaves_nothing(make, new_home, port):
    with pytest.raises(Unavailable, match="cannot reach") as caught:
        make({"BOT_API_URL": f"http://127.0.0.1:{port}"}, bot_token=WRONG_TOKEN)
    assert WRONG_TOKEN not in str(caught.value)
    assert not new_home.exists()


def test_a_home_below_a_file(make, new_home):
    new_home.parent.write_text("a file")
    with pytest.raises(ConfigError, match="cannot make"):
        make(sandbox=True)


def test_a_newer_database_is_left_alone(make, new_home, migrated_file):
    (new_home / "data").mkdir(parents=True)
    path = new_home / "data" / "database.db"
    path.write_bytes(migrated_file.read_bytes().replace(SCHEMA.encode(), b"0999"))
    with pytest.raises(SchemaError, match="0999"):
        make(sandbox=True)
    assert not (new_home / ".env").exists()


def test_an_address_that_a_member_has(make, new_home):
    make(sandbox=True)
    settings = Settings.load(new_home, environ={})
    database = Database(settings.database_url)
    with database.writing() as session:
        users.list_admins(session)[0].role = "member"
    database.dispose()
    with pytest.raises(EmailTaken):
        make()


def test_a_database_that_cannot_be_made_leaves_no_settings_behind(make, new_home):
    new_home.mkdir(parents=True)
    (new_home / "data").write_text("in the way")
    with pytest.raises(ConfigError):
        make(sandbox=True)
    assert sorted(path.name for path in new_home.iterdir()) == ["data"]


def test_options_that_change_nothing_are_told(make):
    make(sandbox=True)
    again = make(sandbox=True, domain="club.example.org")
    assert again.made == []
    assert again.lines == [
        "--domain, --sandbox: left out, since .env is there: edit it",
        "--admin-email, --admin-password-file: left out, since there is an admin:"
        " `appliance user add`",
    ]
