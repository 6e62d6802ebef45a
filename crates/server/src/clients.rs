//! Clients, and what handshakes leave for them.

use ironclerk_api::clients::{
    Client, GetClient, GetHandshakePayload, HandshakePayload, ListClients, VerifyClient,
};
use ironclerk_api::id::{ClientId, SessionId};
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, fingerprint, not_found, window};
use crate::http::Routes;
use crate::store::{clients as store, sessions};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(verify).on(handshake_payload).on(get)
}

async fn list(cx: Cx, request: ListClients) -> Result<Page<Client>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let now = cx.now;
    cx.database()
        .scan(move |transaction| Ok(store::list(transaction, window, now)?))
        .await
}

async fn get(cx: Cx, request: GetClient) -> Result<Client, ApiError> {
    let now = cx.now;
    cx.database()
        .read(move |transaction| {
            let id = request.client_id;
            store::get(transaction, &id, now)?.ok_or_else(|| not_found("client", id))
        })
        .await
}

async fn verify(cx: Cx, request: VerifyClient) -> Result<Client, ApiError> {
    let claims = cx
        .instance()
        .signed_claims(request.token.expose())
        .unwrap_or_default();
    let text = |name| claims.get(name).and_then(serde_json::Value::as_str);
    let session = text("sid").map(SessionId::from);
    let client = text("id").map(ClientId::from);
    let now = cx.now;
    cx.database()
        .read(move |transaction| {
            let client = match (client, session) {
                (Some(client), _) => client,
                (None, Some(session)) => sessions::get(transaction, &session, now)?
                    .map(|session| session.client_id)
                    .ok_or_else(|| not_found("session", session))?,
                (None, None) => {
                    return Err(ErrorCode::ClientNotFound.because(
                        "The token is not one that this instance has made for a client.",
                    ));
                }
            };
            store::get(transaction, &client, now)?.ok_or_else(|| not_found("client", client))
        })
        .await
}

async fn handshake_payload(
    cx: Cx,
    request: GetHandshakePayload,
) -> Result<HandshakePayload, ApiError> {
    let now = cx.now;
    let directives = cx
        .database()
        .write(move |transaction| {
            store::take_handshake_payload(transaction, &fingerprint(&request.nonce), now)?
                .ok_or_else(|| {
                    ErrorCode::ResourceNotFound
                        .because("There is no handshake with this nonce, or no longer.")
                })
        })
        .await?;
    let directives = serde_json::from_str(&directives).map_err(|_| {
        ErrorCode::Internal.because("What the handshake left behind cannot be read.")
    })?;
    Ok(HandshakePayload { directives })
}
