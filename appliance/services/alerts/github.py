"""GitHub's webhooks, and Gitea's and Forgejo's, which are alike: `repository` and `sender`."""

from collections.abc import Mapping
from typing import Any

from appliance.services.alerts.alert import Alert, lines, objects, word

# What an event is about, as its JSON names it; the first one that is there.
_SUBJECTS = (
    "workflow_run",
    "workflow_job",
    "check_run",
    "check_suite",
    "deployment_status",
    "release",
    "pull_request",
    "issue",
    "discussion",
    "alert",
    "comment",
)
_COMMITS_SHOWN = 10


def read(document: Mapping[str, Any]) -> Alert | None:
    repository = word(document, "repository", "full_name")
    sender = word(document, "sender", "login")
    if not repository or not sender:
        return None
    if word(document, "ref") and "commits" in document:
        return _push(document, repository, sender)
    subject = next((name for name in _SUBJECTS if isinstance(document.get(name), Mapping)), "")
    about = document.get(subject)
    state = word(about, "conclusion") or word(about, "state") or word(about, "status")
    what = " ".join(filter(None, (subject.replace("_", " "), word(document, "action"), state)))
    name = word(about, "title") or word(about, "name") or word(about, "tag_name")
    number = word(about, "number")
    text = lines(
        f"{f'#{number} ' if number else ''}{name}".strip(),
        word(document, "comment", "body") or word(document, "zen"),
        word(about, "html_url") or word(document, "repository", "html_url"),
        sender,
    )
    return Alert(f"{repository}: {what or 'event'}", text)


def _push(document: Mapping[str, Any], repository: str, sender: str) -> Alert:
    branch = word(document, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/")
    commits = objects(document.get("commits"))
    told = [
        f"{word(commit, 'id')[:7]} {word(commit, 'message').partition(chr(10))[0]}"
        for commit in commits[:_COMMITS_SHOWN]
    ]
    more = len(commits) - len(told)
    text = lines(*told, f"… {more}" if more else "", word(document, "compare"), sender)
    return Alert(f"{repository}: push to {branch} ({len(commits)})", text)
