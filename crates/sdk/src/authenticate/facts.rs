//! What a request says, read once.

use std::borrow::Cow;
use std::fmt;

use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, HOST, REFERER};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use memchr::memchr_iter;
use url::Url;

use super::cookies::Cookies;
use crate::internal::constants::{headers, query_parameters};

/// What a decision needs to know about a request. Borrows the request.
///
/// The address is the one the visitor used, as far as proxies tell: `X-Forwarded-Proto` and
/// `X-Forwarded-Host` come before the request's own scheme and `Host`. Only a proxy that sets
/// these headers itself may stand in front of the application.
#[derive(Clone)]
pub struct RequestFacts<'request> {
    method: &'request Method,
    uri: &'request Uri,
    headers: &'request HeaderMap,
}

impl fmt::Debug for RequestFacts<'_> {
    /// Shows neither headers nor query: they hold tokens (D15).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestFacts")
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

impl<'request> RequestFacts<'request> {
    /// The facts of a request.
    pub fn from_parts(parts: &'request Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
        }
    }

    /// The method.
    pub fn method(&self) -> &'request Method {
        self.method
    }

    /// What the `Authorization` header has after `Bearer`, or all of it. It may be more than a token.
    pub(super) fn sent_as_token(&self) -> Option<&'request [u8]> {
        let value = self.headers.get(AUTHORIZATION)?.as_bytes();
        Some(value.strip_prefix(b"Bearer ").unwrap_or(value))
    }

    /// The token of the `Authorization` header: after `Bearer`, or the whole value if it is one
    /// word. None for other schemes. The scheme is case-sensitive.
    pub fn header_token(&self) -> Option<&'request str> {
        let value = self.headers.get(AUTHORIZATION)?.as_bytes();
        let mut spaces = memchr_iter(b' ', value);
        let mut next_space = || spaces.next().unwrap_or(value.len());
        let (end, next_end) = (next_space(), next_space());
        let (first, second) = (&value[..end], value.get(end + 1..next_end));
        match (first, second.unwrap_or_default()) {
            (b"", b"") => None,
            (word, b"") => Some(as_token(word)),
            (b"Bearer", token) => Some(as_token(token)),
            _ => None,
        }
    }

    /// Scheme and host as the visitor sees them, such as `https://app.example.com`.
    ///
    /// What is no host name is passed over, so that no header can make it fail (D7).
    pub fn origin(&self) -> String {
        self.base_url()
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// The address as the visitor sees it, such as `https://app.example.com/dashboard?tab=1`.
    ///
    /// JavaScript: `clerkUrl`.
    #[doc(alias = "clerkUrl")]
    pub fn clerk_url(&self) -> String {
        self.url().map(String::from).unwrap_or_default()
    }

    /// The address as the visitor sees it. The path stays literal: `//` at its beginning does not
    /// turn into another host (D10).
    pub(super) fn url(&self) -> Option<Url> {
        let mut url = self.base_url()?;
        url.set_path(self.uri.path());
        url.set_query(self.uri.query());
        Some(url)
    }

    fn base_url(&self) -> Option<Url> {
        let is_web = |scheme: &&str| {
            let mut web = ["http", "https"].iter();
            web.any(|it| it.eq_ignore_ascii_case(scheme))
        };
        let scheme = self
            .first_item(headers::FORWARDED_PROTO)
            .or_else(|| self.uri.scheme_str())
            .filter(is_web)
            .unwrap_or("http");
        let hosts = [
            self.first_item(headers::FORWARDED_HOST),
            self.header(HOST.as_str()),
            self.uri.authority().map(|authority| authority.as_str()),
            Some("localhost"),
        ];
        let mut urls = hosts.into_iter().flatten().filter_map(|host| {
            let url = Url::parse(&format!("{scheme}://{host}")).ok()?;
            let has_user = !url.username().is_empty() || url.password().is_some();
            (!has_user).then_some(url)
        });
        urls.next()
    }

    /// The path as it was sent.
    pub fn path(&self) -> &'request str {
        self.uri.path()
    }

    /// The parameters of the query, decoded, in order.
    pub fn query(&self) -> impl Iterator<Item = (Cow<'request, str>, Cow<'request, str>)> {
        form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The first parameter of this name.
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'request, str>> {
        let pairs = self.uri.query()?.split('&');
        let mut named = pairs.filter(|pair| is_named(pair, name));
        named.find_map(|pair| {
            let (_, value) = form_urlencoded::parse(pair.as_bytes()).next()?;
            Some(value)
        })
    }

    /// The cookies, decoded, in order. Of several with one name the first one counts.
    pub fn cookies(&self) -> impl Iterator<Item = (&'request str, Cow<'request, str>)> {
        self.cookie_jar().iter()
    }

    /// The first cookie of this name, decoded, unless it is empty.
    pub fn cookie(&self, name: &str) -> Option<Cow<'request, str>> {
        self.cookie_jar().get(name)
    }

    pub(super) fn cookie_jar(&self) -> Cookies<'request> {
        Cookies::new(self.headers)
    }

    /// All headers.
    pub(super) fn headers(&self) -> &'request HeaderMap {
        self.headers
    }

    /// The address of the page that the visitor comes from.
    pub(super) fn referrer(&self) -> Option<&'request str> {
        self.header(REFERER.as_str())
    }

    /// Whether the URL brings the identification of a development browser, even an empty one.
    pub(super) fn brings_dev_browser(&self) -> bool {
        self.query_parameter(query_parameters::DEV_BROWSER)
            .is_some()
    }

    /// Whether the browser is about to show the answer in its window.
    pub(super) fn is_document(&self) -> bool {
        self.is_safe() && self.header(headers::SEC_FETCH_DEST) == Some("document")
    }

    /// Whether the browser is about to show the answer, so that it can be sent elsewhere first.
    ///
    /// Only for `GET` and `HEAD`: a redirect would lose the body of anything else (D11b).
    pub fn is_navigation(&self) -> bool {
        if !self.is_safe() {
            return false;
        }
        match self.header(headers::SEC_FETCH_DEST) {
            Some(destination) => matches!(destination, "document" | "iframe"),
            None => self
                .header(ACCEPT.as_str())
                .is_some_and(|accept| accept.starts_with("text/html")),
        }
    }

    fn is_safe(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }

    /// A header that is there, is text and is not empty.
    fn header(&self, name: &str) -> Option<&'request str> {
        let value = self.headers.get(name)?.to_str().ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// The first item of a list, which is what the proxy closest to the visitor has written.
    fn first_item(&self, name: &str) -> Option<&'request str> {
        let item = self.header(name)?.split(',').next()?.trim();
        (!item.is_empty()).then_some(item)
    }
}

