//! Tokens that are not the session of a user: API keys, machine-to-machine tokens, and the access
//! tokens that users give to OAuth clients.
//!
//! A token is *opaque*, a random text with a prefix that only Clerk can look up, or a JWT that is
//! verified here with the instance's key. [`Authenticator`](crate::Authenticator) verifies both
//! when it [accepts](crate::authenticate::AcceptsToken) them; [`verify`] verifies one JWT.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::errors::{
    MachineTokenVerificationError as Error, MachineTokenVerificationErrorCode as Code,
    TokenVerificationError,
};
use crate::jwt::{self, Claims, TokenCategory, UnverifiedJwt, VerifyOptions};
use crate::keys::PublicKey;
use crate::session::TokenKind;
use crate::token_type::TokenType;

/// The longest opaque token that Clerk is asked about, in bytes. Clerk's own have some 50.
pub const MAX_OPAQUE_TOKEN_LENGTH: usize = 1024;

/// An expiry date below this is in seconds, any other in milliseconds: it is the year 5138 in the
/// one and 1973 in the other. Clerk answers milliseconds, and documents seconds.
const SECONDS_END: f64 = 1e11;

/// Claims of a JWT that have a meaning of their own, and are not the application's.
const REGISTERED_CLAIMS: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scopes"];

/// A kind of machine token: all that distinguishes it from the others.
#[derive(Debug, PartialEq)]
pub(crate) struct Kind {
    pub(crate) token_type: TokenType,
    /// What people call it.
    name: &'static str,
    /// How an opaque token begins.
    prefix: &'static str,
    /// Where the Backend API verifies an opaque token.
    pub(crate) path: &'static str,
    /// The parameter of that call.
    pub(crate) parameter: &'static str,
    /// The `object` of its answer.
    object: &'static str,
    /// The values of the header `typ` that a JWT of this kind may have.
    header_types: &'static [&'static str],
    /// The members of the auth object, beside those that all have.
    members: &'static [&'static str],
}

static API_KEY: Kind = Kind {
    token_type: TokenType::ApiKey,
    name: "API key",
    prefix: "ak_",
    path: "/api_keys/verify",
    parameter: "secret",
    object: "api_key",
    header_types: &[],
    members: &["name", "claims", "scopes", "userId", "orgId"],
};

static M2M_TOKEN: Kind = Kind {
    token_type: TokenType::M2mToken,
    name: "Machine token",
    prefix: "mt_",
    path: "/m2m_tokens/verify",
    parameter: "token",
    object: "machine_to_machine_token",
    header_types: &["JWT"],
    members: &["claims", "scopes", "machineId"],
};

static OAUTH_TOKEN: Kind = Kind {
    token_type: TokenType::OauthToken,
    name: "OAuth token",
    prefix: "oat_",
    path: "/oauth_applications/access_tokens/verify",
    parameter: "access_token",
    object: "clerk_idp_oauth_access_token",
    header_types: &["at+jwt", "application/at+jwt"],
    members: &["scopes", "userId", "clientId"],
};

impl Kind {
    fn all() -> [&'static Self; 3] {
        [&M2M_TOKEN, &OAUTH_TOKEN, &API_KEY]
    }

    /// `None` for session tokens.
    pub(crate) fn of_type(token_type: TokenType) -> Option<&'static Self> {
        let mut all = Self::all().into_iter();
        all.find(|kind| kind.token_type == token_type)
    }

    fn of_prefix(token: &str) -> Option<&'static Self> {
        let mut all = Self::all().into_iter();
        all.find(|kind| token.starts_with(kind.prefix))
    }

    pub(crate) fn not_found(&self) -> Error {
        Error::new(Code::TokenInvalid, format!("{} not found", self.name))
    }

    /// Serialises the auth object of somebody who is not signed in with such a token.
    pub(crate) fn serialize_signed_out<S: Serializer>(
        &self,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &())?;
        map.serialize_entry("subject", &())?;
        map.serialize_entry("isAuthenticated", &false)?;
        map.serialize_entry("tokenType", self.token_type.as_str())?;
        for member in self.members {
            map.serialize_entry(member, &())?;
        }
        map.end()
    }
}

