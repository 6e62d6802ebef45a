-- Role sets: which roles the members of an organization can have.
CREATE TABLE role_sets (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    default_role_id TEXT NOT NULL REFERENCES organization_roles (id),
    creator_role_id TEXT NOT NULL REFERENCES organization_roles (id),
    -- That of organizations for which none is named.
    is_initial BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX role_sets_initial ON role_sets (is_initial) WHERE is_initial;

CREATE TABLE role_set_roles (
    role_set_id TEXT NOT NULL REFERENCES role_sets (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES organization_roles (id) ON DELETE CASCADE,
    PRIMARY KEY (role_set_id, role_id)
);

CREATE INDEX role_set_roles_by_role ON role_set_roles (role_id);

-- Absent only until a server has made the initial role set.
ALTER TABLE organizations ADD COLUMN role_set_id TEXT;
CREATE INDEX organizations_by_role_set ON organizations (role_set_id);
