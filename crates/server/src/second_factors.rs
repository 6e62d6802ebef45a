//! Second factors: authenticator apps and backup codes.

use ironclerk_api::id::UserId;
use ironclerk_api::users::{
    ChangedUser, CodeType, DeleteUserBackupCodes, DeleteUserTotp, DisableUserMfa, VerifiedTotp,
    VerifyTotp,
};
use ironclerk_api::{ApiError, ErrorCode, Secret};

use crate::context::Cx;
use crate::database::Transaction;
use crate::http::Routes;
use crate::store::users::{self, PasswordDigest, UniqueColumn};
use crate::store::{identifications, second_factors as store};
use crate::users::no_user;
use crate::{password, totp};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(verify)
        .on(disable_all)
        .on(delete_totp)
        .on(delete_backup_codes)
}

/// How many backup codes a user can have.
const MOST_BACKUP_CODES: usize = 24;
/// The longest backup code, in bytes, and the longest digest of one.
const LONGEST_BACKUP_CODE: usize = 72;

/// The second factors of a request: checked, and as they are stored.
#[derive(Default)]
pub(crate) struct NewSecondFactors {
    totp_secret: Option<String>,
    backup_codes: Vec<String>,
}

impl NewSecondFactors {
    /// Checks what is given. A backup code may be given as a digest of bcrypt.
    pub(crate) async fn check(
        totp_secret: Option<&Secret>,
        backup_codes: Vec<Secret>,
    ) -> Result<Self, ApiError> {
        let totp_secret = totp_secret
            .map(|secret| totp::secret("totp_secret", secret))
            .transpose()?;
        let is_acceptable = |code: &Secret| {
            (1..=LONGEST_BACKUP_CODE).contains(&code.expose().len())
                && code.expose().bytes().all(|byte| byte.is_ascii_graphic())
        };
        if backup_codes.len() > MOST_BACKUP_CODES || !backup_codes.iter().all(is_acceptable) {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "backup_codes",
                format!(
                    "backup_codes must be at most {MOST_BACKUP_CODES} codes of at most \
                     {LONGEST_BACKUP_CODE} characters without spaces, or digests of bcrypt."
                ),
            ));
        }
        let is_digest =
            |code: &Secret| password::Digested::parse("bcrypt", code.expose()).is_some();
        let (digests, codes): (Vec<_>, Vec<_>) = backup_codes.into_iter().partition(is_digest);
        let mut backup_codes = password::digests_of(codes).await?;
        backup_codes.extend(digests.iter().map(|digest| digest.expose().to_owned()));
        Ok(Self {
            totp_secret,
            backup_codes,
        })
    }

    /// Gives them to a user. What is not given stays as it is.
    pub(crate) fn store(
        &self,
        transaction: &mut Transaction<'_>,
        user: &UserId,
        now: i64,
    ) -> Result<(), ApiError> {
        if let Some(secret) = &self.totp_secret {
            store::set_totp(transaction, user, Some(secret))?;
            store::note_change(transaction, user, now)?;
        }
        if !self.backup_codes.is_empty() {
            store::set_backup_codes(transaction, user, &self.backup_codes)?;
        }
        Ok(())
    }
}

async fn verify(cx: Cx, request: VerifyTotp) -> Result<VerifiedTotp, ApiError> {
    let (user, now) = (request.user_id, cx.now);
    let code = request.code.expose().trim().to_owned();
    let asked = user.clone();
    let (app, backup_codes) = cx
        .database()
        .read(move |transaction| {
            if !users::exists(transaction, UniqueColumn::Id, asked.as_str())? {
                return Err(no_user(&asked));
            }
            let app = store::totp(transaction, &asked)?;
            Ok((app, store::backup_codes(transaction, &asked)?))
        })
        .await?;
    let incorrect = || ErrorCode::TotpIncorrect.for_parameter("code", "The code is incorrect.");
    if app.is_none() && backup_codes.is_empty() {
        return Err(ErrorCode::TotpDisabled
            .because("The user has neither an authenticator app nor backup codes."));
    }
    if code.len() == totp::DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()) {
        let step = app
            .and_then(|app| {
                let step = totp::step_of(&app.secret, &code, now)?;
                Some(step).filter(|step| app.last_step.is_none_or(|last| last < *step))
            })
            .ok_or_else(incorrect)?;
        return cx
            .database()
            .write(
                move |transaction| match store::accept_step(transaction, &user, step)? {
                    true => Ok(verified(CodeType::Totp)),
                    false => Err(incorrect()),
                },
            )
            .await;
    }
    if backup_codes.is_empty() {
        return Err(ErrorCode::TotpInvalidLength.for_parameter(
            "code",
            format!(
                "A code of an authenticator app has {} digits.",
                totp::DIGITS
            ),
        ));
    }
    let digest = matching(backup_codes, code).await?.ok_or_else(incorrect)?;
    cx.database()
        .write(move |transaction| {
            match store::use_backup_code(transaction, &user, &digest)? {
                true => Ok(verified(CodeType::BackupCode)),
                // Another request was faster.
                false => Err(incorrect()),
            }
        })
        .await
}

/// The digest of a backup code among those of a user.
async fn matching(digests: Vec<String>, code: String) -> Result<Option<String>, ApiError> {
    for digest in digests {
        let hasher = match digest.starts_with("$argon2id$") {
            true => "argon2id",
            false => "bcrypt",
        };
        let stored = PasswordDigest {
            digest,
            hasher: hasher.to_owned(),
        };
        if password::matches(code.as_str().into(), &stored).await? {
            return Ok(Some(stored.digest));
        }
    }
    Ok(None)
}

fn verified(code_type: CodeType) -> VerifiedTotp {
    VerifiedTotp {
        verified: true,
        code_type,
    }
}

async fn disable_all(cx: Cx, request: DisableUserMfa) -> Result<ChangedUser, ApiError> {
    change(cx, request.user_id, |transaction, user| {
        store::set_totp(transaction, user, None)?;
        store::set_backup_codes(transaction, user, &[])?;
        store::free_phone_numbers(transaction, user)?;
        Ok(())
    })
    .await
}

async fn delete_totp(cx: Cx, request: DeleteUserTotp) -> Result<ChangedUser, ApiError> {
    change(cx, request.user_id, |transaction, user| {
        Ok(store::set_totp(transaction, user, None)?)
    })
    .await
}

async fn delete_backup_codes(
    cx: Cx,
    request: DeleteUserBackupCodes,
) -> Result<ChangedUser, ApiError> {
    change(cx, request.user_id, |transaction, user| {
        Ok(store::set_backup_codes(transaction, user, &[])?)
    })
    .await
}

async fn change(
    cx: Cx,
    user_id: UserId,
    work: impl FnOnce(&mut Transaction<'_>, &UserId) -> Result<(), ApiError> + Send + 'static,
) -> Result<ChangedUser, ApiError> {
    let (now, events) = (cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            if !users::lock(transaction, &user_id)? {
                return Err(no_user(&user_id));
            }
            work(transaction, &user_id)?;
            store::note_change(transaction, &user_id, now)?;
            identifications::touch(transaction, &user_id, now)?;
            events.user_updated(transaction, &user_id)?;
            Ok(ChangedUser { user_id })
        })
        .await
}
