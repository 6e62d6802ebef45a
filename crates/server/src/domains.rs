//! The domains of the instance, and whether its Frontend API can be reached through a proxy.

use std::time::Duration;

use ironclerk_api::domains::{
    AddDomain, DeleteDomain, Domain, ListDomains, ProxyCheck, UpdateDomain, VerifyDomainProxy,
};
use ironclerk_api::id::DomainId;
use ironclerk_api::instance::{
    ChangeDomain, ChangeDomainBeta, NewHome, UpdateProductionInstanceDomain,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page, Patch};
use serde_json::Value;
use url::Url;

use crate::context::{Cx, deleted, not_found};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::instance::Instance;
use crate::random::Random;
use crate::store::documents::{self, Document};
use crate::store::instance;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(add)
        .on(update)
        .on(delete)
        .on(check_proxy)
        .on(change_domain)
        .on(change_domain_beta)
        .on(update_production_domain)
}

/// Where the Frontend API says that it is well, and whose it is.
pub(crate) const PROXY_HEALTH: &str = "/v1/proxy-health";
/// For how long a proxy may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many satellite domains there are at the most.
const MOST_SATELLITES: usize = 100;

impl Document for Domain {
    const KIND: &'static str = "domain";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn key(&self) -> &str {
        &self.name
    }

    // A domain does not say when it was added. The primary one is there from the beginning.
    fn created_at(&self) -> i64 {
        i64::from(self.is_satellite)
    }
}

impl Document for ProxyCheck {
    const KIND: &'static str = "proxy_check";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn key(&self) -> &str {
        self.domain_id.as_str()
    }

    fn created_at(&self) -> i64 {
        self.created_at
    }
}

/// Makes the primary domain, unless there is one.
pub(crate) fn make_primary(
    transaction: &mut Transaction<'_>,
    name: &str,
    random: &Random,
    now: i64,
) -> Result<(), DatabaseError> {
    instance::lock(transaction)?;
    if !documents::all::<Domain>(transaction)?.is_empty() {
        return Ok(());
    }
    let primary = Domain {
        id: crate::id::new(now, random.bytes()?),
        name: name.to_owned(),
        ..Default::default()
    };
    documents::insert(transaction, &primary)?;
    Ok(())
}

/// A domain with what follows from the instance.
fn complete(instance: &Instance, development_origin: &str, mut domain: Domain) -> Domain {
    domain.frontend_api_url = domain
        .proxy_url
        .clone()
        .unwrap_or_else(|| instance.issuer().to_owned());
    domain.development_origin = development_origin.to_owned();
    // The server is where it is: nothing needs to be in the DNS for it.
    domain.cname_targets = Some(Vec::new());
    domain
}

fn development_origin(transaction: &mut Transaction<'_>) -> Result<String, ApiError> {
    Ok(instance::settings(transaction)?
        .development_origin
        .unwrap_or_default())
}

async fn list(cx: Cx, _: ListDomains) -> Result<Page<Domain>, ApiError> {
    let state = cx.state.clone();
    cx.database()
        .scan(move |transaction| {
            let origin = development_origin(transaction)?;
            let data: Vec<_> = documents::all(transaction)?
                .into_iter()
                .map(|domain| complete(&state.instance, &origin, domain))
                .collect();
            Ok(Page {
                total_count: data.len() as u64,
                data,
            })
        })
        .await
}

/// The name of a domain, with or without a port.
fn domain_name(parameter: &str, text: &str) -> Result<String, ApiError> {
    let (host, port) = match text.trim().split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text.trim(), None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    match identifier::domain(parameter, host) {
        _ if host == "localhost" && is_port => Ok(text.trim().to_owned()),
        Ok(host) if is_port => Ok(port.map_or(host.clone(), |port| format!("{host}:{port}"))),
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            format!("{parameter} must be a domain such as example.com, or localhost:3000."),
        )),
    }
}

fn proxy_url(parameter: &str, text: &str) -> Result<String, ApiError> {
    let url = identifier::url(parameter, text)?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
        parameter,
        format!("{parameter} must begin with https:// or http://."),
    ))
}

fn name_taken() -> ApiError {
    ErrorCode::FormIdentifierExists.for_parameter("name", "This domain is there already.")
}

async fn add(cx: Cx, request: AddDomain) -> Result<Domain, ApiError> {
    let domain = Domain {
        id: cx.new_id()?,
        name: domain_name("name", &request.name)?,
        is_satellite: true,
        proxy_url: request
            .proxy_url
            .map(|url| proxy_url("proxy_url", &url))
            .transpose()?,
        ..Default::default()
    };
    if !request.is_satellite {
        return Err(ErrorCode::PrimaryDomainAlreadyExists.for_parameter(
            "is_satellite",
            "is_satellite must be true: the instance has a primary domain.",
        ));
    }
    let state = cx.state.clone();
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            if documents::all::<Domain>(transaction)?.len() > MOST_SATELLITES {
                return Err(ErrorCode::FormParameterValueInvalid.because(format!(
                    "An instance may have {MOST_SATELLITES} satellite domains at the most."
                )));
            }
            if !documents::insert(transaction, &domain)? {
                return Err(name_taken());
            }
            let origin = development_origin(transaction)?;
            Ok(complete(&state.instance, &origin, domain))
        })
        .await
}

