"""How values lie in the cache: as JSON, so that whoever writes into it can make us read nothing but data."""

import json
from typing import Any


class Json:
    """Serializes for Django's Redis backend."""

    def dumps(self, value: Any) -> Any:
        """Return a value as it is stored; whole numbers as they are, so that the server can count with them."""
        return value if type(value) is int else json.dumps(value, separators=(",", ":"))

    def loads(self, stored: bytes) -> Any:
        """Return what was stored."""
        return json.loads(stored)
