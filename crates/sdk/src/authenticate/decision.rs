//! The decision table, from top to bottom.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::SystemTime;

use super::cookies::{ClientCookies, Cookies, session_token_in};
use super::facts::RequestFacts;
use super::reason::{AuthErrorReason, RefreshFailure};
use super::refresh::{self, RefreshSession};
use super::state::RequestState;
use super::verify_machine_token::{VerifyMachineToken, verify_machine_token};
use super::{Answers, Settings, handshake, resolve, satellite};
use crate::errors::{
    TokenCarrier, TokenVerificationError, TokenVerificationErrorReason as TokenReason,
};
use crate::jwt::{self, UnverifiedJwt, VerifyOptions};
use crate::keys::PublicKey;
use crate::machine::Presented;
use crate::session::{SessionAuth, SessionClaims, TokenKind};
use crate::token_type::{AcceptsToken, TokenType};

/// What the decision cannot go on without.
pub(super) enum Missing {
    Key(Option<String>),
    Refresh(Box<RefreshSession>),
    HandshakePayload(String),
    MachineToken(Box<VerifyMachineToken>),
}

/// A request under decision.
pub(super) struct Request<'a> {
    pub(super) facts: &'a RequestFacts<'a>,
    pub(super) settings: &'a Settings,
    pub(super) answers: &'a Answers,
    pub(super) now: SystemTime,
    cookies: OnceCell<Cookies<'a>>,
    client: OnceCell<ClientCookies<'a>>,
}

/// The result of a verification, once its key is known.
pub(super) type Verified<T> = Result<T, TokenVerificationError>;

impl<'a> Request<'a> {
    pub(super) fn new(
        facts: &'a RequestFacts<'a>,
        settings: &'a Settings,
        answers: &'a Answers,
        now: SystemTime,
    ) -> Self {
        Self {
            facts,
            settings,
            answers,
            now,
            cookies: OnceCell::new(),
            client: OnceCell::new(),
        }
    }

