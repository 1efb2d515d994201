"""Jobs, and PgQueuer's queue beside them."""

from alembic import op

from comfyui_gateway.store.queue_schema import install_script

revision = "0001"
down_revision = None

JOBS = """
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    workflow_id text NOT NULL,
    parameters jsonb NOT NULL,
    plan jsonb NOT NULL,
    prompt_id uuid NOT NULL UNIQUE,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    worker uuid,
    backend text,
    trace jsonb NOT NULL DEFAULT '{}',
    trace_id text,
    idempotency_key text UNIQUE,
    request_digest bytea,
    outputs jsonb NOT NULL DEFAULT '[]',
    error jsonb,
    cancel_requested_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);

COMMENT ON COLUMN jobs.plan IS 'all a worker needs: the bound graph and the steps after it';
COMMENT ON COLUMN jobs.attempt IS 'rises with every claim; a worker may write only with its own';

CREATE INDEX jobs_unfinished ON jobs (created_at) WHERE finished_at IS NULL;
CREATE INDEX jobs_newest ON jobs (created_at DESC, id);

CREATE FUNCTION jobs_end_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'job % has ended and cannot change', OLD.id;
END $$;

CREATE TRIGGER jobs_end_is_final BEFORE UPDATE ON jobs
    FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION jobs_end_is_final();
"""


def upgrade() -> None:
    """Create the tables."""
    write = op.get_context().impl.static_output
    write(JOBS)
    write(install_script())
