//! Sending a browser to the Frontend API to have its session renewed.

use form_urlencoded::Serializer;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::decision::Request;
use super::facts::without_parameters;
use super::reason::AuthErrorReason;
use super::state::RequestState;
use super::{API_VERSION_DATE, warn};
use crate::internal::constants::cookies::REDIRECT_COUNT;
use crate::internal::constants::query_parameters::{
    DEV_BROWSER, HANDSHAKE_FORMAT, HANDSHAKE_REASON, LEGACY_DEV_BROWSER, SESSION, SUFFIXED_COOKIES,
};

/// After this many redirects in a row the keys most likely belong to different instances.
pub(super) const REDIRECTS_OF_A_LOOP: f64 = 3.0;

/// No browser has been redirected that often.
const MAX_REDIRECT_COUNT: f64 = 1e9;

/// The longest address that a browser is sent to, in bytes. It quotes the visitor's own address
/// and session token; the Frontend API would refuse a longer one.
const MAX_LOCATION_LENGTH: usize = 32 * 1024;

/// Parameters that must not be carried along when the browser comes back.
const DEV_BROWSER_PARAMETERS: [&str; 2] = [DEV_BROWSER, LEGACY_DEV_BROWSER];

/// A handshake where the browser can follow one, otherwise signed out for the same reason.
pub(super) fn start_or_sign_out(
    request: &Request<'_>,
    reason: AuthErrorReason,
    message: String,
) -> RequestState {
    start(request, reason.clone(), message.clone())
        .unwrap_or_else(|| RequestState::signed_out(reason, message))
}

/// As [`start_or_sign_out`], to another place than the Frontend API.
pub(super) fn redirect_or_sign_out(
    request: &Request<'_>,
    reason: AuthErrorReason,
    location: &Url,
) -> RequestState {
    redirect(request, reason.clone(), String::new(), location)
        .unwrap_or_else(|| RequestState::signed_out(reason, String::new()))
}

/// A handshake, if the browser can follow one.
pub(super) fn start(
    request: &Request<'_>,
    reason: AuthErrorReason,
    message: String,
) -> Option<RequestState> {
    if !request.facts.is_navigation() {
        return None;
    }
    let location = handshake_url(request, &reason)?;
    redirect(request, reason, message, &location)
}

fn redirect(
    request: &Request<'_>,
    reason: AuthErrorReason,
    message: String,
    location: &Url,
) -> Option<RequestState> {
    if !request.facts.is_navigation() || location.as_str().len() > MAX_LOCATION_LENGTH {
        return None;
    }
    let redirects = redirect_count(request);
    if redirects == REDIRECTS_OF_A_LOOP {
        warn(
            "Clerk: Refreshing the session token resulted in an infinite redirect loop. This usually means that your Clerk instance keys do not match - make sure to copy the correct publishable and secret keys from the Clerk dashboard.",
        );
        return None;
    }
    let counter = format!(
        "{REDIRECT_COUNT}={}; SameSite=Lax; HttpOnly; Max-Age=2",
        redirects + 1.0
    );
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::try_from(location.as_str()).ok()?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SET_COOKIE, HeaderValue::try_from(counter).ok()?);
    Some(RequestState::handshake(reason, message, headers))
}

/// How often the browser has been redirected within the last seconds: any number, as in
/// JavaScript, since a browser can send any.
pub(super) fn redirect_count(request: &Request<'_>) -> f64 {
    let cookie = request.cookies().get(REDIRECT_COUNT);
    let count = cookie.and_then(|count| count.trim().parse().ok());
    count
        .filter(|count: &f64| count.abs() < MAX_REDIRECT_COUNT)
        .unwrap_or(0.0)
}

fn handshake_url(request: &Request<'_>, reason: &AuthErrorReason) -> Option<Url> {
    let (facts, settings) = (request.facts, request.settings);
    let here = facts.url()?;
    let client = request.client();
    let come_back_to = without_parameters(&here, &DEV_BROWSER_PARAMETERS);
    let suffixed = if client.is_suffixed { "true" } else { "false" };
    let mut query = Serializer::new(String::new());
    query
        .append_pair("redirect_url", come_back_to.as_str())
        .append_pair("__clerk_api_version", API_VERSION_DATE)
        .append_pair(SUFFIXED_COOKIES, suffixed)
        .append_pair(HANDSHAKE_REASON, &reason.as_str())
        .append_pair(HANDSHAKE_FORMAT, "nonce");
    if let Some(token) = client.session_token.as_deref().or(facts.header_token()) {
        query.append_pair(SESSION, token);
    }
    if let Some(dev_browser) = &client.dev_browser
        && settings.is_development()
    {
        query.append_pair(DEV_BROWSER, dev_browser);
    }
    if let Some(target) = settings.organization_sync.target(here.path()) {
        query.append_pair("organization_id", target.as_parameter());
    }
    let base = settings.frontend_api(&here)?;
    let mut url = base.join("v1/client/handshake").ok()?;
    url.set_query(Some(&query.finish()));
    Some(url)
}
