"""The rules of accounts."""

import pytest
from argon2 import PasswordHasher

from appliance.crud.accounts import users
from appliance.errors import Conflict, EmailTaken, Forbidden, Invalid, NotFound, Unauthorized
from appliance.models import Role
from appliance.services.accounts import users as account_users
from appliance.services.accounts.users import Login

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def password_hash():
    return account_users.hash_password(PASSWORD)


@pytest.fixture
def make(database, password_hash):
    def make(name, role="member"):
        with database.writing() as session:
            email = f"{name}@example.org"
            return account_users.create_user(session, email, password_hash, name, role, "en").id

    return make


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("a@localhost", "a@localhost"),
        ("анна@пример.рф", "анна@пример.рф"),
        *((longest, longest) for longest in (f"{'x' * 64}@{'y' * 63}.de", f"a@{'x.' * 125}de")),
    ],
)
def test_addresses_are_stored_in_one_way(given, stored):
    assert account_users.normalise_email(given) == stored


@pytest.mark.parametrize(
    "email",
    [
        *("", "anna", "@example.org", "anna@", "a b@c.de", "a@b@c.de", "a@b..de", "a@.de"),
        *("a\u202e@b.de", "x" * 65 + "@b.de", "a@" + "x" * 64 + ".de", "a@" + "x." * 125 + "def"),
    ],
)
def test_what_is_no_address_is_refused(email):
    with pytest.raises(Invalid) as caught:
        account_users.normalise_email(email)
    assert caught.value.faults[0].field == "email"


def test_names_are_one_line():
    assert account_users.normalise_name(" Anna \n Karenina ") == "Anna Karenina"
    for name in ("x", "x" * 100):
        assert account_users.normalise_name(name) == name
    for name in ("", " \t", "x" * 101, "a\u202eb", "a\0b"):
        with pytest.raises(Invalid):
            account_users.normalise_name(name)


@pytest.mark.parametrize(
    "change", [{"role": "king"}, {"language": "de"}, {"email": "x"}, {"name": ""}]
)
def test_nobody_is_made_of_bad_input(database, change):
    values = {"email": "a@b.de", "name": "A", "role": "member", "language": "en", **change}
    with pytest.raises(Invalid), database.writing() as session:
        account_users.create_user(session, password_hash=None, **values)
    with database.reading() as session:
        assert users.count(session) == 0


def test_an_address_is_taken_in_any_case(make, database):
    make("anna")
    with pytest.raises(EmailTaken), database.writing() as session:
        account_users.create_user(session, "ANNA@example.org", None, "A", "member", "en")


def test_authenticate(make, database):
    user_id = make("anna")
    with database.reading() as session:
        assert account_users.authenticate(session, " Anna@Example.org", PASSWORD) == Login(
            user_id, None
        )
        for email, password in [("anna@example.org", "wrong"), ("b@example.org", PASSWORD)]:
            with pytest.raises(Unauthorized):
                account_users.authenticate(session, email, password)


def test_who_has_no_password_cannot_log_in(database):
    with database.writing() as session:
        account_users.create_user(session, "a@b.de", None, "A", "member", "en")
    with database.reading() as session, pytest.raises(Unauthorized):
        account_users.authenticate(session, "a@b.de", "")


def test_a_hash_of_old_parameters_is_replaced_at_login(make, database):
    user_id = make("anna")
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.writing() as session:
        users.get(session, user_id).password_hash = old
    with database.reading() as session:
        login = account_users.authenticate(session, "anna@example.org", PASSWORD)
    with database.writing() as session:
        user = account_users.record_login(session, login)
        assert user.password_hash != old and user.last_login_at is not None
    with database.reading() as session:
        again = account_users.authenticate(session, "anna@example.org", PASSWORD)
        assert again.new_hash is None


def test_a_login_of_somebody_disabled_meanwhile_is_refused(make, database):
    user_id = make("anna")
    with database.writing() as session:
        account_users.update_access(session, user_id, None, disabled=True)
    with pytest.raises(Forbidden), database.writing() as session:
        account_users.record_login(session, Login(user_id, None))


def test_only_the_right_password_tells_that_an_account_is_disabled(make, database):
    user_id = make("anna")
    with database.writing() as session:
        account_users.update_access(session, user_id, None, disabled=True)
    with database.reading() as session:
        with pytest.raises(Forbidden, match="disabled"):
            account_users.authenticate(session, "anna@example.org", PASSWORD)
        with pytest.raises(Unauthorized):
            account_users.authenticate(session, "anna@example.org", "wrong")


def test_a_profile_changes_by_what_is_given(make, database):
    user_id = make("anna")
    with database.writing() as session:
        for change in ({"name": " Anna  K. "}, {"language": "ru"}, {}):
            user = account_users.update_profile(session, user_id, **change)
        assert (user.name, user.language) == ("Anna K.", "ru")
        for change, field in (({"name": ""}, "name"), ({"language": "de"}, "language")):
            with pytest.raises(Invalid) as caught:
                account_users.update_profile(session, user_id, **change)
            assert caught.value.faults[0].field == field
        assert (user.name, user.language) == ("Anna K.", "ru")


def test_ones_own_password(make, database):
    user_id = make("anna")
    with database.reading() as session:
        account_users.check_own_password(session, user_id, PASSWORD)
        with pytest.raises(Invalid) as caught:
            account_users.check_own_password(session, user_id, "a guess")
    assert caught.value.faults[0].field == "current_password"


def test_a_password_ends_sessions(make, database):
    user_id = make("anna")
    with database.writing() as session:
        user = account_users.set_password(session, user_id, "new")
        assert (user.password_hash, user.session_version) == ("new", 1)
    with pytest.raises(NotFound), database.writing() as session:
        account_users.set_password(session, 99, "new")


def test_the_last_admin_stays(make, database):
    first = make("ada", "admin")
    for change in ({"role": "member"}, {"disabled": True}):
        with pytest.raises(Conflict), database.writing() as session:
            account_users.update_access(session, first, None, **change)
    make("bob", "admin")
    with database.writing() as session:
        assert account_users.update_access(session, first, None, role="member").role == Role.MEMBER


def test_a_disabled_admin_is_no_admin_to_count_on(make, database):
    first, second = make("ada", "admin"), make("bob", "admin")
    with database.writing() as session:
        account_users.update_access(session, second, None, disabled=True)
    with pytest.raises(Conflict), database.writing() as session:
        account_users.update_access(session, first, None, disabled=True)


def test_nobody_takes_away_their_own_access(make, database):
    first = make("ada", "admin")
    make("bob", "admin")
    for change in ({"role": "operator"}, {"disabled": True}):
        with pytest.raises(Conflict, match="your own"), database.writing() as session:
            account_users.update_access(session, first, first, **change)
    with database.writing() as session:
        assert account_users.update_access(session, first, first, role="admin").role == Role.ADMIN


def test_disabling_ends_sessions_once(make, database):
    user_id = make("anna")
    for disabled, version in [(True, 1), (True, 1), (False, 2)]:
        with database.writing() as session:
            user = account_users.update_access(session, user_id, None, disabled=disabled)
            assert user.session_version == version
