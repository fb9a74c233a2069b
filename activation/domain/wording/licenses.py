"""Words for licenses."""

from typing import Final

from activation.domain.wording.words import Wording

SAME_DOCUMENT = "Ask the vendor for the document again, and copy all of it."

LICENSES: Final = {
    # --- documents that are refused
    "license_empty": Wording("No document was given.", "Choose its file, or paste what is in it."),
    "license_two_documents": Wording(
        "You chose a file and pasted a document, and the two differ.", "Provide only one of them."
    ),
    "license_no_document": Wording("This is not a license document: {problem}.", SAME_DOCUMENT),
    "license_algorithm": Wording(
        "This document asks for the signature algorithm “{algorithm}”. Only EdDSA is accepted.",
        "Do not use it, and tell the vendor where you got it.",
    ),
    "license_key_unknown": Wording(
        "This document is signed with the key {key}…, which this portal does not know as the vendor's.",
        "If the vendor has a new key, add its public key to LICENSE_VERIFY_KEYS on the server.",
    ),
    "license_changed": Wording(
        "This document was changed after it was signed, or not copied completely: the signature does not match.",
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
        "License {id} is already installed. Each license counts only once.",
        "A renewal has its own ID. Ask the vendor for it.",
    ),
    "license_older": Wording(
        "License {id} was issued before the installed one ({installed}), which replaced it.",
        "Install the newest document the vendor gave you.",
    ),
    "license_is_reported": Wording(
        "With Zilliz Cloud, licenses are not installed: this organization enters the data from the welcome email.",
        "Open the License page and enter it.",
    ),
    "license_is_signed": Wording(
        "This organization's licenses are signed documents. They cannot be typed in.", "Install the document."
    ),
    "license_organization_unknown": Wording(
        "License {id} was issued to the organization {theirs}, which does not exist here.",
        "Install it in the portal of that organization.",
    ),
    # --- what is typed
    "license_id_shape": Wording(
        "A license ID has 2 to 80 letters, digits and . _ : -, and begins with a letter or digit.",
        "Copy it from the welcome email.",
    ),
    "license_term_reversed": Wording("The term ends before it begins.", "Swap the two days."),
    "license_term_too_long": Wording("The term is too long.", "Check the year."),
    "license_cores_range": Wording(
        "A license has a whole number of cores, from 1 to {most}.", "Copy the core size from the welcome email."
    ),
    # --- issuing
    "license_key_missing": Wording(
        "This installation has no key to sign licenses with.", "Set LICENSE_SIGNING_KEY_FILE on the vendor's server."
    ),
    "license_slug_unknown": Wording("There is no organization {slug} here.", "Use its name as in addresses: /o/NAME/."),
    # --- where an organization stands; the first five keep it from activating a region
    "license_none": Wording(
        "No license is installed, so no cloud region can be activated.", "An admin installs one on the License page."
    ),
    "license_not_entered": Wording(
        "No license is entered, so no cloud region can be activated.",
        "An admin enters it on the License page, from the welcome email.",
    ),
    "license_not_yet_valid": Wording(
        "License {id} begins on {first_day}. No cloud region can be activated before then.", "Wait until then."
    ),
    "license_fully_used": Wording(
        "All {cores} cores of the license are used. A new cloud region would need more.",
        "Ask the vendor for more cores.",
    ),
    "license_over_quota": Wording(
        "{used} cores are used; the license includes {cores}. Existing clusters keep running. New clusters, larger "
        "clusters and new cloud regions are not possible.",
        "Ask the vendor for more cores.",
    ),
    "license_estimated_full": Wording(
        "By this portal's estimate, {used} of {cores} cores are used. Only the console counts them; this portal blocks "
        "nothing by an estimate.",
        "Compare with the License page of the console.",
    ),
    "license_frozen": Wording(
        "License {id} expired on {last_day}, and its grace period ended on {grace_ends}. The organization is frozen.",
        "Ask the vendor for a renewal.",
    ),
    "license_active": Wording("Valid until {last_day}."),
    "license_expiring": Wording("Valid until {last_day}, {days} more.", "Ask the vendor for a renewal."),
    "license_grace": Wording(
        "License {id} expired on {last_day}. Everything continues until {grace_ends}. Then the organization is frozen.",
        "Ask the vendor for a renewal.",
    ),
    # --- cores in use
    "cores_unknown": Wording(
        "AWS does not report how many vCPUs these instance types have: {types}.", "Check again in an hour."
    ),
    "cores_just_asked": Wording("AWS was checked less than a minute ago.", "Wait a moment, then check again."),
    "cores_not_readable": Wording(
        "Only regions that this portal built can be checked from here.", "Check the console's own License page."
    ),
    "cores_not_countable": Wording(
        "Only regions of Zilliz Cloud that are active, as reported, are counted with a key.",
        "Open the License page to see what is known.",
    ),
    "cores_no_cluster": Wording(
        "This account has no cluster in {region} that the watch has seen, or whose name begins with {prefix}.",
        "Compare account and region with the console's License page.",
    ),
    "cores_clusters_unclear": Wording(
        "Several clusters in {region} could be this region's: {names}. None of them was seen by a watch, so nothing "
        "was counted.",
        "Check the console's own License page.",
    ),
}
