"""One server of a user that stays, so that a session's start need not import and connect again."""
