-- Tables for what 0001 kept raw: logs, metrics, replays, sessions, check-ins, feedback,
-- attachments, profiles, outcomes; how issues are resolved; uploaded artifacts.

-- Names of files in the blob store are the BLAKE2b-256 of what they hold; see store/blobs.py.

CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    item_id BLOB NOT NULL UNIQUE,           -- 16 bytes made from the content: a resent log adds nothing
    project_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    trace_id BLOB,
    span_id BLOB,
    severity TEXT NOT NULL,                 -- trace, debug, info, warn, error or fatal
    severity_number INTEGER NOT NULL,       -- 1 to 24, OpenTelemetry's
    body TEXT NOT NULL,
    release_id INTEGER,
    environment_id INTEGER,
    attributes TEXT NOT NULL                -- JSON object: name to scalar
) STRICT;
CREATE INDEX logs_by_time ON logs (timestamp, project_id);
CREATE INDEX logs_by_trace ON logs (trace_id, timestamp) WHERE trace_id IS NOT NULL;

CREATE TABLE metrics (
    id INTEGER PRIMARY KEY,
    item_id BLOB NOT NULL UNIQUE,
    project_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    trace_id BLOB,
    span_id BLOB,
    name_id INTEGER NOT NULL,               -- strings
    type TEXT NOT NULL,                     -- counter, gauge or distribution
    unit TEXT NOT NULL,
    value REAL NOT NULL,
    release_id INTEGER,
    environment_id INTEGER,
    attributes TEXT NOT NULL
) STRICT;
CREATE INDEX metrics_by_name ON metrics (name_id, timestamp);
CREATE INDEX metrics_by_time ON metrics (timestamp, project_id);
CREATE INDEX metrics_by_trace ON metrics (trace_id) WHERE trace_id IS NOT NULL;

-- Which attributes the items of a project have ever had, for search to offer.
CREATE TABLE attribute_keys (
    project_id INTEGER NOT NULL,
    item_type TEXT NOT NULL,                -- span, log or metric
    key TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- string, number or boolean
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (project_id, item_type, key, kind)
) STRICT, WITHOUT ROWID;

ALTER TABLE events ADD COLUMN replay_id BLOB;
CREATE INDEX events_by_replay ON events (replay_id) WHERE replay_id IS NOT NULL;