/// A token as somebody presents it, before it is verified. The prefix comes before the form: a
/// text that begins with `ak_` is an API key, however many dots it has (N5).
pub(crate) enum Presented<'token> {
    Opaque(&'static Kind, &'token str),
    Jwt(&'static Kind, UnverifiedJwt<'token>),
    /// A session token, or nothing at all, as far as it can be taken apart.
    Other(
        &'token str,
        Result<UnverifiedJwt<'token>, TokenVerificationError>,
    ),
}

impl<'token> Presented<'token> {
    pub(crate) fn of(token: &'token str) -> Self {
        if let Some(kind) = Kind::of_prefix(token) {
            return Self::Opaque(kind, token);
        }
        let is_in_form = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
        let decoded = match jwt::decode(token) {
            Ok(decoded) if token.bytes().all(is_in_form) && !decoded.signature().is_empty() => {
                decoded
            }
            other => return Self::Other(token, other),
        };
        match TokenKind::of(&decoded) {
            TokenKind::MachineToMachine => Self::Jwt(&M2M_TOKEN, decoded),
            TokenKind::OAuth => Self::Jwt(&OAUTH_TOKEN, decoded),
            TokenKind::Session | TokenKind::OtherCategory => Self::Other(token, Ok(decoded)),
        }
    }

    pub(crate) fn token_type(&self) -> TokenType {
        match self {
            Self::Opaque(kind, _) | Self::Jwt(kind, _) => kind.token_type,
            Self::Other(..) => TokenType::SessionToken,
        }
    }
}

/// Whether the text begins like an opaque machine token. Nothing is verified.
///
/// JavaScript: `isMachineTokenByPrefix(token)`.
#[doc(alias = "isMachineTokenByPrefix")]
pub fn is_machine_token_by_prefix(token: &str) -> bool {
    Kind::of_prefix(token).is_some()
}

/// Whether the text is a machine token by its prefix or by what it says of itself as a JWT.
/// Nothing is verified.
///
/// JavaScript: `isMachineToken(token)`.
#[doc(alias = "isMachineToken")]
pub fn is_machine_token(token: &str) -> bool {
    Presented::of(token).token_type() != TokenType::SessionToken
}

/// Verifies a machine-to-machine or OAuth token that is a JWT.
///
/// As [`jwt::verify`], with the header types of these tokens in place of
/// [`VerifyOptions::header_types`]. A token without `azp` passes, as no browser has asked for it.
///
/// # Errors
/// [`Code::TokenVerificationFailed`] for the first check that fails; [`Code::TokenInvalid`] for
/// what is no machine token or is made for another purpose; [`Code::UnexpectedError`] for an
/// opaque token, which only Clerk can verify.
pub fn verify(
    token: &str,
    key: &PublicKey,
    options: &VerifyOptions,
    now: SystemTime,
) -> Result<MachineAuth, Error> {
    match Presented::of(token) {
        Presented::Jwt(kind, token) => {
            check_category(kind, &token)?;
            MachineAuth::from_jwt(kind, token, key, options, now)
        }
        Presented::Opaque(..) => Err(Error::unexpected()),
        Presented::Other(token, _) => Err(not_a_machine_token(token)),
    }
}

/// Whoever may write a JWT template could otherwise make tokens of machines (N3b).
pub(crate) fn check_category(kind: &Kind, token: &UnverifiedJwt<'_>) -> Result<(), Error> {
    let own = [TokenCategory::MachineToMachine, TokenCategory::Unspecified];
    let is_own = token
        .header()
        .get("cat")
        .is_none_or(|category| own.iter().any(|own| category == own.as_str()));
    // Clerk has not said which category OAuth tokens have; their header type tells them apart.
    if is_own || kind.token_type != TokenType::M2mToken {
        return Ok(());
    }
    Err(Error::new(Code::TokenInvalid, "Invalid M2M JWT category."))
}

