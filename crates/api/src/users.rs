//! Users and their identifiers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ExternalAccountId, IdentificationId, ImageId, SamlConnectionId, UserId};
use crate::organizations::OrganizationMembership;
use crate::value::{DeletedObject, File, Metadata, Page, Patch, Secret, Sort, TotalCount};

resource! {
    /// A user of the application.
    struct User "user" {
        /// The id of the user; `sub` in session tokens.
        id: UserId,
        /// The id that the application has given the user.
        external_id: Option<String>,
        /// The email address to write to.
        primary_email_address_id: Option<IdentificationId>,
        /// The phone number to call.
        primary_phone_number_id: Option<IdentificationId>,
        /// The web3 wallet to show.
        primary_web3_wallet_id: Option<IdentificationId>,
        /// The username.
        username: Option<String>,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// The language that the user prefers, as a BCP 47 tag.
        locale: Option<String>,
        /// The old name of `image_url`.
        profile_image_url: String,
        /// Where the user's image is.
        image_url: String,
        /// Whether an image was uploaded.
        has_image: bool,
        /// Data that front end and back end read, and only the back end writes.
        public_metadata: Metadata,
        /// Data that only the back end reads and writes.
        private_metadata: Metadata,
        /// Data that the front end may write too.
        unsafe_metadata: Metadata,
        /// The email addresses.
        email_addresses: Vec<EmailAddress>,
        /// The phone numbers.
        phone_numbers: Vec<PhoneNumber>,
        /// The web3 wallets.
        web3_wallets: Vec<Web3Wallet>,
        /// The passkeys.
        passkeys: Vec<Passkey>,
        /// The memberships. Only in the Frontend API.
        #[serde(skip_serializing_if = "Option::is_none")]
        organization_memberships: Option<Vec<OrganizationMembership>>,
        /// Whether there is a password.
        password_enabled: bool,
        /// Whether a second factor is set up.
        two_factor_enabled: bool,
        /// Whether an authenticator app is set up.
        totp_enabled: bool,
        /// Whether there are backup codes.
        backup_code_enabled: bool,
        /// When a second factor was first set up, in ms since the epoch.
        mfa_enabled_at: Option<i64>,
        /// When the last second factor was removed, in ms since the epoch.
        mfa_disabled_at: Option<i64>,
        /// When the password was last changed, in ms since the epoch.
        password_last_updated_at: Option<i64>,
        /// The accounts at other services.
        external_accounts: Vec<ExternalAccount>,
        /// The accounts at SAML identity providers.
        saml_accounts: Vec<SamlAccount>,
        /// The accounts at enterprise identity providers.
        enterprise_accounts: Vec<Value>,
        /// When the user last signed in, in ms since the epoch.
        last_sign_in_at: Option<i64>,
        /// Whether the user may not sign in.
        banned: bool,
        /// Whether the user may not sign in for a while, after too many attempts.
        locked: bool,
        /// For how long, in seconds.
        lockout_expires_in_seconds: Option<i64>,
        /// How many attempts are left before the lock.
        verification_attempts_remaining: Option<i64>,
        /// When the user was last changed, in ms since the epoch.
        updated_at: i64,
        /// When the user was created, in ms since the epoch.
        created_at: i64,
        /// Whether the user may delete themselves.
        delete_self_enabled: bool,
        /// Whether the user may create organizations.
        create_organization_enabled: bool,
        /// How many; 0 or null for no limit.
        create_organizations_limit: Option<u64>,
        /// When the user was last active, in ms since the epoch; exact to the day.
        last_active_at: Option<i64>,
        /// When the user accepted the legal terms, in ms since the epoch.
        legal_accepted_at: Option<i64>,
        /// Whether the user signs in on a new device without further checks.
        bypass_client_trust: bool,
    }
}

