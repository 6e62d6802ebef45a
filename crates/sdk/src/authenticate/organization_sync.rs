//! Which organization the URL of a page belongs to.

mod path_pattern;

use path_pattern::PathPattern;

use crate::errors::ConfigurationError;
use crate::session::ActiveOrganization;

/// The paths of an application that belong to an organization or to the personal account.
///
/// A visitor whose session has another organization active is sent to the Frontend API, which
/// activates the one of the path. Patterns are those of path-to-regexp 6: `/orgs/:slug`,
/// `/orgs/:id/(.*)`, `{/:lang}?/me`. An organization pattern names its parameter `:id` or `:slug`.
/// A `(regular expression)` has no look-around, since it is matched in linear time.
///
/// ```
/// use ironclerk::authenticate::OrganizationSync;
///
/// let sync = OrganizationSync::new(["/orgs/:slug", "/orgs/:slug/(.*)"], ["/me", "/me/(.*)"])?;
/// # Ok::<(), ironclerk::errors::ConfigurationError>(())
/// ```
///
/// JavaScript: `OrganizationSyncOptions`.
#[derive(Clone, Debug, Default)]
#[doc(alias = "OrganizationSyncOptions")]
pub struct OrganizationSync {
    organizations: Vec<PathPattern>,
    personal_account: Vec<PathPattern>,
}

/// Whose page it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Id(String),
    Slug(String),
    PersonalAccount,
}

impl Target {
    /// The value of the handshake's `organization_id`: empty for the personal account.
    pub(super) fn as_parameter(&self) -> &str {
        match self {
            Self::Id(name) | Self::Slug(name) => name,
            Self::PersonalAccount => "",
        }
    }

    /// Whether this is what the session has active already.
    pub(super) fn is_active(&self, active: Option<&ActiveOrganization>) -> bool {
        match self {
            Self::Id(id) => active.is_some_and(|active| active.id == *id),
            Self::Slug(slug) => active.and_then(|active| active.slug.as_ref()) == Some(slug),
            Self::PersonalAccount => active.is_none(),
        }
    }
}

impl OrganizationSync {
    /// Reads the patterns of organization pages and of pages of the personal account.
    ///
    /// # Errors
    /// When a pattern cannot be read.
    pub fn new<O: AsRef<str>, P: AsRef<str>>(
        organization_patterns: impl IntoIterator<Item = O>,
        personal_account_patterns: impl IntoIterator<Item = P>,
    ) -> Result<Self, ConfigurationError> {
        Ok(Self {
            organizations: compile(organization_patterns)?,
            personal_account: compile(personal_account_patterns)?,
        })
    }

    /// Whose page this path is. `path` is percent-encoded, as it stands in a URL.
    pub(super) fn target(&self, path: &str) -> Option<Target> {
        let of_organization = self
            .organizations
            .iter()
            .find_map(|pattern| pattern.parameters(path));
        if let Some(mut parameters) = of_organization {
            if let Some(id) = parameters.remove("id") {
                return Some(Target::Id(id));
            }
            if let Some(slug) = parameters.remove("slug") {
                return Some(Target::Slug(slug));
            }
        }
        let mut personal = self.personal_account.iter();
        personal
            .any(|pattern| pattern.parameters(path).is_some())
            .then_some(Target::PersonalAccount)
    }
}

fn compile<P: AsRef<str>>(
    patterns: impl IntoIterator<Item = P>,
) -> Result<Vec<PathPattern>, ConfigurationError> {
    let patterns: Vec<P> = patterns.into_iter().collect();
    let compiled = patterns.iter().map(|it| PathPattern::new(it.as_ref()));
    compiled.collect::<Result<_, _>>().map_err(|detail| {
        let patterns: Vec<&str> = patterns.iter().map(AsRef::as_ref).collect();
        ConfigurationError::InvalidPathPattern {
            patterns: patterns.join(","),
            detail,
        }
    })
}
