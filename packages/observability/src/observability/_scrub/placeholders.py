"""What stands in place of what was removed; the words are those of Relay, Sentry's own scrubber."""

FILTERED = "[Filtered]"
EMAIL = "[email]"
IP = "[ip]"
