//! The calls that authenticate requests, as the decision wants them answered.

use http::{Method, StatusCode};
use ironclerk_api::clients::GetHandshakePayload;
use ironclerk_api::sessions::{self, RefreshFormat, RefreshedSession};
use serde_json::{Value, json};

use super::call::CallOptions;
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

impl Client {
    async fn refresh(&self, request: RefreshSession) -> Result<Vec<String>, RefreshFailure> {
        let request = sessions::RefreshSession {
            session_id: request.session_id.into(),
            expired_token: request.expired_token.into(),
            refresh_token: request.refresh_token.into(),
            request_origin: request.request_origin,
            request_headers: Some(request.request_headers),
            format: Some(RefreshFormat::Cookie),
            // False is not sent.
            suffixed_cookies: request.suffixed_cookies.then_some(true),
            ..Default::default()
        };
        match self.send(&request).await {
            Ok(RefreshedSession::Cookies(cookies)) => Ok(cookies.cookies),
            Ok(RefreshedSession::Token(_)) => Err(RefreshFailure::FetchError),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Asked once: whoever waits for the answer can ask again themselves.
    async fn verify(
        &self,
        question: &VerifyMachineToken,
    ) -> Result<Value, MachineTokenVerificationError> {
        let unexpected = MachineTokenVerificationError::unexpected;
        let body = json!({question.kind.parameter: question.token()}).to_string();
        let request = json_request(Method::POST, question.kind.path, Some(body.into()));
        let options = CallOptions::default();
        let answer = self
            .attempt(&request, &options, LARGEST_MACHINE_TOKEN)
            .await;
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
        Box::pin(self.refresh(request))
    }

    fn handshake_payload(
        &self,
        nonce: String,
    ) -> BackendApiFuture<'_, Result<Vec<String>, HandshakePayloadError>> {
        Box::pin(async move {
            let payload = self.send(&GetHandshakePayload { nonce }).await;
            let payload = payload.map_err(|error| HandshakePayloadError(error.to_string()))?;
            Ok(payload.directives)
        })
    }

    fn verify_machine_token(
        &self,
        request: VerifyMachineToken,
    ) -> BackendApiFuture<'_, Result<Value, MachineTokenVerificationError>> {
        Box::pin(async move { self.verify(&request).await })
    }
}
