//! Email addresses, phone numbers, web3 wallets and passkeys: giving them to users, and taking
//! them away.

use ironclerk_api::email_addresses::{
    CreateEmailAddress, DeleteEmailAddress, GetEmailAddress, UpdateEmailAddress,
};
use ironclerk_api::id::{IdentificationId, UserId};
use ironclerk_api::phone_numbers::{
    CreatePhoneNumber, DeletePhoneNumber, GetPhoneNumber, UpdatePhoneNumber,
};
use ironclerk_api::users::{DeleteUserPasskey, DeleteUserWeb3Wallet, EmailAddress, PhoneNumber};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode};

use crate::context::taken;
use crate::context::{Cx, not_found};
use crate::database::Transaction;
use crate::http::Routes;
use crate::store::identifications::{self as store, Identification, IdentificationKind};
use crate::store::{second_factors, users};
use crate::users::no_user;
use crate::{identifier, restrictions};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(create_email_address)
        .on(get_email_address)
        .on(update_email_address)
        .on(delete_email_address)
        .on(create_phone_number)
        .on(get_phone_number)
        .on(update_phone_number)
        .on(delete_phone_number)
        .on(delete_web3_wallet)
        .on(delete_passkey)
}

/// What a request says about an identification.
#[derive(Clone, Copy, Default)]
struct Wanted {
    verified: Option<bool>,
    primary: Option<bool>,
    second_factor: Option<bool>,
}

async fn create_email_address(
    cx: Cx,
    request: CreateEmailAddress,
) -> Result<EmailAddress, ApiError> {
    let kind = IdentificationKind::EmailAddress;
    let value = identifier::email_address(kind.as_str(), &request.email_address)?;
    let wanted = Wanted {
        verified: request.verified,
        primary: request.primary,
        ..Default::default()
    };
    let created = create(cx, request.user_id, kind, value, wanted).await?;
    Ok(created.into_email_address())
}

async fn get_email_address(cx: Cx, request: GetEmailAddress) -> Result<EmailAddress, ApiError> {
    let kind = IdentificationKind::EmailAddress;
    let found = get(cx, kind, request.email_address_id).await?;
    Ok(found.into_email_address())
}

async fn update_email_address(
    cx: Cx,
    request: UpdateEmailAddress,
) -> Result<EmailAddress, ApiError> {
    let kind = IdentificationKind::EmailAddress;
    let wanted = Wanted {
        verified: request.verified,
        primary: request.primary,
        ..Default::default()
    };
    let updated = update(cx, kind, request.email_address_id, wanted).await?;
    Ok(updated.into_email_address())
}

async fn delete_email_address(
    cx: Cx,
    request: DeleteEmailAddress,
) -> Result<DeletedObject, ApiError> {
    let kind = IdentificationKind::EmailAddress;
    delete(cx, kind, request.email_address_id, None).await
}

async fn create_phone_number(cx: Cx, request: CreatePhoneNumber) -> Result<PhoneNumber, ApiError> {
    let kind = IdentificationKind::PhoneNumber;
    let value = identifier::phone_number(kind.as_str(), &request.phone_number)?;
    let wanted = Wanted {
        verified: request.verified,
        primary: request.primary,
        second_factor: request.reserved_for_second_factor,
    };
    let created = create(cx, request.user_id, kind, value, wanted).await?;
    Ok(created.into_phone_number())
}

async fn get_phone_number(cx: Cx, request: GetPhoneNumber) -> Result<PhoneNumber, ApiError> {
    let kind = IdentificationKind::PhoneNumber;
    let found = get(cx, kind, request.phone_number_id).await?;
    Ok(found.into_phone_number())
}

async fn update_phone_number(cx: Cx, request: UpdatePhoneNumber) -> Result<PhoneNumber, ApiError> {
    let kind = IdentificationKind::PhoneNumber;
    let wanted = Wanted {
        verified: request.verified,
        primary: request.primary,
        second_factor: request.reserved_for_second_factor,
    };
    let updated = update(cx, kind, request.phone_number_id, wanted).await?;
    Ok(updated.into_phone_number())
}

async fn delete_phone_number(
    cx: Cx,
    request: DeletePhoneNumber,
) -> Result<DeletedObject, ApiError> {
    let kind = IdentificationKind::PhoneNumber;
    delete(cx, kind, request.phone_number_id, None).await
}

async fn delete_web3_wallet(
    cx: Cx,
    request: DeleteUserWeb3Wallet,
) -> Result<DeletedObject, ApiError> {
    let kind = IdentificationKind::Web3Wallet;
    let id = request.web3_wallet_identification_id;
    delete(cx, kind, id, Some(request.user_id)).await
}

async fn delete_passkey(cx: Cx, request: DeleteUserPasskey) -> Result<DeletedObject, ApiError> {
    let kind = IdentificationKind::Passkey;
    let id = request.passkey_identification_id;
    delete(cx, kind, id, Some(request.user_id)).await
}

/// Gives a user a passkey, as a browser would. There is no authenticator that has it.
pub(crate) async fn add_passkey(cx: Cx, user: UserId, name: String) -> Result<(), ApiError> {
    let (now, events, credential) = (cx.now, cx.events(), cx.random_secret()?);
    let mut passkey = Identification::new(
        cx.new_id()?,
        user,
        IdentificationKind::Passkey,
        credential,
        now,
    );
    passkey.strategy = Some("passkey".to_owned());
    passkey.name = Some(name);
    cx.database()
        .write(move |transaction| {
            if !users::lock(transaction, &passkey.user_id)? {
                return Err(no_user(&passkey.user_id));
            }
            if store::insert(transaction, std::slice::from_ref(&passkey))?.is_some() {
                return Err(taken("passkey"));
            }
            store::touch(transaction, &passkey.user_id, now)?;
            Ok(events.user_updated(transaction, &passkey.user_id)?)
        })
        .await
}