/// Why a text that stands where a machine token should is none.
pub(crate) fn not_a_machine_token(token: &str) -> Error {
    let typ = match jwt::decode(token) {
        Ok(token) => token.header().get("typ").cloned(),
        Err(error) if token.split('.').count() == 3 => {
            return Error::new(Code::TokenInvalid, error.message);
        }
        Err(_) => return Error::new(Code::TokenInvalid, "Unknown machine token type"),
    };
    let typ = match &typ {
        None => "missing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Error::new(
        Code::TokenVerificationFailed,
        format!(
            "Invalid JWT type: {typ}. Expected one of: at+jwt, application/at+jwt for OAuth, or sub starting with 'mch_' for M2M"
        ),
    )
}

/// A verified machine token: who it stands for, and what it may do.
///
/// An application decides by [`scopes`](Self::scopes) and [`claims`](Self::claims): roles and
/// permissions belong to sessions. `Debug` shows neither token nor claims.
///
/// JavaScript: the signed-in auth object of a machine token, and the data of
/// `verifyMachineAuthToken`.
#[derive(Clone, PartialEq)]
#[doc(alias = "MachineAuthObject")]
pub struct MachineAuth {
    kind: &'static Kind,
    token: String,
    id: String,
    subject: String,
    scopes: Vec<String>,
    claims: Option<Map<String, Value>>,
    /// What Clerk has said of an opaque token, or the claims of a JWT.
    facts: Map<String, Value>,
}

