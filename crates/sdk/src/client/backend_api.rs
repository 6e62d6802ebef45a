//! The calls that authenticate requests. They are not in the contract yet.

use form_urlencoded::Serializer;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, ClientError, json_request};
use crate::authenticate::{
    BackendApi, BackendApiFuture, HandshakePayloadError, RefreshFailure, RefreshSession,
    VerifyMachineToken,
};
use crate::errors::{
    MachineTokenVerificationError, MachineTokenVerificationErrorCode as MachineCode,
};

/// The code of an error that is about this SDK's own request or the API's own answer.
const UNEXPECTED_ERROR: &str = "unexpected_error";

/// The largest answer about a machine token that is read, in bytes. Claims have at most some KiB.
const LARGEST_MACHINE_TOKEN: usize = 1024 * 1024;

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

    /// Asked once: whoever waits for the answer can ask again themselves.
    async fn verify(
        &self,
        question: &VerifyMachineToken,
    ) -> Result<Value, MachineTokenVerificationError> {
        let unexpected = MachineTokenVerificationError::unexpected;
        let body = json!({question.kind.parameter: question.token()}).to_string();
        let request = json_request(Method::POST, question.kind.path, Some(body.into()));
        let answer = self.attempt(&request, LARGEST_MACHINE_TOKEN).await;
        let answer = answer.map_err(|failure| {
            let status = failure.error.api_error().map(|error| error.status);
            let refused = match (status, &failure.error) {
                (Some(StatusCode::NOT_FOUND), _) => question.kind.not_found(),
                (Some(StatusCode::UNAUTHORIZED), ClientError::Api(error)) => {
                    let first = error.errors.first().map(|first| first.message.as_str());
                    let message = first.filter(|message| !message.is_empty());
                    MachineTokenVerificationError::new(
                        MachineCode::SecretKeyInvalid,
                        message.unwrap_or("Invalid secret key"),
                    )
                }
                _ => unexpected(),
            };
            if refused.code != MachineCode::TokenInvalid {
                let error = failure.error;
                tracing::warn!("Clerk: a machine token could not be verified: {error}");
            }
            MachineTokenVerificationError {
                status: status.map(|status| status.as_u16()),
                ..refused
            }
        })?;
        serde_json::from_slice(&answer).map_err(|_| unexpected())
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

impl BackendApi for Client {
    fn refresh_session(
        &self,
        request: RefreshSession,
    ) -> BackendApiFuture<'_, Result<Vec<String>, RefreshFailure>> {
        Box::pin(async move { self.refresh(&request).await })
    }

    fn handshake_payload(
        &self,
        nonce: String,
    ) -> BackendApiFuture<'_, Result<Vec<String>, HandshakePayloadError>> {
        Box::pin(async move { self.payload(&nonce).await })
    }

    fn verify_machine_token(
        &self,
        request: VerifyMachineToken,
    ) -> BackendApiFuture<'_, Result<Value, MachineTokenVerificationError>> {
        Box::pin(async move { self.verify(&request).await })
    }
}
