//! The handshake: an SDK that cannot tell who a browser is sends it here, and it is sent back
//! with a token that says which cookies are to be set.
//!
//! A browser has an id by which it is known from then on. Whoever has used a ticket in it is signed
//! in; in all others nobody is.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use ironclerk::jwt::TokenCategory;
use ironclerk_api::id::{Id, InvitationId};
use ironclerk_api::sessions::Session;
use ironclerk_api::{ApiError, ErrorCode, Metadata};
use serde_json::json;

use crate::context::{Cx, fingerprint};
use crate::sign_in_tokens::{self, ACTOR_TOKEN, SIGN_IN_TOKEN};
use crate::store::clients as store;
use crate::ticket::{self, Presented};
use crate::{identifier, invitations, refresh, session_token, sign_ups, token};

/// For how long a browser is known, in seconds: a year.
const BROWSER_LIFETIME: u32 = 365 * 24 * 60 * 60;
/// For how long the token that takes the cookies back is valid, in seconds.
const TOKEN_LIFETIME: i64 = 60;

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
pub(crate) async fn answer(cx: Cx, query: String) -> Result<Response, ApiError> {
    refuse_production(&cx)?;
    let address = parameter(&query, "redirect_url")
        .filter(|address| identifier::is_web_address(address))
        .ok_or_else(|| {
            ErrorCode::InvalidHandshake
                .because("The handshake needs a redirect_url that begins with http:// or https://.")
        })?;
    let browser = browser(&cx, &query)?;
    let signed_in = session_of(&cx, browser.clone()).await?;
    let cookies = match &signed_in {
        Some((content, refresh_token)) => {
            let origin = origin_of(&address);
            let token = session_token::token(&cx, content, None, Some(&origin))?;
            let signed_in = SignedIn {
                session: &content.session,
                token: &token.jwt,
                refresh_token,
            };
            let mut cookies = browser_cookies(&cx, &browser);
            cookies.extend(signed_in_cookies(&cx, &signed_in, true));
            cookies
        }
        None => signed_out_cookies(&cx, &browser),
    };
    let location = if parameter(&query, "format").as_deref() == Some("nonce") {
        let nonce = leave_behind(&cx, &cookies).await?;
        with_parameter(&address, "__clerk_handshake_nonce", &nonce)
    } else {
        let claims = Metadata::from_iter([
            (
                "exp".to_owned(),
                json!(cx.now.div_euclid(1000) + TOKEN_LIFETIME),
            ),
            ("handshake".to_owned(), json!(cookies)),
        ]);
        let token = token::sign_with_instance_key(&cx, &claims, TokenCategory::Session)?;
        with_parameter(&address, "__clerk_handshake", &token.jwt)
    };
    redirect(&location, &[])
}

/// Answers `GET /v1/tickets/accept`: signs in whom the ticket is for, and sends the browser on.
pub(crate) async fn accept_ticket(cx: Cx, query: String) -> Result<Response, ApiError> {
    refuse_production(&cx)?;
    let ticket = parameter(&query, "ticket").unwrap_or_default();
    let Presented { kind, source: id } = ticket::read(&cx, &ticket)?;
    match kind.as_str() {
        SIGN_IN_TOKEN | ACTOR_TOKEN => {}
        invitations::TICKET => return accept_invitation(&cx, &ticket, id.into()).await,
        _ => {
            return Err(ErrorCode::TicketInvalid
                .because("This server has no page on which such a ticket can be accepted."));
        }
    }
    let address = parameter(&query, "redirect_url");
    if let Some(address) = &address {
        identifier::web_address("redirect_url", address)?;
    }
    let browser = browser(&cx, &query)?;
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    let (ids, of_browser) = ((cx.new_id()?, cx.new_id()?), browser.clone());
    cx.database()
        .write(move |transaction| {
            let session = sign_in_tokens::accept(transaction, &id, ids, &images, &events)?;
            store::set_dev_browser(transaction, &of_browser, &session.client_id, now)?;
            Ok::<_, ApiError>(())
        })
        .await?;
    // A browser keeps cookies by host, whatever the port: an application on the same machine
    // knows by this one who its visitor is.
    let cookies = browser_cookies(&cx, &browser);
    match address {
        // An application elsewhere knows it by this parameter.
        Some(address) => redirect(
            &with_parameter(&address, "__clerk_db_jwt", &browser),
            &cookies,
        ),
        None => signed_in_page(&cookies),
    }
}

