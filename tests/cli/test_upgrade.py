"""`appliance upgrade`"""

from sqlalchemy import text

from appliance.database import SCHEMA


def test_a_database_is_made(home, answer):
    assert answer("upgrade") == {"from": None, "to": SCHEMA, "changed": True}
    assert answer("upgrade") == {"from": SCHEMA, "to": SCHEMA, "changed": False}


def test_nothing_to_do_says_so(database, invoke):
    assert invoke("upgrade").stdout == (
        f"The database is at schema {SCHEMA} already: nothing was changed.\n"
    )


def test_a_newer_database_is_one_line(database, invoke, refused):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    assert "install the newer version" in refused(invoke("upgrade"), 1)


def test_what_is_no_database_is_one_line(home, invoke, refused):
    (home / "data" / "database.db").write_bytes(b"garbage" * 1000)
    assert "cannot use the database" in refused(invoke("upgrade"), 1)
