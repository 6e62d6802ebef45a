//! What a request says, read once.

use std::borrow::Cow;

use http::header::{ACCEPT, AUTHORIZATION, HOST};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::cookies::Cookies;

/// What a decision needs to know about a request. Borrows the request.
///
/// The address is the one the visitor used, as far as proxies tell: `X-Forwarded-Proto` and
/// `X-Forwarded-Host` come before the request's own scheme and `Host`. Only a proxy that sets
/// these headers itself may stand in front of the application.
#[derive(Clone, Debug)]
pub struct RequestFacts<'request> {
    method: &'request Method,
    uri: &'request Uri,
    headers: &'request HeaderMap,
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

    /// The token of the `Authorization` header: after `Bearer`, or the whole value if it is one
    /// word. None for other schemes. The scheme is case-sensitive.
    pub fn header_token(&self) -> Option<&'request str> {
        let value = self.headers.get(AUTHORIZATION)?;
        // Bytes that are no text are no scheme either, so they are a token, and not a valid one.
        let value = std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}");
        let mut words = value.split(' ');
        let (first, second) = (words.next()?, words.next().unwrap_or_default());
        match (first, second) {
            ("", "") => None,
            (word, "") => Some(word),
            ("Bearer", token) => Some(token),
            _ => None,
        }
    }

    /// Scheme and host as the visitor sees them, such as `https://app.example.com`.
    pub fn origin(&self) -> String {
        let scheme = self
            .first_item("x-forwarded-proto")
            .or_else(|| self.uri.scheme_str())
            .unwrap_or("http");
        let host = self
            .first_item("x-forwarded-host")
            .or_else(|| self.header(HOST.as_str()))
            .or_else(|| self.uri.authority().map(|authority| authority.as_str()))
            .unwrap_or("localhost");
        let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let default_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let host = match host.strip_suffix(default_port) {
            Some(without_port) if !default_port.is_empty() => without_port,
            _ => host.as_str(),
        };
        format!("{scheme}://{host}")
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
        self.query()
            .find_map(|(found, value)| (found == name).then_some(value))
    }

    /// The cookies.
    pub(super) fn cookies(&self) -> Cookies<'request> {
        Cookies::new(self.headers)
    }

    /// Whether the browser is about to show the answer, so that it can be sent elsewhere first.
    ///
    /// Only for `GET` and `HEAD`: a redirect would lose the body of anything else (D11b).
    pub fn is_navigation(&self) -> bool {
        if !matches!(*self.method, Method::GET | Method::HEAD) {
            return false;
        }
        match self.header("sec-fetch-dest") {
            Some(destination) => matches!(destination, "document" | "iframe"),
            None => self
                .header(ACCEPT.as_str())
                .is_some_and(|accept| accept.starts_with("text/html")),
        }
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
        ] {
            let parts = parts(&[("authorization", header.as_bytes())]);
            assert_eq!(
                RequestFacts::from_parts(&parts).header_token(),
                token,
                "{header}"
            );
        }
        let parts = parts(&[("authorization", b"Bearer \xff")]);
        let token = RequestFacts::from_parts(&parts).header_token();
        assert_eq!(token, Some("\u{fffd}"), "not text, so not valid");
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
    fn the_first_query_parameter_wins() {
        let parts = parts(&[]);
        let facts = RequestFacts::from_parts(&parts);
        assert_eq!(facts.query_parameter("a").as_deref(), Some("1"));
        assert_eq!(facts.query_parameter("b"), None);
    }
}
