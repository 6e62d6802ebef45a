//! A public page, an API for whoever is signed in, and one for administrators, on actix-web.
//!
//! ```sh
//! ironclerk dev                                    # in one terminal
//! set -a; . .ironclerk/env; set +a                 # in another
//! cargo run -p ironclerk-example-actix
//! curl -H "Authorization: Bearer $(ironclerk token --org demo)" http://127.0.0.1:3000/api/admin
//! ```

use actix_web::{App, HttpServer, web};
use ironclerk::actix::{ClerkMiddleware, RequireAuth, SignedIn};
use ironclerk::{Auth, Authenticator, Has};

async fn home(auth: Auth) -> String {
    format!("Hello {}", auth.user_id().unwrap_or("stranger"))
}

async fn me(_: SignedIn, auth: Auth) -> web::Json<Auth> {
    web::Json(auth)
}

async fn admin(SignedIn(session): SignedIn) -> String {
    format!("Hello, administrator {}", session.user_id())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authenticator = Authenticator::from_env()?;
    let server = HttpServer::new(move || {
        let administrators = RequireAuth::new().with(Has::role("org:admin"));
        App::new()
            .route("/", web::get().to(home))
            .route("/api/me", web::get().to(me))
            .service(web::resource("/api/admin").wrap(administrators).to(admin))
            .wrap(ClerkMiddleware::new(authenticator.clone()))
    })
    .bind("127.0.0.1:3000")?;
    println!("Listening on http://127.0.0.1:3000");
    Ok(server.run().await?)
}