fn signed_in_page(cookies: &[String]) -> Result<Response, ApiError> {
    let mut response = (
        [(CONTENT_TYPE, HeaderValue::from_static("text/plain"))],
        "You are signed in. Go back to your application.\n",
    )
        .into_response();
    set_cookies(&mut response, cookies)?;
    Ok(response)
}

/// Begins the sign-up of whoever is invited: sends them to where they can go on with it, with the
/// ticket in their hands, or asks for what is missing here.
async fn accept_invitation(cx: &Cx, ticket: &str, id: InvitationId) -> Result<Response, ApiError> {
    let sign_up = sign_ups::begin(cx, id.clone()).await?;
    let now = cx.now;
    let invitation = cx
        .database()
        .read(move |transaction| sign_ups::pending(transaction, &id, now))
        .await?;
    let Some(address) = invitation.redirect_url else {
        return Ok(sign_ups::form(&sign_up, None));
    };
    let address = with_parameter(&address, "__clerk_ticket", ticket);
    redirect(&with_parameter(&address, "__clerk_status", "sign_up"), &[])
}

/// Answers `POST /v1/tickets/accept`: signs up whoever is invited, with what they have typed.
pub(crate) async fn sign_up(cx: Cx, query: String, form: Bytes) -> Result<Response, ApiError> {
    refuse_production(&cx)?;
    let ticket = parameter(&query, "ticket").unwrap_or_default();
    let Presented { kind, source: id } = ticket::read(&cx, &ticket)?;
    if kind != invitations::TICKET {
        return Err(ErrorCode::TicketInvalid.because("The ticket is not one to sign up with."));
    }
    let begun = sign_ups::begin(&cx, id.into()).await?;
    let browser = browser(&cx, &query)?;
    match sign_ups::complete(&cx, begun.clone(), &form, browser.clone()).await {
        Ok(()) => signed_in_page(&browser_cookies(&cx, &browser)),
        Err(error) if error.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let problem = error
                .errors
                .first()
                .map(|error| error.long_message.as_str());
            Ok(sign_ups::form(&begun, problem))
        }
        Err(error) => Err(error),
    }
}

fn refuse_production(cx: &Cx) -> Result<(), ApiError> {
    match cx.instance().publishable_key().is_production() {
        true => Err(ErrorCode::ResourceNotFound
            .because("This server has no browser pages for production instances yet.")),
        false => Ok(()),
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let found = form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name);
    found.map(|(_, value)| value.into_owned())
}

/// The id of the browser that asks: the one that it says, or a new one.
fn browser(cx: &Cx, query: &str) -> Result<String, ApiError> {
    match parameter(query, "__clerk_db_jwt").filter(|id| is_browser_id(id)) {
        Some(id) => Ok(id),
        None => Ok(cx.new_id::<DevBrowserId>()?.0),
    }
}

/// The session that is in use in a browser, with a new refresh token for it.
async fn session_of(
    cx: &Cx,
    browser: String,
) -> Result<Option<(session_token::Content, String)>, ApiError> {
    let (images, now) = (cx.images(), cx.now);
    let is_known = {
        let browser = browser.clone();
        cx.database()
            .read(move |transaction| store::of_dev_browser(transaction, &browser))
            .await?
            .is_some()
    };
    // Most browsers are nobody's, and for them there is nothing to write.
    if !is_known {
        return Ok(None);
    }
    let refresh_token = cx.random_secret()?;
    cx.database()
        .write(move |transaction| {
            let Some(client) = store::of_dev_browser(transaction, &browser)? else {
                return Ok(None);
            };
            let client = store::get(transaction, &client, now)?;
            let sessions = client.map(|client| client.sessions).unwrap_or_default();
            let Some(session) = sessions.into_iter().next() else {
                return Ok(None);
            };
            refresh::insert_refresh_token(transaction, &session, &refresh_token, now)?;
            let content = session_token::content(transaction, session, &images)?;
            Ok(Some((content, refresh_token)))
        })
        .await
}

