//! Addresses to which a native application may be sent back.

use ironclerk_api::redirect_urls::{
    CreateRedirectUrl, DeleteRedirectUrl, GetRedirectUrl, ListRedirectUrls, RedirectUrl,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, deleted, not_found, window};
use crate::http::Routes;
use crate::identifier;
use crate::store::documents::{self, Document, Order};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(create).on(get).on(delete)
}

impl Document for RedirectUrl {
    const KIND: &'static str = "redirect_url";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn key(&self) -> &str {
        &self.url
    }

    fn created_at(&self) -> i64 {
        self.created_at
    }
}

async fn list(cx: Cx, request: ListRedirectUrls) -> Result<Page<RedirectUrl>, ApiError> {
    let window = window(request.limit, request.offset)?;
    cx.database()
        .scan(move |transaction| {
            Ok(documents::list(
                transaction,
                None,
                Order::NEWEST_FIRST,
                window,
            )?)
        })
        .await
}

async fn create(cx: Cx, request: CreateRedirectUrl) -> Result<RedirectUrl, ApiError> {
    let redirect_url = RedirectUrl {
        id: cx.new_id()?,
        url: identifier::url("url", &request.url)?,
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    cx.database()
        .write(move |transaction| {
            if !documents::insert(transaction, &redirect_url)? {
                return Err(ErrorCode::FormIdentifierExists
                    .for_parameter("url", "This redirect URL is there already."));
            }
            Ok(redirect_url)
        })
        .await
}

async fn get(cx: Cx, request: GetRedirectUrl) -> Result<RedirectUrl, ApiError> {
    let id = request.id;
    cx.database()
        .read(move |transaction| {
            documents::get(transaction, id.as_str())?.ok_or_else(|| not_found("redirect URL", &id))
        })
        .await
}

async fn delete(cx: Cx, request: DeleteRedirectUrl) -> Result<DeletedObject, ApiError> {
    let id = request.id;
    cx.database()
        .write(move |transaction| {
            if !documents::delete::<RedirectUrl>(transaction, id.as_str())? {
                return Err(not_found("redirect URL", &id));
            }
            Ok(deleted("redirect_url", id))
        })
        .await
}
