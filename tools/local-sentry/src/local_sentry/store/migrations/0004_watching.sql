-- What the server finds out by itself: who owns an issue, which jobs did not run, which numbers
-- crossed a threshold.

ALTER TABLE issues ADD COLUMN owners TEXT NOT NULL DEFAULT '[]';  -- JSON list: owner, type, rule, at
ALTER TABLE issues ADD COLUMN issue_type TEXT NOT NULL DEFAULT 'error';  -- or monitor_check_in_failure

ALTER TABLE monitors ADD COLUMN status TEXT NOT NULL DEFAULT 'active';  -- or disabled
ALTER TABLE monitors ADD COLUMN is_muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE monitors ADD COLUMN owner TEXT;                 -- user:1 or team:3
ALTER TABLE monitors ADD COLUMN is_upserting INTEGER NOT NULL DEFAULT 1;  -- made by its check-ins

ALTER TABLE check_ins ADD COLUMN expected INTEGER;          -- when the schedule wanted it
ALTER TABLE check_ins ADD COLUMN deadline INTEGER;          -- until when it may run
CREATE INDEX check_ins_running ON check_ins (deadline) WHERE status = 'in_progress';

CREATE TABLE monitor_environments (
    id INTEGER PRIMARY KEY,
    monitor_id INTEGER NOT NULL REFERENCES monitors,
    environment_id INTEGER NOT NULL REFERENCES environments,
    status TEXT NOT NULL DEFAULT 'active',  -- active (nothing heard yet), ok or error
    date_created INTEGER NOT NULL,
    last_check_in INTEGER,
    next_check_in INTEGER,                  -- when the schedule wants the next one
    next_check_in_latest INTEGER,           -- and when it counts as missed
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    successes INTEGER NOT NULL DEFAULT 0,   -- in a row, since the incident began
    incident_started INTEGER,
    UNIQUE (monitor_id, environment_id)
) STRICT;
CREATE INDEX monitor_environments_by_due ON monitor_environments (next_check_in_latest)
    WHERE next_check_in_latest IS NOT NULL;

-- What the frames of an issue's events say, for `stack.filename:` and its like.
CREATE TABLE issue_frames (
    issue_id INTEGER NOT NULL,
    field TEXT NOT NULL,                    -- filename, abs_path, module, function or lineno
    value_id INTEGER NOT NULL,              -- strings
    PRIMARY KEY (issue_id, field, value_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX issue_frames_by_value ON issue_frames (field, value_id, issue_id);

-- Metric monitors: a number over a window, and the thresholds it may cross.
CREATE TABLE detectors (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects,
    name TEXT NOT NULL,
    description TEXT,
    owner TEXT,                             -- user:1 or team:3
    enabled INTEGER NOT NULL,
    query TEXT NOT NULL,                    -- JSON object: dataset, aggregate, query, timeWindow …
    conditions TEXT NOT NULL,               -- JSON list: type, comparison, conditionResult
    config TEXT NOT NULL,                   -- JSON object: detectionType, comparisonDelta
    workflow_ids TEXT NOT NULL,             -- JSON list: the alert rules it is connected to
    date_created INTEGER NOT NULL,
    date_updated INTEGER NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,    -- 0 fine, 50 warning, 75 critical
    checked INTEGER NOT NULL DEFAULT 0      -- when it was last looked at
) STRICT;
CREATE INDEX detectors_by_project ON detectors (project_id);
