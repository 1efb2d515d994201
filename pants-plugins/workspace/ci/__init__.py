"""CircleCI from the graph: what to run for a change, checked, and tried on this machine."""
