"""Words for records."""

from typing import Final

from activation.domain.wording.words import Wording

RECORDS: Final = {
    # --- records
    "record_empty": Wording("There are no events in it, so there is nothing to take away.", "Choose other days."),
    "record_days_reversed": Wording("The last day is before the first.", "Exchange the two."),
    "record_not_ready": Wording(
        "The file of this record is not here: it is kept for a day.", "Have it made again, of the same events."
    ),
    "record_under_way": Wording("This record is being made already.", "Wait until it is ready."),
    "record_chain_broken": Wording(
        "The chain of events is broken at {problem}. A record of it would prove nothing, so none was made.",
        "Tell who runs this portal: manage.py verify_events says more.",
    ),
    "record_does_not_verify": Wording(
        "What was written does not verify: {problem}. So it was not kept.",
        "Tell who runs this portal: the log of the server says more.",
    ),
    "record_key_unknown": Wording(
        "A checkpoint was signed with the key {key}, whose public half is not known here any more.",
        "Tell who runs this portal: it belongs into SIGNING_KEYS_RETIRED.",
    ),
}
