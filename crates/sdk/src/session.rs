//! Who is signed in, and what they may do.

mod has;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::errors::{TokenVerificationError, TokenVerificationErrorReason as Reason};
use crate::jwt::{self, Claims, TokenCategory, UnverifiedJwt, Validity, VerifyOptions};
use crate::keys::PublicKey;

pub use has::{Guard, Has, Reverification, VerificationLevel};

/// Verifies a session token and gives out its claims.
///
/// As [`jwt::verify`], and refuses tokens of the same instance that are no session: machine
/// tokens, OAuth access tokens, and tokens made from a JWT template.
///
/// JavaScript: `verifyToken(token, { jwtKey })`.
///
/// ```
/// use std::time::SystemTime;
/// use ironclerk::jwt::VerifyOptions;
/// use ironclerk::keys::PublicKey;
/// use ironclerk::session;
/// # use ironclerk::jwt::{self, SignOptions, TokenCategory};
/// # let private_key = ironclerk::keys::PrivateKey::generate()?;
/// # let now = SystemTime::now();
/// # let exp = now.duration_since(SystemTime::UNIX_EPOCH)?.as_secs() + 60;
/// # let claims = serde_json::json!({"sub": "user_1", "azp": "https://app.example.com", "exp": exp});
/// # let options = SignOptions::new("ins_1", TokenCategory::Session);
/// # let token = jwt::sign(&claims, &private_key, &options, now)?;
/// # let pem = private_key.public_key().to_spki_pem();
///
/// let key: PublicKey = pem.parse()?;
/// let options = VerifyOptions {
///     authorized_parties: vec!["https://app.example.com".to_owned()],
///     ..VerifyOptions::default()
/// };
/// let claims = session::verify(&token, &key, &options, SystemTime::now())?;
/// assert_eq!(claims.user_id(), "user_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`jwt::verify`]; [`Reason::TokenTypeMismatch`] for a genuine token of another kind.
#[doc(alias = "verifyToken")]
pub fn verify(
    token: &str,
    key: &PublicKey,
    options: &VerifyOptions,
    now: SystemTime,
) -> Result<SessionClaims, TokenVerificationError> {
    let token = jwt::decode(token)?;
    if TokenKind::of(&token) != TokenKind::Session {
        return Err(TokenVerificationError::new(
            Reason::TokenTypeMismatch,
            "The token is not a session token.",
        ));
    }
    token.verify(key, options, now).map(SessionClaims)
}

/// The beginning of the subject of every machine token.
const MACHINE_SUBJECT_PREFIX: &str = "mch_";

/// What a token says of itself. It is only ever a reason to refuse a token, so it may be asked of
/// an unverified one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Session,
    /// A machine-to-machine token.
    MachineToMachine,
    /// An access token of an OAuth client.
    OAuth,
    /// Made for something else, such as from a JWT template.
    OtherCategory,
}

impl TokenKind {
    pub(crate) fn of(token: &UnverifiedJwt<'_>) -> Self {
        let is_oauth_access_token = token
            .header_text("typ")
            .is_some_and(|typ| matches!(typ, "at+jwt" | "application/at+jwt"));
        let is_machine_token = token
            .unverified_text("sub")
            .is_some_and(|subject| subject.starts_with(MACHINE_SUBJECT_PREFIX));
        if is_machine_token {
            Self::MachineToMachine
        } else if is_oauth_access_token {
            Self::OAuth
        } else if is_of_session_category(token) {
            Self::Session
        } else {
            Self::OtherCategory
        }
    }
}

/// Whether the token is of the category of session tokens and handshakes, or says nothing about
/// it: tokens from before the header was introduced do not have it.
pub(crate) fn is_of_session_category(token: &UnverifiedJwt<'_>) -> bool {
    match token.header_text("cat") {
        Some(category) => [TokenCategory::Session, TokenCategory::Unspecified]
            .iter()
            .any(|known| category == known.as_str()),
        None => !token.has_header("cat"),
    }
}

