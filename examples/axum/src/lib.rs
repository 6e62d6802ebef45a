//! An axum application with a public page, a page and an API for whoever is signed in, and an API
//! for the administrators of an organization.
//!
//! `ironclerk dev` runs this very code next to its server.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use ironclerk::axum::SignedIn;
use ironclerk::tower::ClerkLayer;
use ironclerk::{Auth, Authenticator, Has};
use serde_json::json;

/// The application. The layer finds out who makes a request; the handlers decide what they may.
pub fn app(authenticator: Authenticator) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/protected", get(protected))
        .route("/api/me", get(me))
        .route("/api/admin", get(admin))
        .layer(ClerkLayer::new(authenticator))
}

/// For everybody.
async fn home(auth: Auth) -> Html<String> {
    let who = auth
        .user_id()
        .map_or("You are not signed in.".to_owned(), |user| {
            format!("You are signed in as <code>{}</code>.", escaped(user))
        });
    page(
        "IronClerk example",
        &format!(
            "<p>{who}</p><ul>\
             <li><a href=\"/protected\">/protected</a>: a page for whoever is signed in</li>\
             <li><a href=\"/api/me\">/api/me</a>: who you are, as JSON</li>\
             <li><a href=\"/api/admin\">/api/admin</a>: for administrators of the active organization</li>\
             </ul>"
        ),
    )
}

/// A page for whoever is signed in.
async fn protected(auth: Auth) -> Response {
    match auth.user_id() {
        Some(user) => {
            let text = format!("<p>Hello, <code>{}</code>.</p>", escaped(user));
            page("Protected", &text).into_response()
        }
        None => {
            let text = "<p>This page is for whoever is signed in. <a href=\"/\">Back</a></p>";
            (StatusCode::UNAUTHORIZED, page("Not signed in", text)).into_response()
        }
    }
}

/// Who makes the request. Without a session this is refused with 401 before it comes here.
async fn me(_: SignedIn, auth: Auth) -> Json<Auth> {
    Json(auth)
}

/// For the administrators of the organization that is active in the session.
async fn admin(SignedIn(session): SignedIn) -> Response {
    if !session.has(Has::role("org:admin")) {
        let refusal = json!({"error": "Only administrators of an organization may do this."});
        return (StatusCode::FORBIDDEN, Json(refusal)).into_response();
    }
    let slug = session
        .organization()
        .and_then(|organization| organization.slug.clone());
    Json(json!({"organization": slug, "secret_of_the_house": "The cake is in the cellar."}))
        .into_response()
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}}</style>\
         <h1>{title}</h1>{body}</html>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
