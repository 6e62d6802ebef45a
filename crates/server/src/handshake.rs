//! The handshake: an SDK that cannot tell who a browser is sends it here, and it is sent back
//! with a token that says which cookies are to be set.
//!
//! Nobody can sign in to this server in a browser yet, so that every browser comes back as one
//! that is signed out, with an id by which it is known from then on.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use ironclerk::instance::PublishableKey;
use ironclerk::jwt::TokenCategory;
use ironclerk_api::id::Id;
use ironclerk_api::{ApiError, ErrorCode, Metadata};
use serde_json::json;

use crate::context::Cx;
use crate::token;

/// For how long a browser is known, in seconds: a year.
const BROWSER_LIFETIME: u32 = 365 * 24 * 60 * 60;
/// For how long the token that takes the cookies back is valid, in seconds.
const TOKEN_LIFETIME: i64 = 60;
/// The longest address that a browser is sent back to.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// The id of a development browser.
struct DevBrowserId(String);

impl From<String> for DevBrowserId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl Id for DevBrowserId {
    const PREFIX: &'static str = "dvb_";
}

/// Answers `GET /v1/client/handshake`.
pub(crate) fn answer(cx: &Cx, query: &str) -> Result<Response, ApiError> {
    let key = cx.instance().publishable_key();
    if key.is_production() {
        return Err(ErrorCode::ResourceNotFound
            .because("This server has no handshake for production instances yet."));
    }
    let parameter = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name);
        found.map(|(_, value)| value.into_owned())
    };
    let address = parameter("redirect_url")
        .filter(|address| is_web_address(address))
        .ok_or_else(|| {
            ErrorCode::InvalidHandshake
                .because("The handshake needs a redirect_url that begins with http:// or https://.")
        })?;
    let browser = match parameter("__clerk_db_jwt").filter(|id| is_browser_id(id)) {
        Some(id) => id,
        None => cx.new_id::<DevBrowserId>()?.0,
    };
    let claims = Metadata::from_iter([
        (
            "exp".to_owned(),
            json!(cx.now.div_euclid(1000) + TOKEN_LIFETIME),
        ),
        (
            "handshake".to_owned(),
            json!(signed_out_cookies(key, &browser)),
        ),
    ]);
    let token = token::sign_with_instance_key(cx, &claims, TokenCategory::Session)?;

    let location = with_parameter(&address, "__clerk_handshake", &token.jwt);
    let location = HeaderValue::try_from(location).map_err(|_| {
        ErrorCode::InvalidHandshake.because("The redirect_url cannot stand in a header.")
    })?;
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(LOCATION, location), (CACHE_CONTROL, no_store)];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}

/// The cookies of a browser in which nobody is signed in, each under both of its names.
fn signed_out_cookies(key: &PublishableKey, browser: &str) -> Vec<String> {
    let lifetime = format!("Path=/; Max-Age={BROWSER_LIFETIME}; SameSite=Lax");
    [
        ("__clerk_db_jwt", browser, lifetime.as_str()),
        ("__client_uat", "0", lifetime.as_str()),
        ("__session", "", "Path=/; Max-Age=0; SameSite=Lax"),
    ]
    .into_iter()
    .flat_map(|(name, value, attributes)| {
        [name.to_owned(), key.suffixed(name)].map(|name| format!("{name}={value}; {attributes}"))
    })
    .collect()
}

fn is_web_address(address: &str) -> bool {
    address.len() <= LONGEST_ADDRESS
        && ["http://", "https://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_browser_id(id: &str) -> bool {
    id.strip_prefix("dvb_").is_some_and(|rest| {
        rest.len() == 27 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The address with one more parameter in its query, before its fragment.
fn with_parameter(address: &str, name: &str, value: &str) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    let pair = form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    format!("{address}{separator}{pair}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_goes_into_the_query() {
        for (address, expected) in [
            ("http://a.b", "http://a.b?x=1"),
            ("http://a.b/c?d=e", "http://a.b/c?d=e&x=1"),
            ("http://a.b/c#d", "http://a.b/c?x=1#d"),
        ] {
            assert_eq!(with_parameter(address, "x", "1"), expected);
        }
    }

    #[test]
    fn addresses_and_ids_that_are_none_are_refused() {
        for address in [
            "",
            "/",
            "javascript:alert(1)",
            "http://a b",
            "http://a\nb",
            "ftp://a",
        ] {
            assert!(!is_web_address(address), "{address}");
        }
        assert!(is_browser_id("dvb_2abcdefghijklmnopqrstuvwxyz"));
        for id in [
            "",
            "dvb_",
            "dvb_2abcdefghijklmnopqrstuvwxy;",
            "user_2abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(!is_browser_id(id), "{id}");
        }
    }
}
