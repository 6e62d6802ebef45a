-- Users: wallets, locks, second factors.
ALTER TABLE users ADD COLUMN primary_web3_wallet_id TEXT;
ALTER TABLE users ADD COLUMN locked_until BIGINT;
ALTER TABLE users ADD COLUMN failed_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp_secret TEXT;
-- The step of the last code that was accepted: none is accepted twice.
ALTER TABLE users ADD COLUMN totp_step BIGINT;
ALTER TABLE users ADD COLUMN mfa_enabled_at BIGINT;
ALTER TABLE users ADD COLUMN mfa_disabled_at BIGINT;
ALTER TABLE users ADD COLUMN bypass_client_trust BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE backup_codes (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (user_id, digest)
);

-- Email addresses, phone numbers, web3 wallets and passkeys.
ALTER TABLE identifications ADD COLUMN reserved BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE identifications ADD COLUMN reserved_for_second_factor BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE identifications ADD COLUMN default_second_factor BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE identifications ADD COLUMN name TEXT;
ALTER TABLE identifications ADD COLUMN last_used_at BIGINT;

-- Accounts at other services, with the tokens with which an application acts there.
CREATE TABLE external_accounts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identification_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_user_id TEXT NOT NULL,
    approved_scopes TEXT NOT NULL,
    email_address TEXT NOT NULL,
    email_address_verified BOOLEAN,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    image_url TEXT,
    username TEXT,
    phone_number TEXT,
    label TEXT,
    public_metadata TEXT NOT NULL,
    access_token TEXT,
    token_secret TEXT,
    id_token TEXT,
    token_expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (provider, provider_user_id)
);

CREATE INDEX external_accounts_by_user ON external_accounts (user_id);

-- Sessions: impersonation, and the tokens with which a browser gets a new session token.
ALTER TABLE sessions ADD COLUMN actor TEXT;
ALTER TABLE clients ADD COLUMN last_authentication_strategy TEXT;
CREATE INDEX clients_by_creation ON clients (created_at, id);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token.
    digest TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    -- When another took its place.
    used_at BIGINT
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Development browsers that somebody is signed in on.
CREATE TABLE dev_browsers (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);

CREATE INDEX dev_browsers_by_client ON dev_browsers (client_id);

-- What handshakes with a nonce left to be fetched.
CREATE TABLE handshake_payloads (
    -- SHA-256 of the nonce.
    digest TEXT PRIMARY KEY,
    directives TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Sign-in tokens and actor tokens.
CREATE TABLE tickets (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT REFERENCES organizations (id) ON DELETE SET NULL,
    -- Only of an actor token.
    actor TEXT,
    session_lifetime BIGINT,
    status TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX tickets_by_user ON tickets (user_id);

-- Invitations to sign up.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    email_address TEXT NOT NULL,
    -- The address again while no other invitation to it may be made.
    only_to TEXT UNIQUE,
    public_metadata TEXT NOT NULL,
    redirect_url TEXT,
    status TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX invitations_by_creation ON invitations (created_at, id);
