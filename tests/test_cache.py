"""What lies in the cache is data, and stays what it was."""

import pickle

import pytest
from django.core.cache import cache

from byoc_portal.cache import Json
from tests.factories import World


@pytest.mark.parametrize("value", [0, 7, True, None, "text", [1.5, 2.5], {"titles": ["a"], "checks": []}])
def test_a_value_comes_back_as_it_was(world: World, value: object) -> None:
    cache.set("value", value)
    assert cache.get("value") == value
    assert type(cache.get("value")) is type(value)


def test_numbers_are_counted_by_the_server(world: World) -> None:
    cache.add("number", 0, 60)
    assert cache.incr("number") == 1


def test_a_pickled_object_is_not_made_again() -> None:
    with pytest.raises(ValueError, match="codec"):
        Json().loads(pickle.dumps({"a": 1}))
