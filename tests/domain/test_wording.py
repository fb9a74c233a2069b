"""The table of words."""

from collections import Counter

from activation.domain.wording import ROOMS, WORDING


def test_a_code_stands_in_one_room_only() -> None:
    counted = Counter(code for room in ROOMS for code in room)
    assert [code for code, times in counted.items() if times > 1] == []


def test_what_happened_is_a_sentence() -> None:
    assert [code for code, wording in WORDING.items() if wording.text.rstrip()[-1] not in '.!?:}”)"'] == []
