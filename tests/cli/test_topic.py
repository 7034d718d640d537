"""`appliance topic …`"""


def test_add_list_delete(known, answer, invoke):
    made = answer("topic", "add", "news", "--title", "News", "--title-ru", "Новости")
    assert made == {
        "id": made["id"],
        "name": "news",
        "title": "News",
        "title_ru": "Новости",
        "default_on": True,
    }
    assert invoke("topic", "add", "choir", "--off").stdout == "Made topic choir.\n"
    counts = {doc["name"]: doc["subscribers"] for doc in answer("topic", "list")}
    assert counts == {"choir": 0, "news": len(known)}
    assert invoke("topic", "list").stdout.splitlines() == [
        "0  off  choir  choir",
        "3  on   news   News",
    ]
    assert answer("topic", "delete", "choir") == {"name": "choir", "deleted": True}
    assert invoke("topic", "delete", "news").stdout == "Deleted topic news.\n"
    assert invoke("topic", "list").output == "No topic.\n"


def test_refused(database, invoke, refused):
    assert "invalid topic name" in refused(invoke("topic", "add", "Big News"), 2)
    assert "there is no topic news" in refused(invoke("topic", "delete", "news"), 2)
    invoke("topic", "add", "news")
    assert "there is a topic news already" in refused(invoke("topic", "add", "news"), 1)
