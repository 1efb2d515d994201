-- Times are microseconds since the epoch (UTC). Trace, span and event ids are bytes, not hex.

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    date_created INTEGER NOT NULL
) STRICT;

CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    date_created INTEGER NOT NULL
) STRICT;

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    platform TEXT,
    date_created INTEGER NOT NULL,
    next_short_id INTEGER NOT NULL DEFAULT 1,
    first_event INTEGER,
    first_transaction INTEGER,
    item_types TEXT NOT NULL DEFAULT '[]'   -- JSON list: which kinds of items it has ever sent
) STRICT;

CREATE TABLE project_teams (
    project_id INTEGER NOT NULL REFERENCES projects,
    team_id INTEGER NOT NULL REFERENCES teams,
    PRIMARY KEY (project_id, team_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE project_keys (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    public_key TEXT NOT NULL UNIQUE,
    secret_key TEXT NOT NULL,
    label TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,
    rate_limit_window INTEGER,
    rate_limit_count INTEGER,
    date_created INTEGER NOT NULL
) STRICT;

-- Tokens of the read API. Only a hash is kept.
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,                   -- JSON list
    date_created INTEGER NOT NULL
) STRICT;

-- How far the journal is processed; moves in the same transaction as the results.
CREATE TABLE journal_position (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    segment INTEGER NOT NULL,
    byte_offset INTEGER NOT NULL
) STRICT;
INSERT INTO journal_position VALUES (1, 0, 0);

-- Words that repeat in millions of rows (transaction names, operations …) are kept once.
CREATE TABLE strings (
    id INTEGER PRIMARY KEY,
    value TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (key, value)
) STRICT;

CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    version TEXT NOT NULL UNIQUE,
    date_created INTEGER NOT NULL,
    date_released INTEGER
) STRICT;

CREATE TABLE release_projects (
    release_id INTEGER NOT NULL REFERENCES releases,
    project_id INTEGER NOT NULL REFERENCES projects,
    first_event INTEGER,
    last_event INTEGER,
    new_issues INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (release_id, project_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE project_environments (
    project_id INTEGER NOT NULL REFERENCES projects,
    environment_id INTEGER NOT NULL REFERENCES environments,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (project_id, environment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE issues (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    short_id INTEGER NOT NULL,
    kind TEXT NOT NULL,                     -- Sentry's `type`: error or default
    title TEXT NOT NULL,
    culprit TEXT NOT NULL,
    metadata TEXT NOT NULL,                 -- JSON object
    level TEXT NOT NULL,
    platform TEXT NOT NULL,
    logger TEXT,
    status TEXT NOT NULL DEFAULT 'unresolved',
    substatus TEXT NOT NULL DEFAULT 'new',
    unhandled INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    times_seen INTEGER NOT NULL DEFAULT 0,
    users_seen INTEGER NOT NULL DEFAULT 0,
    first_release_id INTEGER REFERENCES releases,
    last_release_id INTEGER REFERENCES releases,
    UNIQUE (project_id, short_id)
) STRICT;
CREATE INDEX issues_by_last_seen ON issues (status, last_seen DESC);
CREATE INDEX issues_by_project ON issues (project_id, status, last_seen DESC);

CREATE TABLE issue_hashes (
    project_id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    issue_id INTEGER NOT NULL REFERENCES issues,
    PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_hours (
    issue_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,                  -- hours since the epoch
    events INTEGER NOT NULL,
    PRIMARY KEY (issue_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_users (
    issue_id INTEGER NOT NULL,
    user_hash BLOB NOT NULL,
    PRIMARY KEY (issue_id, user_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_tags (
    issue_id INTEGER NOT NULL,
    tag_id INTEGER NOT NULL,
    events INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (issue_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX issue_tags_by_tag ON issue_tags (tag_id, issue_id);

-- Errors and transactions. The payload lies in its own table, so that scans stay narrow.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    kind TEXT NOT NULL,                     -- error, default or transaction
    issue_id INTEGER,
    timestamp INTEGER NOT NULL,
    received INTEGER NOT NULL,
    level TEXT NOT NULL,
    title TEXT NOT NULL,
    trace_id BLOB,
    span_id BLOB,
    transaction_id INTEGER,                 -- strings
    release_id INTEGER,
    environment_id INTEGER,
    user_hash BLOB,
    UNIQUE (project_id, event_id)
) STRICT;
CREATE INDEX events_by_issue ON events (issue_id, timestamp) WHERE issue_id IS NOT NULL;
CREATE INDEX events_by_trace ON events (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX events_by_time ON events (timestamp);

CREATE TABLE event_payloads (
    event_row INTEGER PRIMARY KEY,
    payload BLOB NOT NULL                   -- the event as sent, zstd; a transaction without spans
) STRICT;

CREATE TABLE event_tags (
    tag_id INTEGER NOT NULL,
    event_row INTEGER NOT NULL,
    PRIMARY KEY (tag_id, event_row)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_tags_by_event ON event_tags (event_row);

-- Every span, whether it came inside a transaction or streamed by itself.
CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    trace_id BLOB NOT NULL,
    span_id BLOB NOT NULL,
    project_id INTEGER NOT NULL,
    parent_span_id BLOB,
    segment_id BLOB NOT NULL,               -- span id of the root of its transaction
    is_segment INTEGER NOT NULL,
    start INTEGER NOT NULL,
    duration INTEGER NOT NULL,              -- microseconds
    op_id INTEGER NOT NULL,                 -- strings
    transaction_id INTEGER NOT NULL,        -- strings
    status_id INTEGER NOT NULL,             -- strings
    release_id INTEGER,
    environment_id INTEGER,
    description TEXT NOT NULL,
    event_id BLOB,                          -- the transaction it came in, when it did
    UNIQUE (trace_id, span_id, project_id)
) STRICT;
CREATE INDEX spans_by_time ON spans (start, project_id, op_id, transaction_id, duration);

CREATE TABLE span_attributes (
    span_row INTEGER PRIMARY KEY,
    attributes TEXT NOT NULL                -- JSON object
) STRICT;

-- Everything else, as sent: sessions, logs, replays, check-ins, attachments, profiles, the unknown.
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    event_id BLOB NOT NULL,
    received INTEGER NOT NULL,
    headers TEXT NOT NULL,                  -- JSON object
    payload BLOB NOT NULL,                  -- zstd
    digest BLOB NOT NULL,                   -- of the payload: a resent envelope adds nothing
    problem TEXT,                           -- why it could not be used, when it could not
    UNIQUE (event_id, project_id, type, digest)
) STRICT;
CREATE INDEX items_by_type ON items (type, received);
