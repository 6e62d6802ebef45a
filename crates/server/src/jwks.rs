//! The public keys of the instance.

use ironclerk_api::ApiError;
use ironclerk_api::jwks::{GetJwks, JsonWebKeySet};

use crate::context::Cx;
use crate::http::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(get)
}

async fn get(cx: Cx, _: GetJwks) -> Result<JsonWebKeySet, ApiError> {
    Ok(cx.instance().jwks())
}
