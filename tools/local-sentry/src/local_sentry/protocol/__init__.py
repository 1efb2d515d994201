"""What Sentry clients put on the wire: authentication, encodings, envelopes."""