/// The claims of a verified session token, kept exactly as the token has them.
///
/// A claim that has another type than it should is absent for its accessor and still there under
/// [`get`](Self::get). Dates are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct SessionClaims(Claims);

impl SessionClaims {
    /// `sub`: the user's id.
    pub fn user_id(&self) -> &str {
        self.0.subject()
    }

    /// `sid`: the session's id.
    pub fn session_id(&self) -> Option<&str> {
        self.0.get_str("sid")
    }

    /// `iss`: the address of the instance's Frontend API.
    pub fn issuer(&self) -> Option<&str> {
        self.0.get_str("iss")
    }

    /// `azp`: the origin of the application that the token was issued to.
    pub fn authorized_party(&self) -> Option<&str> {
        self.0.get_str("azp")
    }

    /// `exp`: when the token expires, in seconds.
    pub fn expires_at(&self) -> Option<i64> {
        self.seconds("exp")
    }

    /// `iat`: when the token was issued, in seconds.
    pub fn issued_at(&self) -> Option<i64> {
        self.seconds("iat")
    }

    /// `nbf`: when the token begins to be valid, in seconds.
    pub fn not_before(&self) -> Option<i64> {
        self.seconds("nbf")
    }

    /// `act`: who acts as the user, when someone impersonates them.
    pub fn actor(&self) -> Option<&Value> {
        self.0.get("act")
    }

    /// `fva`: minutes since the first and since the second factor was verified.
    pub fn factor_verification_age(&self) -> Option<FactorVerificationAge> {
        FactorVerificationAge::from_claim(self.0.get("fva")?)
    }

    /// `sts`: the session's status.
    pub fn session_status(&self) -> Option<&str> {
        self.0.get_str("sts")
    }

    /// `v`: the version of the token's format. Absent in version 1.
    pub fn version(&self) -> Option<u64> {
        self.0.get("v").and_then(Value::as_u64)
    }

    /// `fea`: the features, as a list such as `o:posts,u:dashboard`.
    pub fn features(&self) -> Option<&str> {
        self.0.get_str("fea")
    }

    /// `pla`: the plans, as a list such as `u:pro,o:business`.
    pub fn plans(&self) -> Option<&str> {
        self.0.get_str("pla")
    }

    /// The active organization, from `org_*` (version 1) or `o` (version 2).
    pub fn organization(&self) -> Option<ActiveOrganization> {
        if self.is_version_2() {
            self.organization_of_version_2()
        } else {
            self.organization_of_version_1()
        }
    }

    /// Any claim by name, custom ones included.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All claims, in the token's order: an object.
    pub fn as_value(&self) -> &Value {
        self.0.as_value()
    }

    /// Reads the claims into a type of the application, such as one for custom claims.
    ///
    /// # Errors
    /// When a claim is missing or of another type than `T` asks for.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.0.deserialize()
    }

    /// When the dates let the token pass.
    pub(crate) fn validity(&self) -> Validity {
        self.0.validity()
    }

    fn seconds(&self, name: &str) -> Option<i64> {
        self.0.number(name).map(|seconds| seconds.trunc() as i64)
    }

    fn is_version_2(&self) -> bool {
        self.0.number("v") == Some(2.0)
    }

    fn organization_of_version_1(&self) -> Option<ActiveOrganization> {
        let text = |name| self.0.get_str(name).map(str::to_owned);
        let permissions = self.0.get("org_permissions").and_then(Value::as_array);
        Some(ActiveOrganization {
            id: text("org_id")?,
            role: text("org_role"),
            slug: text("org_slug"),
            permissions: permissions.map(|names| {
                names
                    .iter()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect()
            }),
        })
    }

    fn organization_of_version_2(&self) -> Option<ActiveOrganization> {
        let text = |name| self.0.nested_str("o", name);
        let role = text("rol").filter(|role| !role.is_empty());
        Some(ActiveOrganization {
            id: text("id")?.to_owned(),
            role: role.map(|role| format!("org:{role}")),
            slug: text("slg").map(str::to_owned),
            permissions: Some(self.permissions_of_version_2(text("per"), text("fpm"))),
        })
    }

    /// Each organization feature has a number whose bits, lowest first, say which of the
    /// permission names it comes with. A bit without a name means nothing.
    fn permissions_of_version_2(&self, names: Option<&str>, bits: Option<&str>) -> Vec<String> {
        let (Some(features), Some(names), Some(bits)) = (self.features(), names, bits) else {
            return Vec::new();
        };
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let mut permissions = Vec::new();
        for (feature, bits) in ScopedName::list(features)
            .filter(|feature| feature.is_in(Scope::Organization))
            .zip(bits.split(','))
        {
            let bits: u64 = bits.trim().parse().unwrap_or(0);
            let granted = names
                .iter()
                .enumerate()
                .filter(|(index, _)| *index < 64 && bits >> index & 1 == 1);
            for (_, name) in granted {
                permissions.push(format!("org:{}:{name}", feature.name));
            }
        }
        permissions
    }
}