async fn update(cx: Cx, request: UpdateDomain) -> Result<Domain, ApiError> {
    let name = request
        .name
        .map(|name| domain_name("name", &name))
        .transpose()?;
    let proxy = match request.proxy_url {
        Patch::Set(url) => Patch::Set(proxy_url("proxy_url", &url)?),
        other => other,
    };
    let state = cx.state.clone();
    cx.database()
        .write(move |transaction| {
            let mut domain = find(transaction, &request.domain_id)?;
            if let Some(name) = name {
                rename(transaction, &mut domain, name)?;
            }
            proxy.apply(&mut domain.proxy_url);
            documents::update(transaction, &domain)?;
            let origin = development_origin(transaction)?;
            Ok(complete(&state.instance, &origin, domain))
        })
        .await
}

fn find(transaction: &mut Transaction<'_>, id: &DomainId) -> Result<Domain, ApiError> {
    documents::get_to_change(transaction, id.as_str())?.ok_or_else(|| not_found("domain", id))
}

fn rename(
    transaction: &mut Transaction<'_>,
    domain: &mut Domain,
    name: String,
) -> Result<(), ApiError> {
    let is_taken = documents::get_by_key::<Domain>(transaction, &name)?
        .is_some_and(|other| other.id != domain.id);
    if is_taken {
        return Err(name_taken());
    }
    domain.name = name;
    Ok(())
}

async fn delete(cx: Cx, request: DeleteDomain) -> Result<DeletedObject, ApiError> {
    let id = request.domain_id;
    cx.database()
        .write(move |transaction| {
            if !find(transaction, &id)?.is_satellite {
                return Err(ErrorCode::OperationNotAllowedOnPrimaryDomain
                    .because("The primary domain cannot be deleted."));
            }
            documents::delete::<Domain>(transaction, id.as_str())?;
            Ok(deleted("domain", id))
        })
        .await
}

async fn change_domain(cx: Cx, request: ChangeDomain) -> Result<(), ApiError> {
    move_home(cx, request.home).await
}

async fn change_domain_beta(cx: Cx, request: ChangeDomainBeta) -> Result<(), ApiError> {
    move_home(cx, request.home).await
}

async fn update_production_domain(
    cx: Cx,
    request: UpdateProductionInstanceDomain,
) -> Result<(), ApiError> {
    move_home(cx, request.home).await
}

/// Gives the primary domain the name that is in the application's new address.
async fn move_home(cx: Cx, home: NewHome) -> Result<(), ApiError> {
    let parameter = "home_url";
    let address = home.home_url.ok_or_else(|| {
        ErrorCode::FormParameterMissing.for_parameter(parameter, "home_url is missing.")
    })?;
    let address = identifier::url(parameter, &address)?;
    let malformed = || {
        ErrorCode::FormParameterFormatInvalid.for_parameter(
            parameter,
            "home_url must be an address such as https://www.example.com.",
        )
    };
    let url = Url::parse(&address).map_err(|_| malformed())?;
    let host = url.host_str().filter(|_| url.scheme().starts_with("http"));
    let host = host.ok_or_else(malformed)?;
    let name = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let all = documents::all::<Domain>(transaction)?;
            let primary = all.into_iter().find(|domain| !domain.is_satellite);
            let mut primary = primary.ok_or_else(|| {
                ErrorCode::ResourceNotFound.because("There is no primary domain.")
            })?;
            rename(transaction, &mut primary, name)?;
            documents::update(transaction, &primary)?;
            Ok(())
        })
        .await
}

async fn check_proxy(cx: Cx, request: VerifyDomainProxy) -> Result<ProxyCheck, ApiError> {
    let missing = |parameter: &str| {
        ErrorCode::FormParameterMissing.for_parameter(parameter, format!("{parameter} is missing."))
    };
    let domain_id = request.domain_id.ok_or_else(|| missing("domain_id"))?;
    let url = request.proxy_url.ok_or_else(|| missing("proxy_url"))?;
    let proxy_url = proxy_url("proxy_url", &url)?;
    let domain: Domain = cx
        .database()
        .read({
            let id = domain_id.clone();
            move |transaction| {
                documents::get(transaction, id.as_str())?.ok_or_else(|| not_found("domain", &id))
            }
        })
        .await?;
    let successful = leads_to(&proxy_url, &domain.id, cx.instance().id().as_str()).await;
    let (id, now) = (cx.new_id()?, cx.now);
    cx.database()
        .write(move |transaction| {
            let old = documents::get_by_key::<ProxyCheck>(transaction, domain_id.as_str())?;
            let is_new = old.is_none();
            let check = ProxyCheck {
                last_run_at: Some(now),
                proxy_url,
                successful,
                updated_at: now,
                ..old.unwrap_or(ProxyCheck {
                    id,
                    domain_id,
                    created_at: now,
                    ..Default::default()
                })
            };
            match is_new {
                true => drop(documents::insert(transaction, &check)?),
                false => documents::update(transaction, &check)?,
            }
            Ok(check)
        })
        .await
}

/// Whether the Frontend API of the instance answers behind a proxy.
async fn leads_to(proxy_url: &str, domain: &DomainId, instance: &str) -> bool {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let Ok(client) = client else { return false };
    let answer = async {
        let address = format!("{proxy_url}{PROXY_HEALTH}?domain_id={domain}");
        let mut response = client.get(address).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > 64 * 1024 {
                return None;
            }
        }
        serde_json::from_slice::<Value>(&body).ok()
    };
    match answer.await {
        Some(answer) => answer["instance_id"] == instance,
        None => false,
    }
}
