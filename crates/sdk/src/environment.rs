//! The environment variables that Clerk's SDKs share.

use crate::errors::ConfigurationError;

/// The value of a variable. A blank one counts as not set.
///
/// # Errors
/// When it is not Unicode.
pub(crate) fn read(name: &'static str) -> Result<Option<String>, ConfigurationError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigurationError::NotUnicode(name)),
    }
}
