//! Passwords: what is accepted, and how they are kept.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use ironclerk_api::{ApiError, ErrorCode, Secret};

use crate::store::users::PasswordDigest;

pub(crate) use digest::{Digested, HASHERS};

mod digest;

/// The shortest password, in characters.
const SHORTEST: usize = 8;
/// The longest password, in bytes: what bcrypt reads, so that a digest can move to and from Clerk.
const LONGEST: usize = 72;
/// The longest text that is checked against a digest, in bytes: other systems take longer
/// passwords than we do.
const MOST_TYPED: usize = 4096;
/// What our own digests are made with.
const OURS: &str = "argon2id";
/// The longest digest of another system, in bytes.
const LONGEST_DIGEST: usize = 4096;

/// The password of a request: given in clear, as a digest, or not at all.
#[derive(Default)]
pub(crate) struct NewPassword {
    pub password: Option<Secret>,
    pub digest: Option<Secret>,
    pub hasher: Option<String>,
    pub skip_checks: bool,
}

impl NewPassword {
    /// Checks the password and makes its digest, away from the threads that serve requests.
    pub(crate) async fn digest(self) -> Result<Option<PasswordDigest>, ApiError> {
        match (self.password, self.digest, self.hasher) {
            (None, None, None) => Ok(None),
            (Some(_), Some(_), _) => Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "password_digest",
                "Either password or password_digest can be given, not both.",
            )),
            (Some(password), None, _) => {
                check(password.expose(), self.skip_checks)?;
                let digest = tokio::task::spawn_blocking(move || hash(password.expose())).await;
                match digest {
                    Ok(Some(digest)) => Ok(Some(digest)),
                    _ => Err(ErrorCode::Internal.because("The password could not be hashed.")),
                }
            }
            (None, Some(digest), Some(hasher)) => imported(&digest, hasher).map(Some),
            (None, Some(_), None) => Err(ErrorCode::FormParameterMissing.for_parameter(
                "password_hasher",
                "password_digest needs password_hasher, the name of what made it.",
            )),
            (None, None, Some(_)) => Err(ErrorCode::FormParameterMissing
                .for_parameter("password_digest", "password_hasher needs password_digest.")),
        }
    }
}

fn check(password: &str, skip_checks: bool) -> Result<(), ApiError> {
    if password.len() > LONGEST {
        return Err(ErrorCode::FormPasswordLengthTooLong.for_parameter(
            "password",
            format!("The password must have {LONGEST} bytes at the most."),
        ));
    }
    if password.is_empty() || (!skip_checks && password.chars().count() < SHORTEST) {
        return Err(ErrorCode::FormPasswordLengthTooShort.for_parameter(
            "password",
            format!("The password must have at least {SHORTEST} characters."),
        ));
    }
    Ok(())
}

/// Whether a password is the right one, away from the threads that serve requests. For a digest
/// that is not of our own making, a better one comes with it.
pub(crate) async fn verify(
    password: Secret,
    stored: &PasswordDigest,
) -> Result<(bool, Option<PasswordDigest>), ApiError> {
    if !matches(password.clone(), stored).await? {
        return Ok((false, None));
    }
    if stored.hasher == OURS {
        return Ok((true, None));
    }
    let better = tokio::task::spawn_blocking(move || hash(password.expose())).await;
    Ok((true, better.ok().flatten()))
}

/// Whether a text that is as secret as a password is the right one.
pub(crate) async fn matches(text: Secret, stored: &PasswordDigest) -> Result<bool, ApiError> {
    let (hasher, digest) = (stored.hasher.clone(), stored.digest.clone());
    let work = move || {
        text.expose().len() <= MOST_TYPED
            && Digested::parse(&hasher, &digest)
                .is_some_and(|digested| digested.verify(text.expose()))
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ErrorCode::Internal.because("The code could not be checked."))
}

/// Makes the digests of texts that are as secret as passwords.
pub(crate) async fn digests_of(texts: Vec<Secret>) -> Result<Vec<String>, ApiError> {
    let work = move || {
        let digests = texts.iter().map(|text| Some(hash(text.expose())?.digest));
        digests.collect::<Option<Vec<_>>>()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Some(digests)) => Ok(digests),
        _ => Err(ErrorCode::Internal.because("A code could not be hashed.")),
    }
}

fn hash(password: &str) -> Option<PasswordDigest> {
    let digest = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(PasswordDigest {
        digest: digest.to_string(),
        hasher: OURS.to_owned(),
    })
}

fn imported(digest: &Secret, hasher: String) -> Result<PasswordDigest, ApiError> {
    if !HASHERS.contains(&hasher.as_str()) {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "password_hasher",
            format!("password_hasher must be one of {}.", HASHERS.join(", ")),
        ));
    }
    let digest = digest.expose();
    if digest.len() > LONGEST_DIGEST || Digested::parse(&hasher, digest).is_none() {
        return Err(ErrorCode::FormPasswordDigestInvalid.for_parameter(
            "password_digest",
            format!("password_digest is not one of {hasher}."),
        ));
    }
    Ok(PasswordDigest {
        digest: digest.to_owned(),
        hasher,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn code_of(password: NewPassword) -> String {
        password
            .digest()
            .await
            .err()
            .expect("a refusal")
            .errors
            .remove(0)
            .code
    }

    #[tokio::test]
    async fn passwords_are_hashed_or_refused() {
        let given = |text: &str| NewPassword {
            password: Some(text.into()),
            ..Default::default()
        };
        let digest = given("correct horse").digest().await.unwrap().unwrap();
        assert!(digest.digest.starts_with("$argon2id$"));
        assert_eq!(
            code_of(given("short")).await,
            "form_password_length_too_short"
        );
        assert_eq!(
            code_of(given(&"x".repeat(73))).await,
            "form_password_length_too_long"
        );
        let unchecked = NewPassword {
            skip_checks: true,
            ..given("short")
        };
        assert!(unchecked.digest().await.unwrap().is_some());
    }

    #[tokio::test]
    async fn digests_are_kept_as_they_are() {
        let given = |digest: &str, hasher: &str| NewPassword {
            digest: Some(digest.into()),
            hasher: Some(hasher.into()),
            ..Default::default()
        };
        let text = "5f4dcc3b5aa765d61d8327deb882cf99";
        let kept = given(text, "md5").digest().await.unwrap().unwrap();
        assert_eq!((kept.digest.as_str(), kept.hasher.as_str()), (text, "md5"));
        assert_eq!(
            code_of(given(text, "bcrypt")).await,
            "form_password_digest_invalid_code"
        );
        assert_eq!(
            code_of(given(text, "rot13")).await,
            "form_param_value_invalid"
        );
    }
}