CREATE TABLE replays (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    replay_id BLOB NOT NULL UNIQUE,
    started INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    replay_type TEXT NOT NULL,              -- session or buffer
    platform TEXT NOT NULL,
    release_id INTEGER,
    environment_id INTEGER,
    user_hash BLOB,
    user TEXT NOT NULL DEFAULT '{}',        -- JSON: id, email, username, ip_address
    urls TEXT NOT NULL DEFAULT '[]',        -- JSON list, in order of visit
    tags TEXT NOT NULL DEFAULT '{}',
    contexts TEXT NOT NULL DEFAULT '{}',    -- JSON: browser, os, device, sdk …
    segments INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    clicks INTEGER NOT NULL DEFAULT 0,
    dead_clicks INTEGER NOT NULL DEFAULT 0,
    rage_clicks INTEGER NOT NULL DEFAULT 0,
    is_archived INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX replays_by_time ON replays (started, project_id);

CREATE TABLE replay_segments (
    replay_row INTEGER NOT NULL REFERENCES replays,
    segment_id INTEGER NOT NULL,
    blob BLOB NOT NULL,                     -- the JSON list of rrweb events
    size INTEGER NOT NULL,                  -- bytes of that list
    first_timestamp INTEGER,
    last_timestamp INTEGER,
    received INTEGER NOT NULL,
    PRIMARY KEY (replay_row, segment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE replay_errors (
    replay_row INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    PRIMARY KEY (replay_row, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_errors_by_event ON replay_errors (event_id);

CREATE TABLE replay_traces (
    replay_row INTEGER NOT NULL,
    trace_id BLOB NOT NULL,
    PRIMARY KEY (replay_row, trace_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_traces_by_trace ON replay_traces (trace_id);

-- Sessions that are reported one by one; the last word of each.
CREATE TABLE sessions (
    project_id INTEGER NOT NULL,
    session_id BLOB NOT NULL,
    release_id INTEGER NOT NULL,
    environment_id INTEGER,
    started INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    status TEXT NOT NULL,                   -- ok, exited, errored, crashed, abnormal or unhandled
    errors INTEGER NOT NULL,
    duration INTEGER,                       -- microseconds
    user_hash BLOB,
    PRIMARY KEY (project_id, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_release ON sessions (release_id, started);
CREATE INDEX sessions_by_time ON sessions (started, project_id);

-- Sessions that a server counted before it sent them.
CREATE TABLE session_counts (
    project_id INTEGER NOT NULL,
    release_id INTEGER NOT NULL,
    environment_id INTEGER NOT NULL,        -- 0 for none
    hour INTEGER NOT NULL,                  -- hours since the epoch
    user_hash BLOB NOT NULL,                -- empty when the server did not say
    exited INTEGER NOT NULL,
    errored INTEGER NOT NULL,
    crashed INTEGER NOT NULL,
    abnormal INTEGER NOT NULL,
    PRIMARY KEY (project_id, release_id, environment_id, hour, user_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitors (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    config TEXT NOT NULL DEFAULT '{}',      -- JSON: schedule, checkin_margin, max_runtime, timezone …
    date_created INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;

CREATE TABLE check_ins (
    id INTEGER PRIMARY KEY,
    monitor_id INTEGER NOT NULL REFERENCES monitors,
    check_in_id BLOB NOT NULL,
    environment_id INTEGER,
    release_id INTEGER,
    status TEXT NOT NULL,                   -- ok, error, in_progress, missed or timeout
    started INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    duration INTEGER,                       -- microseconds
    trace_id BLOB,
    UNIQUE (monitor_id, check_in_id)
) STRICT;
CREATE INDEX check_ins_by_time ON check_ins (monitor_id, started);

-- What users said, as `user_report` or as `feedback`.
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    feedback_id BLOB NOT NULL,              -- of a report, the id of its event
    source TEXT NOT NULL,                   -- user_report or feedback
    event_id BLOB,                          -- the error it is about
    replay_id BLOB,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    message TEXT NOT NULL,
    url TEXT NOT NULL,
    environment_id INTEGER,
    timestamp INTEGER NOT NULL,
    UNIQUE (project_id, feedback_id, source)
) STRICT;
CREATE INDEX feedback_by_event ON feedback (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX feedback_by_time ON feedback (timestamp);

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    type TEXT NOT NULL,                     -- event.attachment, event.minidump …
    size INTEGER NOT NULL,
    sha1 BLOB NOT NULL,
    blob BLOB NOT NULL,
    received INTEGER NOT NULL,
    UNIQUE (project_id, event_id, name, sha1)
) STRICT;

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL,
    profile_id BLOB NOT NULL,               -- of a chunk, its own id
    profiler_id BLOB,                       -- what the chunks of one profiler have in common
    platform TEXT NOT NULL,
    transaction_id INTEGER,                 -- strings
    trace_id BLOB,
    event_id BLOB,                          -- the transaction it belongs to
    release_id INTEGER,
    environment_id INTEGER,
    timestamp INTEGER NOT NULL,
    blob BLOB NOT NULL,                     -- the JSON as sent
    size INTEGER NOT NULL,
    UNIQUE (project_id, profile_id)
) STRICT;
CREATE INDEX profiles_by_event ON profiles (event_id) WHERE event_id IS NOT NULL;

-- What became of what was sent, per hour: counted by this server, or by a client that dropped it.
CREATE TABLE outcomes (
    project_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    outcome TEXT NOT NULL,                  -- accepted, rate_limited, invalid or client_discard
    category TEXT NOT NULL,                 -- error, transaction, span, log_item, replay …
    reason TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (project_id, hour, outcome, category, reason)
) STRICT, WITHOUT ROWID;

-- How an issue was resolved or archived, so that processing knows what opens it again.
ALTER TABLE issues ADD COLUMN resolution TEXT;              -- now, in_release or in_next_release
ALTER TABLE issues ADD COLUMN resolution_release_id INTEGER;
ALTER TABLE issues ADD COLUMN resolved_at INTEGER;
ALTER TABLE issues ADD COLUMN archive_until INTEGER;        -- a time
ALTER TABLE issues ADD COLUMN archive_times_seen INTEGER;   -- archived until seen so often
ALTER TABLE issues ADD COLUMN archive_users_seen INTEGER;

-- What happened to an issue: for its history, and for alerts, which read on from the last id.
CREATE TABLE issue_activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issues,
    project_id INTEGER NOT NULL,
    type TEXT NOT NULL,                     -- first_seen, set_regression, set_resolved, note …
    timestamp INTEGER NOT NULL,
    actor TEXT,
    data TEXT NOT NULL DEFAULT '{}'         -- JSON object
) STRICT;
CREATE INDEX issue_activity_by_issue ON issue_activity (issue_id, id);

-- Uploaded parts of files, by the SHA-1 that clients know them by.
CREATE TABLE chunks (
    sha1 BLOB PRIMARY KEY,
    blob BLOB NOT NULL,
    size INTEGER NOT NULL,
    received INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact_bundles (
    id INTEGER PRIMARY KEY,
    checksum BLOB NOT NULL UNIQUE,          -- SHA-1 of the archive
    bundle_id BLOB,                         -- its own debug id, when it has one
    size INTEGER NOT NULL,
    file_count INTEGER NOT NULL,
    received INTEGER NOT NULL
) STRICT;

CREATE TABLE artifact_bundle_releases (
    bundle_id INTEGER NOT NULL REFERENCES artifact_bundles,
    project_id INTEGER NOT NULL,
    version TEXT NOT NULL,                  -- of the release; empty for none
    dist TEXT NOT NULL,
    PRIMARY KEY (bundle_id, project_id, version, dist)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_bundles_by_release ON artifact_bundle_releases (project_id, version, dist);

CREATE TABLE artifact_files (
    id INTEGER PRIMARY KEY,
    bundle_id INTEGER NOT NULL REFERENCES artifact_bundles,
    path TEXT NOT NULL,                     -- in the archive
    url TEXT NOT NULL,                      -- what stack traces call it, such as ~/static/app.js
    type TEXT NOT NULL,                     -- source, minified_source, source_map or …
    debug_id BLOB,
    source_map TEXT NOT NULL,               -- what its Sourcemap header names
    blob BLOB NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (bundle_id, path)
) STRICT;
CREATE INDEX artifact_files_by_debug_id ON artifact_files (debug_id, type) WHERE debug_id IS NOT NULL;
CREATE INDEX artifact_files_by_url ON artifact_files (bundle_id, url);
