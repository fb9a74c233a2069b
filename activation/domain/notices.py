"""The words of the mails about an activation: one link, no secret."""

from enum import StrEnum


class Notice(StrEnum):
    """What is worth a mail."""

    ACTIVE = "active"
    FAILED = "failed"
    # An approved plan that could not be begun: nothing exists, and step 3 is open again.
    NOT_BEGUN = "not_begun"
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
        "The cloud region {where} is built, and the checks from outside found it as it should be.",
        "What to do now (deactivate the access key, create a cluster)",
    ),
    Notice.FAILED: (
        "{region} could not be activated",
        "The activation of {where} stopped before it was complete. What was finished is kept.",
        "Why it stopped, what exists, and how to continue",
    ),
    Notice.NOT_BEGUN: (
        "{region} was not begun",
        "The activation of {where} could not begin after its approval. Nothing was created in AWS.",
        "Why, and how to start again",
    ),
    Notice.LATE: (
        "{region} takes longer than usual",
        (
            "The activation of {where} has been running for {minutes} minutes. It usually takes less time. It is "
            "still running, and nothing is lost."
        ),
        "Its status, and what it may be waiting for",
    ),
    Notice.APPROVAL: (
        "{region} needs your approval",
        (
            "The build of {where} has stopped and waits for an approval: its new plan goes beyond what was approved. "
            "An owner has an hour to read and approve it. What was finished is kept."
        ),
        "What is new in the plan, and where to approve it",
    ),
    Notice.FOUND: (
        "{region}: resources found",
        (
            "Everything documented for {where} has appeared in the AWS account. Only the Zilliz Cloud console can "
            "show that it is active: check its License page, then confirm it in the portal."
        ),
        "What was found, and where to confirm",
    ),
    Notice.KEY_OVER: (
        "{region} is no longer watched",
        (
            "The key that the portal used to watch {where} has expired and was destroyed before everything had "
            "appeared. What has appeared since then is not known."
        ),
        "What was found so far, and where to enter a key again",
    ),
}
# What differs where a vendor's console builds it, of which this portal sees the account alone.
REPORTED: dict[Notice, tuple[str, str, str]] = {
    Notice.ACTIVE: (
        "{region} is active, as reported",
        "The cloud region {where} is active: an owner of {name} confirmed this from the Zilliz Cloud console.",
        TEXTS[Notice.ACTIVE][2],
    ),
    Notice.LATE: (
        "{region} has not been seen complete",
        (
            "The values of {where} were handed to the Zilliz Cloud console more than {minutes} minutes ago. It is "
            "usually done by then, but this portal has not seen everything there. The portal sees only the AWS "
            "account, and only while it is being watched."
        ),
        "What was seen, and what may be wrong",
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
        f"You receive this message as an owner of {name}, or because an admin entered this address in its settings.\n"
    )
    return f"{title} · {name}", body