impl MachineAuth {
    /// Reads what Clerk says of an opaque token. That it answers does not mean that the token is
    /// good (N4).
    pub(crate) fn from_reply(
        kind: &'static Kind,
        token: &str,
        reply: &Value,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let Value::Object(facts) = reply else {
            return Err(Error::unexpected());
        };
        let expired = || Error::new(Code::TokenInvalid, "The token has expired.");
        let is_set = |flag: &str| {
            facts
                .get(flag)
                .is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)))
        };
        // This is all that is said of a JWT that has expired.
        if facts.get("active") == Some(&Value::Bool(false)) || is_set("expired") {
            return Err(expired());
        }
        if is_set("revoked") || is_set("deleted") {
            return Err(Error::new(
                Code::TokenInvalid,
                "The token has been revoked.",
            ));
        }
        if facts.get("object").is_some_and(|it| it != kind.object) {
            return Err(Error::unexpected());
        }
        match facts.get("expiration") {
            None | Some(Value::Null) => {}
            Some(date) => {
                let date = date.as_f64().ok_or_else(Error::unexpected)?;
                if date_in_ms(date) <= ms(now) {
                    return Err(expired());
                }
            }
        }
        let text = |name| {
            let text = facts.get(name).and_then(Value::as_str);
            text.map(str::to_owned).ok_or_else(Error::unexpected)
        };
        Ok(Self {
            kind,
            token: token.to_owned(),
            id: text("id")?,
            subject: text("subject")?,
            scopes: facts.get("scopes").map(texts).unwrap_or_default(),
            claims: facts.get("claims").and_then(Value::as_object).cloned(),
            facts: facts.clone(),
        })
    }

    /// Verifies a JWT of this kind.
    pub(crate) fn from_jwt(
        kind: &'static Kind,
        token: UnverifiedJwt<'_>,
        key: &PublicKey,
        options: &VerifyOptions,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let text = token.as_str();
        let options = VerifyOptions {
            header_types: kind.header_types.iter().map(|it| (*it).into()).collect(),
            require_authorized_party: false,
            ..options.clone()
        };
        let claims = token.verify(key, &options, now)?;
        let scopes = match kind.token_type {
            TokenType::M2mToken => scopes_of_machine(&claims)?,
            _ => scopes_of_client(&claims),
        };
        let facts = claims.as_value().as_object().cloned().unwrap_or_default();
        let own: Map<String, Value> = facts
            .iter()
            .filter(|(name, _)| !REGISTERED_CLAIMS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Ok(Self {
            kind,
            token: text.to_owned(),
            id: claims.get_str("jti").unwrap_or_default().to_owned(),
            subject: claims.subject().to_owned(),
            scopes,
            claims: (!own.is_empty()).then_some(own),
            facts,
        })
    }

    /// The type of the token. Never a session token.
    ///
    /// JavaScript: `tokenType`.
    pub fn token_type(&self) -> TokenType {
        self.kind.token_type
    }

    /// The id of the token itself. Empty for a JWT without one.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who the token stands for: the id of a user, an organization or a machine.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What the token may be used for. For a machine-to-machine token: the machines that it may
    /// be sent to.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether the token has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|it| it == scope)
    }

    /// Claims of the application's own. OAuth tokens have none.
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        match self.kind.token_type {
            TokenType::OauthToken => None,
            _ => self.claims.as_ref(),
        }
    }

    /// The name of an API key.
    pub fn name(&self) -> Option<&str> {
        self.of(TokenType::ApiKey)?.get("name")?.as_str()
    }

    /// The user that an API key belongs to or that an OAuth client acts for.
    pub fn user_id(&self) -> Option<&str> {
        match self.kind.token_type {
            TokenType::ApiKey => Some(self.subject()).filter(|it| it.starts_with("user_")),
            TokenType::OauthToken => Some(self.subject()),
            _ => None,
        }
    }

    /// The organization that an API key belongs to.
    pub fn organization_id(&self) -> Option<&str> {
        self.of(TokenType::ApiKey)?;
        Some(self.subject()).filter(|subject| subject.starts_with("org_"))
    }

    /// The machine that has made a machine-to-machine token.
    pub fn machine_id(&self) -> Option<&str> {
        self.of(TokenType::M2mToken)?;
        Some(self.subject())
    }

    /// The OAuth client that the token was given to. Empty for a JWT that does not name it.
    pub fn client_id(&self) -> Option<&str> {
        let facts = self.of(TokenType::OauthToken)?;
        Some(facts.get("client_id").and_then(Value::as_str).unwrap_or(""))
    }

    /// When the token expires, in ms since the epoch. JWTs and opaque tokens alike (N10).
    ///
    /// JavaScript: `expiration`.
    #[doc(alias = "expiration")]
    pub fn expires_at(&self) -> Option<i64> {
        let (date, is_of_jwt) = self.date("exp", "expiration")?;
        Some(match is_of_jwt {
            true => (date * 1000.0) as i64,
            false => date_in_ms(date),
        })
    }

    /// When the token was made, in ms since the epoch.
    ///
    /// JavaScript: `createdAt`.
    #[doc(alias = "createdAt")]
    pub fn created_at(&self) -> Option<i64> {
        let (date, is_of_jwt) = self.date("iat", "created_at")?;
        Some((if is_of_jwt { date * 1000.0 } else { date }) as i64)
    }

    /// Whatever else Clerk says of an opaque token, or a claim of a JWT, by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    /// The token itself. **It is a credential.**
    ///
    /// JavaScript: `getToken()`.
    #[doc(alias = "getToken")]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether this machine is one that the token may be sent to. An OAuth token and an API key
    /// may be sent to any.
    pub(crate) fn may_be_sent_to(&self, machine_id: &str) -> bool {
        let audience = self.facts.get("aud").map(texts).unwrap_or_default();
        self.kind.token_type != TokenType::M2mToken
            || self.has_scope(machine_id)
            || audience.iter().any(|it| it == machine_id)
    }

    fn of(&self, token_type: TokenType) -> Option<&Map<String, Value>> {
        (self.kind.token_type == token_type).then_some(&self.facts)
    }

    /// A date, and whether it is that of a JWT.
    fn date(&self, in_jwt: &str, in_reply: &str) -> Option<(f64, bool)> {
        let is_of_jwt = !self.token.starts_with(self.kind.prefix);
        let date = self.facts.get(if is_of_jwt { in_jwt } else { in_reply })?;
        Some((date.as_f64()?, is_of_jwt))
    }
}