impl From<Claims> for SessionClaims {
    fn from(claims: Claims) -> Self {
        Self(claims)
    }
}

/// Whose a feature or a plan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Organization,
    User,
}

/// An entry of `fea` or `pla`: the letters `o` and `u` for whose it is, a colon, a name.
struct ScopedName<'claim> {
    letters: &'claim str,
    name: &'claim str,
}

impl<'claim> ScopedName<'claim> {
    fn list(claim: &'claim str) -> impl Iterator<Item = Self> {
        claim.split(',').map(|entry| {
            let mut pieces = entry.trim().split(':');
            Self {
                letters: pieces.next().unwrap_or_default(),
                name: pieces.next().unwrap_or_default(),
            }
        })
    }

    fn is_in(&self, scope: Scope) -> bool {
        self.letters.contains(match scope {
            Scope::Organization => 'o',
            Scope::User => 'u',
        })
    }
}

/// Minutes since each factor was last verified, `None` for a factor that the user does not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorVerificationAge {
    /// Since the first factor, in minutes.
    pub first_factor: Option<f64>,
    /// Since the second factor, in minutes.
    pub second_factor: Option<f64>,
}

impl FactorVerificationAge {
    fn from_claim(claim: &Value) -> Option<Self> {
        let [first, second] = claim.as_array()?.as_slice() else {
            return None;
        };
        let age = |value: &Value| match value.as_f64()? {
            -1.0 => Some(None),
            age if age >= 0.0 && age.is_finite() => Some(Some(age)),
            _ => None,
        };
        Some(Self {
            first_factor: age(first)?,
            second_factor: age(second)?,
        })
    }
}

/// The organization that the user has selected in this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveOrganization {
    /// The organization's id, `org_…`.
    pub id: String,
    /// The user's role in it, such as `org:admin`.
    pub role: Option<String>,
    /// The organization's slug.
    pub slug: Option<String>,
    /// The user's permissions in it, such as `org:posts:read`.
    pub permissions: Option<Vec<String>>,
}

/// A verified session and its user.
///
/// JavaScript: the signed-in auth object. Serialises as that object does without its functions
/// (`makeAuthObjectSerializable`). `Debug` does not show the token.
#[derive(Clone)]
#[doc(alias = "SignedInAuthObject")]
pub struct SessionAuth {
    claims: SessionClaims,
    /// Read from the claims when it is first asked for.
    organization: OnceLock<Option<ActiveOrganization>>,
    /// Read at the beginning: it is asked with every request.
    is_pending: bool,
    token: String,
}

impl SessionAuth {
    /// The session of a verified token.
    pub fn new(claims: SessionClaims, token: impl Into<String>) -> Self {
        Self {
            is_pending: claims.session_status() == Some(PENDING),
            claims,
            organization: OnceLock::new(),
            token: token.into(),
        }
    }

