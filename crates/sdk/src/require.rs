//! What is asked of whoever makes a request, and how those are answered who do not meet it.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use ironclerk_api::ErrorCode;
use ironclerk_api::error::{ErrorBody, ErrorItem};

use crate::authenticate::{AcceptsToken, AuthObject, RequestState};
use crate::errors::ConfigurationError;
use crate::session::{Auth, Has, SessionAuth};
use crate::webhook::WebhookError;

/// What is asked: a session or another token, and perhaps a role, permission, feature, plan or
/// reverification.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requirement {
    pub accepts: AcceptsToken,
    pub has: Option<Has>,
    pub sign_in_url: Option<HeaderValue>,
}

/// The answer to a request that does not meet what is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub header: (HeaderName, HeaderValue),
    pub body: String,
}

impl Requirement {
    /// Where a browser is sent to sign in.
    pub(crate) fn redirect_to(&mut self, sign_in_url: &str) -> Result<(), ConfigurationError> {
        let url = HeaderValue::from_str(sign_in_url)
            .map_err(|_| ConfigurationError::NotAHeader("sign-in URL"))?;
        self.sign_in_url = Some(url);
        Ok(())
    }

    /// Whether the request may go on. `None` for the state when nobody has looked.
    pub(crate) fn check(
        &self,
        state: Option<&RequestState>,
        is_navigation: bool,
    ) -> Result<(), Refusal> {
        let is_for_sessions = self.accepts == AcceptsToken::default();
        let auth = state.map(|state| match is_for_sessions {
            true => state.auth().into(),
            false => state.auth_object().accepting(self.accepts.clone()),
        });
        match auth {
            None => Err(Refusal::layer_missing()),
            Some(AuthObject::SignedOut { .. }) => match &self.sign_in_url {
                Some(url) if is_navigation => Err(Refusal::sign_in(url.clone())),
                _ if is_for_sessions => Err(Refusal::signed_out()),
                _ => Err(Refusal::no_accepted_token()),
            },
            Some(auth) => match &self.has {
                Some(has) if !auth.has(has) => Err(Refusal::forbidden()),
                _ => Ok(()),
            },
        }
    }
}

/// Who makes the request. `None` for the state when nobody has looked.
pub(crate) fn auth(state: Option<&RequestState>) -> Result<Auth, Refusal> {
    state
        .map(RequestState::auth)
        .ok_or_else(Refusal::layer_missing)
}

/// The session of a user who has what is asked.
pub(crate) fn session(
    state: Option<&RequestState>,
    has: &Has,
) -> Result<Arc<SessionAuth>, Refusal> {
    match auth(state)? {
        Auth::SignedOut { .. } => Err(Refusal::signed_out()),
        Auth::SignedIn(session) if session.has(has) => Ok(session),
        Auth::SignedIn(_) => Err(Refusal::forbidden()),
    }
}

impl Refusal {
    /// The refusal as a response with the body of a framework.
    #[cfg(feature = "tower")]
    pub(crate) fn response<Body: From<String>>(self) -> http::Response<Body> {
        let mut response = http::Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let (name, value) = self.header;
        response.headers_mut().insert(name, value);
        response
    }

    /// No user is signed in: 401.
    pub(crate) fn signed_out() -> Self {
        Self::unauthenticated(
            "Unable to authenticate the request, you need to supply an active session",
        )
    }

    /// Nobody is signed in, with whichever token: 401.
    pub(crate) fn no_accepted_token() -> Self {
        Self::unauthenticated(
            "Unable to authenticate the request, you need to supply a token of an accepted type",
        )
    }

    fn unauthenticated(long_message: &str) -> Self {
        let code = ErrorCode::AuthenticationInvalid;
        Self::json(code, code.status(), long_message)
    }

    /// The user may not do this: 403.
    fn forbidden() -> Self {
        Self::json(
            ErrorCode::AuthorizationInvalid,
            ErrorCode::AuthorizationInvalid.status(),
            "The user does not have the role, permission, feature or plan that this needs",
        )
    }

    /// A browser that should sign in: 302, as the Express SDK answers.
    fn sign_in(url: HeaderValue) -> Self {
        Self {
            status: StatusCode::FOUND,
            header: (LOCATION, url),
            body: String::new(),
        }
    }

    /// The application has a mistake: 500, in words for its developer.
    pub(crate) fn layer_missing() -> Self {
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, LAYER_MISSING)
    }

    /// A message that is not a genuine event: 400.
    pub(crate) fn webhook(error: &WebhookError) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, &error.to_string())
    }

    /// A body that cannot be read, such as one that is too long.
    pub(crate) fn body(status: StatusCode, reason: &str) -> Self {
        Self::plain(status, reason)
    }

    #[cfg(feature = "actix")]
    pub(crate) fn secrets_missing() -> Self {
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, SECRETS_MISSING)
    }

    fn plain(status: StatusCode, text: &str) -> Self {
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        Self {
            status,
            header: (CONTENT_TYPE, content_type),
            body: text.to_owned(),
        }
    }

    fn json(code: ErrorCode, status: StatusCode, long_message: &str) -> Self {
        let body = ErrorBody {
            errors: vec![ErrorItem {
                code: code.as_str().to_owned(),
                message: code.message().to_owned(),
                long_message: long_message.to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        };
        // An error list always has a JSON form.
        let body = serde_json::to_string(&body).unwrap_or_default();
        Self {
            status,
            header: (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            body,
        }
    }
}

/// What a developer reads who has forgotten the middleware.
pub(crate) const LAYER_MISSING: &str = "ironclerk: this handler asks who is signed in, but nobody \
    has looked. Put Clerk around it: `.layer(ClerkLayer::new(authenticator))` with tower and \
    axum, `.wrap(ClerkMiddleware::new(authenticator))` with actix-web.";

#[cfg(feature = "actix")]
const SECRETS_MISSING: &str = "ironclerk: this handler takes a webhook, but there is no secret to \
    verify it with. Give the application one: \
    `.app_data(web::Data::new(SigningSecrets::from_env()?))`.";
