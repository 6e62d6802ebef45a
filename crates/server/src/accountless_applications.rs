//! Applications that are set up before anybody has an account. Here there is one instance, and
//! whoever has its secret key is told its keys.

use ironclerk_api::ApiError;
use ironclerk_api::accountless_applications::{
    AccountlessApplication, CompleteAccountlessApplication, CreateAccountlessApplication,
};

use crate::context::Cx;
use crate::http::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(create).on(complete)
}

async fn create(
    cx: Cx,
    _: CreateAccountlessApplication,
) -> Result<AccountlessApplication, ApiError> {
    application(&cx)
}

async fn complete(
    cx: Cx,
    _: CompleteAccountlessApplication,
) -> Result<AccountlessApplication, ApiError> {
    application(&cx)
}

fn application(cx: &Cx) -> Result<AccountlessApplication, ApiError> {
    let instance = cx.instance();
    // The same instance is always the same application.
    let id = instance.id().as_str().trim_start_matches("ins_");
    Ok(AccountlessApplication {
        id: format!("accapp_{id}").into(),
        publishable_key: instance.publishable_key().as_str().to_owned(),
        secret_key: instance.secret_key().expose().into(),
        claim_url: instance.issuer().to_owned(),
        api_keys_url: instance.issuer().to_owned(),
        ..Default::default()
    })
}
