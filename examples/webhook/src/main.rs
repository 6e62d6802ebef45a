//! Receives Clerk's webhooks and says what has happened.
//!
//! ```sh
//! CLERK_WEBHOOK_SIGNING_SECRET=whsec_… cargo run -p ironclerk-example-webhook
//! ```

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use ironclerk::api::users::User;
use ironclerk::webhook::{SigningSecrets, WebhookEvent};

/// The extractor verifies the signature over the body as it came.
async fn receive(event: WebhookEvent) -> StatusCode {
    match event.event_type.as_str() {
        "user.created" | "user.updated" => match event.data_as::<User>() {
            Ok(user) => println!("{}: {} {:?}", event.event_type, user.id, user.first_name),
            Err(error) => eprintln!("{}: {error}", event.event_type),
        },
        other => println!("{other}: {}", event.data["id"]),
    }
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/webhooks/clerk", post(receive))
        .with_state(SigningSecrets::from_env()?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
