-- How many requests there were in a window of time, where several servers share the limits.
CREATE TABLE rate_limits (
    counter TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (counter, ends_at)
);

CREATE INDEX rate_limits_by_end ON rate_limits (ends_at);
