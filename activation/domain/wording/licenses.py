"""Words for licenses."""

from typing import Final

from activation.domain.wording.words import Wording

SAME_DOCUMENT = "Ask the vendor for the document again, and copy all of it."

LICENSES: Final = {
    # --- documents that are refused
    "license_empty": Wording("No document was given.", "Choose its file, or paste what is in it."),
    "license_two_documents": Wording(
        "A file was chosen and something was pasted, and the two differ.", "Give one of them."
    ),
    "license_no_document": Wording("This is no license document: {problem}.", SAME_DOCUMENT),
    "license_algorithm": Wording(
        "This document asks for the signature algorithm “{algorithm}”. Only EdDSA counts here.",
        "Do not use it, and tell the vendor how you came by it.",
    ),
    "license_key_unknown": Wording(
        "This document is signed with the key {key}…, which this portal does not know as the vendor's.",
        "If the vendor has a new key, its public half belongs into LICENSE_VERIFY_KEYS on the server.",
    ),
    "license_changed": Wording(
        "This document was changed after it was signed, or not copied whole: the signature does not match.",
        SAME_DOCUMENT,
    ),
    "license_content": Wording("The signature is right, but {problem}.", "Ask the vendor for another document."),
    "license_expired_already": Wording(
        "License {id} expired on {last_day}; an expired license cannot be installed.",
        "Ask the vendor for a renewal.",
    ),
    "license_foreign": Wording(
        "License {id} was issued to another organization ({theirs}); this one is {ours}.",
        "Give the vendor this organization's ID and ask for a document of its own.",
    ),
    "license_doubled": Wording(
        "License {id} is installed already. Each license counts once.",
        "A renewal has an ID of its own; ask the vendor for it.",
    ),
    "license_older": Wording(
        "License {id} was issued before the one that is installed ({installed}), which took its place.",
        "Install the newest document the vendor gave you.",
    ),
    "license_is_reported": Wording(
        "At Zilliz Cloud licenses are not installed: this organization enters what the welcome email says.",
        "Open the License page and enter it.",
    ),
    "license_is_signed": Wording(
        "This organization's licenses are signed documents; none can be typed in.", "Install the document."
    ),
    "license_organization_unknown": Wording(
        "License {id} was issued to the organization {theirs}, which is not here.",
        "Install it in the portal of that organization.",
    ),
    # --- what is typed
    "license_id_shape": Wording(
        "A license ID has 2 to 80 letters, digits and . _ : -, and begins with a letter or digit.",
        "Copy it from the welcome email.",
    ),
    "license_term_reversed": Wording("The term ends before it begins.", "Exchange the two days."),
    "license_term_too_long": Wording("No term lasts that long.", "Check the year."),
    "license_cores_range": Wording(
        "A license has a whole number of cores, from 1 to {most}.", "Copy the core size from the welcome email."
    ),
    # --- issuing
    "license_key_missing": Wording(
        "This installation has no key to sign licenses with.", "Set LICENSE_SIGNING_KEY_FILE on the vendor's server."
    ),
    "license_slug_unknown": Wording(
        "There is no organization {slug} here.", "Its name in addresses is meant: /o/NAME/."
    ),
    # --- where an organization stands; the first five keep it from activating a region
    "license_none": Wording(
        "No license is installed, so no cloud region can be activated.", "An admin installs one on the License page."
    ),
    "license_not_entered": Wording(
        "No license is entered, so no cloud region can be activated.",
        "An admin enters it on the License page, as the welcome email has it.",
    ),
    "license_not_yet_valid": Wording(
        "License {id} begins on {first_day}; no cloud region can be activated before.", "Wait until then."
    ),
    "license_fully_used": Wording(
        "All {cores} cores of the license are used; a new cloud region would need more.",
        "Ask the vendor for more cores.",
    ),
    "license_over_quota": Wording(
        "{used} cores are used, the license includes {cores}. Clusters that exist go on; new ones, larger ones and new "
        "cloud regions are not possible.",
        "Ask the vendor for more cores.",
    ),
    "license_frozen": Wording(
        "License {id} expired on {last_day}, and its month of grace ended on {grace_ends}. The organization is frozen.",
        "Ask the vendor for a renewal.",
    ),
    "license_active": Wording("Valid until {last_day}."),
    "license_expiring": Wording("Valid until {last_day}, {days} more.", "Ask the vendor for a renewal."),
    "license_grace": Wording(
        "License {id} expired on {last_day}. Everything goes on until {grace_ends}; then the organization is frozen.",
        "Ask the vendor for a renewal.",
    ),
    # --- cores in use
    "cores_unknown": Wording(
        "AWS does not say how many vCPUs instances of these types have: {types}.", "Ask again in an hour."
    ),
    "cores_just_asked": Wording("AWS was asked less than a minute ago.", "Wait a moment, then ask again."),
    "cores_not_readable": Wording(
        "Only regions that this portal built can be looked at from here.", "Look at the console's own License page."
    ),
}