/// Leaves cookies to be fetched over the Backend API, and answers the nonce.
async fn leave_behind(cx: &Cx, cookies: &[String]) -> Result<String, ApiError> {
    let nonce = cx.random_secret()?;
    let digest = fingerprint(&nonce);
    let directives = json!(cookies).to_string();
    let now = cx.now;
    let expires_at = now + TOKEN_LIFETIME * 1000;
    cx.database()
        .write(move |transaction| {
            store::insert_handshake_payload(transaction, &digest, &directives, expires_at, now)
        })
        .await?;
    Ok(nonce)
}

fn redirect(location: &str, cookies: &[String]) -> Result<Response, ApiError> {
    let location = HeaderValue::try_from(location).map_err(|_| {
        ErrorCode::InvalidHandshake.because("The redirect_url cannot stand in a header.")
    })?;
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(LOCATION, location), (CACHE_CONTROL, no_store)];
    let mut response = (StatusCode::TEMPORARY_REDIRECT, headers).into_response();
    set_cookies(&mut response, cookies)?;
    Ok(response)
}

fn set_cookies(response: &mut Response, cookies: &[String]) -> Result<(), ApiError> {
    for cookie in cookies {
        let cookie = HeaderValue::try_from(cookie)
            .map_err(|_| ErrorCode::Internal.because("A cookie cannot stand in a header."))?;
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(())
}

/// Scheme and host of an address.
fn origin_of(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Whoever writes a name before the host wants it to look like another.
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// What a browser's cookies say about its session.
pub(crate) struct SignedIn<'a> {
    pub session: &'a Session,
    pub token: &'a str,
    pub refresh_token: &'a str,
}

/// The cookies of a session, under their plain names, and if need be under those with the suffix
/// too. The refresh token is only ever under the latter.
pub(crate) fn signed_in_cookies(cx: &Cx, signed_in: &SignedIn<'_>, suffixed: bool) -> Vec<String> {
    let key = cx.instance().publishable_key();
    let lifetime = format!("Path=/; Max-Age={BROWSER_LIFETIME}; SameSite=Lax");
    let since = signed_in.session.created_at.div_euclid(1000).to_string();
    let mut cookies = Vec::new();
    for (name, value) in [
        ("__client_uat", since.as_str()),
        ("__session", signed_in.token),
    ] {
        cookies.push(format!("{name}={value}; {lifetime}"));
        if suffixed {
            cookies.push(format!("{}={value}; {lifetime}", key.suffixed(name)));
        }
    }
    let (name, value) = (key.suffixed("__refresh"), signed_in.refresh_token);
    // The session's cookie stays the last of those whose names begin with its name.
    cookies.insert(0, format!("{name}={value}; {lifetime}; HttpOnly"));
    cookies
}

/// The cookie by which a browser is known, under both of its names.
fn browser_cookies(cx: &Cx, browser: &str) -> Vec<String> {
    let key = cx.instance().publishable_key();
    let name = "__clerk_db_jwt";
    [name.to_owned(), key.suffixed(name)]
        .map(|name| format!("{name}={browser}; Path=/; Max-Age={BROWSER_LIFETIME}; SameSite=Lax"))
        .into()
}

/// The cookies of a browser in which nobody is signed in, each under both of its names.
fn signed_out_cookies(cx: &Cx, browser: &str) -> Vec<String> {
    let key = cx.instance().publishable_key();
    let lifetime = format!("Path=/; Max-Age={BROWSER_LIFETIME}; SameSite=Lax");
    let mut cookies = browser_cookies(cx, browser);
    for (name, value, attributes) in [
        ("__client_uat", "0", lifetime.as_str()),
        ("__session", "", "Path=/; Max-Age=0; SameSite=Lax"),
    ] {
        for name in [name.to_owned(), key.suffixed(name)] {
            cookies.push(format!("{name}={value}; {attributes}"));
        }
    }
    cookies
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
            assert!(!identifier::is_web_address(address), "{address}");
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
