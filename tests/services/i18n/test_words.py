"""Words for values, and templates that only databases hold."""

import json
import re

from appliance.errors import Localized
from appliance.languages import CATALOGUES
from appliance.services.i18n.catalog import translate, word
from appliance.services.i18n.words import FORMER, WORDS


def test_no_word_is_left_in_english():
    left = {
        (language, one)
        for language in CATALOGUES
        for one in WORDS
        if word(one.kind, one.value, language) == one.value
    }
    assert left == set()


def test_a_word_is_one_of_its_kind():
    assert word("title", "Not Found", "ru") == "Не найдено"
    assert word("title", "Not Found", "en") == "Not Found"
    assert word("title", "I'm a Teapot", "ru") == "I'm a Teapot"
    assert word("nothing", "x", "ru") == word("nothing", "x", "en") == "x"
    assert word("role", "paused", "ru") == "paused", "a status, not a role"


def test_what_former_versions_noted_is_translated():
    row = (
        '{"said":"{result}; {count} slots before it since {since} missed","with":{"result":'
        '{"said":"{slot} was not sent: {error}","with":{"slot":"2026-09-01 13:00 UTC","error":'
        '{"said":"nobody is in this audience: nothing was queued","with":{}}}},'
        '"count":5,"since":"2026-09-01 08:00 UTC"}}'
    )
    noted = Localized.load(row)
    assert noted == (
        "2026-09-01 13:00 UTC was not sent: nobody is in this audience: nothing was queued;"
        " 5 slots before it since 2026-09-01 08:00 UTC missed"
    )
    assert translate(noted, "ru") == (
        "2026-09-01 13:00 UTC не отправлено: среди этих получателей никого нет: ничего не"
        " отправлено; до этого с 2026-09-01 08:00 UTC пропущено: 5"
    )


def test_no_former_template_is_left_in_english():
    values = {"tried": 5, "bad": 2, "result": "r", "count": 5, "since": "s", "name": "n"}
    for template in FORMER:
        noted = Localized.load(
            json.dumps({"said": template, "with": values}, separators=(",", ":"))
        )
        assert isinstance(noted, Localized), template
        assert translate(noted, "ru") != noted, template


# What earlier versions wrote into `broadcasts.note`, `schedules.last_result` and an outcome's
# reason, and the errors that were a part of it. Refusals of an input are not among them: they are
# told to whoever made it and stored nowhere.
STORED = (
    "a file of this message cannot be read: {reason}",
    "canary: of {tried} people {bad} failed or blocked the bot",
    "clicks are counted where the site can be reached: set DOMAIN, or do not track",
    "missed its slot: it was to start at {time}, or {seconds} s later",
    "nobody is in this audience: nothing was queued",
    "paused: {error}",
    "there is no chat {id}; `appliance chat list` shows the known ones",
    "there is no file {id}: upload it first",
    "there is no topic {name}; `appliance topic list` shows all",
    "there is no user {user}; `appliance user list` shows the known ones",
    "{name} is no time zone: it takes a name like Europe/Berlin",
    "{result}; 1 slot before it since {since} missed",
    "{result}; more than {most} slots before it since {since} missed",
    "{result}; {count} slots before it since {since} missed",
    "{slot} is broadcast {id}",
    "{slot} was missed by {late}",
    "{slot} was not sent: {error}",
    "{slot} was sent before: broadcast {id}",
)


def test_what_earlier_versions_stored_is_read_in_russian():
    left = []
    for template in STORED:
        values = dict.fromkeys(re.findall(r"{(\w+)}", template), "7")
        row = json.dumps({"said": template, "with": values}, separators=(",", ":"))
        shown = translate(Localized.load(row) or "", "ru")
        if not re.search("[а-я]", shown) or shown.count("7") < len(values):
            left.append(template)
    assert left == []
