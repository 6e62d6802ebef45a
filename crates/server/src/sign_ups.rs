//! Sign-ups: somebody who was invited becomes a user.
//!
//! The link of an invitation begins a sign-up, whose email address is verified by the ticket in
//! the link. Where the invitation names no page of the application, the server's own asks for what
//! is missing, and the sign-up is complete: there are a user and a session, and the browser is
//! signed in.

use axum::response::Response;
use ironclerk_api::id::{ClientId, InvitationId, SessionId, SignUpId};
use ironclerk_api::invitations::InvitationStatus;
use ironclerk_api::sign_ups::{
    GetSignUp, SignUp, SignUpStatus, SignUpVerification, SignUpVerifications, UpdateSignUp,
};
use ironclerk_api::users::CreateUser;
use ironclerk_api::{ApiError, ErrorCode, Patch};
use serde::{Deserialize, Serialize};

use crate::context::{Cx, not_found};
use crate::database::Transaction;
use crate::http::Routes;
use crate::page::{self, escape, page};
use crate::sessions;
use crate::store::documents::{self, Document};
use crate::store::waitlist_entries;
use crate::store::{clients, invitations, sessions as stored_sessions, users as stored_users};
use crate::users::{self, NewUser};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(get).on(update)
}

/// For how long somebody can go on with a sign-up, in ms: a day.
const LIFETIME: i64 = 24 * 60 * 60 * 1000;

/// A sign-up, and what it came from. There is one for each invitation.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    sign_up: SignUp,
    invitation_id: InvitationId,
    /// The browser that it is under way in.
    client_id: ClientId,
    created_at: i64,
}

impl Document for Stored {
    const KIND: &'static str = "sign_up";

    fn id(&self) -> &str {
        self.sign_up.id.as_str()
    }

    fn key(&self) -> &str {
        self.invitation_id.as_str()
    }

    fn created_at(&self) -> i64 {
        self.created_at
    }
}

impl Stored {
    /// The sign-up at a moment: time ends it without anybody writing it down.
    fn at(mut self, now: i64) -> Self {
        let sign_up = &mut self.sign_up;
        if sign_up.status == Some(SignUpStatus::MissingRequirements) && sign_up.abandon_at <= now {
            sign_up.status = Some(SignUpStatus::Abandoned);
        }
        self
    }

    fn is_under_way(&self) -> bool {
        self.sign_up.status == Some(SignUpStatus::MissingRequirements)
    }
}

async fn get(cx: Cx, request: GetSignUp) -> Result<SignUp, ApiError> {
    let now = cx.now;
    cx.database()
        .read(move |transaction| {
            let stored = documents::get::<Stored>(transaction, request.id.as_str())?;
            let stored = stored.ok_or_else(|| no_sign_up(&request.id))?;
            Ok(stored.at(now).sign_up)
        })
        .await
}

async fn update(cx: Cx, request: UpdateSignUp) -> Result<SignUp, ApiError> {
    let now = cx.now;
    let external_id = match request.external_id {
        Patch::Set(text) => users::external_id(Some(text))?.map_or(Patch::Null, Patch::Set),
        other => other,
    };
    cx.database()
        .write(move |transaction| {
            let stored = documents::get_to_change::<Stored>(transaction, request.id.as_str())?;
            let mut stored = stored.ok_or_else(|| no_sign_up(&request.id))?.at(now);
            if !stored.is_under_way() {
                return Err(ErrorCode::SignUpCannotBeUpdated.because(
                    "The sign-up is complete or abandoned and can no longer be changed.",
                ));
            }
            external_id.apply(&mut stored.sign_up.external_id);
            if let Some(custom_action) = request.custom_action {
                stored.sign_up.custom_action = custom_action;
            }
            documents::update(transaction, &stored)?;
            Ok(stored.sign_up)
        })
        .await
}

fn no_sign_up(id: &SignUpId) -> ApiError {
    not_found("sign-up", id)
}

