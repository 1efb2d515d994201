"""New projects that pass every check at once."""
