"""Who may import whom, from one table in pants.toml."""
