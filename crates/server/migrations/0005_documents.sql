-- Objects that are kept as they are shown: redirect URLs, lists of identifiers, domains and so on.
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- What tells it apart from the others of its kind.
    key TEXT NOT NULL,
    -- What it is searched and sorted by.
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, key)
);

CREATE INDEX documents_by_creation ON documents (kind, created_at, id);

CREATE TABLE waitlist_entries (
    id TEXT PRIMARY KEY,
    email_address TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    invitation_id TEXT,
    invited_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX waitlist_entries_by_creation ON waitlist_entries (created_at, id);
