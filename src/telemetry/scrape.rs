//! `GET /metrics` for Prometheus, and nothing else.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Encoder as _, Registry, TextEncoder};
use tokio::{net::TcpListener, task::JoinHandle};

/// Answers until it is aborted.
pub(super) fn serve(listener: TcpListener, registry: Registry) -> JoinHandle<()> {
    let routes = Router::new().route("/metrics", get(metrics)).with_state(registry);
    tokio::spawn(async move {
        if let Err(why) = axum::serve(listener, routes).await {
            tracing::error!("metrics are not answered any more: {why}");
        }
    })
}

async fn metrics(State(registry): State<Registry>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => ([(CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(why) => {
            tracing::error!("metrics cannot be written down: {why}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