async fn create(
    cx: Cx,
    user: UserId,
    kind: IdentificationKind,
    value: String,
    wanted: Wanted,
) -> Result<Identification, ApiError> {
    let (now, events) = (cx.now, cx.events());
    let mut new = Identification::new(cx.new_id()?, user, kind, value, now);
    set_verified(&mut new, wanted.verified == Some(true));
    check(&new, wanted, ErrorCode::SecondFactorUnverified)?;
    new.reserved_for_second_factor = wanted.second_factor == Some(true);
    cx.database()
        .write(move |transaction| {
            if !users::lock(transaction, &new.user_id)? {
                return Err(no_user(&new.user_id));
            }
            if store::insert(transaction, std::slice::from_ref(&new))?.is_some() {
                return Err(taken(kind.as_str()));
            }
            if kind == IdentificationKind::EmailAddress {
                restrictions::check_email_address(transaction, &new.value)?;
            }
            let settled = settle(transaction, &new, wanted, now)?;
            events.user_updated(transaction, &new.user_id)?;
            Ok(settled)
        })
        .await
}

async fn get(
    cx: Cx,
    kind: IdentificationKind,
    id: IdentificationId,
) -> Result<Identification, ApiError> {
    cx.database()
        .read(move |transaction| find(transaction, kind, &id))
        .await
}

async fn update(
    cx: Cx,
    kind: IdentificationKind,
    id: IdentificationId,
    wanted: Wanted,
) -> Result<Identification, ApiError> {
    let (now, events) = (cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let user = find(transaction, kind, &id)?.user_id;
            // What is not changed here must not be put back over another's change.
            users::lock(transaction, &user)?;
            let mut identification = find(transaction, kind, &id)?;
            if let Some(verified) = wanted.verified
                && verified != identification.verified
            {
                set_verified(&mut identification, verified);
            }
            check(
                &identification,
                wanted,
                ErrorCode::SecondFactorUpdateUnverified,
            )?;
            let is_second_factor = wanted
                .second_factor
                .unwrap_or(identification.reserved_for_second_factor);
            identification.reserved_for_second_factor = is_second_factor && identification.verified;
            identification.default_second_factor &= identification.reserved_for_second_factor;
            identification.updated_at = now;
            store::update(transaction, &identification)?;
            let settled = settle(transaction, &identification, wanted, now)?;
            events.user_updated(transaction, &user)?;
            Ok(settled)
        })
        .await
}

async fn delete(
    cx: Cx,
    kind: IdentificationKind,
    id: IdentificationId,
    of_user: Option<UserId>,
) -> Result<DeletedObject, ApiError> {
    let (now, events) = (cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let missing = || match kind {
                IdentificationKind::Passkey => ErrorCode::PasskeyNotRegistered
                    .because(format!("The user has no passkey with the id {id}.")),
                _ => not_found(&kind.as_str().replace('_', " "), &id),
            };
            if let Some(user) = &of_user
                && !users::lock(transaction, user)?
            {
                return Err(no_user(user));
            }
            let identification = store::get(transaction, kind, &id)?
                .filter(|found| of_user.as_ref().is_none_or(|user| found.user_id == *user))
                .ok_or_else(missing)?;
            let user = &identification.user_id;
            users::lock(transaction, user)?;
            store::delete(transaction, &identification)?;
            store::release_primary(transaction, &identification)?;
            second_factors::choose_default(transaction, user)?;
            second_factors::note_change(transaction, user, now)?;
            store::touch(transaction, user, now)?;
            events.user_updated(transaction, user)?;
            Ok(DeletedObject {
                object: kind.as_str().to_owned(),
                id: Some(id.into()),
                deleted: true,
                ..Default::default()
            })
        })
        .await
}

/// Does for the user what follows from an identification that was stored.
fn settle(
    transaction: &mut Transaction<'_>,
    identification: &Identification,
    wanted: Wanted,
    now: i64,
) -> Result<Identification, ApiError> {
    let user = &identification.user_id;
    if identification.verified {
        store::make_primary(transaction, identification, wanted.primary == Some(true))?;
    } else {
        store::release_primary(transaction, identification)?;
    }
    second_factors::choose_default(transaction, user)?;
    second_factors::note_change(transaction, user, now)?;
    store::touch(transaction, user, now)?;
    find(transaction, identification.kind, &identification.id)
}

fn set_verified(identification: &mut Identification, verified: bool) {
    identification.verified = verified;
    identification.strategy = verified.then(|| "admin".to_owned());
}

/// Refuses for an identification that is not verified what only a verified one can be.
fn check(
    identification: &Identification,
    wanted: Wanted,
    second_factor_refusal: ErrorCode,
) -> Result<(), ApiError> {
    let what = identification.kind.as_str().replace('_', " ");
    match identification.verified {
        false if wanted.second_factor == Some(true) => Err(second_factor_refusal.for_parameter(
            "reserved_for_second_factor",
            format!("The {what} must be verified to be a second factor."),
        )),
        false if wanted.primary == Some(true) => Err(ErrorCode::FormVerificationNeeded
            .for_parameter(
                "primary",
                format!("The {what} must be verified to be the primary one."),
            )),
        _ => Ok(()),
    }
}

fn find(
    transaction: &mut Transaction<'_>,
    kind: IdentificationKind,
    id: &IdentificationId,
) -> Result<Identification, ApiError> {
    store::get(transaction, kind, id)?
        .ok_or_else(|| not_found(&kind.as_str().replace('_', " "), id))
}
