//! Which identifiers the settings of the instance keep out: the allowlist and the blocklist, second
//! addresses of a mailbox, and domains where anybody can have an address for ten minutes.

use ironclerk_api::allowlist_identifiers::{AllowlistIdentifier, BlocklistIdentifier};
use ironclerk_api::instance::InstanceRestrictions;
use ironclerk_api::{ApiError, ErrorCode};
use serde_json::json;

use crate::database::Transaction;
use crate::identifier;
use crate::store::{documents, identifications, instance};

/// The best-known domains whose addresses are thrown away after use. The list is short on purpose:
/// others come and go every day, and are for the blocklist.
const DISPOSABLE: &[&str] = &[
    "10minutemail.com",
    "anonbox.net",
    "burnermail.io",
    "discard.email",
    "dispostable.com",
    "emailondeck.com",
    "fakeinbox.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.com",
    "guerrillamail.net",
    "guerrillamail.org",
    "inboxkitten.com",
    "jetable.org",
    "mailcatch.com",
    "maildrop.cc",
    "mailinator.com",
    "mailnesia.com",
    "mailsac.com",
    "mintemail.com",
    "moakt.com",
    "mohmal.com",
    "sharklasers.com",
    "spam4.me",
    "spamgourmet.com",
    "temp-mail.io",
    "temp-mail.org",
    "tempail.com",
    "tempinbox.com",
    "tempmail.com",
    "tempr.email",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

/// Refuses identifiers with which one may not sign up.
pub(crate) fn check_sign_up<'a>(
    transaction: &mut Transaction<'_>,
    identifiers: impl IntoIterator<Item = &'a str>,
) -> Result<(), ApiError> {
    let restrictions = instance::settings(transaction)?.restrictions;
    for text in identifiers {
        check_lists(transaction, &restrictions, text)?;
    }
    Ok(())
}

fn check_lists(
    transaction: &mut Transaction<'_>,
    restrictions: &InstanceRestrictions,
    text: &str,
) -> Result<(), ApiError> {
    if !restrictions.allowlist && !restrictions.blocklist {
        return Ok(());
    }
    let mut keys = vec![text.to_owned()];
    if let Some((_, domain)) = text.rsplit_once('@') {
        keys.push(format!("*@{domain}"));
    }
    let (mut is_allowed, mut is_blocked) = (!restrictions.allowlist, false);
    for key in &keys {
        is_allowed |= documents::get_by_key::<AllowlistIdentifier>(transaction, key)?.is_some();
        is_blocked |= restrictions.blocklist
            && documents::get_by_key::<BlocklistIdentifier>(transaction, key)?.is_some();
    }
    match is_allowed && !is_blocked {
        true => Ok(()),
        false => Err(refuse(
            text,
            format!("{text} is not allowed to access this application."),
        )),
    }
}

/// Refuses an email address that nobody may have, or whose mailbox has another address already.
/// The address itself may be stored by now.
pub(crate) fn check_email_address(
    transaction: &mut Transaction<'_>,
    address: &str,
) -> Result<(), ApiError> {
    let restrictions = instance::settings(transaction)?.restrictions;
    if restrictions.block_disposable_email_domains && is_disposable(address) {
        return Err(refuse(
            address,
            format!("{address} is of a domain whose addresses are thrown away after use."),
        ));
    }
    let (tags, dots) = (
        restrictions.block_email_subaddresses,
        restrictions.ignore_dots_for_gmail_addresses,
    );
    if !tags && !dots {
        return Ok(());
    }
    // Looking for others and adding one must not be done by two at once.
    instance::lock(transaction)?;
    let mailbox = identifier::mailbox(address, tags, dots);
    let others = identifications::addresses_of(transaction, address)?;
    let is_second =
        |other: &String| other != address && identifier::mailbox(other, tags, dots) == mailbox;
    if others.iter().any(is_second) {
        return Err(refuse(
            address,
            format!("The mailbox of {address} has another address that is in use already."),
        ));
    }
    Ok(())
}

/// The same for somebody who is invited. Who has the address already may be.
pub(crate) fn check_invited(
    transaction: &mut Transaction<'_>,
    address: &str,
) -> Result<(), ApiError> {
    let kind = identifications::IdentificationKind::EmailAddress;
    match identifications::is_taken(transaction, kind, address)? {
        true => Ok(()),
        false => check_email_address(transaction, address),
    }
}

/// Whether an address is of one of the [`DISPOSABLE`] domains, or of a domain in one.
fn is_disposable(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default();
    let mut parts = domain;
    loop {
        if DISPOSABLE.binary_search(&parts).is_ok() {
            return true;
        }
        match parts.split_once('.') {
            Some((_, rest)) => parts = rest,
            None => return false,
        }
    }
}

fn refuse(identifier: &str, reason: String) -> ApiError {
    ErrorCode::NotAllowedAccess.with("identifiers", json!([identifier]), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disposable_domains_are_known_with_what_is_in_them() {
        assert!(DISPOSABLE.is_sorted(), "it is searched by halves");
        for (address, expected) in [
            ("ada@mailinator.com", true),
            ("ada@eu.mailinator.com", true),
            ("ada@notmailinator.com", false),
            ("ada@mailinator.com.example.org", false),
            ("ada@example.com", false),
            ("mailinator.com", true),
            ("", false),
        ] {
            assert_eq!(is_disposable(address), expected, "{address}");
        }
    }
}
