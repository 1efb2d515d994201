-- What the write API keeps: who an issue is assigned to, commits and deploys of releases, code
-- mappings, ownership rules, alert rules and when they fired.

ALTER TABLE issues ADD COLUMN assigned_to TEXT;             -- user:1 or team:3
ALTER TABLE issues ADD COLUMN priority TEXT;                -- high, medium or low, when set by hand

ALTER TABLE releases ADD COLUMN ref TEXT;
ALTER TABLE releases ADD COLUMN url TEXT;
ALTER TABLE releases ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE releases ADD COLUMN date_started INTEGER;

CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations,
    name TEXT NOT NULL,
    url TEXT,
    date_created INTEGER NOT NULL,
    UNIQUE (organization_id, name)
) STRICT;

CREATE TABLE commits (
    id INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL REFERENCES repositories,
    sha TEXT NOT NULL,
    message TEXT,
    author_name TEXT,
    author_email TEXT,
    timestamp INTEGER NOT NULL,
    UNIQUE (repository_id, sha)
) STRICT;
CREATE INDEX commits_by_sha ON commits (sha);

CREATE TABLE commit_files (
    commit_id INTEGER NOT NULL REFERENCES commits,
    path TEXT NOT NULL,
    change TEXT NOT NULL,                   -- A, M or D
    PRIMARY KEY (commit_id, path)
) STRICT, WITHOUT ROWID;

-- Newest first, as clients send them.
CREATE TABLE release_commits (
    release_id INTEGER NOT NULL REFERENCES releases,
    position INTEGER NOT NULL,
    commit_id INTEGER NOT NULL REFERENCES commits,
    PRIMARY KEY (release_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE deploys (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases,
    environment TEXT NOT NULL,
    name TEXT,
    url TEXT,
    date_started INTEGER,
    date_finished INTEGER NOT NULL
) STRICT;
CREATE INDEX deploys_by_release ON deploys (release_id, date_finished);

-- Where the files that stack traces name lie in a repository.
CREATE TABLE code_mappings (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    repository_id INTEGER NOT NULL REFERENCES repositories,
    stack_root TEXT NOT NULL,
    source_root TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    UNIQUE (project_id, stack_root)
) STRICT;

CREATE TABLE ownership_rules (
    project_id INTEGER PRIMARY KEY REFERENCES projects,
    raw TEXT NOT NULL,
    fallthrough INTEGER NOT NULL,
    auto_assignment TEXT NOT NULL,
    date_created INTEGER NOT NULL,
    last_updated INTEGER NOT NULL
) STRICT;

CREATE TABLE alert_rules (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    name TEXT NOT NULL,
    environment TEXT,
    frequency INTEGER NOT NULL,             -- minutes between two firings for one issue
    action_match TEXT NOT NULL,             -- all, any or none of the conditions
    filter_match TEXT NOT NULL,
    conditions TEXT NOT NULL,               -- JSON lists, as clients write them
    filters TEXT NOT NULL,
    actions TEXT NOT NULL,
    status TEXT NOT NULL,                   -- active or disabled
    date_created INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_rules_by_project ON alert_rules (project_id);

CREATE TABLE alert_firings (
    id INTEGER PRIMARY KEY,
    rule_id INTEGER NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
    issue_id INTEGER NOT NULL,
    event_id BLOB,
    fired INTEGER NOT NULL,
    problem TEXT                            -- why an action could not be done, when one could not
) STRICT;
CREATE INDEX alert_firings_by_rule ON alert_firings (rule_id, issue_id, fired);

-- Up to which entry of issue_activity, and which event, the alert rules have looked.
CREATE TABLE alert_position (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    activity_id INTEGER NOT NULL,
    event_row INTEGER NOT NULL
) STRICT;
INSERT INTO alert_position
SELECT 1, coalesce((SELECT max(id) FROM issue_activity), 0), coalesce((SELECT max(id) FROM events), 0);
