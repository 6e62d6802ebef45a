//! Authorization: does a session have a role, a permission, a feature, a plan, a fresh factor?

use super::{FactorVerificationAge, Scope, ScopedName, SessionAuth};

/// What a session is asked to have. Everything that is asked for must be there; what the token
/// does not tell counts as absent; asking for nothing is answered with no.
///
/// ```
/// use ironclerk::session::{Has, Reverification};
///
/// let administrators = Has::role("org:admin");
/// let fresh_deletion = Has::permission("org:posts:delete")
///     .and_feature("posts")
///     .and_reverification(Reverification::Strict);
/// ```
///
/// JavaScript: the parameter of `has()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[doc(alias = "CheckAuthorizationParams")]
pub struct Has {
    role: Option<String>,
    permission: Option<String>,
    feature: Option<String>,
    plan: Option<String>,
    reverification: Option<Reverification>,
}

impl Has {
    /// A role in the selected organization: `org:admin`, or `admin` for short.
    pub fn role(role: impl Into<String>) -> Self {
        Self::default().and_role(role)
    }

    /// A permission in the selected organization: `org:posts:read`, or `posts:read` for short.
    pub fn permission(permission: impl Into<String>) -> Self {
        Self::default().and_permission(permission)
    }

    /// A feature: `posts`, or `org:posts` and `user:posts` for the organization's or the user's.
    pub fn feature(feature: impl Into<String>) -> Self {
        Self::default().and_feature(feature)
    }

    /// A plan: `pro`, or `org:pro` and `user:pro` for the organization's or the user's.
    pub fn plan(plan: impl Into<String>) -> Self {
        Self::default().and_plan(plan)
    }

    /// Credentials that were verified a short time ago.
    pub fn reverification(reverification: Reverification) -> Self {
        Self::default().and_reverification(reverification)
    }

    /// Asks for a role too.
    #[must_use]
    pub fn and_role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Asks for a permission too.
    #[must_use]
    pub fn and_permission(mut self, permission: impl Into<String>) -> Self {
        self.permission = Some(permission.into());
        self
    }

    /// Asks for a feature too.
    #[must_use]
    pub fn and_feature(mut self, feature: impl Into<String>) -> Self {
        self.feature = Some(feature.into());
        self
    }

    /// Asks for a plan too.
    #[must_use]
    pub fn and_plan(mut self, plan: impl Into<String>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// Asks for recently verified credentials too.
    #[must_use]
    pub fn and_reverification(mut self, reverification: Reverification) -> Self {
        self.reverification = Some(reverification);
        self
    }
}

impl AsRef<Has> for Has {
    fn as_ref(&self) -> &Has {
        self
    }
}

/// How recently, and with which factors, the user must have proved who they are.
///
/// JavaScript: `ReverificationConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "ReverificationConfig")]
pub enum Reverification {
    /// Both factors within 10 minutes (`strict_mfa`).
    StrictMfa,
    /// The second factor within 10 minutes (`strict`).
    Strict,
    /// The second factor within an hour (`moderate`).
    Moderate,
    /// The second factor within a day (`lax`).
    Lax,
    /// A rule of the application's own.
    Custom {
        /// Which factors.
        level: VerificationLevel,
        /// The age in minutes at which a verification is too old. Zero accepts none.
        after_minutes: u32,
    },
}

/// Which factors must be fresh.
///
/// JavaScript: `SessionVerificationLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "SessionVerificationLevel")]
pub enum VerificationLevel {
    /// The first factor (`first_factor`).
    FirstFactor,
    /// The second factor, or the first of a user who has no second (`second_factor`).
    SecondFactor,
    /// Both, or the first of a user who has no second (`multi_factor`).
    MultiFactor,
}

impl Reverification {
    fn rule(self) -> (VerificationLevel, u32) {
        match self {
            Self::StrictMfa => (VerificationLevel::MultiFactor, 10),
            Self::Strict => (VerificationLevel::SecondFactor, 10),
            Self::Moderate => (VerificationLevel::SecondFactor, 60),
            Self::Lax => (VerificationLevel::SecondFactor, 24 * 60),
            Self::Custom {
                level,
                after_minutes,
            } => (level, after_minutes),
        }
    }