    /// The user's id, `user_…`.
    pub fn user_id(&self) -> &str {
        self.claims.user_id()
    }

    /// The session's id, `sess_…`.
    pub fn session_id(&self) -> Option<&str> {
        self.claims.session_id()
    }

    /// The session's status, `active` or `pending`. Tokens of version 1 do not tell.
    pub fn session_status(&self) -> Option<&str> {
        self.claims.session_status()
    }

    /// Whether the user still has a task to complete before the session counts.
    pub fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// All claims of the token.
    pub fn claims(&self) -> &SessionClaims {
        &self.claims
    }

    /// Who acts as the user, when someone impersonates them.
    pub fn actor(&self) -> Option<&Value> {
        self.claims.actor()
    }

    /// The organization that the user has selected.
    pub fn organization(&self) -> Option<&ActiveOrganization> {
        self.organization
            .get_or_init(|| self.claims.organization())
            .as_ref()
    }

    /// The id of the selected organization.
    pub fn organization_id(&self) -> Option<&str> {
        self.organization().map(|organization| &*organization.id)
    }

    /// The slug of the selected organization.
    pub fn organization_slug(&self) -> Option<&str> {
        self.organization()?.slug.as_deref()
    }

    /// The user's role in the selected organization, such as `org:admin`.
    pub fn organization_role(&self) -> Option<&str> {
        self.organization()?.role.as_deref()
    }

    /// Minutes since each factor was verified.
    pub fn factor_verification_age(&self) -> Option<FactorVerificationAge> {
        self.claims.factor_verification_age()
    }

    /// The session token itself, to call another backend on the user's behalf.
    /// **It is a credential.**
    ///
    /// JavaScript: `getToken()`.
    #[doc(alias = "getToken")]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether the user has all that is asked for. See [`Has`].
    ///
    /// JavaScript: `has({ role, permission, feature, plan, reverification })`.
    pub fn has(&self, wanted: impl AsRef<Has>) -> bool {
        has::is_granted(self, wanted.as_ref())
    }
}

impl PartialEq for SessionAuth {
    fn eq(&self, other: &Self) -> bool {
        self.claims == other.claims && self.token == other.token
    }
}

impl fmt::Debug for SessionAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionAuth")
            .field("claims", &self.claims)
            .field("organization", &self.organization())
            .finish_non_exhaustive()
    }
}

impl Serialize for SessionAuth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let organization = self.organization();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("tokenType", SESSION_TOKEN)?;
        map.serialize_entry("sessionClaims", &self.claims)?;
        if let Some(id) = self.session_id() {
            map.serialize_entry("sessionId", id)?;
        }
        map.serialize_entry("sessionStatus", &self.claims.get("sts"))?;
        map.serialize_entry("userId", self.user_id())?;
        if let Some(actor) = self.actor() {
            map.serialize_entry("actor", actor)?;
        }
        if let Some(organization) = organization {
            map.serialize_entry("orgId", &organization.id)?;
            if let Some(role) = &organization.role {
                map.serialize_entry("orgRole", role)?;
            }
            if let Some(slug) = &organization.slug {
                map.serialize_entry("orgSlug", slug)?;
            }
            if let Some(permissions) = &organization.permissions {
                map.serialize_entry("orgPermissions", permissions)?;
            }
        }
        map.serialize_entry("factorVerificationAge", &self.claims.get("fva"))?;
        map.serialize_entry("isAuthenticated", &true)?;
        map.end()
    }
}

const SESSION_TOKEN: &str = "session_token";
const PENDING: &str = "pending";

