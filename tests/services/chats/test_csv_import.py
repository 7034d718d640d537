"""Lists of chats as CSV: what is good is kept, what is bad is told with its line."""

import io
import tracemalloc

import pytest

from appliance.crud.chats import chat_import, chats, topics
from appliance.errors import Invalid, NotFound
from appliance.services.chats import csv_import


@pytest.fixture
def news(database):
    with database.writing() as session:
        topics.add(session, "choir", "Choir", default_on=False)
        return topics.add(session, "news", "News").id


@pytest.fixture
def take_in(database):
    """`take_in("chat_id", "5")`: lines, or bytes as they are."""

    def take_in(*lines, **options):
        given = [line if isinstance(line, bytes) else line.encode() for line in lines]
        return csv_import.take_in(database, io.BytesIO(b"\n".join(given)), **options)

    return take_in


@pytest.fixture
def everything(database):
    def everything():
        with database.reading() as session:
            return [csv_import.as_row(row) for row in chat_import.iterate(session)]

    return everything


def names(rows):
    return {row["chat_id"]: row["first_name"] for row in rows}


def test_every_column(news, take_in, everything):
    report = take_in(
        "chat_id,type,status,first_name,last_name,username,title,language,timezone,topics",
        "5,,,Анна,Berg,@anna,,RU,Europe/Moscow,news;-choir",
        "-1001234567890,channel,left,,,club,The club,,,",
        "-77,,,,,,Choir,pt_BR,,",
    )
    assert report.as_document() == {
        "rows": 3,
        "added": 3,
        "updated": 0,
        "bad": [],
        "bad_count": 0,
        "dropped": [],
        "dropped_count": 0,
    }
    empty = dict.fromkeys(chat_import.FILLED)
    assert everything() == [
        {
            "chat_id": -1001234567890,
            "type": "channel",
            "status": "left",
            **empty,
            "username": "club",
            "title": "The club",
            "topics": "",
        },
        {
            "chat_id": -77,
            "type": "group",
            "status": "active",
            **empty,
            "title": "Choir",
            "language": "pt-br",
            "topics": "",
        },
        {
            "chat_id": 5,
            "type": "private",
            "status": "active",
            "first_name": "Анна",
            "last_name": "Berg",
            "username": "anna",
            "title": None,
            "language": "ru",
            "timezone": "Europe/Moscow",
            "topics": "-choir;news",
        },
    ]
    assert tuple(everything()[0]) == csv_import.COLUMNS


@pytest.mark.parametrize(
    "lines",
    [
        ("chat_id,first_name", "5,Ann", "6,Bob"),
        ("\ufeffchat_id,first_name", "5,Ann", "6,Bob"),
        ("chat_id;first_name", "5;Ann", "6;Bob"),
        ("chat_id,first_name\r", "5,Ann\r", "\r", "6,Bob\r", ""),
        ('"chat_id","first_name"', '"5","Ann"', '6, "Bob"'),
        (" First_Name , CHAT_ID ", " Ann ,5", "Bob, 6 "),
        ("chat_id,first_name,colour", "5,Ann,red", "6,Bob"),
        ("chat_id,first_name", "5,Ann", "6,Bob", "6,Eve", "5"),
    ],
)
def test_ways_to_write_it(take_in, everything, lines):
    report = take_in(*lines)
    assert (report.added, report.bad) == (2, [])
    assert names(everything()) == {5: "Ann", 6: "Bob"}
    assert report.unread == (("colour",) if "colour" in lines[0] else ())


def test_quotes_hold_commas_and_quotes(take_in, everything):
    take_in("chat_id,first_name", '5,"Ann, ""the voice"""')
    assert names(everything()) == {5: 'Ann, "the voice"'}


