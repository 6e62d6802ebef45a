//! The cookies that Clerk's browser code and its Frontend API set.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode_str;

use super::facts::RequestFacts;
use super::settings::{Settings, without_scheme};
use crate::instance::PublishableKey;
use crate::internal::constants::cookies::{CLIENT_UAT, SESSION};
use crate::internal::constants::query_parameters::DEV_BROWSER;
use crate::jwt;

/// How much of the `Cookie` headers is read, in bytes, together.
const MAX_COOKIE_LENGTH: usize = 64 * 1024;

/// The cookies of a request, found when asked for.
#[derive(Clone, Copy)]
pub(super) struct Cookies<'request> {
    /// None where no header has cookies, as with most requests that browsers do not send.
    headers: Option<&'request HeaderMap>,
}

impl<'request> Cookies<'request> {
    pub(super) fn new(headers: &'request HeaderMap) -> Self {
        let headers = headers.contains_key(COOKIE).then_some(headers);
        Self { headers }
    }

    /// The first cookie of this name, unless it is empty.
    pub(super) fn get(self, name: &str) -> Option<Cow<'request, str>> {
        self.find(|found| found == name)
    }

    /// The first cookie of this name with the suffix of an instance, unless it is empty.
    fn get_suffixed(self, name: &str, key: &PublishableKey) -> Option<Cow<'request, str>> {
        self.find(|found| {
            let suffix = found.strip_prefix(name).and_then(|it| it.strip_prefix('_'));
            suffix == Some(key.cookie_suffix())
        })
    }

    /// The header is taken apart before anything in it is decoded, so that no encoded `;` can
    /// bring in another cookie (D7).
    fn find(self, is_wanted: impl Fn(&str) -> bool) -> Option<Cow<'request, str>> {
        let (_, value) = self.pairs().find(|(found, _)| is_wanted(found))?;
        let value = decoded(value);
        (!value.is_empty()).then_some(value)
    }

    /// All cookies.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'request str, Cow<'request, str>)> {
        self.pairs().map(|(name, value)| (name, decoded(value)))
    }

    fn pairs(self) -> impl Iterator<Item = (&'request str, &'request str)> {
        let mut budget = MAX_COOKIE_LENGTH;
        self.headers
            .into_iter()
            .flat_map(|headers| headers.get_all(COOKIE))
            .take_while(move |header| {
                let fits = header.len() <= budget;
                budget = budget.saturating_sub(header.len());
                fits
            })
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            // Other people's cookies hold what they like. It does not hide Clerk's.
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
    }
}

/// A value that does not decode is taken as it is.
fn decoded(value: &str) -> Cow<'_, str> {
    percent_decode_str(value)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(value))
}

/// What the cookies say about the browser's client and session, from one of the two sets.
///
/// An instance's cookies carry a suffix, because several instances may share a site. The cookies
/// without one belong to whichever wrote them last, and to older versions.
pub(super) struct ClientCookies<'request> {
    /// Whether the cookies with the suffix are the ones that count.
    pub(super) is_suffixed: bool,
    /// The session token.
    pub(super) session_token: Option<Cow<'request, str>>,
    /// When the client last changed, as the cookie has it.
    client_uat: Option<Cow<'request, str>>,
    /// The token that identifies a browser to a development instance.
    pub(super) dev_browser: Option<Cow<'request, str>>,
}

impl<'request> ClientCookies<'request> {
    pub(super) fn read(
        facts: &RequestFacts<'request>,
        cookies: Cookies<'request>,
        settings: &Settings,
        now: SystemTime,
    ) -> Self {
        let key = settings.publishable_key.as_ref();
        let key = key.filter(|key| counts_suffixed(cookies, key, &settings.own_host(), now));
        let get = |name: &str| match key {
            Some(key) => cookies.get_suffixed(name, key),
            None => cookies.get(name),
        };
        let in_query = facts
            .query_parameter(DEV_BROWSER)
            .filter(|token| !token.is_empty());
        Self {
            is_suffixed: key.is_some(),
            session_token: get(SESSION),
            client_uat: get(CLIENT_UAT),
            dev_browser: in_query.or_else(|| get(DEV_BROWSER)),
        }
    }
}