/// Begins the sign-up of whoever was invited, or goes on with it.
pub(crate) async fn begin(cx: &Cx, invitation_id: InvitationId) -> Result<SignUp, ApiError> {
    let now = cx.now;
    let (id, client_id) = (cx.new_id()?, cx.new_id()?);
    cx.database()
        .write(move |transaction| {
            let invitation = pending(transaction, &invitation_id, now)?;
            let key = invitation_id.as_str();
            if let Some(stored) = documents::get_by_key::<Stored>(transaction, key)? {
                let stored = stored.at(now);
                if stored.is_under_way() {
                    return Ok(stored.sign_up);
                }
                documents::delete::<Stored>(transaction, stored.sign_up.id.as_str())?;
            }
            let stored = Stored {
                sign_up: SignUp {
                    id,
                    status: Some(SignUpStatus::MissingRequirements),
                    required_fields: names(&["email_address", "password"]),
                    optional_fields: names(&["first_name", "last_name"]),
                    missing_fields: names(&["password"]),
                    verifications: SignUpVerifications {
                        email_address: Some(SignUpVerification {
                            supported_strategies: names(&["ticket"]),
                            status: "verified".to_owned(),
                            strategy: Some("ticket".to_owned()),
                            ..Default::default()
                        }),
                        ..Default::default()
                    },
                    email_address: Some(invitation.invitation.email_address),
                    public_metadata: invitation.invitation.public_metadata,
                    abandon_at: now + LIFETIME,
                    ..Default::default()
                },
                invitation_id,
                client_id,
                created_at: now,
            };
            if !documents::insert(transaction, &stored)? {
                // Another request has begun it in the meantime.
                return documents::get_by_key::<Stored>(transaction, stored.key())?
                    .map(|stored| stored.sign_up)
                    .ok_or_else(|| no_sign_up(&stored.sign_up.id));
            }
            clients::insert(transaction, &stored.client_id, None, now)?;
            clients::set_sign_up(
                transaction,
                &stored.client_id,
                Some(&stored.sign_up.id),
                now,
            )?;
            Ok(stored.sign_up)
        })
        .await
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// An invitation that can be accepted.
pub(crate) fn pending(
    transaction: &mut Transaction<'_>,
    id: &InvitationId,
    now: i64,
) -> Result<invitations::StoredInvitation, ApiError> {
    let stored =
        invitations::get(transaction, id, now)?.ok_or_else(|| not_found("invitation", id))?;
    if stored.invitation.status != Some(InvitationStatus::Pending) {
        return Err(ErrorCode::TicketInvalid.because("The invitation can no longer be accepted."));
    }
    Ok(stored)
}

/// The page that asks for what is missing.
pub(crate) fn form(sign_up: &SignUp, problem: Option<&str>) -> Response {
    let address = escape(sign_up.email_address.as_deref().unwrap_or_default());
    let problem = problem.map_or_else(String::new, |problem| {
        format!("<p class=\"error\">{}</p>", escape(problem))
    });
    page(
        "Sign up",
        &format!(
            "<p>You are invited as <strong>{address}</strong>.</p>{problem}\
             <form method=\"post\">\
             <label>First name <input name=\"first_name\" autocomplete=\"given-name\"></label>\
             <label>Last name <input name=\"last_name\" autocomplete=\"family-name\"></label>\
             <label>Password <input name=\"password\" type=\"password\" required \
             autocomplete=\"new-password\"></label><button>Sign up</button></form>"
        ),
    )
}

/// Makes the user, with what the form says, and their session in the browser.
pub(crate) async fn complete(
    cx: &Cx,
    sign_up: SignUp,
    form: &[u8],
    browser: String,
) -> Result<(), ApiError> {
    let field = |name| page::field(form, name).filter(|text| !text.is_empty());
    let user = CreateUser {
        email_address: sign_up.email_address.into_iter().collect(),
        password: Some(field("password").unwrap_or_default().into()),
        first_name: field("first_name"),
        last_name: field("last_name"),
        public_metadata: Some(sign_up.public_metadata),
        ..Default::default()
    };
    let mut new = NewUser::check(cx, user).await?;
    for identification in &mut new.identifications {
        identification.strategy = Some("ticket".to_owned());
    }
    let session_id: SessionId = cx.new_id()?;
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let stored = documents::get_to_change::<Stored>(transaction, sign_up.id.as_str())?;
            let mut stored = stored.ok_or_else(|| no_sign_up(&sign_up.id))?.at(now);
            let accepted = InvitationStatus::Accepted;
            if !stored.is_under_way()
                || !invitations::settle(transaction, &stored.invitation_id, &accepted, now)?
            {
                return Err(
                    ErrorCode::TicketInvalid.because("The invitation can no longer be accepted.")
                );
            }
            // The application may have set it since the page was shown.
            new.user.external_id = stored.sign_up.external_id.clone();
            let user = new.store(transaction, &images)?;
            let client_id = stored.client_id.clone();
            let session = sessions::new(session_id, client_id, user.id, sessions::LIFETIME, now);
            stored_sessions::insert(transaction, &session)?;
            stored_users::note_sign_in(transaction, &session.user_id, now)?;
            events.queue(transaction, "session.created", &session)?;
            clients::set_sign_up(transaction, &session.client_id, None, now)?;
            clients::set_dev_browser(transaction, &browser, &session.client_id, now)?;
            if let Some(address) = &stored.sign_up.email_address {
                waitlist_entries::complete(transaction, address, now)?;
            }
            let sign_up = &mut stored.sign_up;
            sign_up.status = Some(SignUpStatus::Complete);
            sign_up.missing_fields.clear();
            sign_up.password_enabled = true;
            sign_up.first_name = user.first_name;
            sign_up.last_name = user.last_name;
            sign_up.created_user_id = Some(session.user_id);
            sign_up.created_session_id = Some(session.id);
            documents::update(transaction, &stored)?;
            Ok(())
        })
        .await
}
