"""The words of the mails about an activation: one link, no secret."""

from enum import StrEnum


class Notice(StrEnum):
    """What is worth a mail."""

    ACTIVE = "active"
    FAILED = "failed"
    LATE = "late"


def text_of(
    notice: Notice, *, region: str, account: str, organization: str, link: str, reported: bool, minutes: int
) -> tuple[str, str]:
    """Return subject and text; `reported` where the vendor's console says so and not this portal.

    What failed and why stands on the page only: a mail may be read by others.
    """
    # A subject is one line, whatever an organization calls itself.
    name = " ".join(organization.split())
    where = f"{region} in AWS account {account}" if account else region
    if notice is Notice.ACTIVE and reported:
        title = f"{region} is active, as reported"
        words = f"The cloud region {where} is active: so an owner of {name} read it in the Zilliz Cloud console."
        link_words = "What to do now (switch the access key off, create a cluster)"
    elif notice is Notice.ACTIVE:
        title = f"{region} is active"
        words = f"The cloud region {where} is built, and what can be seen of it from outside is as it should be."
        link_words = "What to do now (switch the access key off, create a cluster)"
    elif notice is Notice.FAILED:
        title = f"{region} could not be activated"
        words = f"The activation of {where} has stopped before it was done. What was finished is kept."
        link_words = "Why it stopped, what exists, and how it goes on"
    else:
        title = f"{region} takes longer than usual"
        words = (
            f"The activation of {where} has been going on for {minutes} minutes. Usually it is done by then; it still "
            "goes on, and nothing is lost."
        )
        link_words = "Where it stands, and what it may be waiting for"
    body = (
        f"{words}\n\n{link_words}:\n{link}\n\n"
        f"You get this as an owner of {name}, or because an admin entered this address in its settings.\n"
    )
    return f"{title} · {name}", body
