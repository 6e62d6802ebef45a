//! The domains of an instance: the primary one and its satellites.

use crate::id::{DomainId, ProxyCheckId};
use crate::value::{DeletedObject, Page, Patch};

resource! {
    /// A domain of an instance.
    struct Domain "domain" {
        /// The id of the domain.
        id: DomainId,
        /// The domain; in development with its port.
        name: String,
        /// Whether users sign in at the primary domain.
        is_satellite: bool,
        /// Where the Frontend API is for it.
        frontend_api_url: String,
        /// Where its account pages are.
        accounts_portal_url: Option<String>,
        /// Where the proxy of the Frontend API is.
        proxy_url: Option<String>,
        /// Where the application is in development.
        development_origin: String,
        /// What must be in the DNS.
        cname_targets: Option<Vec<CnameTarget>>,
    }
}

resource! {
    /// An entry that must be in the DNS. JavaScript: `CnameTarget`.
    struct CnameTarget {
        /// The name, such as `clerk.example.com`.
        host: String,
        /// What it stands for.
        value: String,
        /// Whether nothing works without it.
        required: bool,
    }
}

resource! {
    /// Whether the Frontend API can be reached through a proxy.
    struct ProxyCheck "proxy_check" {
        /// The id of the check.
        id: ProxyCheckId,
        /// The domain.
        domain_id: DomainId,
        /// When it was last tried, in ms since the epoch.
        last_run_at: Option<i64>,
        /// The proxy.
        proxy_url: String,
        /// Whether the Frontend API answered through it.
        successful: bool,
        /// When it was first tried, in ms since the epoch.
        created_at: i64,
        /// When it was last tried, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Lists the domains, the primary one first.
    GET "/v1/domains" => Page<Domain>,
    as Domains::list() = "list",
    struct ListDomains {}

    /// Adds a satellite domain.
    POST "/v1/domains" => Domain,
    as Domains::add(request) = "add",
    struct AddDomain {
        /// The domain; in development it can have a port.
        name: String,
        /// Must be true: there is one primary domain.
        is_satellite: bool,
        /// Where the proxy of the Frontend API is.
        proxy_url: Option<String>,
    }

    /// Changes a domain.
    PATCH "/v1/domains/{domain_id}" => Domain,
    as Domains::update(request) = "update",
    struct UpdateDomain {
        /// The domain.
        domain_id: DomainId,
        /// Its new name.
        name: Option<String>,
        /// Where the proxy of the Frontend API is.
        proxy_url: Patch<String>,
        /// Whether it is a further application under a domain that has one already.
        is_secondary: Option<bool>,
    }

    /// Removes a satellite domain.
    DELETE "/v1/domains/{domain_id}" => DeletedObject,
    as Domains::delete(domain_id: DomainId) = "delete", "deleteDomain",
    struct DeleteDomain {
        /// The domain.
        domain_id: DomainId,
    }

    /// Tries whether the Frontend API can be reached through a proxy.
    POST "/v1/proxy_checks" => ProxyCheck,
    as ProxyChecks::verify(request) = "verify",
    struct VerifyDomainProxy {
        /// The domain.
        domain_id: Option<DomainId>,
        /// The proxy.
        proxy_url: Option<String>,
    }
}
