-- Pictures that were uploaded for users and organizations.
CREATE TABLE images (
    id TEXT PRIMARY KEY,
    content_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

ALTER TABLE users ADD COLUMN image_id TEXT;
ALTER TABLE organizations ADD COLUMN image_id TEXT;
CREATE INDEX users_by_image ON users (image_id);
CREATE INDEX organizations_by_image ON organizations (image_id);
