//! Tickets: signed statements that let whoever has them sign up, sign in or join.

use ironclerk::jwt::TokenCategory;
use ironclerk_api::{ApiError, ErrorCode, Metadata};
use serde_json::{Value, json};

use crate::context::Cx;
use crate::token;

/// What a ticket is for.
pub(crate) struct Ticket<'a> {
    /// The kind of object that it stands for, such as `organization_invitation`.
    pub kind: &'static str,
    /// The id of that object.
    pub source: &'a str,
    /// When it ends, in ms since the epoch.
    pub expires_at: i64,
    /// Where its holder goes when it was accepted.
    pub redirect_url: Option<&'a str>,
    /// What else it says.
    pub more: Metadata,
}

/// What a ticket that somebody has brought says.
pub(crate) struct Presented {
    /// The kind of object that it stands for.
    pub kind: String,
    /// The id of that object.
    pub source: String,
}

/// Reads a ticket of this instance whose time is not over.
pub(crate) fn read(cx: &Cx, ticket: &str) -> Result<Presented, ApiError> {
    let claims = cx.instance().signed_claims(ticket).unwrap_or_default();
    let text = |name| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(kind), Some(source)) = (text("st"), text("sid")) else {
        return Err(
            ErrorCode::TicketInvalid.because("The ticket is not one that this instance has made.")
        );
    };
    let expires_at = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
    if expires_at <= cx.now.div_euclid(1000) {
        return Err(ErrorCode::TicketExpired.because("The time of the ticket is over."));
    }
    Ok(Presented { kind, source })
}

/// The address where a ticket is accepted.
pub(crate) fn url(cx: &Cx, ticket: &str) -> String {
    format!(
        "{}/v1/tickets/accept?ticket={ticket}",
        cx.instance().issuer()
    )
}

impl Ticket<'_> {
    /// The ticket itself.
    pub(crate) fn sign(self, cx: &Cx) -> Result<String, ApiError> {
        let mut claims = Metadata::from_iter([
            ("exp".to_owned(), json!(self.expires_at.div_euclid(1000))),
            ("iid".to_owned(), json!(cx.instance().id())),
            ("sid".to_owned(), json!(self.source)),
            ("st".to_owned(), json!(self.kind)),
        ]);
        if let Some(url) = self.redirect_url {
            claims.insert("rurl".to_owned(), json!(url));
        }
        claims.extend(self.more);
        // Of a category of its own: a ticket is not a session token.
        let token = token::sign_with_instance_key(cx, &claims, TokenCategory::Unspecified)?;
        Ok(token.jwt)
    }

    /// The address where the ticket is accepted.
    pub(crate) fn url(self, cx: &Cx) -> Result<String, ApiError> {
        Ok(url(cx, &self.sign(cx)?))
    }
}
