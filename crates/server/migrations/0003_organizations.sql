-- What the instance is set to, as a JSON object. What is not in it is at its default.
ALTER TABLE instance ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

CREATE TABLE organization_permissions (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE organization_roles (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE organization_role_permissions (
    role_id TEXT NOT NULL REFERENCES organization_roles (id) ON DELETE CASCADE,
    permission_id TEXT NOT NULL REFERENCES organization_permissions (id) ON DELETE CASCADE,
    PRIMARY KEY (role_id, permission_id)
);

CREATE INDEX organization_role_permissions_by_permission
    ON organization_role_permissions (permission_id);

CREATE INDEX organization_memberships_by_creation ON organization_memberships (created_at, id);

CREATE TABLE organization_invitations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email_address TEXT NOT NULL,
    role TEXT NOT NULL,
    -- A user who may be gone by now.
    inviter_id TEXT,
    -- One that is pending has expired when its time is over.
    status TEXT NOT NULL,
    public_metadata TEXT NOT NULL,
    private_metadata TEXT NOT NULL,
    url TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX organization_invitations_by_organization
    ON organization_invitations (organization_id, created_at);
CREATE INDEX organization_invitations_by_creation ON organization_invitations (created_at, id);
CREATE INDEX organization_invitations_by_email_address ON organization_invitations (email_address);
CREATE UNIQUE INDEX organization_invitations_pending
    ON organization_invitations (organization_id, email_address) WHERE status = 'pending';

CREATE TABLE organization_domains (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    enrollment_mode TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    -- How it was shown that the organization owns it.
    ownership_strategy TEXT,
    affiliation_email_address TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE INDEX organization_domains_by_creation ON organization_domains (created_at, id);
-- A domain is verified for one organization only.
CREATE UNIQUE INDEX organization_domains_verified ON organization_domains (name) WHERE verified;
