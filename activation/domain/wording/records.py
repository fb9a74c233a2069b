"""Words for records."""

from typing import Final

from activation.domain.wording.words import Wording

RECORDS: Final = {
    # --- records
    "record_empty": Wording("It contains no events, so there is nothing to download.", "Choose other days."),
    "record_days_reversed": Wording("The last day is before the first.", "Swap the two."),
    "record_not_ready": Wording(
        "The file of this record is no longer here. It is kept for a day.", "Create it again from the same events."
    ),
    "record_under_way": Wording("This record is already being created.", "Wait until it is ready."),
    "record_chain_broken": Wording(
        "The chain of events is broken at {problem}. A record of it would prove nothing, so none was created.",
        "Tell the installation administrator: manage.py verify_events shows more.",
    ),
    "record_does_not_verify": Wording(
        "The record could not be verified: {problem}. It was not kept.",
        "Tell the installation administrator: the server log shows more.",
    ),
    "record_key_unknown": Wording(
        "A checkpoint was signed with the key {key}, whose public key is no longer known here.",
        "Tell the installation administrator to add it to SIGNING_KEYS_RETIRED.",
    ),
}
