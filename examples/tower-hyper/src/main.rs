//! A service of tower on hyper, without a framework: everybody may come to `/`, and `/api/…` is
//! for whoever is signed in.
//!
//! ```sh
//! ironclerk dev                                    # in one terminal
//! set -a; . .ironclerk/env; set +a                 # in another
//! cargo run -p ironclerk-example-tower-hyper
//! curl -H "Authorization: Bearer $(ironclerk token)" http://127.0.0.1:3000/api/me
//! ```

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use ironclerk::authenticate::RequestState;
use ironclerk::tower::ClerkLayer;
use ironclerk::{Auth, Authenticator};
use tokio::net::TcpListener;
use tower_layer::Layer;

/// What the layer has found out is an extension of the request.
async fn answer(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let auth = request.extensions().get().map(RequestState::auth);
    let user = auth.as_ref().and_then(Auth::user_id);
    let mut response = Response::default();
    match user {
        Some(user) => *response.body_mut() = format!("Hello {user}\n"),
        None if request.uri().path().starts_with("/api/") => {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        None => *response.body_mut() = "Hello stranger\n".to_owned(),
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let service = ClerkLayer::new(Authenticator::from_env()?).layer(tower::service_fn(answer));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("Listening on http://127.0.0.1:3000");
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
}
