//! Testing tokens.

use ironclerk::jwt::TokenCategory;
use ironclerk_api::testing_tokens::{CreateTestingToken, TestingToken};
use ironclerk_api::{ApiError, Metadata};
use serde_json::json;

use crate::context::Cx;
use crate::http::Routes;
use crate::token;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(create)
}

/// For how long a testing token is valid, in seconds.
const LIFETIME: i64 = 60 * 60;

async fn create(cx: Cx, _: CreateTestingToken) -> Result<TestingToken, ApiError> {
    let expires_at = cx.now.div_euclid(1000) + LIFETIME;
    let claims = Metadata::from_iter([
        ("exp".to_owned(), json!(expires_at)),
        ("jti".to_owned(), json!(token::jti(&cx)?)),
        ("st".to_owned(), json!("testing_token")),
    ]);
    // Of no category that anybody takes for a session.
    let token = token::sign_with_instance_key(&cx, &claims, TokenCategory::Unspecified)?;
    Ok(TestingToken {
        token: token.jwt.into(),
        expires_at,
        ..Default::default()
    })
}
