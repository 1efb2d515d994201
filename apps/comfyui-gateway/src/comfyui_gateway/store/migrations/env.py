"""Writes the migrations out as one SQL script; `store.schema` runs it over asyncpg."""

from alembic import context

context.configure(
    dialect_name="postgresql",
    output_buffer=context.config.attributes["script"],
)
with context.begin_transaction():
    context.run_migrations()