def test_topics_in_a_list_with_semicolons_are_quoted(news, take_in, everything):
    report = take_in("chat_id;topics", '5;"news;choir"', "6;news", "7;news;choir")
    assert [row["topics"] for row in everything()] == ["choir;news", "news"]
    assert report.bad == [(4, "3 values: expected 2, as in the header")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("abc", "invalid chat_id 'abc': expected a whole number"),
        ("5.0", "expected a whole number"),
        ("²", "expected a whole number"),
        (",Ann", "chat_id is missing"),
        ("0", "invalid chat_id 0: Telegram has no such ids"),
        (str(2**52), "Telegram has no such ids"),
        ("9" * 30, "expected a whole number"),
        ("1" * 5000, "expected a whole number"),
        ("5,Ann,,,,,,,,,,", "12 values: expected 10"),
        ('5,"Ann', "a quotation mark is not closed"),
        ('5,"Ann"x', "a quotation mark is not closed"),
        (b"5,\xff\xfe", "the line is not UTF-8"),
        ("5," + "x" * 70_000, "the line has more than 65536 bytes"),
        ("5,,,,,,news;nws", "unknown topic 'nws'"),
        (
            "5,,,,,,,happy",
            "invalid status 'happy': expected one of active, stopped, blocked, left, lost, new",
        ),
        ("5,,,,,,,,group", "invalid type 'group': expected private for this chat_id"),
        ("-5,,,,,,,,channel", "expected group for this chat_id"),
        ("-1001234567890,,,,,,,,group", "expected supergroup or channel for this chat_id"),
    ],
)
def test_a_bad_row_is_told_and_the_rest_is_kept(news, take_in, everything, row, reason):
    header = "chat_id,first_name,last_name,username,language,timezone,topics,status,type,title"
    report = take_in(header, "1,Ann", "", row, "2,Bob")
    assert names(everything()) == {1: "Ann", 2: "Bob"}
    assert (report.rows, report.added, report.bad_count) == (3, 2, 1)
    ((line, told),) = report.bad
    assert line == 4
    assert reason in told


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5," + "x" * 256, "first_name is too long: expected at most 255 characters"),
        ("5,a\0b", "first_name is too long"),
        ("5,,,a b", "invalid username 'a b': expected letters, digits and _"),
        ("5,,,,english", "invalid language 'english': expected a code such as en or ru"),
        ("5,,,,,Moscow", "unknown timezone 'Moscow': expected a name such as Europe/Moscow"),
    ],
)
def test_who_has_an_odd_cell_is_taken_without_it(take_in, everything, row, reason):
    header = "chat_id,first_name,last_name,username,language,timezone"
    report = take_in(header, "1,Ann", row)
    assert (report.added, report.bad_count, report.dropped_count) == (2, 0, 1)
    ((line, told),) = report.dropped
    assert (line, told) == (3, told) and reason in told
    [taken] = [each for each in everything() if each["chat_id"] == 5]
    assert [taken[name] for name in chat_import.FILLED] == [None] * len(chat_import.FILLED)


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["chat_id\tfirst_name", "5\tAnn", "6\tBob, jr"], {}),
        (["sep=;", "chat_id;first_name", "5;Ann", "6;Bob, jr"], {}),
        (["\ufeffsep=,", "chat_id,first_name", "5,Ann", '6,"Bob, jr"'], {}),
        (["sep=\t", "first_name\tchat_id", "Ann\t5", "Bob, jr\t6"], {}),
        (["chat_id,,first_name,", "5,,Ann,", '6,,"Bob, jr",'], {}),
        (["user_id,first_name", "5,Ann", '6,"Bob, jr"'], {}),
        (["id,user_id,first_name", "1,5,Ann", '2,6,"Bob, jr"'], {}),
        (["ID,first_name", "5,Ann", '6,"Bob, jr"'], {}),
        (["chat_id,Telegram,first_name", "1,5,Ann", '2,6,"Bob, jr"'], {"id_column": "telegram"}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_other_programs_write(take_in, everything, lines, options, encoding, end):
    text = end.join(lines).removeprefix("\ufeff")
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    report = take_in((mark + text + end).encode(encoding), **options)
    assert (report.added, report.bad, report.dropped) == (2, [], [])
    assert names(everything()) == {5: "Ann", 6: "Bob, jr"}


def test_a_column_of_ids_that_is_not_there(take_in):
    with pytest.raises(Invalid, match=r"invalid first line: .*each once: telegram"):
        take_in("chat_id,first_name", "5,Ann", id_column="telegram")


def test_lines_are_counted_as_an_editor_counts_them(take_in):
    assert take_in("sep=;", "chat_id", "x").bad[0][0] == 3


def test_a_hundred_bad_rows_are_told_and_all_are_counted(take_in):
    report = take_in("chat_id", *["x"] * 250, "5")
    assert (report.rows, report.added, report.bad_count) == (251, 1, 250)
    assert [line for line, _ in report.bad] == list(range(2, 102))


@pytest.mark.parametrize(
    "header",
    ["", "5,Ann", "first_name", "chat_id,chat_id", "chat_id,a,a", b"\xff\xfec\0h\0", '"chat_id'],
)
def test_a_list_without_a_header_is_refused(take_in, everything, header):
    with pytest.raises(Invalid, match="expected the names of the columns"):
        take_in(header, "5,Ann")
    assert everything() == []


def test_a_list_becomes_a_topic(news, database, take_in):
    assert take_in("chat_id", "5", "6", topic="choir").added == 2
    with database.reading() as session:
        choir = topics.find(session, "choir").id
        assert topics.choices(session, 5) == topics.choices(session, 6) == {choir: True}
    with pytest.raises(NotFound, match="there is no topic opera"):
        take_in("chat_id", "7", topic="opera")


def test_a_row_that_opts_out_counts_more_than_the_list_s_topic(news, database, take_in):
    take_in("chat_id,topics", "5,-news", topic="news")
    with database.reading() as session:
        assert topics.choices(session, 5) == {news: False}


def test_who_stopped_here_is_not_called_back(news, database, take_in):
    with database.writing() as session:
        chats.remember(session, 5).status = "stopped"
        topics.choose(session, news, 5, False)
    report = take_in("chat_id,status,topics", "5,active,news")
    assert (report.added, report.updated) == (0, 0)
    with database.reading() as session:
        assert chats.find(session, 5).status == "stopped"
        assert topics.choices(session, 5) == {news: False}


class Broken(io.BytesIO):
    """A file whose disk dies after some lines."""

    lines = 0

    def read(self, size=-1):
        self.lines += 1
        if self.lines > 25:
            raise OSError("disk")
        return super().readline(size)


def test_broken_off_and_begun_again_it_ends_the_same(
    news, database, take_in, everything, monkeypatch
):
    monkeypatch.setattr(csv_import, "BATCH", 10)
    lines = ["chat_id,first_name,topics", *(f"{n % 30 + 1},P{n},news" for n in range(45)), "x"]
    with pytest.raises(OSError, match="disk"):
        csv_import.take_in(database, Broken("\n".join(lines).encode()))
    assert len(everything()) == 20
    report = take_in(*lines)
    assert (report.rows, report.added, report.updated, report.bad_count) == (46, 10, 0, 1)
    whole = everything()
    assert names(whole) == {n + 1: f"P{n}" for n in range(30)}
    assert take_in(*lines).added == 0
    assert everything() == whole


def test_what_is_exported_can_be_imported(news, database, take_in, everything):
    take_in("chat_id,first_name,topics", '5,"a,b""c",news;-choir', "-9", "7,=1+1")
    before = everything()
    with database.writing() as session:
        for row in before:
            session.delete(chats.find(session, row["chat_id"]))
    cells = [
        ",".join(
            '"{}"'.format(str("" if v is None else v).replace('"', '""')) for v in row.values()
        )
        for row in before
    ]
    take_in(",".join(csv_import.COLUMNS), *cells)
    assert everything() == before


def test_progress_counts_every_byte(take_in, monkeypatch):
    monkeypatch.setattr(csv_import, "BATCH", 2)
    sizes = []
    take_in("chat_id", "1", "22", "333", progress=sizes.append)
    assert sizes == [2 + 3, 4]


def test_a_line_without_an_end_takes_no_memory(take_in):
    file_size = 20_000_000
    tracemalloc.start()
    try:
        report = take_in("chat_id", b"5," + b"x" * file_size, "6")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (report.added, report.bad) == (1, [(2, "the line has more than 65536 bytes")])
    assert peak < 3 * file_size  # the test's own copies of the file; a fourth would be ours