/// Who makes a request: a user with a session, or nobody. Cheap to clone.
///
/// A session that is still *pending* (the user has to choose an organization first, say) counts as
/// nobody, unless it is asked for with
/// [`RequestState::auth_with_pending`](crate::authenticate::RequestState::auth_with_pending).
///
/// ```
/// use ironclerk::session::{Auth, Has, Reverification};
///
/// fn may_delete(auth: &Auth) -> bool {
///     auth.has(Has::permission("org:posts:delete").and_reverification(Reverification::Strict))
/// }
/// assert!(!may_delete(&Auth::signed_out()));
/// ```
///
/// `Debug` shows no token, which is what JavaScript's `auth.debug()` is for.
///
/// JavaScript: `SessionAuthObject`.
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "SessionAuthObject", alias = "debug")]
pub enum Auth {
    /// A user with a session.
    SignedIn(Arc<SessionAuth>),
    /// Nobody.
    SignedOut {
        /// Whether there is a session that is still pending.
        is_pending: bool,
    },
}

impl Auth {
    /// The user of a session, unless it is pending.
    ///
    /// JavaScript: `getAuthObjectFromJwt(jwt)`, from claims that are verified.
    #[doc(alias = "getAuthObjectFromJwt")]
    pub fn new(session: impl Into<Arc<SessionAuth>>) -> Self {
        let session = session.into();
        match session.is_pending() {
            true => Self::SignedOut { is_pending: true },
            false => Self::SignedIn(session),
        }
    }

    /// Nobody, without even a pending session.
    pub const fn signed_out() -> Self {
        Self::SignedOut { is_pending: false }
    }

    /// The session, if a user is signed in.
    pub fn session(&self) -> Option<&SessionAuth> {
        match self {
            Self::SignedIn(session) => Some(session),
            Self::SignedOut { .. } => None,
        }
    }

    /// Whether a user is signed in.
    ///
    /// JavaScript: `isAuthenticated`.
    pub fn is_signed_in(&self) -> bool {
        self.session().is_some()
    }

    /// The user's id.
    pub fn user_id(&self) -> Option<&str> {
        self.session().map(SessionAuth::user_id)
    }

    /// The session's id.
    pub fn session_id(&self) -> Option<&str> {
        self.session()?.session_id()
    }

    /// The id of the organization that the user has selected.
    pub fn organization_id(&self) -> Option<&str> {
        self.session()?.organization_id()
    }

    /// The session token. **It is a credential.**
    ///
    /// JavaScript: `getToken()`.
    pub fn token(&self) -> Option<&str> {
        self.session().map(SessionAuth::token)
    }

    /// Whether a user is signed in and has all that is asked for. See [`Has`].
    ///
    /// JavaScript: `has({ … })`.
    pub fn has(&self, wanted: impl AsRef<Has>) -> bool {
        self.session().is_some_and(|session| session.has(wanted))
    }
}

impl Serialize for Auth {
    /// JavaScript: `makeAuthObjectSerializable(auth)`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_pending = match self {
            Self::SignedIn(session) => return session.serialize(serializer),
            Self::SignedOut { is_pending } => *is_pending,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("tokenType", SESSION_TOKEN)?;
        map.serialize_entry("sessionClaims", &())?;
        map.serialize_entry("sessionId", &())?;
        map.serialize_entry("sessionStatus", &is_pending.then_some(PENDING))?;
        for name in [
            "userId",
            "actor",
            "orgId",
            "orgRole",
            "orgSlug",
            "orgPermissions",
            "factorVerificationAge",
        ] {
            map.serialize_entry(name, &())?;
        }
        map.serialize_entry("isAuthenticated", &false)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::json;

    use super::*;
    use crate::jwt::SignOptions;
    use crate::keys::PrivateKey;

    fn verify_with(header: Value, claims: Value) -> Result<SessionClaims, Reason> {
        let key = PrivateKey::generate().expect("a key");
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let options = SignOptions {
            header: header.as_object().expect("an object").clone(),
            ..SignOptions::default()
        };
        let token = jwt::sign(&claims, &key, &options, now).expect("a token");
        verify(&token, &key.public_key(), &VerifyOptions::default(), now)
            .map_err(|error| error.reason)
    }

