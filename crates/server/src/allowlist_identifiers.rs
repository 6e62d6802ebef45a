//! Who may sign up, and who may not: the allowlist and the blocklist.

use ironclerk_api::allowlist_identifiers::{
    AllowlistIdentifier, BlocklistIdentifier, CreateAllowlistIdentifier, CreateBlocklistIdentifier,
    DeleteAllowlistIdentifier, DeleteBlocklistIdentifier, IdentifierType, ListAllowlistIdentifiers,
    ListBlocklistIdentifiers,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, deleted, not_found, window};
use crate::http::Routes;
use crate::identifier;
use crate::store::documents::{self, Document, Order};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list_allowed)
        .on(allow)
        .on(delete_allowed)
        .on(list_blocked)
        .on(block)
        .on(delete_blocked)
}

/// How many entries of the blocklist are shown when nothing is said: it has no pages.
const BLOCKLIST: u32 = 500;

macro_rules! document {
    ($type:ty, $kind:literal) => {
        impl Document for $type {
            const KIND: &'static str = $kind;

            fn id(&self) -> &str {
                self.id.as_str()
            }

            fn key(&self) -> &str {
                &self.identifier
            }

            fn created_at(&self) -> i64 {
                self.created_at
            }
        }
    };
}

document!(AllowlistIdentifier, "allowlist_identifier");
document!(BlocklistIdentifier, "blocklist_identifier");

/// What kind of identifier a text is, and how it is written down.
fn classify(text: &str) -> Result<(IdentifierType, String), ApiError> {
    let parameter = "identifier";
    let text = text.trim();
    if let Some(domain) = text.strip_prefix("*@") {
        let domain = identifier::domain(parameter, domain)?;
        return Ok((IdentifierType::EmailAddress, format!("*@{domain}")));
    }
    if text.contains('@') {
        let address = identifier::email_address(parameter, text)?;
        return Ok((IdentifierType::EmailAddress, address));
    }
    if text.starts_with('+') {
        let number = identifier::phone_number(parameter, text)?;
        return Ok((IdentifierType::PhoneNumber, number));
    }
    match text.strip_prefix("0x") {
        Some(digits)
            if digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            Ok((IdentifierType::Web3Wallet, text.to_lowercase()))
        }
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            "identifier must be an email address, *@ and a domain, a phone number, or the address of a wallet.",
        )),
    }
}

fn is_there_already(identifier: &str) -> ApiError {
    ErrorCode::DuplicateRecord.for_parameter(
        "identifier",
        format!("{identifier} is on the list already."),
    )
}

async fn list_allowed(
    cx: Cx,
    request: ListAllowlistIdentifiers,
) -> Result<Page<AllowlistIdentifier>, ApiError> {
    let window = window(request.limit, request.offset)?;
    cx.database()
        .scan(move |transaction| {
            Ok(documents::list(
                transaction,
                None,
                Order::NEWEST_FIRST,
                window,
            )?)
        })
        .await
}

async fn allow(
    cx: Cx,
    request: CreateAllowlistIdentifier,
) -> Result<AllowlistIdentifier, ApiError> {
    let (kind, identifier) = classify(&request.identifier)?;
    let entry = AllowlistIdentifier {
        id: cx.new_id()?,
        identifier,
        identifier_type: Some(kind),
        instance_id: cx.instance().id().clone(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    cx.database()
        .write(move |transaction| {
            if !documents::insert(transaction, &entry)? {
                return Err(is_there_already(&entry.identifier));
            }
            Ok(entry)
        })
        .await
}

async fn delete_allowed(
    cx: Cx,
    request: DeleteAllowlistIdentifier,
) -> Result<DeletedObject, ApiError> {
    let id = request.identifier_id;
    cx.database()
        .write(move |transaction| {
            if !documents::delete::<AllowlistIdentifier>(transaction, id.as_str())? {
                return Err(not_found("allowlist identifier", &id));
            }
            Ok(deleted("allowlist_identifier", id))
        })
        .await
}

async fn list_blocked(
    cx: Cx,
    request: ListBlocklistIdentifiers,
) -> Result<Page<BlocklistIdentifier>, ApiError> {
    let window = window(request.limit.or(Some(BLOCKLIST)), request.offset)?;
    cx.database()
        .scan(move |transaction| {
            Ok(documents::list(
                transaction,
                None,
                Order::NEWEST_FIRST,
                window,
            )?)
        })
        .await
}

async fn block(
    cx: Cx,
    request: CreateBlocklistIdentifier,
) -> Result<BlocklistIdentifier, ApiError> {
    let (kind, identifier) = classify(&request.identifier)?;
    let entry = BlocklistIdentifier {
        id: cx.new_id()?,
        identifier,
        identifier_type: Some(kind),
        instance_id: cx.instance().id().clone(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    cx.database()
        .write(move |transaction| {
            if !documents::insert(transaction, &entry)? {
                return Err(is_there_already(&entry.identifier));
            }
            Ok(entry)
        })
        .await
}

async fn delete_blocked(
    cx: Cx,
    request: DeleteBlocklistIdentifier,
) -> Result<DeletedObject, ApiError> {
    let id = request.identifier_id;
    cx.database()
        .write(move |transaction| {
            if !documents::delete::<BlocklistIdentifier>(transaction, id.as_str())? {
                return Err(not_found("blocklist identifier", &id));
            }
            Ok(deleted("blocklist_identifier", id))
        })
        .await
}
