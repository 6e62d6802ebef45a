//! Who makes a request, when it may be somebody other than a user with a session.

use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::machine::{Kind, MachineAuth};
use crate::session::{Auth, Has, SessionAuth};
use crate::token_type::{AcceptsToken, TokenType};

/// Somebody who has shown a good token: a user with a session, or whoever a machine token stands
/// for. Cheap to clone.
///
/// ```
/// use ironclerk::Caller;
///
/// fn may_read_reports(caller: &Caller) -> bool {
///     match caller {
///         Caller::Session(session) => session.organization_role() == Some("org:analyst"),
///         Caller::Machine(machine) => machine.has_scope("reports:read"),
///     }
/// }
/// ```
///
/// JavaScript: a signed-in auth object.
#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// A user with a session.
    Session(Arc<SessionAuth>),
    /// Whoever an API key, a machine-to-machine token or an OAuth token stands for.
    Machine(Arc<MachineAuth>),
}

impl Caller {
    /// The type of the token.
    ///
    /// JavaScript: `tokenType`.
    pub fn token_type(&self) -> TokenType {
        match self {
            Self::Session(_) => TokenType::SessionToken,
            Self::Machine(machine) => machine.token_type(),
        }
    }

    /// The user who is signed in, whose API key it is, or for whom an OAuth client acts.
    ///
    /// Whoever holds an API key or an OAuth token may do less than the user: see
    /// [`MachineAuth::scopes`].
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => Some(session.user_id()),
            Self::Machine(machine) => machine.user_id(),
        }
    }

    /// The organization that the user has selected, or whose API key it is.
    pub fn organization_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => session.organization_id(),
            Self::Machine(machine) => machine.organization_id(),
        }
    }

    /// The user's session.
    pub fn session(&self) -> Option<&SessionAuth> {
        match self {
            Self::Session(session) => Some(session),
            Self::Machine(_) => None,
        }
    }

    /// What a machine token says.
    pub fn machine(&self) -> Option<&MachineAuth> {
        match self {
            Self::Session(_) => None,
            Self::Machine(machine) => Some(machine),
        }
    }

    /// The token itself. **It is a credential.**
    ///
    /// JavaScript: `getToken()`.
    #[doc(alias = "getToken")]
    pub fn token(&self) -> &str {
        match self {
            Self::Session(session) => session.token(),
            Self::Machine(machine) => machine.token(),
        }
    }

    /// Whether a user has all that is asked for, see [`Has`]. Roles, permissions, features, plans
    /// and verified factors belong to sessions, so the answer for a machine token is always no.
    ///
    /// JavaScript: `has({ … })`.
    pub fn has(&self, wanted: impl AsRef<Has>) -> bool {
        self.session().is_some_and(|session| session.has(wanted))
    }
}

impl Serialize for Caller {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Session(session) => session.serialize(serializer),
            Self::Machine(machine) => machine.serialize(serializer),
        }
    }
}

/// Who makes a request, with whichever token, or nobody. Cheap to clone.
///
/// JavaScript: the auth object. Serialises as `makeAuthObjectSerializable` makes it.
#[derive(Clone, Debug, PartialEq)]
#[doc(alias = "SignedInAuthObject", alias = "SignedOutAuthObject")]
pub enum AuthObject {
    /// Somebody with a good token.
    SignedIn(Caller),
    /// Nobody.
    SignedOut {
        /// The type of the token that was looked for. `None` when it was of no accepted type.
        token_type: Option<TokenType>,
        /// Whether there is a session that is still pending.
        is_pending: bool,
    },
}

impl AuthObject {
    /// Nobody, where a token of this type was looked for.
    ///
    /// JavaScript: `signedOutAuthObject()`, `unauthenticatedMachineObject(tokenType)`,
    /// `invalidTokenAuthObject()`.
    #[doc(
        alias = "unauthenticatedMachineObject",
        alias = "invalidTokenAuthObject"
    )]
    pub const fn signed_out(token_type: Option<TokenType>) -> Self {
        Self::SignedOut {
            token_type,
            is_pending: false,
        }
    }

    /// Whoever is signed in.
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::SignedIn(caller) => Some(caller),
            Self::SignedOut { .. } => None,
        }
    }

    /// Whether somebody is signed in.
    ///
    /// JavaScript: `isAuthenticated`.
    #[doc(alias = "isAuthenticated")]
    pub fn is_signed_in(&self) -> bool {
        self.caller().is_some()
    }

    /// The type of the token, or of the one that was looked for.
    ///
    /// JavaScript: `tokenType`.
    pub fn token_type(&self) -> Option<TokenType> {
        match self {
            Self::SignedIn(caller) => Some(caller.token_type()),
            Self::SignedOut { token_type, .. } => *token_type,
        }
    }

    /// The token itself. **It is a credential.**
    ///
    /// JavaScript: `getToken()`.
    pub fn token(&self) -> Option<&str> {
        self.caller().map(Caller::token)
    }

    /// Whether a user is signed in and has all that is asked for. Always no for a machine token.
    ///
    /// JavaScript: `has({ … })`.
    pub fn has(&self, wanted: impl AsRef<Has>) -> bool {
        self.caller().is_some_and(|caller| caller.has(wanted))
    }

    /// The same, for a handler that accepts these tokens only: anybody else is signed out.
    ///
    /// JavaScript: `getAuthObjectForAcceptedToken({ authObject, acceptsToken })`.
    #[must_use]
    #[doc(alias = "getAuthObjectForAcceptedToken", alias = "getAuth")]
    pub fn accepting(&self, accepts: impl Into<AcceptsToken>) -> Self {
        let accepts = accepts.into();
        let is_accepted = self.token_type().is_some_and(|it| accepts.accepts(it));
        match accepts {
            _ if is_accepted => self.clone(),
            AcceptsToken::Any => self.clone(),
            AcceptsToken::One(token_type) => Self::signed_out(Some(token_type)),
            AcceptsToken::List(_) => Self::signed_out(None),
        }
    }
}

impl From<Auth> for AuthObject {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::SignedIn(session) => Self::SignedIn(Caller::Session(session)),
            Auth::SignedOut { is_pending } => Self::SignedOut {
                token_type: Some(TokenType::SessionToken),
                is_pending,
            },
        }
    }
}

impl From<MachineAuth> for AuthObject {
    /// JavaScript: `authenticatedMachineObject(…)`.
    fn from(machine: MachineAuth) -> Self {
        Self::SignedIn(Caller::Machine(Arc::new(machine)))
    }
}

impl Serialize for AuthObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (token_type, is_pending) = match self {
            Self::SignedIn(caller) => return caller.serialize(serializer),
            Self::SignedOut {
                token_type,
                is_pending,
            } => (*token_type, *is_pending),
        };
        match token_type.map(|it| (it, Kind::of_type(it))) {
            Some((_, Some(kind))) => kind.serialize_signed_out(serializer),
            Some((_, None)) => Auth::SignedOut { is_pending }.serialize(serializer),
            None => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("isAuthenticated", &false)?;
                map.serialize_entry("tokenType", &())?;
                map.end()
            }
        }
    }
}
