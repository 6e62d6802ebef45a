//! Runs the example: `CLERK_SECRET_KEY=… CLERK_PUBLISHABLE_KEY=… cargo run -p ironclerk-example-axum`

use ironclerk::Authenticator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let authenticator = Authenticator::from_env()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("Listening on http://{}", listener.local_addr()?);
    axum::serve(listener, ironclerk_example_axum::app(authenticator)).await?;
    Ok(())
}
