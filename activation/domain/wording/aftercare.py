"""Words for what follows an activation."""

from typing import Final

from activation.domain.wording.words import Wording

AFTERCARE: Final = {
    "aftercare_temporary_key": Wording(
        "A key that starts with ASIA is temporary: it expires by itself, and AWS says nothing about it from its ID "
        "alone.",
        "Enter the ID of the long-term key (AKIA…) used to create it, if that key was created only for this.",
    ),
    "aftercare_other_key": Wording(
        "Step 2 ran with the key that ends in {last_four}. This is a different key.",
        "Copy the ID from the IAM console, Access keys, or from the downloaded file.",
    ),
}
