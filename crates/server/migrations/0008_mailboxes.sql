-- The mailbox of an email address: without what follows a plus, and without dots at Gmail.
ALTER TABLE identifications ADD COLUMN mailbox TEXT;
CREATE INDEX identifications_by_mailbox ON identifications (mailbox);
