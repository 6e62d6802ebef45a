//! The calls that authenticate requests. They are not in the contract yet.

use form_urlencoded::Serializer;
use http::Method;
use serde::Deserialize;

use super::{Client, ClientError};
use crate::authenticate::{
    HandshakePayloadError, RefreshFailure, RefreshSession, SessionApi, SessionApiFuture,
};

/// The code of an error that is about this SDK's own request or the API's own answer.
const UNEXPECTED_ERROR: &str = "unexpected_error";

#[derive(Deserialize)]
struct RefreshedSession {
    cookies: Vec<String>,
}

#[derive(Deserialize)]
struct HandshakePayload {
    #[serde(default)]
    directives: Vec<String>,
}

impl Client {
    async fn refresh(&self, request: &RefreshSession) -> Result<Vec<String>, RefreshFailure> {
        let id = &request.session_id;
        let query = match request.suffixed_cookies {
            true => "?suffixed_cookies=true",
            false => "",
        };
        let path = format!("/v1/sessions/{id}/refresh{query}");
        let body = serde_json::to_vec(request).map_err(|_| RefreshFailure::UnexpectedSdkError)?;
        let answer = self.send_raw(Method::POST, &path, Some(body)).await;
        let answer = answer.map_err(|error| failure(&error))?;
        let refreshed: RefreshedSession =
            serde_json::from_slice(&answer).map_err(|_| RefreshFailure::FetchError)?;
        Ok(refreshed.cookies)
    }

    async fn payload(&self, nonce: &str) -> Result<Vec<String>, HandshakePayloadError> {
        let query = Serializer::new(String::new())
            .append_pair("nonce", nonce)
            .finish();
        let path = format!("/v1/clients/handshake_payload?{query}");
        let answer = self.send_raw(Method::GET, &path, None).await;
        let answer = answer.map_err(|error| HandshakePayloadError(error.to_string()))?;
        let payload: HandshakePayload = serde_json::from_slice(&answer)
            .map_err(|error| HandshakePayloadError(error.to_string()))?;
        Ok(payload.directives)
    }
}

fn failure(error: &ClientError) -> RefreshFailure {
    match error.api_error().map(|error| error.errors.first()) {
        None => RefreshFailure::FetchError,
        Some(None) => RefreshFailure::UnexpectedBapiError,
        Some(Some(first)) if first.code == UNEXPECTED_ERROR => RefreshFailure::FetchError,
        Some(Some(first)) => RefreshFailure::Api(first.code.to_string()),
    }
}

impl SessionApi for Client {
    fn refresh_session(&self, request: RefreshSession) -> SessionApiFuture<'_, RefreshFailure> {
        Box::pin(async move { self.refresh(&request).await })
    }

    fn handshake_payload(&self, nonce: String) -> SessionApiFuture<'_, HandshakePayloadError> {
        Box::pin(async move { self.payload(&nonce).await })
    }
}
