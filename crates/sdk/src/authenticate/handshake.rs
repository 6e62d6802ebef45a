//! Sending a browser to the Frontend API to have its session renewed.

use form_urlencoded::Serializer;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::cookies::{ClientCookies, REDIRECT_COUNT_COOKIE};
use super::reason::AuthErrorReason;
use super::state::RequestState;
use super::{API_VERSION_DATE, Request};

/// After this many redirects in a row the keys most likely belong to different instances.
const REDIRECTS_OF_A_LOOP: u32 = 3;

/// Parameters that must not be carried along when the browser comes back.
const DEV_BROWSER_PARAMETERS: [&str; 2] = ["__clerk_db_jwt", "__dev_session"];

/// A handshake where the browser can follow one, otherwise signed out for the same reason.
pub(super) fn start_or_sign_out(
    request: &Request<'_>,
    reason: AuthErrorReason,
    message: String,
) -> RequestState {
    let redirects = redirect_count(request);
    if !request.facts.is_navigation() || redirects == REDIRECTS_OF_A_LOOP {
        return RequestState::signed_out(reason, message);
    }
    let Ok(location) = HeaderValue::try_from(handshake_url(request, &reason)) else {
        return RequestState::signed_out(reason, message);
    };
    let counter = format!(
        "{REDIRECT_COUNT_COOKIE}={}; SameSite=Lax; HttpOnly; Max-Age=2",
        redirects.saturating_add(1)
    );
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(counter) = HeaderValue::try_from(counter) {
        headers.insert(SET_COOKIE, counter);
    }
    RequestState::handshake(reason, message, headers)
}

fn redirect_count(request: &Request<'_>) -> u32 {
    let cookie = request.facts.cookies().get(REDIRECT_COUNT_COOKIE);
    cookie
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}

fn handshake_url(request: &Request<'_>, reason: &AuthErrorReason) -> String {
    let key = &request.settings.publishable_key;
    let client = ClientCookies::read(request.facts, key, request.now);
    let mut query = Serializer::new(String::new());
    query
        .append_pair("redirect_url", &return_url(request))
        .append_pair("__clerk_api_version", API_VERSION_DATE)
        .append_pair(
            "suffixed_cookies",
            if client.is_suffixed { "true" } else { "false" },
        )
        .append_pair("__clerk_hs_reason", &reason.as_str())
        .append_pair("format", "nonce");
    let header_token = request.facts.header_token();
    if let Some(token) = client.session_token.as_deref().or(header_token) {
        query.append_pair("__session", token);
    }
    if let Some(dev_browser) = &client.dev_browser
        && !key.is_production()
    {
        query.append_pair("__clerk_db_jwt", dev_browser);
    }
    format!(
        "https://{}/v1/client/handshake?{}",
        key.frontend_api_host(),
        query.finish()
    )
}

/// The address of this request without the parameters that identify a development browser. The
/// path stays literal: `//` at its beginning must not turn into another host (D10).
fn return_url(request: &Request<'_>) -> String {
    let facts = request.facts;
    let kept = facts
        .query()
        .filter(|(name, _)| !DEV_BROWSER_PARAMETERS.contains(&&**name));
    let query = Serializer::new(String::new()).extend_pairs(kept).finish();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{}{}{separator}{query}", facts.origin(), facts.path())
}
