"""Named tasks of projects, run in the order of what they need."""
