"""Words for the hand-over to a vendor's console, and for watching what it builds."""

from typing import Final

from activation.domain.wording.words import Wording

HANDOVER: Final = {
    "handover_is_built_here": Wording(
        "This portal builds this region itself; there is nothing to hand over.", "Go on in step 4."
    ),
    "handover_not_ready": Wording(
        "Step 3 is not done: the seven ARNs, the netmask and the check of both trust policies come first.",
        "Go back to step 3.",
    ),
    "watch_not_open": Wording(
        "This activation is {status}: there is nothing to watch for.", "Look at the activation; it says what is next."
    ),
    "watch_other_account": Wording(
        "This key belongs to the AWS account {found}; what you handed over is of account {expected}.",
        "Enter a key of account {expected}.",
    ),
    "watch_root": Wording(
        "This is a key of the account's root user, which may do everything.",
        "Make a key that may only read, with the policy beside the form.",
    ),
    "watch_key_unreadable": Wording(
        "The key cannot be opened with this portal's master keys any more.", "Enter a key again."
    ),
    "confirm_missing": Wording("This box is not ticked.", "Tick it once you have seen the page yourself."),
    "confirm_unseen": Wording(
        "The portal has not seen the whole region, so it asks twice.",
        "Tick this box as well, or let the portal watch until everything is there.",
    ),
}