impl ClientCookies<'_> {
    /// When the client last changed, in seconds. 0 when nobody is signed in.
    pub(super) fn updated_at(&self) -> i64 {
        let text = self.client_uat.as_deref().unwrap_or_default().trim();
        let end = text
            .char_indices()
            .find(|(at, it)| !(it.is_ascii_digit() || *at == 0 && matches!(it, '+' | '-')))
            .map_or(text.len(), |(at, _)| at);
        text[..end].parse().unwrap_or(0)
    }

    /// Whether the browser has been told about its session, even that there is none.
    pub(super) fn has_any(&self) -> bool {
        self.session_token.is_some() || self.client_uat.is_some()
    }
}

/// The session token that these `Set-Cookie` values bring: that of the last cookie whose name
/// begins with `__session`.
pub(super) fn session_token_in(directives: &[String]) -> Option<&str> {
    let last = directives
        .iter()
        .rfind(|directive| directive.starts_with(SESSION))?;
    let pair = last.split(';').next()?;
    pair.split('=').nth(1).filter(|token| !token.is_empty())
}

/// The first rule that applies decides. A token that cannot be read counts as one that says
/// nothing (D6).
fn counts_suffixed(
    cookies: Cookies<'_>,
    key: &PublishableKey,
    own_host: &str,
    now: SystemTime,
) -> bool {
    let plain = TokenFacts::read(cookies.get(SESSION));
    let suffixed = TokenFacts::read(cookies.get_suffixed(SESSION, key));
    let plain_uat = cookies.get(CLIENT_UAT);
    let suffixed_uat = cookies.get_suffixed(CLIENT_UAT, key);
    let is_signed_out = |uat: &Option<Cow<'_, str>>| uat.as_deref() == Some("0");

    if let Some(token) = &plain {
        match &token.issuer_host {
            // Not a token of Clerk's.
            None => return false,
            // Another instance's.
            Some(host) if host != own_host => return true,
            Some(_) => {}
        }
    }
    if suffixed_uat.is_none() && suffixed.is_none() {
        return false;
    }
    let issued_at = |token: &Option<TokenFacts>| token.as_ref().map_or(0.0, |it| it.issued_at);
    match (is_signed_out(&suffixed_uat), is_signed_out(&plain_uat)) {
        (false, false) if issued_at(&plain) > issued_at(&suffixed) => return false,
        (true, false) => return false,
        (false, true) if !key.is_production() => {
            let expired = suffixed
                .as_ref()
                .and_then(|token| token.expires_at)
                .is_some_and(|date| date <= whole_seconds(now));
            if expired {
                return false;
            }
        }
        _ => {}
    }
    suffixed_uat.is_some()
}

fn whole_seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() as f64
}

/// What an unverified session token says, for the choice between cookies only.
struct TokenFacts {
    issuer_host: Option<String>,
    issued_at: f64,
    expires_at: Option<f64>,
}

