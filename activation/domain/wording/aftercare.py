"""Words for what follows an activation."""

from typing import Final

from activation.domain.wording.words import Wording

AFTERCARE: Final = {
    "aftercare_temporary_key": Wording(
        "A key that starts with ASIA is temporary: it ends by itself, and by its ID alone AWS says nothing of it.",
        "Enter the ID of the long-term key (AKIA…) with which it was made, if that was made for this only.",
    ),
    "aftercare_other_key": Wording(
        "Step 2 ran with the key that ends in {last_four}; this is another one.",
        "Copy the ID from the IAM console, Access keys, or from the file it was downloaded in.",
    ),
}
