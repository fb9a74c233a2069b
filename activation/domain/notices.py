"""The words of the mails about an activation: one link, no secret."""

from enum import StrEnum


class Notice(StrEnum):
    """What is worth a mail."""

    ACTIVE = "active"
    FAILED = "failed"
    LATE = "late"
    # A run that went on by itself has come to more than what was approved.
    APPROVAL = "approval"
    # The watch of what a vendor's console builds: all was found, or it cannot look any more.
    FOUND = "found"
    KEY_OVER = "key_over"


# Title, words, words of the link; with `{region}`, `{where}`, `{name}` (of the organization), `{minutes}`.
TEXTS: dict[Notice, tuple[str, str, str]] = {
    Notice.ACTIVE: (
        "{region} is active",
        "The cloud region {where} is built, and what can be seen of it from outside is as it should be.",
        "What to do now (switch the access key off, create a cluster)",
    ),
    Notice.FAILED: (
        "{region} could not be activated",
        "The activation of {where} has stopped before it was done. What was finished is kept.",
        "Why it stopped, what exists, and how it goes on",
    ),
    Notice.LATE: (
        "{region} takes longer than usual",
        (
            "The activation of {where} has been going on for {minutes} minutes. Usually it is done by then; it still "
            "goes on, and nothing is lost."
        ),
        "Where it stands, and what it may be waiting for",
    ),
    Notice.APPROVAL: (
        "{region} needs your approval",
        (
            "The building of {where} has stopped for a person: its new plan is more than what was approved. An owner "
            "has an hour to read and approve it; what was finished is kept."
        ),
        "What is more in the plan, and where to approve it",
    ),
    Notice.FOUND: (
        "{region}: resources found",
        (
            "Everything documented of {where} has appeared in the AWS account. That it is active only the Zilliz Cloud "
            "console can say: look at its License page, then confirm it in the portal."
        ),
        "What was found, and where to confirm",
    ),
    Notice.KEY_OVER: (
        "{region} is not watched any more",
        (
            "The key with which the portal looked at {where} is over and was destroyed before everything had appeared. "
            "What has come since is not known."
        ),
        "What was found so far, and where to enter a key again",
    ),
}
# What differs where a vendor's console builds it, of which this portal sees the account alone.
REPORTED: dict[Notice, tuple[str, str, str]] = {
    Notice.ACTIVE: (
        "{region} is active, as reported",
        "The cloud region {where} is active: so an owner of {name} read it in the Zilliz Cloud console.",
        TEXTS[Notice.ACTIVE][2],
    ),
    Notice.LATE: (
        "{region} has not been found complete",
        (
            "The values of {where} were handed to the Zilliz Cloud console more than {minutes} minutes ago, by which "
            "time it is usually done, and this portal has not seen everything there. It sees the AWS account alone, "
            "and only while somebody has it watched."
        ),
        "What was seen, and what may be the matter",
    ),
}


def text_of(
    notice: Notice, *, region: str, account: str, organization: str, link: str, reported: bool, minutes: int
) -> tuple[str, str]:
    """Return subject and text; `reported` where a vendor's console builds the region and not this portal.

    What failed and why stands on the page only: a mail may be read by others.
    """
    # A subject is one line, whatever an organization calls itself.
    name = " ".join(organization.split())
    where = f"{region} in AWS account {account}" if account else region
    texts = TEXTS | REPORTED if reported else TEXTS
    title, words, link_words = (
        each.format(region=region, where=where, name=name, minutes=minutes) for each in texts[notice]
    )
    body = (
        f"{words}\n\n{link_words}:\n{link}\n\n"
        f"You get this as an owner of {name}, or because an admin entered this address in its settings.\n"
    )
    return f"{title} · {name}", body
