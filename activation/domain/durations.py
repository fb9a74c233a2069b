"""Durations in words, so that what a setting says and what a page says are one thing."""

HOUR, MINUTE = 3600, 60
# As people say it: 90 and 120 minutes, but 3 hours.
FEWEST_HOURS = 3


def spoken(seconds: float) -> str:
    """Return a duration as it stands in a sentence: `an hour`, `120 minutes`, `3 hours`, `45 seconds`."""
    whole = round(seconds)
    if whole == HOUR:
        return "an hour"
    if whole >= FEWEST_HOURS * HOUR and whole % HOUR == 0:
        return f"{whole // HOUR} hours"
    if whole == MINUTE:
        return "a minute"
    if whole >= MINUTE and whole % MINUTE == 0:
        return f"{whole // MINUTE} minutes"
    return f"{whole} second{'' if whole == 1 else 's'}"