    #[test]
    fn genuine_tokens_of_another_kind_are_no_session() {
        let user = json!({"sub": "user_1", "exp": 1_700_000_060});
        let machine = json!({"sub": "mch_1", "exp": 1_700_000_060});
        let session = TokenCategory::Session.as_str();
        let mismatch = Reason::TokenTypeMismatch;
        for (header, claims, refused) in [
            (json!({}), &user, None),
            (json!({"typ": "JWT", "cat": session}), &user, None),
            (
                json!({"cat": TokenCategory::Unspecified.as_str()}),
                &user,
                None,
            ),
            (
                json!({"cat": TokenCategory::JwtTemplate.as_str()}),
                &user,
                Some(mismatch),
            ),
            (
                json!({"cat": TokenCategory::MachineToMachine.as_str()}),
                &user,
                Some(mismatch),
            ),
            (json!({"cat": "else"}), &user, Some(mismatch)),
            (json!({"cat": 1}), &user, Some(mismatch)),
            (json!({"cat": null}), &user, Some(mismatch)),
            (json!({"typ": "at+jwt"}), &user, Some(mismatch)),
            (json!({"typ": "application/at+jwt"}), &user, Some(mismatch)),
            (json!({"typ": "else"}), &user, Some(Reason::TokenInvalid)),
            (json!({}), &machine, Some(mismatch)),
            (json!({"cat": session}), &machine, Some(mismatch)),
        ] {
            let outcome = verify_with(header.clone(), claims.clone());
            assert_eq!(outcome.err(), refused, "{header} {claims}");
        }
    }

    #[test]
    fn claims_are_typed_and_verbatim() {
        #[derive(serde::Deserialize)]
        struct Custom {
            plan_level: u8,
        }
        let original = json!({
            "plan_level": 3, "sub": "user_1", "sid": "sess_1", "exp": 1_700_000_060.5,
            "nbf": "soon", "fva": [1.5, -1], "iss": "https://clerk.example.com",
            "azp": "https://a.b", "act": {"sub": "user_2"}, "sts": "active", "v": 2,
            "fea": "o:a", "pla": "u:b",
        });
        // A not-before date of the wrong type does not pass; without it, everything does.
        assert!(verify_with(json!({}), original.clone()).is_err());
        let mut original = original;
        original
            .as_object_mut()
            .expect("an object")
            .shift_remove("nbf");
        let claims = verify_with(json!({}), original.clone()).expect("verified");
        original["iat"] = json!(1_700_000_000);
        let text = serde_json::to_string(&claims).expect("JSON");
        assert_eq!(text, original.to_string());
        assert_eq!(claims.user_id(), "user_1");
        assert_eq!(claims.session_id(), Some("sess_1"));
        assert_eq!(claims.issuer(), Some("https://clerk.example.com"));
        assert_eq!(claims.authorized_party(), Some("https://a.b"));
        assert_eq!(claims.expires_at(), Some(1_700_000_060));
        assert_eq!(claims.issued_at(), Some(1_700_000_000));
        assert_eq!(claims.not_before(), None);
        assert_eq!(claims.version(), Some(2));
        assert_eq!(
            (claims.features(), claims.plans()),
            (Some("o:a"), Some("u:b"))
        );
        assert_eq!(claims.session_status(), Some("active"));
        assert_eq!(claims.actor(), Some(&json!({"sub": "user_2"})));
        let age = FactorVerificationAge {
            first_factor: Some(1.5),
            second_factor: None,
        };
        assert_eq!(claims.factor_verification_age(), Some(age));
        assert_eq!(
            claims
                .deserialize::<Custom>()
                .expect("custom claims")
                .plan_level,
            3
        );
    }

    #[test]
    fn the_token_is_not_in_the_debug_output() {
        let claims = verify_with(json!({}), json!({"sub": "user_1", "exp": 1_700_000_060}));
        let session = SessionAuth::new(claims.expect("verified"), "a.b.c");
        let auth = Auth::SignedIn(Arc::new(session));
        assert_eq!(auth.token(), Some("a.b.c"));
        assert!(!format!("{auth:?}").contains("a.b.c"));
    }
}