impl User {
    /// First and last name. JavaScript: `fullName`.
    #[doc(alias = "fullName")]
    pub fn full_name(&self) -> Option<String> {
        let names: Vec<_> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        Some(names.join(" ").trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// The email address to write to. JavaScript: `primaryEmailAddress`.
    #[doc(alias = "primaryEmailAddress")]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let primary = self.primary_email_address_id.as_ref()?;
        self.email_addresses.iter().find(|it| it.id == *primary)
    }

    /// The phone number to call. JavaScript: `primaryPhoneNumber`.
    #[doc(alias = "primaryPhoneNumber")]
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let primary = self.primary_phone_number_id.as_ref()?;
        self.phone_numbers.iter().find(|it| it.id == *primary)
    }

    /// The wallet to show. JavaScript: `primaryWeb3Wallet`.
    #[doc(alias = "primaryWeb3Wallet")]
    pub fn primary_web3_wallet(&self) -> Option<&Web3Wallet> {
        let primary = self.primary_web3_wallet_id.as_ref()?;
        self.web3_wallets.iter().find(|it| it.id == *primary)
    }
}

resource! {
    /// An email address of a user.
    struct EmailAddress "email_address" {
        /// The id of the identifier.
        id: IdentificationId,
        /// The address.
        email_address: String,
        /// Whether it waits for a sign-up to end.
        reserved: bool,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
        /// The identifiers that it came with.
        linked_to: Vec<IdentificationLink>,
        /// Whether its domain belongs to an enterprise connection.
        matches_sso_connection: bool,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A phone number of a user.
    struct PhoneNumber "phone_number" {
        /// The id of the identifier.
        id: IdentificationId,
        /// The number in E.164 form.
        phone_number: String,
        /// Whether it serves as a second factor.
        reserved_for_second_factor: bool,
        /// Whether it is the second factor that is offered first.
        default_second_factor: bool,
        /// Whether it waits for a sign-up to end.
        reserved: bool,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
        /// The identifiers that it came with.
        linked_to: Vec<IdentificationLink>,
        /// The backup codes, just after they were made.
        backup_codes: Option<Vec<Secret>>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A web3 wallet of a user.
    struct Web3Wallet "web3_wallet" {
        /// The id of the identifier.
        id: IdentificationId,
        /// The address of the wallet.
        web3_wallet: String,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A passkey of a user.
    struct Passkey "passkey" {
        /// The id of the identifier.
        id: IdentificationId,
        /// What the user calls it.
        name: String,
        /// When it was last used, in ms since the epoch.
        last_used_at: Option<i64>,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
    }
}

resource! {
    /// An account of a user at another service.
    struct ExternalAccount "external_account" {
        /// The id of the account here.
        id: ExternalAccountId,
        /// The service, such as `oauth_google`.
        provider: String,
        /// The id of the identifier that it is.
        identification_id: IdentificationId,
        /// The id of the account there. JavaScript: `externalId`.
        #[doc(alias = "externalId")]
        provider_user_id: String,
        /// What was allowed, separated by spaces.
        approved_scopes: String,
        /// The email address there.
        email_address: String,
        /// Whether the service says that the address is verified; null when it does not say.
        #[serde(skip_serializing_if = "Option::is_none")]
        email_address_verified: Option<bool>,
        /// The first name there.
        first_name: String,
        /// The last name there.
        last_name: String,
        /// The old name of `image_url`.
        #[serde(skip_serializing_if = "Option::is_none")]
        avatar_url: Option<String>,
        /// Where the picture there is.
        image_url: Option<String>,
        /// The username there.
        username: Option<String>,
        /// The phone number there.
        phone_number: Option<String>,
        /// What else the service says for all to see.
        public_metadata: Metadata,
        /// What the user calls it.
        label: Option<String>,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
        /// When it was connected, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// An account of a user at a SAML identity provider.
    struct SamlAccount "saml_account" {
        /// The id of the account here.
        id: String,
        /// The kind of identity provider, such as `saml_okta`.
        provider: String,
        /// Whether it can be used.
        active: bool,
        /// The email address there.
        email_address: String,
        /// The first name there.
        first_name: Option<String>,
        /// The last name there.
        last_name: Option<String>,
        /// The id of the account there.
        provider_user_id: Option<String>,
        /// When it was last used, in ms since the epoch.
        last_authenticated_at: Option<i64>,
        /// What else the identity provider says.
        public_metadata: Metadata,
        /// How it was verified; null when it was not.
        verification: Option<Verification>,
        /// The connection that it belongs to.
        saml_connection: Option<SamlAccountConnection>,
    }
}

resource! {
    /// What is said of a SAML connection with an account. JavaScript: `SamlAccountConnection`.
    struct SamlAccountConnection {
        /// The id of the connection.
        id: SamlConnectionId,
        /// The name that people see.
        name: String,
        /// The domain of the email addresses.
        domain: Option<String>,
        /// All domains of the email addresses.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        domains: Vec<String>,
        /// Whether it can be used.
        active: bool,
        /// The kind of identity provider, such as `saml_okta`.
        provider: String,
        /// Whether names and metadata follow the identity provider at every sign-in.
        sync_user_attributes: bool,
        /// Whether email addresses of sub-domains count too.
        allow_subdomains: bool,
        /// Whether a sign-in may begin at the identity provider.
        allow_idp_initiated: bool,
        /// Whether users of the connection may have no other identifiers.
        disable_additional_identifications: bool,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A token with which an application acts for a user at another service.
    struct OAuthAccessToken "oauth_access_token" {
        /// The account that it is for.
        external_account_id: ExternalAccountId,
        /// The id of the account there.
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_user_id: Option<String>,
        /// The token.
        token: Secret,
        /// Until when it is valid, in ms since the epoch.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<i64>,
        /// The service, such as `oauth_google`.
        provider: String,
        /// What else the service says for all to see.
        public_metadata: Metadata,
        /// What the user calls the account.
        label: Option<String>,
        /// What the token allows.
        #[serde(skip_serializing_if = "Option::is_none")]
        scopes: Option<Vec<String>>,
        /// The secret that goes with a token of OAuth 1.0.
        #[serde(skip_serializing_if = "Option::is_none")]
        token_secret: Option<Secret>,
        /// The ID token of OpenID Connect.
        #[serde(skip_serializing_if = "Option::is_none")]
        id_token: Option<Secret>,
    }
}

/// Another service that users sign in with, such as `oauth_google`. `google` becomes that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct OAuthProvider(String);

impl OAuthProvider {
    /// The name as the wire has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for OAuthProvider {
    fn from(name: String) -> Self {
        // No name stays none, so that it is refused.
        match name.is_empty() || name.starts_with("oauth_") {
            true => Self(name),
            false => Self(format!("oauth_{name}")),
        }
    }
}

impl From<&str> for OAuthProvider {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}
crate::endpoint::json_parameter!(OAuthProvider);

/// That a password is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedPassword {
    /// Always true: a wrong one is an error.
    pub verified: bool,
}

/// That a code is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedTotp {
    /// Always true: a wrong one is an error.
    pub verified: bool,
    /// What kind of code it was.
    pub code_type: CodeType,
}

open_enum! {
    /// A kind of code of a second factor.
    enum CodeType {
        /// From an authenticator app.
        Totp = "totp",
        /// A backup code, which is used up now.
        BackupCode = "backup_code",
    }
}

/// Whose second factor was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedUser {
    /// The user.
    pub user_id: UserId,
}

open_enum! {
    /// What a new email address or phone number is from the start.
    enum IdentificationStatus {
        /// It can be used.
        Verified = "verified",
        /// It can be used to sign in, and nobody else can have it.
        Reserved = "reserved",
    }
}

resource! {
    /// How an identifier was verified.
    struct Verification {
        /// The kind of verification, such as `verification_admin`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// `verified`, `unverified`, `failed` or `expired`.
        status: String,
        /// By what means, such as `admin` or `email_code`.
        strategy: String,
        /// How many attempts were made.
        attempts: Option<u64>,
        /// When it must be done, in ms since the epoch.
        expire_at: Option<i64>,
        /// Where the user goes to be verified elsewhere. JavaScript:
        /// `externalVerificationRedirectURL`.
        #[doc(alias = "externalVerificationRedirectURL")]
        #[serde(skip_serializing_if = "Option::is_none")]
        external_verification_redirect_url: Option<String>,
        /// What a web3 wallet signs.
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// What a web3 wallet shows.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The client that it was verified on.
        #[serde(skip_serializing_if = "Option::is_none")]
        verified_at_client: Option<String>,
    }
}

/// An identifier that came with another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentificationLink {
    /// The kind, such as `oauth_google`.
    pub r#type: String,
    /// The id.
    pub id: IdentificationId,
}

sort_keys! {
    /// What users can be sorted by.
    enum UserSort {
        /// When they were created.
        CreatedAt = "created_at",
        /// When they were last changed.
        UpdatedAt = "updated_at",
        /// The primary email address.
        EmailAddress = "email_address",
        /// The primary web3 wallet.
        Web3Wallet = "web3wallet",
        /// The first name.
        FirstName = "first_name",
        /// The last name.
        LastName = "last_name",
        /// The primary phone number.
        PhoneNumber = "phone_number",
        /// The username.
        Username = "username",
        /// When they were last active.
        LastActiveAt = "last_active_at",
        /// When they last signed in.
        LastSignInAt = "last_sign_in_at",
    }
}

sort_keys! {
    /// What the members of an organization can be sorted by.
    enum MemberSort {
        /// When they became a member.
        CreatedAt = "created_at",
        /// The primary email address.
        EmailAddress = "email_address",
        /// The first name.
        FirstName = "first_name",
        /// The last name.
        LastName = "last_name",
        /// The primary phone number.
        PhoneNumber = "phone_number",
        /// The username.
        Username = "username",
    }
}

parameters! {
    /// Which users are listed or counted. All that is given must hold; of the values of a list
    /// one is enough.
    struct UserFilter {
        /// Only users with one of these email addresses.
        email_address: Vec<String>,
        /// Only users with one of these phone numbers.
        phone_number: Vec<String>,
        /// Only users with one of these external ids; `-…` for all others.
        external_id: Vec<String>,
        /// Only users with one of these usernames.
        username: Vec<String>,
        /// Only users with one of these web3 wallets.
        web3_wallet: Vec<String>,
        /// Only users with an account at this service, such as `oauth_google`, whose id is one of
        /// `provider_user_id`.
        provider: Option<String>,
        /// The ids at the service; they need `provider`.
        provider_user_id: Vec<String>,
        /// Only these users; `-user_…` for all others.
        user_id: Vec<String>,
        /// Only members of these organizations; `-org_…` for all others.
        organization_id: Vec<String>,
        /// Only users with this in an identifier, their id or their name.
        query: Option<String>,
        /// Only users with this in an email address.
        email_address_query: Option<String>,
        /// Only users with this in a phone number.
        phone_number_query: Option<String>,
        /// Only users with this in their username.
        username_query: Option<String>,
        /// Only users with this in their name.
        name_query: Option<String>,
        /// Only users that are banned, or that are not.
        banned: Option<bool>,
        /// Only users last active before this time, in ms since the epoch.
        last_active_at_before: Option<i64>,
        /// Only users last active after this time, in ms since the epoch.
        last_active_at_after: Option<i64>,
        /// The old name of `last_active_at_after`, the time included.
        last_active_at_since: Option<i64>,
        /// Only users created before this time, in ms since the epoch.
        created_at_before: Option<i64>,
        /// Only users created after this time, in ms since the epoch.
        created_at_after: Option<i64>,
        /// Only users last signed in before this time, in ms since the epoch.
        last_sign_in_at_before: Option<i64>,
        /// Only users last signed in after this time, in ms since the epoch.
        last_sign_in_at_after: Option<i64>,
    }
}
crate::endpoint::group!(UserFilter);

parameters! {
    /// Which members of an organization are listed. All that is given must hold; of the values of
    /// a list one is enough.
    struct MemberFilter {
        /// Only these users; `-user_…` for all others.
        user_id: Vec<String>,
        /// Only users with one of these email addresses.
        email_address: Vec<String>,
        /// Only users with one of these phone numbers.
        phone_number: Vec<String>,
        /// Only users with one of these usernames.
        username: Vec<String>,
        /// Only users with one of these web3 wallets.
        web3_wallet: Vec<String>,
        /// Only users with this in an identifier, their id or their name.
        query: Option<String>,
        /// Only users with this in an email address.
        email_address_query: Option<String>,
        /// Only users with this in a phone number.
        phone_number_query: Option<String>,
        /// Only users with this in their username.
        username_query: Option<String>,
        /// Only users with this in their name.
        name_query: Option<String>,
        /// Only users last active before this time, in ms since the epoch.
        last_active_at_before: Option<i64>,
        /// Only users last active after this time, in ms since the epoch.
        last_active_at_after: Option<i64>,
        /// Only users created before this time, in ms since the epoch.
        created_at_before: Option<i64>,
        /// Only users created after this time, in ms since the epoch.
        created_at_after: Option<i64>,
    }
}
crate::endpoint::group!(MemberFilter);

impl From<MemberFilter> for UserFilter {
    fn from(filter: MemberFilter) -> Self {
        Self {
            user_id: filter.user_id,
            email_address: filter.email_address,
            phone_number: filter.phone_number,
            username: filter.username,
            web3_wallet: filter.web3_wallet,
            query: filter.query,
            email_address_query: filter.email_address_query,
            phone_number_query: filter.phone_number_query,
            username_query: filter.username_query,
            name_query: filter.name_query,
            last_active_at_before: filter.last_active_at_before,
            last_active_at_after: filter.last_active_at_after,
            created_at_before: filter.created_at_before,
            created_at_after: filter.created_at_after,
            ..Self::default()
        }
    }
}

endpoints! {
    /// Lists users, newest first. The answer is a bare array: [`CountUsers`] has the total.
    GET "/v1/users" => Vec<User>,
    as Users::list(request) = "getUserList",
    struct ListUsers {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
        /// The last user of the page before. Only where users are sorted by their creation, and
        /// not with an offset. Each page costs the same, however far into the list it is.
        starting_after: Option<UserId>,
        /// How to sort.
        order_by: Option<Sort<UserSort>>,
        /// Which users.
        filter: UserFilter,
    }

    /// Counts users.
    GET "/v1/users/count" => TotalCount,
    as Users::count(request) = "getCount",
    struct CountUsers {
        /// Which users.
        filter: UserFilter,
    }

    /// Creates a user.
    POST "/v1/users" => User,
    as Users::create(request) = "createUser",
    struct CreateUser {
        /// The id that the application gives the user; unique in the instance.
        external_id: Option<String>,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// The language that the user prefers, as a BCP 47 tag.
        locale: Option<String>,
        /// The email addresses; the first becomes the primary one.
        email_address: Vec<String>,
        /// What each of them is, in their order; verified when empty.
        email_address_identification_status: Vec<IdentificationStatus>,
        /// The phone numbers in E.164 form; the first becomes the primary one.
        phone_number: Vec<String>,
        /// What each of them is, in their order; verified when empty.
        phone_number_identification_status: Vec<IdentificationStatus>,
        /// The web3 wallets, verified; the first becomes the primary one.
        web3_wallet: Vec<String>,
        /// The username; unique in the instance.
        username: Option<String>,
        /// The password in clear.
        password: Option<Secret>,
        /// The digest of a password from another system; needs `password_hasher`.
        password_digest: Option<Secret>,
        /// What made `password_digest`, such as `bcrypt`.
        password_hasher: Option<String>,
        /// Whether to take the password even if it breaks the instance's rules.
        skip_password_checks: Option<bool>,
        /// Whether a user without a password is fine where the instance requires one.
        skip_password_requirement: Option<bool>,
        /// Data that front end and back end read, and only the back end writes.
        public_metadata: Option<Metadata>,
        /// Data that only the back end reads and writes.
        private_metadata: Option<Metadata>,
        /// Data that the front end may write too.
        unsafe_metadata: Option<Metadata>,
        /// Whether the user may delete themselves.
        delete_self_enabled: Option<bool>,
        /// When the user accepted the legal terms (RFC 3339).
        legal_accepted_at: Option<String>,
        /// Whether to create the user without that acceptance where the instance requires it.
        skip_legal_checks: Option<bool>,
        /// Whether to create the user without the identifiers that the instance requires.
        skip_user_requirement: Option<bool>,
        /// Whether the user may create organizations.
        create_organization_enabled: Option<bool>,
        /// How many; 0 for no limit.
        create_organizations_limit: Option<u64>,
        /// When the user was created elsewhere (RFC 3339).
        created_at: Option<String>,
        /// Whether the user is banned from the start.
        banned: Option<bool>,
        /// Whether the user is locked from the start.
        locked: Option<bool>,
        /// The secret of the user's authenticator app, in base 32.
        totp_secret: Option<Secret>,
        /// The user's backup codes, in clear or as digests of bcrypt.
        backup_codes: Vec<Secret>,
        /// Whether the user signs in on a new device without further checks.
        bypass_client_trust: Option<bool>,
    }

    /// Fetches a user.
    GET "/v1/users/{user_id}" => User,
    as Users::get(user_id: UserId) = "getUser",
    struct GetUser {
        /// The user.
        user_id: UserId,
    }

    /// Changes a user: what is absent stays as it is.
    PATCH "/v1/users/{user_id}" => User,
    as Users::update(request) = "updateUser",
    struct UpdateUser {
        /// The user.
        user_id: UserId,
        /// The id that the application gives the user; unique in the instance.
        external_id: Patch<String>,
        /// The first name.
        first_name: Patch<String>,
        /// The last name.
        last_name: Patch<String>,
        /// The language that the user prefers, as a BCP 47 tag.
        locale: Patch<String>,
        /// The email address to make primary; it must be the user's and verified.
        primary_email_address_id: Option<IdentificationId>,
        /// Whether to tell the old primary address.
        notify_primary_email_address_changed: Option<bool>,
        /// The phone number to make primary; it must be the user's and verified.
        primary_phone_number_id: Option<IdentificationId>,
        /// The username; unique in the instance.
        username: Patch<String>,
        /// The password in clear.
        password: Option<Secret>,
        /// The digest of a password from another system; needs `password_hasher`.
        password_digest: Option<Secret>,
        /// What made `password_digest`, such as `bcrypt`.
        password_hasher: Option<String>,
        /// Whether to take the password even if it breaks the instance's rules.
        skip_password_checks: Option<bool>,
        /// Whether to end the user's sessions once the password is changed.
        sign_out_of_other_sessions: Option<bool>,
        /// Data that front end and back end read, and only the back end writes.
        public_metadata: Patch<Metadata>,
        /// Data that only the back end reads and writes.
        private_metadata: Patch<Metadata>,
        /// Data that the front end may write too.
        unsafe_metadata: Patch<Metadata>,
        /// Whether the user may delete themselves.
        delete_self_enabled: Option<bool>,
        /// Whether the user may create organizations.
        create_organization_enabled: Option<bool>,
        /// How many; 0 or null for no limit.
        create_organizations_limit: Patch<u64>,
        /// When the user accepted the legal terms (RFC 3339).
        legal_accepted_at: Patch<String>,
        /// Whether to leave the instance's legal rules aside.
        skip_legal_checks: Option<bool>,
        /// When the user was created elsewhere (RFC 3339).
        created_at: Option<String>,
        /// The web3 wallet to make primary; it must be the user's and verified.
        primary_web3_wallet_id: Option<IdentificationId>,
        /// The uploaded picture to make the user's.
        profile_image_id: Option<ImageId>,
        /// The secret of the user's authenticator app, in base 32.
        totp_secret: Option<Secret>,
        /// The user's backup codes, in clear or as digests of bcrypt. They replace all that there
        /// are.
        backup_codes: Vec<Secret>,
        /// Whether the user signs in on a new device without further checks.
        bypass_client_trust: Option<bool>,
    }

    /// Merges metadata into a user's, objects within it too; null removes a key.
    PATCH "/v1/users/{user_id}/metadata" => User,
    as Users::merge_metadata(request) = "updateUserMetadata",
    struct MergeUserMetadata {
        /// The user.
        user_id: UserId,
        /// Data that front end and back end read, and only the back end writes.
        public_metadata: Option<Metadata>,
        /// Data that only the back end reads and writes.
        private_metadata: Option<Metadata>,
        /// Data that the front end may write too.
        unsafe_metadata: Option<Metadata>,
    }

    /// Replaces a user's metadata, as far as it is given.
    PUT "/v1/users/{user_id}/metadata" => User,
    as Users::replace_metadata(request),
    struct ReplaceUserMetadata {
        /// The user.
        user_id: UserId,
        /// Data that front end and back end read, and only the back end writes.
        public_metadata: Option<Metadata>,
        /// Data that only the back end reads and writes.
        private_metadata: Option<Metadata>,
        /// Data that the front end may write too.
        unsafe_metadata: Option<Metadata>,
    }

    /// Bans a user: all sessions are revoked, and the user cannot sign in.
    POST "/v1/users/{user_id}/ban" => User,
    as Users::ban(user_id: UserId) = "banUser",
    struct BanUser {
        /// The user.
        user_id: UserId,
    }

    /// Bans up to 50 users, all or none.
    POST "/v1/users/ban" => Vec<User>,
    as Users::ban_many(user_ids: Vec<UserId>),
    struct BanUsers {
        /// The users.
        user_ids: Vec<UserId>,
    }

    /// Lets up to 50 banned users sign in again, all or none.
    POST "/v1/users/unban" => Vec<User>,
    as Users::unban_many(user_ids: Vec<UserId>),
    struct UnbanUsers {
        /// The users.
        user_ids: Vec<UserId>,
    }

    /// Lets a banned user sign in again.
    POST "/v1/users/{user_id}/unban" => User,
    as Users::unban(user_id: UserId) = "unbanUser",
    struct UnbanUser {
        /// The user.
        user_id: UserId,
    }

    /// Keeps a user from signing in for an hour.
    POST "/v1/users/{user_id}/lock" => User,
    as Users::lock(user_id: UserId) = "lockUser",
    struct LockUser {
        /// The user.
        user_id: UserId,
    }

    /// Lets a locked user sign in again.
    POST "/v1/users/{user_id}/unlock" => User,
    as Users::unlock(user_id: UserId) = "unlockUser",
    struct UnlockUser {
        /// The user.
        user_id: UserId,
    }

    /// Checks a user's password.
    POST "/v1/users/{user_id}/verify_password" => VerifiedPassword,
    as Users::verify_password(user_id: UserId, password: Secret) = "verifyPassword",
    struct VerifyPassword {
        /// The user.
        user_id: UserId,
        /// The password.
        password: Secret,
    }

    /// Checks a code of a user's authenticator app, or a backup code, which is used up by this.
    POST "/v1/users/{user_id}/verify_totp" => VerifiedTotp,
    as Users::verify_totp(user_id: UserId, code: Secret) = "verifyTOTP",
    struct VerifyTotp {
        /// The user.
        user_id: UserId,
        /// The code.
        code: Secret,
    }

    /// Takes a user's password away.
    POST "/v1/users/{user_id}/remove_password" => User,
    as Users::remove_password(request),
    struct RemovePassword {
        /// The user.
        user_id: UserId,
        /// Whether to end the user's sessions.
        sign_out_of_other_sessions: Option<bool>,
    }

    /// Takes all second factors away.
    DELETE "/v1/users/{user_id}/mfa" => ChangedUser,
    as Users::disable_mfa(user_id: UserId) = "disableUserMFA",
    struct DisableUserMfa {
        /// The user.
        user_id: UserId,
    }

    /// Takes the authenticator app away.
    DELETE "/v1/users/{user_id}/totp" => ChangedUser,
    as Users::delete_totp(user_id: UserId) = "deleteUserTOTP",
    struct DeleteUserTotp {
        /// The user.
        user_id: UserId,
    }

    /// Takes the backup codes away.
    DELETE "/v1/users/{user_id}/backup_code" => ChangedUser,
    as Users::delete_backup_codes(user_id: UserId) = "deleteUserBackupCodes",
    struct DeleteUserBackupCodes {
        /// The user.
        user_id: UserId,
    }

    /// Takes a passkey away.
    DELETE "/v1/users/{user_id}/passkeys/{passkey_identification_id}" => DeletedObject,
    as Users::delete_passkey(user_id: UserId, passkey_identification_id: IdentificationId) = "deleteUserPasskey",
    struct DeleteUserPasskey {
        /// The user.
        user_id: UserId,
        /// The passkey.
        passkey_identification_id: IdentificationId,
    }

    /// Takes a web3 wallet away.
    DELETE "/v1/users/{user_id}/web3_wallets/{web3_wallet_identification_id}" => DeletedObject,
    as Users::delete_web3_wallet(user_id: UserId, web3_wallet_identification_id: IdentificationId) = "deleteUserWeb3Wallet",
    struct DeleteUserWeb3Wallet {
        /// The user.
        user_id: UserId,
        /// The wallet.
        web3_wallet_identification_id: IdentificationId,
    }

    /// Disconnects an account at another service.
    DELETE "/v1/users/{user_id}/external_accounts/{external_account_id}" => DeletedObject,
    as Users::delete_external_account(user_id: UserId, external_account_id: ExternalAccountId) = "deleteUserExternalAccount",
    struct DeleteUserExternalAccount {
        /// The user.
        user_id: UserId,
        /// The account.
        external_account_id: ExternalAccountId,
    }

    /// Fetches the tokens with which the application acts for a user at another service.
    GET "/v1/users/{user_id}/oauth_access_tokens/{provider}" ?paginated => Page<OAuthAccessToken>,
    as Users::list_oauth_access_tokens(user_id: UserId, provider: OAuthProvider)
        = "getUserOauthAccessToken",
    struct ListUserOAuthAccessTokens {
        /// The user.
        user_id: UserId,
        /// The service.
        provider: OAuthProvider,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Gives a user a picture: a PNG, JPEG, GIF or WebP file of 10 MiB at the most.
    POST "/v1/users/{user_id}/profile_image" => User,
    as Users::set_profile_image(user_id: UserId, file: File) = "updateUserProfileImage",
    struct SetUserProfileImage {
        /// The user.
        user_id: UserId,
        /// The picture.
        file: File,
    }

    /// Takes a user's picture away.
    DELETE "/v1/users/{user_id}/profile_image" => User,
    as Users::delete_profile_image(user_id: UserId) = "deleteUserProfileImage",
    struct DeleteUserProfileImage {
        /// The user.
        user_id: UserId,
    }

    /// Deletes a user, with everything that is theirs.
    DELETE "/v1/users/{user_id}" => DeletedObject,
    as Users::delete(user_id: UserId) = "deleteUser",
    struct DeleteUser {
        /// The user.
        user_id: UserId,
    }
}
