//! The operations under the names that Clerk's SDKs give them: `clerk.users().get("user_1")`.
//!
//! A namespace is declared here, a method where its operation is declared. A client gets them all
//! by being a [`Caller`].

use crate::endpoint::Endpoint;

/// A client: it makes calls out of requests.
pub trait Caller: Sized {
    /// A call that can be made.
    type Call<'caller, E: Endpoint>
    where
        Self: 'caller;

    /// The call of a request.
    fn call<'caller, E: Endpoint>(&'caller self, request: &E) -> Self::Call<'caller, E>;
}

/// A group of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The method of a client that leads to it, such as `email_addresses`.
    pub name: &'static str,
    /// The property of a JavaScript client, such as `emailAddresses`; empty when it has none.
    pub javascript: &'static str,
}

/// What an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodName {
    /// The group that it is in.
    pub namespace: Namespace,
    /// The method of our client, such as `get`.
    pub name: &'static str,
    /// The methods of the JavaScript client, such as `getUser`: none, or one and its older names.
    pub javascript: &'static [&'static str],
}

impl MethodName {
    /// The call in Rust, such as `users().get`.
    pub fn rust_call(&self) -> String {
        format!("{}().{}", self.namespace.name, self.name)
    }

    /// The calls in JavaScript, such as `users.getUser`.
    pub fn javascript_calls(&self) -> impl Iterator<Item = String> {
        let namespace = self.namespace.javascript;
        self.javascript
            .iter()
            .map(move |method| format!("{namespace}.{method}"))
    }
}

/// Declares the namespaces: how Rust gets to one, its type, and its name in JavaScript.
macro_rules! namespaces {
    ($( $(#[$meta:meta])* $accessor:ident: $name:ident $($javascript:literal)?, )*) => {
        $(
            $(#[$meta])*
            $(
                ///
                #[doc = concat!("JavaScript: `clerkClient.", $javascript, "`.")]
            )?
            #[derive(Debug)]
            pub struct $name<'caller, C>(pub(crate) &'caller C);

            impl<'caller, C> $name<'caller, C> {
                /// What the namespace is called.
                pub const NAMESPACE: Namespace = Namespace {
                    name: stringify!($accessor),
                    javascript: concat!($($javascript)?),
                };

                /// The operations of the namespace, made by this client.
                pub fn of(caller: &'caller C) -> Self {
                    Self(caller)
                }
            }
        )*

        /// Every namespace.
        pub const NAMESPACES: &[Namespace] = &[$( $name::<()>::NAMESPACE ),*];

        /// Puts a method for each namespace into the `impl` block of a client.
        #[macro_export]
        macro_rules! namespace_methods {
            () => {
                $(
                    $(#[$meta])*
                    $(
                        ///
                        #[doc = concat!("JavaScript: `clerkClient.", $javascript, "`.")]
                    )?
                    pub fn $accessor(&self) -> $crate::namespaces::$name<'_, Self> {
                        $crate::namespaces::$name::of(self)
                    }
                )*
            };
        }

        /// The name of a namespace in JavaScript, as a literal.
        macro_rules! javascript_name {
            $( ($name) => { concat!($($javascript)?) }; )*
        }
    };
}

namespaces! {
    /// Applications that nobody has claimed.
    accountless_applications: AccountlessApplications "__experimental_accountlessApplications",
    /// Tokens with which one user acts in the place of another.
    actor_tokens: ActorTokens "actorTokens",
    /// Tasks in which an agent acts in the place of a user.
    agent_tasks: AgentTasks "agentTasks",
    /// Who may sign up.
    allowlist_identifiers: AllowlistIdentifiers "allowlistIdentifiers",
    /// Long-lived secrets of users and organizations.
    api_keys: ApiKeys "apiKeys",
    /// What Clerk may change at any time.
    beta_features: BetaFeatures "betaFeatures",
    /// Plans, and who has subscribed to them.
    billing: Billing "billing",
    /// Who may not sign up.
    blocklist_identifiers: BlocklistIdentifiers "blocklistIdentifiers",
    /// Clients: browsers and devices.
    clients: Clients "clients",
    /// The domains of the instance.
    domains: Domains "domains",
    /// Email addresses of users.
    email_addresses: EmailAddresses "emailAddresses",
    /// The access tokens that other applications got from ours.
    idp_oauth_access_tokens: IdpOAuthAccessTokens "idPOAuthAccessToken",
    /// The instance and its settings.
    instance: Instance "instance",
    /// Invitations to sign up.
    invitations: Invitations "invitations",
    /// The keys that verify the instance's tokens.
    jwks: Jwks "jwks",
    /// JWT templates.
    jwt_templates: JwtTemplates "jwtTemplates",
    /// Tokens with which machines prove themselves to each other.
    m2m: M2m "m2m",
    /// Programs that prove themselves to each other with tokens.
    machines: Machines "machines",
    /// Applications that sign their users in with ours.
    oauth_applications: OAuthApplications "oauthApplications",
    /// The roles of members of organizations, and what they permit.
    organization_roles: OrganizationRoles,
    /// Organizations, their members, invitations and domains.
    organizations: Organizations "organizations",
    /// Phone numbers of users.
    phone_numbers: PhoneNumbers "phoneNumbers",
    /// Whether the Frontend API can be reached through a proxy.
    proxy_checks: ProxyChecks "proxyChecks",
    /// Addresses to which native applications may be sent back.
    redirect_urls: RedirectUrls "redirectUrls",
    /// Role sets: which roles the members of organizations can have.
    role_sets: RoleSets,
    /// Connections to identity providers that speak SAML.
    saml_connections: SamlConnections "samlConnections",
    /// Sessions and their tokens.
    sessions: Sessions "sessions",
    /// Tokens that sign users in.
    sign_in_tokens: SignInTokens "signInTokens",
    /// Sign-ups.
    sign_ups: SignUps "signUps",
    /// Testing tokens.
    testing_tokens: TestingTokens "testingTokens",
    /// Users.
    users: Users "users",
    /// Who waits for being let in.
    waitlist_entries: WaitlistEntries "waitlistEntries",
    /// Whether the instance sends webhooks, and where they are managed.
    webhooks: Webhooks "webhooks",
}
