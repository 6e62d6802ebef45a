use std::collections::BTreeMap;

use http::Request;
use ironclerk::PublishableKey;
use ironclerk::authenticate::RequestFacts;
use ironclerk::internal::CreateRedirect;
use serde_json::Value;

use crate::{assert_known, cases, recorded, text};

#[test]
fn redirects() {
    let mut failures = Vec::new();
    for case in cases(&recorded("redirect.json")) {
        let parameter = |name: &str| case["params"][name].as_str();
        let key = parameter("publishableKey").and_then(|it| it.parse::<PublishableKey>().ok());
        let redirect = CreateRedirect {
            publishable_key: key.as_ref(),
            dev_browser_token: parameter("devBrowserToken"),
            base_url: parameter("baseUrl").expect("a base URL"),
            sign_in_url: parameter("signInUrl"),
            sign_up_url: parameter("signUpUrl"),
            is_pending: parameter("sessionStatus") == Some("pending"),
        };
        let back = case["arg"]["returnBackUrl"].as_str();
        let ours = match text(case, "/call") {
            "redirectToSignIn" => redirect.to_sign_in(back),
            "redirectToSignUp" => redirect.to_sign_up(back),
            other => panic!("{other}"),
        };
        let recorded = &case["expect"];
        let is_same = match &ours {
            Ok(url) => recorded["url"] == *url,
            Err(error) => recorded["error"]["message"] == error.to_string(),
        };
        if !is_same {
            failures.push(format!("{}: {ours:?}, recorded {recorded}", case["name"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Our URL, our cookies.
type Ours = (&'static str, &'static [(&'static str, &'static str)]);

/// Name, why, our answer.
const DEVIATIONS: &[(&str, &str, Ours)] = &[
    (
        "fwd proto list space first",
        "D7",
        ("https://b.example.com/p", &[]),
    ),
    (
        "same origin keeps hash",
        "a request has no fragment",
        ("http://localhost:3000//p?x", &[]),
    ),
    (
        "double slash with forwarded host -> host changes",
        "D10",
        ("http://a.example.com//evil.example/p", &[]),
    ),
    (
        "empty fwd host",
        "an empty header counts as absent",
        ("http://a.example.com/p", &[]),
    ),
    (
        "cookie percent",
        "D7",
        ("http://localhost/", &[("foo", " bar; baz=qux")]),
    ),
    (
        "cookie truncated utf8 percent",
        "D7",
        ("http://localhost/", &[("u", "%C3")]),
    ),
    (
        "cookie double-encoded",
        "D7",
        ("http://localhost/", &[("a", "%41")]),
    ),
];

#[test]
fn requests_are_normalised() {
    let file = recorded("clerk_request.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    let mut failures = Vec::new();
    for case in cases(&file) {
        let name = text(case, "/name");
        let mut request = Request::get(text(case, "/url"));
        for (name, value) in case["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a value"));
        }
        let (parts, ()) = request.body(()).expect(name).into_parts();
        let facts = RequestFacts::from_parts(&parts);
        let mut cookies = BTreeMap::new();
        for (name, value) in facts.cookies() {
            cookies.entry(name.to_owned()).or_insert(value.into_owned());
        }
        let ours = (facts.clerk_url(), cookies);
        let recorded = (
            case["expect"]["clerkUrl"]
                .as_str()
                .unwrap_or("an error")
                .to_owned(),
            texts(&case["expect"]["cookies"]),
        );
        let expected = match DEVIATIONS.iter().find(|it| it.0 == name) {
            Some((_, why, (url, cookies))) => {
                let owned = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
                let expected = ((*url).to_owned(), cookies.iter().map(owned).collect());
                assert_ne!(expected, recorded, "{name} is no deviation ({why})");
                expected
            }
            None => recorded,
        };
        if ours != expected {
            failures.push(format!("{name}: {ours:?}, expected {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let members = object.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
        .collect()
}
