-- Spans counted by the hour and by what they are usually asked for, so that a question about a day
-- reads thousands of rows and not a million. Kept in the same transaction as the spans; see
-- store/span_hours.py. `histogram` is the program's own function.

CREATE TABLE span_hours (
    hour INTEGER NOT NULL,                  -- its start, µs since the epoch
    project_id INTEGER NOT NULL,
    op_id INTEGER NOT NULL,                 -- strings
    transaction_id INTEGER NOT NULL,        -- strings
    status_id INTEGER NOT NULL,             -- strings
    is_segment INTEGER NOT NULL,
    release_id INTEGER NOT NULL,            -- 0 for none
    environment_id INTEGER NOT NULL,        -- 0 for none
    spans INTEGER NOT NULL,
    duration INTEGER NOT NULL,              -- of all of them, µs
    durations BLOB NOT NULL,                -- their histogram, store/histograms.py
    PRIMARY KEY (
        hour, project_id, op_id, transaction_id, status_id, is_segment, release_id, environment_id
    )
) STRICT, WITHOUT ROWID;

INSERT INTO span_hours
SELECT start / 3600000000 * 3600000000, project_id, op_id, transaction_id, status_id, is_segment,
    coalesce(release_id, 0), coalesce(environment_id, 0),
    count(*), sum(duration), histogram(duration)
FROM spans GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- All that spans are counted by, so that counting them reads nothing else.
DROP INDEX spans_by_time;
CREATE INDEX spans_by_time ON spans (
    start, project_id, op_id, transaction_id, duration, status_id, is_segment, release_id,
    environment_id
);

-- A list of issues in each of its orders stops after its first page. Read from their end, these
-- have the newest of equals first, as the lists want it.
CREATE INDEX issues_by_first_seen ON issues (status, first_seen);
CREATE INDEX issues_by_times_seen ON issues (status, times_seen);
CREATE INDEX issues_by_users_seen ON issues (status, users_seen);
