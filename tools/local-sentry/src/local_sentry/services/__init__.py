"""What the product does: normalize, group, search, join traces. No SQL, no HTTP."""
