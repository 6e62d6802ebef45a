//! Applications that sign their users in with ours. They are stored; the protocol is not spoken
//! yet.

use aws_lc_rs::digest;
use ironclerk_api::id::OAuthApplicationId;
use ironclerk_api::oauth_applications::{
    CreateOAuthApplication, DeleteOAuthApplication, GetOAuthApplication, ListOAuthApplications,
    OAuthApplication, OAuthApplicationFields, OAuthApplicationSort, RotateOAuthApplicationSecret,
    UpdateOAuthApplication,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page, Secret, Sort};
use serde::{Deserialize, Serialize};

use crate::context::{Cx, deleted, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::identifier::{self, check_length};
use crate::instance::Instance;
use crate::random::Random;
use crate::store::documents::{self, Document, Order};
use crate::users::check_values;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(update)
        .on(delete)
        .on(rotate_secret)
}

/// What an application can be allowed to see.
const SCOPES: [&str; 6] = [
    "email",
    "offline_access",
    "openid",
    "private_metadata",
    "profile",
    "public_metadata",
];
/// What an application may see when nothing is said.
const DEFAULT_SCOPES: &str = "profile email";
/// The longest list of scopes and the longest address, in characters.
const LONGEST: usize = 1024;

/// An application with what nobody is shown again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    application: OAuthApplication,
    /// The SHA-256 of the secret, in hex.
    secret_digest: Option<String>,
}

impl Document for Stored {
    const KIND: &'static str = "oauth_application";

    fn id(&self) -> &str {
        self.application.id.as_str()
    }

    fn key(&self) -> &str {
        &self.application.client_id
    }

    fn name(&self) -> &str {
        &self.application.name
    }

    fn created_at(&self) -> i64 {
        self.application.created_at
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Stored {
    /// Gives the application another secret, or none when it can keep none, and answers it.
    fn renew_secret(&mut self, random: &Random) -> Result<Option<Secret>, ApiError> {
        if self.application.public {
            self.secret_digest = None;
            return Ok(None);
        }
        let secret = hex(&random.bytes::<24>()?);
        self.secret_digest = Some(hex(
            digest::digest(&digest::SHA256, secret.as_bytes()).as_ref()
        ));
        Ok(Some(secret.into()))
    }
}

/// An application with the addresses that follow from the instance.
fn complete(instance: &Instance, mut application: OAuthApplication) -> OAuthApplication {
    let base = instance.issuer();
    application.callback_url = application
        .redirect_uris
        .first()
        .cloned()
        .unwrap_or_default();
    application.authorize_url = format!("{base}/oauth/authorize");
    application.token_fetch_url = format!("{base}/oauth/token");
    application.user_info_url = format!("{base}/oauth/userinfo");
    application.discovery_url = format!("{base}/.well-known/openid-configuration");
    application.token_introspection_url = format!("{base}/oauth/token_info");
    application
}

/// Puts the fields that are given into an application.
fn apply(
    application: &mut OAuthApplication,
    fields: OAuthApplicationFields,
) -> Result<(), ApiError> {
    let uris = fields
        .redirect_uris
        .or_else(|| fields.callback_url.map(|url| vec![url]));
    if let Some(uris) = uris {
        check_values("redirect_uris", &uris)?;
        for (index, uri) in uris.iter().enumerate() {
            check_length("redirect_uris", uri, LONGEST)?;
            identifier::url("redirect_uris", uri)?;
            if uris[..index].contains(uri) {
                return Err(ErrorCode::DuplicateRecord
                    .for_parameter("redirect_uris", format!("{uri} is given twice.")));
            }
        }
        application.redirect_uris = uris;
    }
    if let Some(scopes) = fields.scopes {
        check_length("scopes", &scopes, LONGEST)?;
        let unknown = scopes
            .split_whitespace()
            .find(|scope| !SCOPES.contains(scope));
        if let Some(unknown) = unknown {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "scopes",
                format!(
                    "There is no scope {unknown}. There are {}.",
                    SCOPES.join(", ")
                ),
            ));
        }
        application.scopes = scopes.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    for (new, setting) in [
        (
            fields.consent_screen_enabled,
            &mut application.consent_screen_enabled,
        ),
        (fields.pkce_required, &mut application.pkce_required),
        (fields.public, &mut application.public),
    ] {
        *setting = new.unwrap_or(*setting);
    }
    Ok(())
}

async fn list(cx: Cx, request: ListOAuthApplications) -> Result<Page<OAuthApplication>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(OAuthApplicationSort::CreatedAt));
    let order = match sort.key {
        OAuthApplicationSort::CreatedAt => Order::Age {
            newest_first: sort.descending,
        },
        OAuthApplicationSort::Name => Order::Name {
            descending: sort.descending,
        },
    };
    let state = cx.state.clone();
    cx.database()
        .scan(move |transaction| {
            let text = request.name_query.as_deref();
            let page = documents::list::<Stored>(transaction, text, order, window)?;
            Ok(page.map(|stored| complete(&state.instance, stored.application)))
        })
        .await
}

