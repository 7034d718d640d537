"""What the bot tells of itself."""

import pytest


@pytest.mark.parametrize(
    ("name", "field", "limit"),
    [
        ("Name", "name", 64),
        ("Description", "description", 512),
        ("ShortDescription", "short_description", 120),
    ],
)
def test_texts_by_language(api, name, field, limit):
    def seen(language: str = "") -> str:
        text: str = api.call(f"getMy{name}", language_code=language)[field]
        return text

    unset = seen()
    api.call(f"setMy{name}", **{field: "for all"})
    api.call(f"setMy{name}", **{field: "по-русски"}, language_code="ru")
    assert (seen(), seen("ru"), seen("de")) == ("for all", "по-русски", "for all")
    api.call(f"setMy{name}", language_code="ru")
    api.call(f"setMy{name}", **{field: ""})
    assert (seen(), seen("ru")) == (unset, unset)
    words = field.replace("_", " ")
    assert api.refused(f"setMy{name}", **{field: "x" * (limit + 1)}).description == (
        f"Bad Request: bot {words} is too long"
    )
    assert api.refused(f"getMy{name}", language_code="russian").description == (
        "Bad Request: invalid language code specified"
    )


def test_the_name_is_everywhere(api):
    api.call("setMyName", name="Клуб")
    assert api.call("getMe")["first_name"] == "Клуб"
    sent = api.call("sendMessage", chat_id=api.person(), text="x")
    assert sent["from"]["first_name"] == "Клуб"


def test_menu_buttons(api):
    person = api.person()
    app = {"type": "web_app", "text": "Open", "web_app": {"url": "https://example.com"}}
    assert api.call("getChatMenuButton") == {"type": "default"}
    api.call("setChatMenuButton", chat_id=person, menu_button=app)
    assert api.call("getChatMenuButton", chat_id=person) == app
    assert api.call("getChatMenuButton") == {"type": "default"}
    for wrong in ({"type": "x"}, {"type": "web_app"}):
        assert api.refused("setChatMenuButton", menu_button=wrong).code == 400


def test_rights_to_ask_for(api):
    rights = {"can_pin_messages": True, "can_delete_messages": False, "can_fly": True}
    api.call("setMyDefaultAdministratorRights", rights=rights)
    told = api.call("getMyDefaultAdministratorRights")
    assert [name for name, given in told.items() if given] == ["can_pin_messages"]
    assert not any(api.call("getMyDefaultAdministratorRights", for_channels=True).values())