    /// The cookies, looked for when they are first asked for.
    pub(super) fn cookies(&self) -> Cookies<'a> {
        *self.cookies.get_or_init(|| self.facts.cookie_jar())
    }

    /// What the cookies say, read when it is first asked for.
    pub(super) fn client(&self) -> &ClientCookies<'a> {
        self.client.get_or_init(|| {
            ClientCookies::read(self.facts, self.cookies(), self.settings, self.now)
        })
    }

    pub(super) fn decide(&self) -> Result<RequestState, Missing> {
        let accepts = &self.settings.accepts_token;
        // What equals a token that was accepted is one, and need not be taken apart.
        if accepts.accepts(TokenType::SessionToken)
            && let Some(sent) = self.facts.sent_as_token()
            && let Some(session) = self.remembered(sent)
        {
            return Ok(RequestState::signed_in(session));
        }
        // A token in the header comes before every cookie.
        match (accepts, self.facts.header_token()) {
            (AcceptsToken::One(TokenType::SessionToken), Some(token)) => {
                self.of_header(self.new_session(jwt::decode(token), TokenCarrier::Header)?)
            }
            (_, Some(token)) => self.with_token_of_some_type(token),
            (AcceptsToken::One(machine), None) if *machine != TokenType::SessionToken => {
                let reason = AuthErrorReason::NoTokenInHeader;
                Ok(RequestState::signed_out(reason, String::new()).for_token_type(Some(*machine)))
            }
            (_, None) if accepts.accepts(TokenType::SessionToken) => self.with_cookies(),
            (_, None) => Ok(self.of_no_accepted_type()),
        }
    }

    /// One type or several are accepted, not session tokens alone.
    fn with_token_of_some_type(&self, token: &str) -> Result<RequestState, Missing> {
        let accepts = &self.settings.accepts_token;
        let presented = Presented::of(token);
        let token_type = presented.token_type();
        if !accepts.accepts(token_type) {
            return Ok(self.of_no_accepted_type());
        }
        if let Presented::Other(_, decoded) = presented {
            let session = self.new_session(decoded, TokenCarrier::Header)?;
            return self.of_header(session);
        }
        let verified = verify_machine_token(presented, self.settings, self.answers, self.now)?;
        Ok(match verified {
            Ok(machine) => RequestState::machine(machine),
            Err(error) => {
                let reason = AuthErrorReason::MachineTokenVerification(error.code);
                let state = RequestState::signed_out(reason, error.full_message());
                state.for_token_type(Some(token_type))
            }
        })
    }

    fn of_no_accepted_type(&self) -> RequestState {
        let looked_for = match self.settings.accepts_token {
            AcceptsToken::One(token_type) => Some(token_type),
            _ => None,
        };
        RequestState::signed_out(AuthErrorReason::TokenTypeMismatch, String::new())
            .for_token_type(looked_for)
    }

    fn of_header(&self, session: Verified<Arc<SessionAuth>>) -> Result<RequestState, Missing> {
        match session {
            Ok(session) => Ok(RequestState::signed_in(session)),
            Err(error) => self.refused(error, TokenCarrier::Header),
        }
    }

    fn with_cookies(&self) -> Result<RequestState, Missing> {
        if let Some(state) = resolve::resolve(self)? {
            return Ok(state);
        }
        if let Some(state) = satellite::synchronise(self) {
            return Ok(state);
        }
        let client = self.client();
        if self.settings.is_development() {
            if self.facts.brings_dev_browser() {
                return Ok(self.handshake(AuthErrorReason::DevBrowserSync));
            }
            if client.dev_browser.is_none() {
                return Ok(self.handshake(AuthErrorReason::DevBrowserMissing));
            }
        }
        let updated_at = client.updated_at();
        let token = match (&client.session_token, updated_at) {
            (None, 0) => {
                return Ok(RequestState::signed_out(
                    AuthErrorReason::SessionTokenAndUatMissing,
                    String::new(),
                ));
            }
            (Some(_), 0) => {
                return Ok(self.handshake(AuthErrorReason::SessionTokenWithoutClientUat));
            }
            (None, _) => {
                return Ok(self.handshake(AuthErrorReason::ClientUatWithoutSessionToken));
            }
            (Some(token), _) => token,
        };
        if is_issued_before(token, updated_at) {
            return Ok(self.handshake(AuthErrorReason::SessionTokenIatBeforeClientUat));
        }
        // A session that has been seen before is not verified again.
        let session = match self.remembered(token.as_bytes()) {
            Some(session) => Ok(session),
            None => self.new_session(jwt::decode(token), TokenCarrier::Cookie)?,
        };
        match session {
            Ok(session) => Ok(self.with_session(session)),
            Err(error) => self.refused(error, TokenCarrier::Cookie),
        }
    }

    /// A session that is as it should be may still belong elsewhere.
    fn with_session(&self, session: Arc<SessionAuth>) -> RequestState {
        satellite::visited_from_one(self)
            .or_else(|| self.activate_organization(&session))
            .unwrap_or_else(|| RequestState::signed_in(session))
    }

    fn activate_organization(&self, session: &SessionAuth) -> Option<RequestState> {
        let url = self.facts.url()?;
        let target = self.settings.organization_sync.target(url.path())?;
        if session.is_pending() || target.is_active(session.organization()) {
            return None;
        }
        if handshake::redirect_count(self) >= handshake::REDIRECTS_OF_A_LOOP {
            super::warn(
                "Clerk: Organization activation handshake loop detected. This is likely due to an invalid organization ID or slug. Skipping organization activation.",
            );
            return None;
        }
        let reason = AuthErrorReason::ActiveOrganizationMismatch;
        handshake::start(self, reason, String::new())
    }

    fn handshake(&self, reason: AuthErrorReason) -> RequestState {
        handshake::start_or_sign_out(self, reason, String::new())
    }

    fn remembered(&self, token: &[u8]) -> Option<Arc<SessionAuth>> {
        let Answers {
            keys, token_cache, ..
        } = self.answers;
        let clock_skew = self.settings.verify.clock_skew;
        token_cache
            .as_ref()?
            .find(token, keys, clock_skew, self.now)
    }

    /// The session of a token that is genuine. `Err` only when its key is missing.
    fn new_session(
        &self,
        token: Verified<UnverifiedJwt<'_>>,
        carrier: TokenCarrier,
    ) -> Result<Verified<Arc<SessionAuth>>, Missing> {
        let token = match token {
            Ok(token) => token,
            Err(error) => return Ok(Err(error)),
        };
        let text = token.as_str();
        let cache = self.answers.token_cache.as_ref();
        let key_id = cache.and_then(|_| token.key_id().map(str::to_owned));
        let claims = match self.verify_decoded(token, carrier, &self.settings.verify)? {
            Ok(claims) => claims,
            Err(error) => return Ok(Err(error)),
        };
        let session = Arc::new(SessionAuth::new(claims, text));
        if let Some(cache) = cache {
            cache.keep(&session, key_id.as_deref(), &self.answers.keys);
        }
        Ok(Ok(session))
    }

    /// Verifies a session token. `Err` only when its key is missing.
    pub(super) fn verify(
        &self,
        token: &str,
        carrier: TokenCarrier,
    ) -> Result<Verified<SessionClaims>, Missing> {
        self.verify_with(token, carrier, &self.settings.verify)
    }

    pub(super) fn verify_with(
        &self,
        token: &str,
        carrier: TokenCarrier,
        options: &VerifyOptions,
    ) -> Result<Verified<SessionClaims>, Missing> {
        match jwt::decode(token) {
            Ok(token) => self.verify_decoded(token, carrier, options),
            Err(error) => Ok(Err(error)),
        }
    }

    fn verify_decoded(
        &self,
        token: UnverifiedJwt<'_>,
        carrier: TokenCarrier,
        options: &VerifyOptions,
    ) -> Result<Verified<SessionClaims>, Missing> {
        let kind = TokenKind::of(&token);
        let mismatch = || TokenVerificationError::new(TokenReason::TokenTypeMismatch, "");
        // In a cookie an OAuth token is refused by the check of its type, with a message.
        let is_left_to_check = kind == TokenKind::OAuth && carrier == TokenCarrier::Cookie;
        if kind != TokenKind::Session && !is_left_to_check {
            return Ok(Err(mismatch()));
        }
        let key = match self.key_of(&token)? {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        let claims = token.verify(key, options, self.now).and_then(|claims| {
            self.settings.check_issuer(&claims)?;
            Ok(claims)
        });
        Ok(claims.and_then(|claims| match kind {
            TokenKind::Session => Ok(SessionClaims::from(claims)),
            _ => Err(mismatch()),
        }))
    }

    pub(super) fn key_of(
        &self,
        token: &UnverifiedJwt<'_>,
    ) -> Result<Verified<&'a PublicKey>, Missing> {
        key_of(self.answers, token)
    }

    /// A token of the wrong moment can be replaced by the Frontend API; any other failure cannot.
    fn refused(
        &self,
        error: TokenVerificationError,
        carrier: TokenCarrier,
    ) -> Result<RequestState, Missing> {
        let error = error.with_carrier(carrier);
        let message = match error.reason {
            TokenReason::TokenTypeMismatch => String::new(),
            _ => error.full_message(),
        };
        let reason = match error.reason {
            TokenReason::TokenExpired => match self.refresh()? {
                Ok(state) => return Ok(state),
                Err(failure) => AuthErrorReason::SessionTokenExpired(failure),
            },
            TokenReason::TokenNotActiveYet => AuthErrorReason::SessionTokenNbf,
            TokenReason::TokenIatInTheFuture => AuthErrorReason::SessionTokenIatInTheFuture,
            other => return Ok(RequestState::signed_out(other.into(), message)),
        };
        Ok(handshake::start_or_sign_out(self, reason, message))
    }

    fn refresh(&self) -> Result<Result<RequestState, RefreshFailure>, Missing> {
        let cookies = match refresh::cookies(self)? {
            Ok(cookies) => cookies,
            Err(failure) => return Ok(Err(failure)),
        };
        let Some(token) = session_token_in(cookies) else {
            return Ok(Err(RefreshFailure::InvalidSessionToken));
        };
        Ok(match self.verify(token, TokenCarrier::Cookie)? {
            Ok(claims) => {
                let state = RequestState::signed_in(SessionAuth::new(claims, token));
                Ok(state.with_cookies(cookies))
            }
            Err(_) => Err(RefreshFailure::InvalidSessionToken),
        })
    }
}

pub(super) fn key_of<'a>(
    answers: &'a Answers,
    token: &UnverifiedJwt<'_>,
) -> Result<Verified<&'a PublicKey>, Missing> {
    let key_id = token.key_id();
    match answers.keys.find(key_id) {
        Some(found) => Ok(found.map_err(Clone::clone)),
        None => Err(Missing::Key(key_id.map(str::to_owned))),
    }
}

/// Whether the browser's client has changed since the token was issued. A token that cannot be
/// read says nothing here; its verification will.
fn is_issued_before(token: &str, updated_at: i64) -> bool {
    let decoded = jwt::decode(token).ok();
    let issued_at = decoded.and_then(|token| token.unverified_number("iat"));
    issued_at.is_some_and(|issued_at| issued_at < updated_at as f64)
}
