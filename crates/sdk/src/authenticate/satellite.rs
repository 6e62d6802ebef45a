//! One instance on several domains: a primary domain, and satellites that ask it who is signed in.

use url::Url;

use super::decision::Request;
use super::facts::append_to_query;
use super::handshake;
use super::reason::AuthErrorReason;
use super::settings::is_web;
use super::state::RequestState;
use crate::internal::constants::query_parameters::{CLERK_REDIRECT_URL, CLERK_SYNCED, DEV_BROWSER};

/// A satellite asks, the primary answers.
pub(super) fn synchronise(request: &Request<'_>) -> Option<RequestState> {
    let is_development = request.settings.is_development();
    match (request.settings.is_satellite, is_development) {
        (true, false) => ask_in_production(request),
        (true, true) => ask_in_development(request),
        (false, true) => answer(request),
        (false, false) => None,
    }
}

/// The official SDK asks for every page (D13). Once the browser has cookies of Clerk's they tell
/// enough, unless the URL says that something has changed.
fn ask_in_production(request: &Request<'_>) -> Option<RequestState> {
    let is_needed = match request.facts.query_parameter(CLERK_SYNCED).as_deref() {
        Some("true") => false,
        Some("false") => true,
        _ => request.settings.satellite_auto_sync && !request.client().has_any(),
    };
    (is_needed && request.facts.is_document()).then(|| {
        handshake::start_or_sign_out(
            request,
            AuthErrorReason::SatelliteCookieNeedsSyncing,
            String::new(),
        )
    })
}

fn ask_in_development(request: &Request<'_>) -> Option<RequestState> {
    if !request.facts.is_document() || request.facts.query_parameter(CLERK_SYNCED).is_some() {
        return None;
    }
    let mut primary = Url::parse(request.settings.sign_in_url.as_deref()?).ok()?;
    let here = request.facts.url()?;
    append_to_query(&mut primary, &[(CLERK_REDIRECT_URL, here.as_str())]);
    Some(handshake::redirect_or_sign_out(
        request,
        AuthErrorReason::SatelliteCookieNeedsSyncing,
        &primary,
    ))
}

/// The identification of a development browser goes to satellites that are known, and to nobody
/// else (D11).
fn answer(request: &Request<'_>) -> Option<RequestState> {
    let mut satellite = Url::parse(&request.facts.query_parameter(CLERK_REDIRECT_URL)?).ok()?;
    if !request.settings.is_known_satellite(&satellite) {
        return None;
    }
    if let Some(dev_browser) = &request.client().dev_browser {
        append_to_query(&mut satellite, &[(DEV_BROWSER, dev_browser)]);
    }
    append_to_query(&mut satellite, &[(CLERK_SYNCED, "true")]);
    Some(handshake::redirect_or_sign_out(
        request,
        AuthErrorReason::PrimaryRespondsToSyncing,
        &satellite,
    ))
}

/// A visitor who comes to the primary from a satellite may have changed their session there. The
/// official SDK takes every link from anywhere for one from a satellite (N8).
pub(super) fn visited_from_one(request: &Request<'_>) -> Option<RequestState> {
    let settings = request.settings;
    if settings.is_satellite
        || settings.satellite_domains.is_empty()
        || !request.facts.is_document()
        || handshake::redirect_count(request) != 0.0
    {
        return None;
    }
    let referrer = Url::parse(request.facts.referrer()?).ok()?;
    let is_from_elsewhere = is_web(&referrer)
        && referrer.origin().ascii_serialization() != request.facts.origin()
        && settings.is_known_satellite(&referrer);
    if !is_from_elsewhere {
        return None;
    }
    handshake::start(
        request,
        AuthErrorReason::PrimaryDomainCrossOriginSync,
        "Cross-origin request from satellite domain requires handshake".to_owned(),
    )
}
