"""Words for the hand-over to a vendor's console, and for watching what it builds."""

from typing import Final

from activation.domain.wording.words import Wording

HANDOVER: Final = {
    "handover_is_built_here": Wording(
        "This portal builds this region itself; there is nothing to hand over.", "Continue in step 4."
    ),
    "handover_not_ready": Wording(
        "Step 3 is not done: the seven ARNs, the netmask and the check of both trust policies come first.",
        "Go back to step 3.",
    ),
    "watch_not_open": Wording(
        "This activation is {status}: there is nothing to watch.", "Open the activation to see what is next."
    ),
    "watch_other_account": Wording(
        "This key belongs to the AWS account {found}; what you handed over belongs to account {expected}.",
        "Enter a key of account {expected}.",
    ),
    "watch_root": Wording(
        "This is a key of the account's root user, which can do everything.",
        "Create a read-only key with the policy shown beside the form.",
    ),
    "watch_key_unreadable": Wording(
        "The key can no longer be decrypted with this portal's master keys.", "Enter a key again."
    ),
    "confirm_missing": Wording("This box is not ticked.", "Tick it once you have seen the page yourself."),
    "confirm_unseen": Wording(
        "The portal has not seen the complete region, so it asks twice.",
        "Tick this box as well, or let the portal watch until everything is there.",
    ),
}