impl TokenFacts {
    fn read(token: Option<Cow<'_, str>>) -> Option<Self> {
        let token = token?;
        let decoded = jwt::decode(&token).ok();
        let date = |name| decoded.as_ref()?.unverified_number(name);
        let issuer = decoded
            .as_ref()
            .and_then(|token| token.unverified_text("iss"));
        Some(Self {
            issuer_host: issuer
                .filter(|issuer| !issuer.is_empty())
                .map(|issuer| without_scheme(issuer).to_owned()),
            issued_at: date("iat").unwrap_or(0.0),
            expires_at: date("exp"),
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).expect("a header"));
        }
        headers
    }

    #[test]
    fn cookies_are_taken_apart_before_they_are_decoded() {
        let headers = headers(&[
            "a=1; a=2;b = x%20y ;c; d=; e=%3B__session%3Dz; f=%zz",
            "g=7",
        ]);
        let cookies = Cookies::new(&headers);
        for (name, value) in [
            ("a", Some("1")),
            ("b", Some("x y")),
            ("c", None),
            ("d", None),
            ("e", Some(";__session=z")),
            ("__session", None),
            ("f", Some("%zz")),
            ("g", Some("7")),
        ] {
            assert_eq!(cookies.get(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn a_cookie_that_is_no_ascii_hides_no_other() {
        for other in [
            &b"name=Zo\xc3\xab"[..],
            b"name=Zo\xeb",
            b"\xff",
            b"\xc3\xab=1",
        ] {
            let header = [b"a=1; ", other, b"; b=2"].concat();
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_bytes(&header).expect("a value");
            headers.insert(COOKIE, value);
            let cookies = Cookies::new(&headers);
            assert_eq!(cookies.get("a").as_deref(), Some("1"), "{header:?}");
            assert_eq!(cookies.get("b").as_deref(), Some("2"), "{header:?}");
        }
    }

    #[test]
    fn cookies_beyond_the_limit_are_not_read() {
        let long = format!("a=1; long={}", "x".repeat(MAX_COOKIE_LENGTH));
        let headers = headers(&["b=2", &long]);
        let cookies = Cookies::new(&headers);
        assert_eq!(cookies.get("b").as_deref(), Some("2"));
        assert_eq!(cookies.get("a"), None);
    }

    #[test]
    fn the_date_of_the_client_is_read_leniently() {
        for (text, date) in [
            ("1700000000", 1_700_000_000),
            ("12abc", 12),
            ("-5", -5),
            ("abc", 0),
            ("", 0),
            ("-", 0),
            ("99999999999999999999", 0),
        ] {
            let cookies = ClientCookies {
                is_suffixed: false,
                session_token: None,
                client_uat: Some(Cow::Borrowed(text)),
                dev_browser: None,
            };
            assert_eq!(cookies.updated_at(), date, "{text}");
        }
    }

    #[test]
    fn the_last_session_cookie_counts() {
        let token = |directives: &[&str]| {
            let directives: Vec<String> = directives.iter().map(|it| (*it).to_owned()).collect();
            session_token_in(&directives).map(str::to_owned)
        };
        let both = token(&[
            "__session=a; Path=/",
            "__session_x=b=c; Path=/",
            "__client=d",
        ]);
        assert_eq!(both.as_deref(), Some("b"));
        assert_eq!(token(&["__session=a", "__session=; Max-Age=0"]), None);
        assert_eq!(token(&["__session", "a=__session"]), None);
    }

    #[test]
    fn the_set_of_cookies_that_counts_is_found() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let key: PublishableKey = "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk"
            .parse()
            .expect("a key");
        let token = |host: &str, issued_at: u64| {
            let claims = format!(
                r#"{{"iss":"https://{host}","iat":{issued_at},"exp":{}}}"#,
                issued_at + 60
            );
            format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims))
        };
        let own = key.frontend_api_host();
        let (old, new) = (token(own, 1_000), token(own, 2_000));
        let other = token("clerk.other.com", 2_000);
        let now = UNIX_EPOCH + std::time::Duration::from_secs(2_000);
        let suffix = key.cookie_suffix();
        for (rule, cookies, expected) in [
            (
                1,
                "__session=x.y.z; __session_S=NEW; __client_uat_S=1",
                false,
            ),
            (2, "__session=OTHER", true),
            (3, "__session=NEW; __client_uat=1", false),
            (4, "__session=NEW; __session_S=OLD; __client_uat_S=1", false),
            (5, "__session=OLD; __session_S=NEW; __client_uat_S=0", false),
            (
                6,
                "__client_uat=0; __session_S=OLD; __client_uat_S=1",
                false,
            ),
            (7, "__session_S=NEW", false),
            (8, "__session=OLD; __session_S=NEW; __client_uat_S=1", true),
            (8, "__client_uat=0; __session_S=NEW; __client_uat_S=1", true),
        ] {
            let cookies = cookies
                .replace("_S=", &format!("_{suffix}="))
                .replace("OLD", &old)
                .replace("NEW", &new)
                .replace("OTHER", &other);
            let headers = headers(&[&cookies]);
            let counts = counts_suffixed(Cookies::new(&headers), &key, own, now);
            assert_eq!(counts, expected, "rule {rule}: {cookies}");
        }
    }
}