async fn create(cx: Cx, request: CreateOAuthApplication) -> Result<OAuthApplication, ApiError> {
    let mut application = OAuthApplication {
        id: cx.new_id()?,
        instance_id: cx.instance().id().clone(),
        name: identifier::name("name", &request.name)?,
        client_id: hex(&cx.random::<10>()?),
        consent_screen_enabled: true,
        scopes: DEFAULT_SCOPES.to_owned(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    apply(&mut application, request.fields)?;
    let mut stored = Stored {
        application,
        secret_digest: None,
    };
    let secret = stored.renew_secret(&cx.state.random)?;
    let state = cx.state.clone();
    cx.database()
        .write(move |transaction| {
            documents::insert(transaction, &stored)?;
            Ok(OAuthApplication {
                client_secret: secret,
                ..complete(&state.instance, stored.application)
            })
        })
        .await
}

async fn get(cx: Cx, request: GetOAuthApplication) -> Result<OAuthApplication, ApiError> {
    let state = cx.state.clone();
    cx.database()
        .read(move |transaction| {
            let id = request.oauth_application_id;
            let stored: Stored =
                documents::get(transaction, id.as_str())?.ok_or_else(|| no_application(&id))?;
            Ok(complete(&state.instance, stored.application))
        })
        .await
}

/// Changes an application that nobody else changes at the same time.
async fn change(
    cx: Cx,
    id: OAuthApplicationId,
    change: impl FnOnce(&mut Transaction<'_>, &mut Stored) -> Result<Option<Secret>, ApiError>
    + Send
    + 'static,
) -> Result<OAuthApplication, ApiError> {
    let (state, now) = (cx.state.clone(), cx.now);
    cx.database()
        .write(move |transaction| {
            let mut stored: Stored = documents::get_to_change(transaction, id.as_str())?
                .ok_or_else(|| no_application(&id))?;
            let client_secret = change(transaction, &mut stored)?;
            stored.application.updated_at = now;
            documents::update(transaction, &stored)?;
            Ok(OAuthApplication {
                client_secret,
                ..complete(&state.instance, stored.application)
            })
        })
        .await
}

async fn update(cx: Cx, request: UpdateOAuthApplication) -> Result<OAuthApplication, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    change(cx, request.oauth_application_id, move |_, stored| {
        let application = &mut stored.application;
        if let Some(name) = name {
            application.name = name;
        }
        apply(application, request.fields)?;
        if application.public {
            stored.secret_digest = None;
        }
        Ok(None)
    })
    .await
}

async fn delete(cx: Cx, request: DeleteOAuthApplication) -> Result<DeletedObject, ApiError> {
    let id = request.oauth_application_id;
    cx.database()
        .write(move |transaction| {
            if !documents::delete::<Stored>(transaction, id.as_str())? {
                return Err(no_application(&id));
            }
            Ok(deleted("oauth_application", id))
        })
        .await
}

async fn rotate_secret(
    cx: Cx,
    request: RotateOAuthApplicationSecret,
) -> Result<OAuthApplication, ApiError> {
    let random = cx.state.random.clone();
    change(cx, request.oauth_application_id, move |_, stored| {
        stored.renew_secret(&random)
    })
    .await
}

fn no_application(id: &OAuthApplicationId) -> ApiError {
    not_found("OAuth application", id)
}
