"""The one table of words for what can go wrong: a file for each room, merged here; a code stands in one of them."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Final

from activation.domain.wording.aftercare import AFTERCARE
from activation.domain.wording.handover import HANDOVER
from activation.domain.wording.keys import KEYS
from activation.domain.wording.licenses import LICENSES
from activation.domain.wording.packages import PACKAGES
from activation.domain.wording.people import PEOPLE
from activation.domain.wording.records import RECORDS
from activation.domain.wording.regions import REGIONS
from activation.domain.wording.runs import RUNS
from activation.domain.wording.typed import TYPED
from activation.domain.wording.words import Wording

ROOMS: Final = (RUNS, TYPED, KEYS, PEOPLE, PACKAGES, RECORDS, REGIONS, LICENSES, AFTERCARE, HANDOVER)
WORDING: Final[Mapping[str, Wording]] = ChainMap(*ROOMS)

__all__ = ["ROOMS", "WORDING", "Wording"]
