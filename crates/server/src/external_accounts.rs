//! Accounts of users at other services, and the tokens with which applications act there.

use ironclerk_api::users::{
    DeleteUserExternalAccount, ExternalAccount, ListUserOAuthAccessTokens, OAuthAccessToken,
    OAuthProvider, User,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ApiVersion, ErrorCode, Page};

use crate::Server;
use crate::context::taken;
use crate::context::{Cx, window};
use crate::http::Routes;
use crate::store::external_accounts::{self as store, ServiceTokens};
use crate::store::identifications;
use crate::store::users::{self, UniqueColumn};
use crate::users::no_user;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(access_tokens).on(delete)
}

async fn access_tokens(
    cx: Cx,
    request: ListUserOAuthAccessTokens,
) -> Result<Page<OAuthAccessToken>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let provider = request.provider.as_str().to_owned();
    cx.database()
        .read(move |transaction| {
            let user = &request.user_id;
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(user));
            }
            Ok(store::access_tokens(transaction, user, &provider, window)?)
        })
        .await
}

async fn delete(cx: Cx, request: DeleteUserExternalAccount) -> Result<DeletedObject, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let (user, id) = (request.user_id, request.external_account_id);
            if !users::lock(transaction, &user)? {
                return Err(no_user(&user));
            }
            if !store::delete(transaction, &user, &id)? {
                return Err(ErrorCode::ExternalAccountNotFound.because(format!(
                    "The user has no external account with the id {id}."
                )));
            }
            identifications::touch(transaction, &user, now)?;
            Ok(DeletedObject {
                object: "external_account".to_owned(),
                id: Some(id.into()),
                deleted: true,
                ..Default::default()
            })
        })
        .await
}

impl Server {
    /// Connects an account at another service to a user, as if the user had signed in there, and
    /// answers the user. For seeding: an application that acts for its users elsewhere can be
    /// tried without that service.
    ///
    /// Of `account`, the ids and the times are the server's to set. `tokens` is what
    /// `users.getUserOauthAccessToken` answers then.
    ///
    /// # Errors
    /// When there is no such user, or somebody has connected the account already.
    pub async fn connect_account(
        &self,
        user: &ironclerk_api::id::UserId,
        account: ExternalAccount,
        tokens: Option<OAuthAccessToken>,
    ) -> Result<User, ApiError> {
        let cx = Cx::new(self.state().clone(), ApiVersion::LATEST);
        let account = ExternalAccount {
            id: cx.new_id()?,
            identification_id: cx.new_id()?,
            provider: OAuthProvider::from(account.provider.clone())
                .as_str()
                .to_owned(),
            created_at: cx.now,
            updated_at: cx.now,
            ..account
        };
        let tokens = tokens.map(|tokens| ServiceTokens {
            access_token: tokens.token.expose().to_owned(),
            token_secret: tokens.token_secret.map(|text| text.expose().to_owned()),
            id_token: tokens.id_token.map(|text| text.expose().to_owned()),
            expires_at: tokens.expires_at,
        });
        let (user, images, now) = (user.clone(), cx.images(), cx.now);
        cx.database()
            .write(move |transaction| {
                if !users::lock(transaction, &user)? {
                    return Err(no_user(&user));
                }
                if !store::insert(transaction, &user, &account, tokens.as_ref())? {
                    return Err(taken("external_account"));
                }
                identifications::touch(transaction, &user, now)?;
                users::get(transaction, &user, &images)?.ok_or_else(|| no_user(&user))
            })
            .await
    }
}
