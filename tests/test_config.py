"""Settings: who wins, what a bad value says, and `.env` whole or not at all."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from appliance import config, env_file
from appliance.config import SANDBOX_TOKEN, Settings, read_values
from appliance.engines import sqlite_path
from appliance.errors import ConfigError

KEY = "k" * 32
TOKEN = "123456789:" + "A" * 35
SECRET = "hunter2-hunter2"


def load(home: Path, **environ: str) -> Settings:
    return Settings.load(home, environ={"SECRET_KEY": KEY, **environ})


def test_defaults(tmp_path):
    settings = load(tmp_path)
    assert dataclasses.asdict(settings) == {
        "home": tmp_path,
        "secret_key": KEY,
        "database_url": f"sqlite:///{tmp_path}/data/database.db",
        "bot_token": None,
        "domain": None,
        "bot_api_url": None,
        "bot_mode": "polling",
        "send_rate": 30.0,
        "paid_broadcast": False,
        "host": "127.0.0.1",
        "port": 8080,
        "trusted_proxy": None,
        "log_format": "text",
        "log_level": "INFO",
        "timezone": "UTC",
        "default_language": "en",
        "retention": timedelta(days=400),
        "cors_origins": (),
        "oidc_client_id": None,
        "oidc_client_secret": None,
        "oidc_issuer": "https://oauth.telegram.org",
    }
    assert settings == Settings(tmp_path, KEY, settings.database_url)
    assert settings.api_url == "https://api.telegram.org"
    assert settings.site_url == "http://127.0.0.1:8080"
    assert (settings.data, settings.env_file) == (tmp_path / "data", tmp_path / ".env")
    assert not settings.bot_enabled


def test_everything_can_be_told(tmp_path):
    settings = load(
        tmp_path,
        BOT_TOKEN=TOKEN,
        DATABASE_URL="postgresql://u@h/n",
        DOMAIN="Club.Example.org",
        BOT_API_URL="http://127.0.0.1:8081/",
        BOT_MODE="Webhook",
        SEND_RATE="0.5",
        HOST="::1",
        PORT="9000",
        TRUSTED_PROXY="127.0.0.1",
        LOG_FORMAT="JSON",
        LOG_LEVEL="debug",
        TIMEZONE="Europe/Berlin",
        DEFAULT_LANGUAGE="RU",
        CORS_ORIGINS=" https://a.example , ,https://b.example",
    )
    assert settings == Settings(
        home=tmp_path,
        secret_key=KEY,
        database_url="postgresql://u@h/n",
        bot_token=TOKEN,
        domain="club.example.org",
        bot_api_url="http://127.0.0.1:8081",
        bot_mode="webhook",
        send_rate=0.5,
        host="::1",
        port=9000,
        trusted_proxy="127.0.0.1",
        log_format="json",
        log_level="DEBUG",
        timezone="Europe/Berlin",
        default_language="ru",
        cors_origins=("https://a.example", "https://b.example"),
    )
    assert settings.bot_enabled
    assert settings.site_url == "https://club.example.org"
    assert dataclasses.replace(settings, domain=None).site_url == "http://[::1]:9000"


# Who wins


def test_the_environment_wins_over_env_over_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    told = {"DATABASE_URL_FILE": str(secret)}
    assert read_values(tmp_path, told) == {"DATABASE_URL": "from-a-file"}
    env_file.write(tmp_path / ".env", {"DATABASE_URL": "from-env", "PORT": "1"})
    assert read_values(tmp_path, told) == {"DATABASE_URL": "from-env", "PORT": "1"}
    told["DATABASE_URL"] = "from-the-environment"
    assert read_values(tmp_path, told)["DATABASE_URL"] == "from-the-environment"


def test_env_may_name_a_file_too(tmp_path):
    (tmp_path / "key").write_text(f"  {KEY}\n")
    env_file.write(tmp_path / ".env", {"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert Settings.load(tmp_path, environ={}).secret_key == KEY


def test_log_in_with_telegram(tmp_path):
    (tmp_path / "secret").write_text("from-botfather\n")
    told = {"OIDC_CLIENT_ID": "4242", "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    settings = load(tmp_path, OIDC_ISSUER="http://127.0.0.1:9/", **told)
    assert (settings.oidc_client_id, settings.oidc_client_secret) == ("4242", "from-botfather")
    assert settings.oidc_issuer == "http://127.0.0.1:9"
    assert "from-botfather" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "missing"),
    [("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"), ("OIDC_CLIENT_SECRET", "OIDC_CLIENT_ID")],
)
def test_a_client_needs_its_secret(tmp_path, name, missing):
    with pytest.raises(ConfigError, match=f"^{missing} is not set: both") as caught:
        load(tmp_path, **{name: SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "issuer", ["oauth.telegram.org", "http://oauth.telegram.org", "ftp://127.0.0.1", "https://"]
)
def test_an_issuer_is_asked_over_https(tmp_path, issuer):
    with pytest.raises(ConfigError, match="OIDC_ISSUER"):
        load(tmp_path, OIDC_ISSUER=issuer)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "app.example.org",
        "https://app.example.org/",
        "https://app.example.org/page",
        "http://*",
        "https://*.example.org",
        "https://app.example.org:443",
        "http://a.example:80",
        "ftp://a.example",
        "https://a.example:port",
        "https://кот.example",
        "https://",
        "https://u@a.example",
    ],
)
def test_an_origin_is_as_a_browser_writes_it(tmp_path, origin):
    with pytest.raises(ConfigError, match=r"CORS_ORIGINS has .*expected https://HOST"):
        load(tmp_path, CORS_ORIGINS=f"https://a.example,{origin}")


@pytest.mark.parametrize(
    "origin", ["*", "http://localhost:3000", "https://a-b.example", "http://[::1]:8080"]
)
def test_origins_that_are_taken(tmp_path, origin):
    assert load(tmp_path, CORS_ORIGINS=origin).cors_origins == (origin,)
    assert load(tmp_path, CORS_ORIGINS=origin.upper()).cors_origins == (origin,)


def test_only_secrets_come_from_files(tmp_path):
    assert "PORT" not in read_values(tmp_path, {"PORT_FILE": "/etc/hostname"})


def test_what_is_empty_is_not_set(tmp_path):
    assert (
        load(tmp_path, PORT="", BOT_TOKEN="", DATABASE_URL="", DOMAIN="", TIMEZONE="").port == 8080
    )


def test_strangers_variables_are_left_alone(tmp_path):
    assert read_values(tmp_path, {"PATH": "/bin", "PORT": "1"}) == {"PORT": "1"}


def test_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config.home_from_environment({}) == tmp_path
    assert config.home_from_environment({"APPLIANCE_HOME": ""}) == tmp_path
    assert config.home_from_environment({"APPLIANCE_HOME": "club"}) == tmp_path / "club"
    assert config.home_from_environment({"APPLIANCE_HOME": "~"}) == Path.home()


def test_sandbox_mode_can_be_asked_for(tmp_path):
    settings = Settings.load(tmp_path, environ={"SECRET_KEY": KEY}, sandbox=True)
    assert settings.sandbox
    assert settings.bot_token == SANDBOX_TOKEN


@pytest.mark.parametrize(("port", "rate"), [("1", "0.01"), ("65535", "1000")])
def test_the_least_and_the_most(tmp_path, port, rate):
    settings = load(tmp_path, PORT=port, SEND_RATE=rate)
    assert (settings.port, settings.send_rate) == (int(port), float(rate))


# What a bad value says


@pytest.mark.parametrize(
    ("name", "got", "takes"),
    [
        ("PORT", "0", "1 to 65535"),
        ("PORT", "65536", "1 to 65535"),
        ("PORT", "80.5", "1 to 65535"),
        ("PORT", "http", "1 to 65535"),
        ("RETENTION", "6d", "expected days like 400d, from 7d, or off"),
        ("RETENTION", "400", "expected days like 400d, from 7d, or off"),
        ("RETENTION", "36501d", "expected days like 400d, from 7d, or off"),
        ("RETENTION", "a weekd", "expected days like 400d, from 7d, or off"),
        ("RETENTION", "\u0664\u0660\u0660d", "expected days like 400d, from 7d, or off"),
        ("SEND_RATE", "0", "0.01 to 1000"),
        ("SEND_RATE", "nan", "0.01 to 1000"),
        ("SEND_RATE", "inf", "0.01 to 1000"),
        ("SEND_RATE", "fast", "0.01 to 1000"),
        ("BOT_MODE", "poll", "polling, webhook, sandbox, off"),
        ("LOG_FORMAT", "xml", "text, json"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
        ("DEFAULT_LANGUAGE", "de", "en, ru"),
        ("TIMEZONE", "Mars/Base", "Europe/Berlin"),
        ("TIMEZONE", "../../etc/passwd", "Europe/Berlin"),
        ("TIMEZONE", "Europe", "Europe/Berlin"),
        ("DOMAIN", "https://example.org", "a host name"),
        ("DOMAIN", "example.org/x", "a host name"),
        ("DOMAIN", "-example.org", "a host name"),
        ("DOMAIN", "example.org\n", "a host name"),
        ("BOT_API_URL", "localhost:8081", "http://HOST"),
        ("BOT_API_URL", "ftp://host", "http://HOST"),
        ("BOT_API_URL", "http://", "http://HOST"),
        ("BOT_API_URL", "http://[::1", "http://HOST"),
        ("BOT_API_URL", "http://host:port", "http://HOST"),
        ("BOT_API_URL", "http://host:99999", "http://HOST"),
    ],
)
def test_a_bad_value_names_itself(tmp_path, name, got, takes):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **{name: got})
    told = str(caught.value)
    assert told.startswith(f"{name} is {got!r}")
    assert takes in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"SECRET_KEY": SECRET.ljust(31, "x")}, "SECRET_KEY"),
        ({"BOT_TOKEN": SECRET}, "BOT_TOKEN"),
        ({"BOT_TOKEN": f"12:{SECRET} "}, "BOT_TOKEN"),
        ({"BOT_TOKEN": TOKEN, "BOT_MODE": "sandbox"}, "BOT_TOKEN"),
    ],
)
def test_a_bad_secret_is_named_but_not_shown(tmp_path, values, name):
    with pytest.raises(ConfigError, match=name) as caught:
        load(tmp_path, **values)
    assert not any(value in str(caught.value) for value in (SECRET, TOKEN))
    assert caught.value.__cause__ is None


def test_without_a_key_it_says_what_to_run(tmp_path):
    with pytest.raises(ConfigError, match=rf"SECRET_KEY .*appliance --home {tmp_path} init"):
        Settings.load(tmp_path, environ={})


def test_the_simulator_never_stands_beside_a_real_token(tmp_path):
    with pytest.raises(ConfigError, match="real token"):
        load(tmp_path, BOT_MODE="sandbox", BOT_TOKEN=TOKEN)
    env_file.write(tmp_path / ".env", {"BOT_TOKEN": TOKEN})
    with pytest.raises(ConfigError, match="real token"):
        Settings.load(tmp_path, environ={"SECRET_KEY": KEY}, sandbox=True)


def test_the_simulator_is_on_loopback(tmp_path):
    for url in ("http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"):
        assert load(tmp_path, BOT_MODE="sandbox", BOT_API_URL=url).api_url == url
    with pytest.raises(ConfigError, match="loopback"):
        load(tmp_path, BOT_MODE="sandbox", BOT_API_URL="https://api.telegram.org")


def test_the_simulator_takes_any_rate_for_nothing(tmp_path):
    settings = load(tmp_path, BOT_MODE="sandbox", SEND_RATE="1000")
    assert (settings.paid, settings.rate) == (False, 1000.0)


def test_the_simulator_takes_a_token_of_its_own(tmp_path):
    token = SANDBOX_TOKEN.replace("1", "2")
    env_file.write(tmp_path / ".env", {"BOT_TOKEN": token, "BOT_MODE": "sandbox"})
    assert load(tmp_path).bot_token == token


@pytest.mark.parametrize("mode", ["polling", "webhook", "off"])
def test_a_bot_api_server_of_one_s_own_may_be_anywhere(tmp_path, mode):
    settings = load(tmp_path, BOT_MODE=mode, BOT_API_URL="http://10.0.0.5:8081")
    assert settings.api_url == "http://10.0.0.5:8081"


@pytest.mark.parametrize(
    ("switch", "rate", "paid", "sent"),
    [
        ("on", "29", False, 29.0),
        ("on", "30", False, 30.0),  # Telegram's free limit: nothing to pay for
        ("on", "31", True, 31.0),
        ("off", "31", False, 30.0),
    ],
)
def test_stars_are_spent_above_the_free_rate_alone(tmp_path, switch, rate, paid, sent):
    settings = load(tmp_path, PAID_BROADCAST=switch, SEND_RATE=rate)
    assert (settings.paid, settings.rate) == (paid, sent)


def test_a_webhook_needs_a_name_for_telegram_alone(tmp_path):
    with pytest.raises(ConfigError, match="DOMAIN is not set: Telegram calls"):
        load(tmp_path, BOT_MODE="webhook")
    for told in ({"DOMAIN": "example.org"}, {"BOT_API_URL": "http://127.0.0.1:1"}):
        assert load(tmp_path, BOT_MODE="webhook", **told).bot_mode == "webhook"


def test_off_has_no_bot(tmp_path):
    assert not load(tmp_path, BOT_MODE="off", BOT_TOKEN=TOKEN).bot_enabled


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"\xff\xfe", "not UTF-8 text")],
)
def test_an_unreadable_secret_file_says_so(tmp_path, content, reason):
    path = tmp_path / "token"
    if content:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"BOT_TOKEN_FILE: cannot read {path}: {reason}$"):
        load(tmp_path, BOT_TOKEN_FILE=str(path))


def test_repr_shows_no_secret(tmp_path):
    settings = load(tmp_path, BOT_TOKEN=TOKEN, DATABASE_URL=f"postgresql://u:{SECRET}@h/n")
    shown = f"{settings!r} {settings}"
    assert not any(secret in shown for secret in (KEY, TOKEN, SECRET))


def test_keys_are_new_and_long():
    keys = {config.new_secret_key() for _ in range(10)}
    assert len(keys) == 10
    assert all(len(key) >= 48 for key in keys)


def test_real_tokens_are_told_from_the_simulators():
    assert config.is_real_token(TOKEN)
    assert not config.is_real_token(SANDBOX_TOKEN)


def test_what_the_environment_itself_says(tmp_path, monkeypatch):
    assert config.said_in_environment("PORT", {"PORT": "9000"}) == "9000"
    assert config.said_in_environment("PORT", {"PORT": ""}) is None
    monkeypatch.setenv("PORT", "1")
    assert config.said_in_environment("PORT") == "1"
    assert config.said_in_environment("PORT", {}) is None


def test_where_systemd_listens():
    assert config.notify_socket({"NOTIFY_SOCKET": "/run/x"}) == "/run/x"
    assert config.notify_socket({"NOTIFY_SOCKET": ""}) is None
    assert config.notify_socket({}) is None


@pytest.mark.parametrize(
    ("value", "kept"), [(None, 400), ("7d", 7), ("36500d", 36_500), ("off", None)]
)
def test_how_long_things_are_kept(value, kept, tmp_path):
    settings = load(tmp_path, **({} if value is None else {"RETENTION": value}))
    assert settings.retention == (None if kept is None else timedelta(days=kept))


@pytest.mark.parametrize("name", ["a?b=c", "%41", "a#b", "a b", "Клуб", "a&b+c@d:e;f'[]", "%", '"'])
def test_a_home_of_any_name_keeps_its_database(tmp_path, name):
    home = tmp_path / name
    settings = load(home)
    assert sqlite_path(settings.database_url) == home / "data" / "database.db"