    fn is_satisfied_by(self, age: FactorVerificationAge) -> bool {
        let (level, after_minutes) = self.rule();
        let is_fresh = |age: Option<f64>| age.is_some_and(|age| age < f64::from(after_minutes));
        let first = is_fresh(age.first_factor);
        let second = is_fresh(age.second_factor);
        let has_second = age.second_factor.is_some();
        match level {
            VerificationLevel::FirstFactor => first,
            VerificationLevel::SecondFactor if has_second => second,
            VerificationLevel::MultiFactor if has_second => first && second,
            VerificationLevel::SecondFactor | VerificationLevel::MultiFactor => first,
        }
    }
}

/// Each dimension that is asked for must pass: a dimension about which the token says nothing
/// does not (D1: older official releases let it pass).
pub(super) fn is_granted(session: &SessionAuth, wanted: &Has) -> bool {
    if session.user_id().is_empty() || *wanted == Has::default() {
        return false;
    }
    let passes = |asked: Option<&str>, check: &dyn Fn(&str) -> bool| asked.is_none_or(check);
    passes(wanted.role.as_deref(), &|role| has_role(session, role))
        && passes(wanted.permission.as_deref(), &|permission| {
            has_permission(session, permission)
        })
        && passes(wanted.feature.as_deref(), &|feature| {
            lists(session.claims.features(), feature)
        })
        && passes(wanted.plan.as_deref(), &|plan| {
            lists(session.claims.plans(), plan)
        })
        && wanted.reverification.is_none_or(|reverification| {
            session
                .factor_verification_age()
                .is_some_and(|age| reverification.is_satisfied_by(age))
        })
}

fn has_role(session: &SessionAuth, asked: &str) -> bool {
    session
        .organization_role()
        .is_some_and(|role| without_prefix(role) == without_prefix(asked))
}

fn has_permission(session: &SessionAuth, asked: &str) -> bool {
    let permissions = session
        .organization()
        .and_then(|organization| organization.permissions.as_deref())
        .unwrap_or_default();
    permissions.iter().any(|permission| {
        permission
            .strip_prefix("org:")
            .is_some_and(|name| name == without_prefix(asked))
    })
}

/// `org:admin`, `admin` and `org:org:admin` are the same role.
fn without_prefix(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("org:") {
        name = rest;
    }
    name
}

/// Whether a claim such as `o:posts,u:dashboard` lists `posts`, `org:posts` or `user:posts`.
fn lists(claim: Option<&str>, asked: &str) -> bool {
    let mut pieces = asked.split(':');
    let (scope, name) = match (pieces.next(), pieces.next()) {
        (Some("org"), Some(name)) => (Some(Scope::Organization), name),
        (Some("user"), Some(name)) => (Some(Scope::User), name),
        (_, Some(name)) => (None, name),
        _ => (None, asked),
    };
    let is_in_scope = |entry: &ScopedName<'_>| match scope {
        Some(scope) => entry.is_in(scope),
        None => entry.is_in(Scope::Organization) || entry.is_in(Scope::User),
    };
    !name.is_empty()
        && claim.is_some_and(|claim| {
            ScopedName::list(claim).any(|entry| entry.name == name && is_in_scope(&entry))
        })
}
/// What a handler asks of its user, as a type of the application's own. The extractor `Allowed` of
/// the features `axum` and `actix` takes it.
///
/// ```
/// use ironclerk::Has;
/// use ironclerk::session::Guard;
///
/// struct DeletePosts;
///
/// impl Guard for DeletePosts {
///     fn has() -> Has {
///         Has::permission("org:posts:delete")
///     }
/// }
/// ```
pub trait Guard {
    /// What the user must have.
    fn has() -> Has;
}
