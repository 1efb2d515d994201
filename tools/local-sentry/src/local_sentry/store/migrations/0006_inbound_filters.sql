-- What a project does not take in.

CREATE TABLE project_options (
    project_id INTEGER NOT NULL REFERENCES projects,
    key TEXT NOT NULL,                  -- Sentry's name, like filters:error_messages
    value TEXT NOT NULL,
    PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
