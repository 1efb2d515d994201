"""All outgoing protocols."""
