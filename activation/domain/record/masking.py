"""Hide the external ID in everything that leaves in a record: who reads records may not see it."""

import re
from collections.abc import Callable
from typing import Any

from activation.domain import external_id as external_ids

# A shorter one stands by chance in other words; it is hidden where it stands alone.
DISTINCTIVE = 8
_AROUND = r"[\w+=,.@:\/-]"


def hide(external_id: str | None) -> Callable[[str], str]:
    """Return what hides an external ID in a text; it changes nothing where there is none."""
    if not external_id:
        return lambda text: text
    shown = external_ids.mask(external_id)
    if len(external_id) >= DISTINCTIVE:
        return lambda text: text.replace(external_id, shown)
    alone = re.compile(rf"(?<!{_AROUND}){re.escape(external_id)}(?!{_AROUND})")
    return lambda text: alone.sub(shown, text)


def hidden(value: Any, hide_in: Callable[[str], str]) -> Any:
    """Return a value of JSON with all its texts treated by `hide_in`."""
    if isinstance(value, str):
        return hide_in(value)
    if isinstance(value, dict):
        return {hide_in(str(name)): hidden(each, hide_in) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(each, hide_in) for each in value]
    return value
