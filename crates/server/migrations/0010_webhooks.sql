-- Where events are sent.
CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    -- With spaces between them; empty for all.
    event_types TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Events that have not arrived, one for each endpoint.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Nothing when it will not be tried again.
    next_attempt_at BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_by_next_attempt ON webhook_deliveries (next_attempt_at);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at);

-- The sign-up that is under way in a browser.
ALTER TABLE clients ADD COLUMN sign_up_id TEXT;
