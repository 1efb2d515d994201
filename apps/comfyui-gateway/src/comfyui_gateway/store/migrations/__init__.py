"""The schema, as alembic migrations; run by `store.schema` when the gateway starts."""
