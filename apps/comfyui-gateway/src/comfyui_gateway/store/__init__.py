"""Everything that touches Postgres: the server itself, its schema, and all queries."""
