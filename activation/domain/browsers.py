"""Which browser somebody uses, in two words: what a person needs to know their own sessions apart."""

# The first that is found counts: most browsers name others as well.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
UNKNOWN = "Unknown browser"


def family(user_agent: str) -> str:
    """Return browser and system by what the browser says of itself; nothing of what it says is in the answer."""
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), UNKNOWN)
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), "")
    return f"{browser} on {system}" if system else browser