/// Bytes that are no text are a token all the same, and not a valid one.
fn as_token(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("\u{fffd}")
}

/// Whether a pair of a query has this name. Only a name that is written in code is decoded.
fn is_named(pair: &str, name: &str) -> bool {
    let found = pair.split('=').next().unwrap_or_default();
    match found.contains(['%', '+']) {
        true => form_urlencoded::parse(found.as_bytes()).any(|(found, _)| found == name),
        false => found == name,
    }
}

/// The URL without these parameters. The query is written anew, as a browser does.
pub(crate) fn without_parameters(url: &Url, names: &[&str]) -> Url {
    let kept = url
        .query_pairs()
        .filter(|(name, _)| !names.contains(&&**name));
    let query = Serializer::new(String::new()).extend_pairs(kept).finish();
    let mut url = url.clone();
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    url
}

/// Adds parameters to the URL. The query is written anew, as a browser does.
pub(super) fn append_to_query(url: &mut Url, parameters: &[(&str, &str)]) {
    let query = Serializer::new(String::new())
        .extend_pairs(url.query_pairs())
        .extend_pairs(parameters)
        .finish();
    url.set_query(Some(&query));
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(headers: &[(&str, &[u8])]) -> Parts {
        let mut request = Request::builder().uri("/dash?a=1&a=2");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn the_authorization_header_is_read_as_the_official_sdk_does() {
        for (header, token) in [
            ("", None),
            ("abc", Some("abc")),
            ("Bearer", Some("Bearer")),
            ("Bearer  abc", Some("Bearer")),
            ("Bearer abc", Some("abc")),
            ("Bearer abc def", Some("abc")),
            ("bearer abc", None),
            ("Basic abc", None),
            ("Bearer \u{e9}", Some("\u{e9}")),
            (" abc", None),
            ("  abc", None),
            ("abc ", Some("abc")),
        ] {
            let parts = parts(&[("authorization", header.as_bytes())]);
            assert_eq!(
                RequestFacts::from_parts(&parts).header_token(),
                token,
                "{header}"
            );
        }
        for (header, token) in [
            (&b"Bearer \xff"[..], Some("\u{fffd}")),
            (b"\xff", Some("\u{fffd}")),
            (b"Bearer abc \xff", Some("abc")),
            (b"Basic \xff", None),
        ] {
            let parts = parts(&[("authorization", header)]);
            assert_eq!(RequestFacts::from_parts(&parts).header_token(), token);
        }
    }

    #[test]
    fn the_origin_is_the_visitors() {
        for (headers, origin) in [
            (vec![], "http://localhost"),
            (vec![("host", "App.Example.com")], "http://app.example.com"),
            (
                vec![("host", "inner:3000"), ("x-forwarded-host", "a.com, b.com")],
                "http://a.com",
            ),
            (
                vec![("host", "a.com:443"), ("x-forwarded-proto", "https, http")],
                "https://a.com",
            ),
            (vec![("host", "a.com:80")], "http://a.com"),
            (vec![("host", "a b")], "http://localhost"),
            (vec![("host", "a.com:99999")], "http://localhost"),
            (vec![("host", "a.com@evil.example")], "http://localhost"),
            (vec![("host", "a.com/evil?x#y")], "http://a.com"),
            (
                vec![("host", "a.com"), ("x-forwarded-host", "a b")],
                "http://a.com",
            ),
            (
                vec![("host", "a.com"), ("x-forwarded-proto", "javascript")],
                "http://a.com",
            ),
            (vec![("host", "a.com:8080")], "http://a.com:8080"),
            (
                vec![("host", "a.com"), ("x-forwarded-host", "")],
                "http://a.com",
            ),
        ] {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
            let parts = parts(&headers);
            assert_eq!(RequestFacts::from_parts(&parts).origin(), origin);
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let parts = parts(&[("authorization", b"Bearer secret"), ("cookie", b"a=secret")]);
        let shown = format!("{:?}", RequestFacts::from_parts(&parts));
        assert!(shown.contains("/dash"), "{shown}");
        assert!(
            !shown.contains("secret") && !shown.contains("a=1"),
            "{shown}"
        );
    }

    #[test]
    fn the_path_stays_on_its_host() {
        let request = Request::get("//evil.example/p?a=b%20c&d").header("host", "a.com");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let url = RequestFacts::from_parts(&parts).url().expect("a URL");
        assert_eq!(url.as_str(), "http://a.com//evil.example/p?a=b%20c&d");
        let kept = without_parameters(&url, &["x"]);
        assert_eq!(kept.as_str(), "http://a.com//evil.example/p?a=b+c&d=");
        assert_eq!(
            without_parameters(&url, &["a", "d"]).as_str(),
            "http://a.com//evil.example/p"
        );
    }

    #[test]
    fn the_first_query_parameter_wins() {
        for (query, name, value) in [
            ("a=1&a=2", "a", Some("1")),
            ("a=1&a=2", "b", None),
            ("a", "a", Some("")),
            ("&=x&a=1", "", Some("x")),
            ("%61=x%20y+z", "a", Some("x y z")),
            ("a+b=1=2", "a b", Some("1=2")),
            ("a%26b=1", "a&b", Some("1")),
            ("%zz=1", "%zz", Some("1")),
            ("%ff=1", "\u{fffd}", Some("1")),
        ] {
            let request = Request::get(format!("/?{query}"));
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            let facts = RequestFacts::from_parts(&parts);
            assert_eq!(facts.query_parameter(name).as_deref(), value, "{query}");
            let mut all = facts.query().filter(|(found, _)| found == name);
            assert_eq!(all.next().map(|(_, value)| value).as_deref(), value);
        }
    }
}
