"""Chats and who is in them."""


def test_a_chat(api):
    person = api.person(first_name="Anna", username="anna")
    chat = api.call("getChat", chat_id=person)
    assert (chat["type"], chat["first_name"], chat["active_usernames"]) == (
        "private",
        "Anna",
        ["anna"],
    )
    assert api.refused("getChat", chat_id=5).description == "Bad Request: chat not found"


def test_members_as_the_bot_sees_them(api):
    anna, boris, stranger = api.person(), api.person(), api.person()
    chat = api.group(anna, type="supergroup", members=[boris], bot="administrator")

    def status(user: int) -> str:
        told: str = api.call("getChatMember", chat_id=chat, user_id=user)["status"]
        return told

    assert [status(user) for user in (anna, boris, stranger, 100001)] == [
        "creator",
        "member",
        "left",
        "administrator",
    ]
    assert api.call("getChatMemberCount", chat_id=chat) == 3
    leading = api.call("getChatAdministrators", chat_id=chat)
    assert {member["user"]["id"] for member in leading} == {anna, 100001}
    assert api.refused("getChatMember", chat_id=chat, user_id=5).description == (
        "Bad Request: user not found"
    )


def test_private_chats_have_two_members(api):
    person, other = api.person(), api.person()
    assert api.call("getChatMemberCount", chat_id=person) == 2
    assert api.call("getChatMember", chat_id=person, user_id=100001)["status"] == "member"
    assert api.refused("getChatMember", chat_id=person, user_id=other).code == 400
    assert api.refused("getChatAdministrators", chat_id=person).description == (
        "Bad Request: there are no administrators in the private chat"
    )
    assert api.refused("leaveChat", chat_id=person).description == (
        "Bad Request: chat member status can't be changed in private chats"
    )


def test_leaving(api):
    chat = api.group(api.person(), type="supergroup")
    assert api.call("leaveChat", chat_id=chat)
    [update] = api.updates()
    told = update["my_chat_member"]
    assert (told["from"]["id"], told["new_chat_member"]["status"]) == (100001, "left")
    assert api.refused("sendMessage", chat_id=chat, text="x").description == (
        "Forbidden: bot is not a member of the supergroup chat"
    )


def test_ban_unban_promote(api):
    anna, boris = api.person(), api.person()
    chat = api.group(anna, type="supergroup", members=[boris], bot="administrator")
    who = {"chat_id": chat, "user_id": boris}

    def status() -> str:
        told: str = api.call("getChatMember", **who)["status"]
        return told

    assert api.refused("promoteChatMember", **who, can_manage_chat=True).description == (
        "Bad Request: not enough rights"
    )
    assert api.call("banChatMember", **who) and status() == "kicked"
    assert api.call("unbanChatMember", **who, only_if_banned=True) and status() == "left"
    assert api.refused("banChatMember", chat_id=chat, user_id=anna).description == (
        "Bad Request: can't remove chat owner"
    )
    rights = ["can_promote_members", "can_restrict_members"]
    api.control("POST", f"/chats/{chat}/bot", {"status": "administrator", "rights": rights})
    api.control("POST", f"/chats/{chat}/members", {"people": [boris]})
    assert api.call("promoteChatMember", **who, can_pin_messages=True)
    assert status() == "administrator"
    assert api.refused("banChatMember", **who).description == (
        "Bad Request: user is an administrator of the chat"
    )
    assert api.call("promoteChatMember", **who) and status() == "member"


def test_title_and_description(api):
    chat = api.group(api.person(), type="supergroup", bot="administrator")
    assert api.call("setChatTitle", chat_id=chat, title="Клуб")
    assert api.call("setChatDescription", chat_id=chat, description="About")
    told = api.call("getChat", chat_id=chat)
    assert (told["title"], told["description"]) == ("Клуб", "About")
    assert api.refused("setChatTitle", chat_id=chat, title="Клуб").code == 400
    assert api.refused("setChatDescription", chat_id=chat, description="x" * 256).description == (
        "Bad Request: CHAT_ABOUT_TOO_LONG"
    )


def test_a_private_group_is_closed_to_who_left(api):
    chat = api.group(api.person(), type="supergroup")
    api.control("POST", f"/chats/{chat}/bot", {"status": "kicked"})
    assert api.refused("getChat", chat_id=chat).description == (
        "Forbidden: bot was kicked from the supergroup chat"
    )