impl fmt::Debug for MachineAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachineAuth")
            .field("token_type", &self.token_type())
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Serialize for MachineAuth {
    /// JavaScript: `makeAuthObjectSerializable(auth)`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("isAuthenticated", &true)?;
        map.serialize_entry("tokenType", self.token_type().as_str())?;
        for member in self.kind.members {
            let value = match *member {
                "name" => json!(self.name()),
                "claims" => json!(self.claims()),
                "scopes" => json!(self.scopes()),
                "userId" => json!(self.user_id()),
                "orgId" => json!(self.organization_id()),
                "machineId" => json!(self.machine_id()),
                _ => json!(self.client_id()),
            };
            map.serialize_entry(member, &value)?;
        }
        map.end()
    }
}

/// `scopes` as one text, else the audience.
fn scopes_of_machine(claims: &Claims) -> Result<Vec<String>, Error> {
    match claims.get("scopes") {
        None | Some(Value::Null) => Ok(claims.get("aud").map(texts).unwrap_or_default()),
        Some(Value::String(scopes)) => Ok(words(scopes)),
        // A token of another making (N2).
        Some(other) => Err(Error::new(
            Code::TokenVerificationFailed,
            format!("Invalid JWT scopes claim (scopes) {other}. Expected string."),
        )),
    }
}

fn scopes_of_client(claims: &Claims) -> Vec<String> {
    let scopes = claims.get("scp").filter(|scopes| !scopes.is_null());
    match (scopes, claims.get("scope")) {
        (Some(Value::String(scopes)), _) | (None, Some(Value::String(scopes))) => words(scopes),
        (Some(scopes), _) => texts(scopes),
        _ => Vec::new(),
    }
}

/// The pieces between single spaces; none in an empty text.
fn words(text: &str) -> Vec<String> {
    match text {
        "" => Vec::new(),
        text => text.split(' ').map(str::to_owned).collect(),
    }
}

