"""Everything on disk: the journal of accepted envelopes and all SQL."""
