//! Verifying machine tokens while a request is decided.

use std::fmt;
use std::time::SystemTime;

use super::decision::{Missing, key_of};
use super::{Answers, Settings};
use crate::errors::{
    MachineTokenVerificationError as Error, MachineTokenVerificationErrorCode as Code,
};
use crate::machine::{
    self, Kind, MAX_OPAQUE_TOKEN_LENGTH, MachineAuth, Presented, not_a_machine_token,
};
use crate::token_type::TokenType;

/// What the Backend API is asked about an opaque machine token. `Debug` shows no token.
#[derive(Clone, PartialEq)]
pub struct VerifyMachineToken {
    pub(crate) kind: &'static Kind,
    token: String,
}

impl VerifyMachineToken {
    pub(crate) fn new(kind: &'static Kind, token: &str) -> Self {
        Self {
            kind,
            token: token.to_owned(),
        }
    }

    /// The type of the token. Never a session token.
    pub fn token_type(&self) -> TokenType {
        self.kind.token_type
    }

    /// The token. **It is a credential.**
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for VerifyMachineToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyMachineToken")
            .field("token_type", &self.token_type())
            .finish_non_exhaustive()
    }
}

/// Verifies a machine token. `Err` only when an answer is missing.
pub(super) fn verify_machine_token(
    token: Presented<'_>,
    settings: &Settings,
    answers: &Answers,
    now: SystemTime,
) -> Result<Result<MachineAuth, Error>, Missing> {
    let (kind, token) = match token {
        Presented::Jwt(kind, token) => (kind, token),
        Presented::Opaque(kind, token) => return verify_opaque(kind, token, answers, now),
        Presented::Other(token, _) => return Ok(Err(not_a_machine_token(token))),
    };
    if let Err(error) = machine::check_category(kind, &token) {
        return Ok(Err(error));
    }
    let key = match key_of(answers, &token)? {
        Ok(key) => key,
        Err(error) => return Ok(Err(error.into())),
    };
    let verified = MachineAuth::from_jwt(kind, token, key, &settings.verify, now);
    Ok(verified.and_then(|machine| match &settings.machine_id {
        Some(id) if !machine.may_be_sent_to(id) => Err(Error::new(
            Code::TokenVerificationFailed,
            format!("The token may not be sent to {id}."),
        )),
        _ => Ok(machine),
    }))
}

fn verify_opaque(
    kind: &'static Kind,
    token: &str,
    answers: &Answers,
    now: SystemTime,
) -> Result<Result<MachineAuth, Error>, Missing> {
    if token.len() > MAX_OPAQUE_TOKEN_LENGTH {
        return Ok(Err(kind.not_found()));
    }
    Ok(match &answers.machine_token {
        None => {
            let question = VerifyMachineToken::new(kind, token);
            return Err(Missing::MachineToken(Box::new(question)));
        }
        Some(Ok(reply)) => MachineAuth::from_reply(kind, token, reply, now),
        Some(Err(error)) => Err(error.clone()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::authenticate::{AcceptsToken, Keys, Step};
    use crate::keys::KeySet;

    #[test]
    fn clerk_is_not_asked_about_endless_tokens_and_debug_shows_none() {
        let settings = Settings::for_machines(AcceptsToken::Any);
        let answers = Answers::new(Keys::remote(Arc::<KeySet>::default()));
        let ask = |token: &str| {
            let now = SystemTime::UNIX_EPOCH;
            verify_machine_token(Presented::of(token), &settings, &answers, now)
        };
        let longest = format!("ak_{}", "x".repeat(MAX_OPAQUE_TOKEN_LENGTH - 3));
        let Err(question) = ask(&longest) else {
            panic!("Clerk is not asked");
        };
        let shown = format!("{:?}", Step::from(question));
        assert!(
            shown.contains("ApiKey") && !shown.contains("xxx"),
            "{shown}"
        );
        let Ok(Err(error)) = ask(&format!("{longest}x")) else {
            panic!("Clerk is asked");
        };
        assert_eq!(error.code, Code::TokenInvalid);
    }
}