/// The texts of a list, or the one text that is there in place of a list.
fn texts(value: &Value) -> Vec<String> {
    let texts = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    texts
        .iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn date_in_ms(date: f64) -> i64 {
    match date < SECONDS_END {
        true => (date * 1000.0) as i64,
        false => date as i64,
    }
}

fn ms(time: SystemTime) -> i64 {
    let since: Duration = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = UNIX_EPOCH;

    fn verified(kind: &'static Kind, token: &str, reply: Value) -> MachineAuth {
        MachineAuth::from_reply(kind, token, &reply, NOW).expect("a good token")
    }

    #[test]
    fn a_token_says_whom_it_stands_for() {
        let reply = |subject: &str| {
            json!({
                "id": "i", "subject": subject, "name": "n", "client_id": "c",
                "claims": {"a": 1}, "scopes": ["s", 5],
            })
        };
        let key = verified(&API_KEY, "ak_1", reply("user_1"));
        assert_eq!((key.id(), key.subject()), ("i", "user_1"));
        assert_eq!(key.user_id(), Some("user_1"));
        assert_eq!(key.organization_id(), None);
        assert_eq!((key.name(), key.client_id()), (Some("n"), None));
        assert_eq!(key.claims().expect("claims")["a"], 1);
        assert!(key.has_scope("s") && !key.has_scope("5"));
        assert_eq!(key.token(), "ak_1");
        let key = verified(&API_KEY, "ak_1", reply("org_1"));
        assert_eq!(
            (key.user_id(), key.organization_id()),
            (None, Some("org_1"))
        );

        let machine = verified(&M2M_TOKEN, "mt_1", reply("mch_1"));
        assert_eq!(machine.machine_id(), Some("mch_1"));
        assert_eq!((machine.user_id(), machine.organization_id()), (None, None));
        assert_eq!((machine.name(), machine.client_id()), (None, None));

        let client = verified(&OAUTH_TOKEN, "oat_1", reply("user_1"));
        assert_eq!(client.user_id(), Some("user_1"));
        assert_eq!(client.client_id(), Some("c"));
        assert_eq!((client.claims(), client.machine_id()), (None, None));
    }

    #[test]
    fn debug_shows_neither_token_nor_claims() {
        let reply = json!({
            "id": "i", "subject": "user_1", "claims": {"a": "confidential"},
            "secret": "confidential",
        });
        let key = verified(&API_KEY, "ak_confidential", reply);
        let shown = format!("{key:?}");
        assert!(shown.contains("user_1"), "{shown}");
        assert!(!shown.contains("confidential"), "{shown}");
    }

    #[test]
    fn a_jwt_is_verified_with_a_key_at_hand() {
        let key = crate::keys::PrivateKey::generate().expect("a key");
        let sign = |typ: &str, claims: Value| {
            let options = jwt::SignOptions {
                header: Map::from_iter([("typ".to_owned(), json!(typ))]),
                ..jwt::SignOptions::default()
            };
            jwt::sign(&claims, &key, &options, NOW).expect("a token")
        };
        // No browser has asked for these tokens, so no application is named as having done so.
        let options = VerifyOptions {
            authorized_parties: vec!["https://app.example.com".to_owned()],
            ..VerifyOptions::default()
        };
        let verify = |token: &str| verify(token, &key.public_key(), &options, NOW);
        let machine = json!({"sub": "mch_1", "exp": 60});
        let user = json!({"sub": "user_1", "exp": 60});
        for (token, outcome) in [
            (sign("JWT", machine.clone()), Ok(TokenType::M2mToken)),
            (sign("at+jwt", user.clone()), Ok(TokenType::OauthToken)),
            (
                sign("application/at+jwt", user.clone()),
                Ok(TokenType::OauthToken),
            ),
            (sign("at+jwt", machine), Err(Code::TokenVerificationFailed)),
            (
                sign(
                    "at+jwt",
                    json!({"sub": "user_1", "exp": 60, "azp": "https://b"}),
                ),
                Err(Code::TokenVerificationFailed),
            ),
            (sign("JWT", user), Err(Code::TokenVerificationFailed)),
            ("ak_1".to_owned(), Err(Code::UnexpectedError)),
            ("a.b".to_owned(), Err(Code::TokenInvalid)),
            ("a.b.c".to_owned(), Err(Code::TokenInvalid)),
            (String::new(), Err(Code::TokenInvalid)),
        ] {
            let found = verify(&token).map(|machine| machine.token_type());
            assert_eq!(found.map_err(|error| error.code), outcome, "{token}");
        }
    }

    #[test]
    fn a_date_is_in_ms_even_if_clerk_says_seconds() {
        let reply = |date: Value| json!({"id": "i", "subject": "user_1", "expiration": date});
        for (date, expires_at) in [
            (json!(1_700_000_000), Some(1_700_000_000_000)),
            (json!(1_700_000_000_000_i64), Some(1_700_000_000_000)),
            (json!(null), None),
        ] {
            let key = verified(&API_KEY, "ak_1", reply(date));
            assert_eq!(key.expires_at(), expires_at);
        }
        for date in [json!(0), json!(-1), json!("2030"), json!({})] {
            let refused = MachineAuth::from_reply(&API_KEY, "ak_1", &reply(date), NOW);
            assert!(refused.is_err());
        }
    }
}
