//! Connections: how many, for how long, and how they end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How many connections there can be at once.
const CONNECTIONS: usize = 4096;
/// For how long a connection may be silent before and between requests.
const HEADER_TIME: Duration = Duration::from_secs(60);
/// For how long requests that are under way may go on after the end has come.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

pub(crate) async fn serve(router: Router, listener: TcpListener, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            accepted = accept => match accepted {
                (Ok(place), Ok((stream, _))) => (place, stream),
                (_, error) => {
                    // Out of file descriptors, most likely: others may end meanwhile.
                    tracing::warn!(error = ?error.err(), "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Answers are small and must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_REQUESTS, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were cut off");
    }
}
