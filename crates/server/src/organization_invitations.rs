//! Invitations to join organizations.

use ironclerk_api::id::{OrganizationId, OrganizationInvitationId, UserId};
use ironclerk_api::organization_invitations::{
    CreateOrganizationInvitation, CreateOrganizationInvitationBulk, GetOrganizationInvitation,
    ListInstanceOrganizationInvitations, ListOrganizationInvitations,
    ListPendingOrganizationInvitations, ListUserOrganizationInvitations, NewOrganizationInvitation,
    OrganizationInvitation, OrganizationInvitationStatus, RevokeOrganizationInvitation,
};
use ironclerk_api::organizations::{Organization, PublicOrganizationData};
use ironclerk_api::{ApiError, ErrorCode, Metadata, Page};
use serde_json::json;

use crate::context::{Cx, check_known, check_range, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::organization_roles::MANAGE_MEMBERS;
use crate::organizations::{check_room, find};
use crate::role_sets;
use crate::store::Images;
use crate::store::organization_invitations::{self as store, Filter};
use crate::store::organizations;
use crate::store::users::{self, UniqueColumn};
use crate::ticket::Ticket;
use crate::users::no_user;
use crate::{identifier, restrictions};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(create_bulk)
        .on(list_pending)
        .on(get)
        .on(revoke)
        .on(list_of_instance)
        .on(list_of_user)
}

/// How many invitations one request may make.
const MOST_AT_ONCE: usize = 10;
/// For how many days an invitation stands when nothing is said.
const DAYS: u64 = 30;
/// A day in ms.
const DAY: i64 = 24 * 60 * 60 * 1000;

fn check_status(status: &[OrganizationInvitationStatus]) -> Result<(), ApiError> {
    status.iter().try_for_each(|status| {
        check_known(
            "status",
            status.as_str(),
            OrganizationInvitationStatus::KNOWN,
        )
    })
}

async fn list(
    cx: Cx,
    request: ListOrganizationInvitations,
) -> Result<Page<OrganizationInvitation>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_status(&request.status)?;
    let filter = Filter {
        status: request.status,
        email_address: request.email_address,
        ..Default::default()
    };
    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .scan(move |transaction| {
            let id = find(transaction, &request.organization_id, &images)?.id;
            let filter = Filter {
                organization: Some(id),
                ..filter
            };
            let sort = request.order_by;
            Ok(plain(store::list(
                transaction,
                &filter,
                sort,
                window,
                now,
                &images,
            )?))
        })
        .await
}

async fn list_pending(
    cx: Cx,
    request: ListPendingOrganizationInvitations,
) -> Result<Page<OrganizationInvitation>, ApiError> {
    let request = ListOrganizationInvitations {
        organization_id: request.organization_id,
        status: vec![OrganizationInvitationStatus::Pending],
        limit: request.limit,
        offset: request.offset,
        ..Default::default()
    };
    list(cx, request).await
}

async fn list_of_instance(
    cx: Cx,
    request: ListInstanceOrganizationInvitations,
) -> Result<Page<OrganizationInvitation>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let status = Vec::from_iter(request.status);
    check_status(&status)?;
    let filter = Filter {
        status,
        query: request.query,
        ..Default::default()
    };
    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .scan(move |transaction| {
            let sort = request.order_by;
            let page = store::list(transaction, &filter, sort, window, now, &images)?;
            Ok(with_organizations(page))
        })
        .await
}

async fn list_of_user(
    cx: Cx,
    request: ListUserOrganizationInvitations,
) -> Result<Page<OrganizationInvitation>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let status = Vec::from_iter(request.status);
    check_status(&status)?;
    let user = request.user_id;
    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .scan(move |transaction| {
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(&user));
            }
            let filter = Filter {
                invited: Some(user),
                status,
                ..Default::default()
            };
            let page = store::list(transaction, &filter, None, window, now, &images)?;
            Ok(with_organizations(page))
        })
        .await
}

type WithOrganization = (OrganizationInvitation, PublicOrganizationData);

fn plain(page: Page<WithOrganization>) -> Page<OrganizationInvitation> {
    page.map(|(invitation, _)| invitation)
}

fn with_organizations(page: Page<WithOrganization>) -> Page<OrganizationInvitation> {
    page.map(|(mut invitation, organization)| {
        invitation.public_organization_data = Some(organization);
        invitation
    })
}

async fn create(
    cx: Cx,
    request: CreateOrganizationInvitation,
) -> Result<OrganizationInvitation, ApiError> {
    let invitations = vec![request.invitation];
    let mut made = invite(cx, request.organization_id, invitations).await?;
    made.pop()
        .ok_or_else(|| ErrorCode::Internal.because("The invitation was not made."))
}

async fn create_bulk(
    cx: Cx,
    request: CreateOrganizationInvitationBulk,
) -> Result<Page<OrganizationInvitation>, ApiError> {
    let invitations = request.invitations.0;
    if invitations.is_empty() {
        return Err(ErrorCode::FormDataMissing.because("There must be at least one invitation."));
    }
    if invitations.len() > MOST_AT_ONCE {
        return Err(ErrorCode::BulkSizeExceeded.because(format!(
            "There can be {MOST_AT_ONCE} invitations at the most in one request."
        )));
    }
    let data = invite(cx, request.organization_id, invitations).await?;
    Ok(Page {
        total_count: data.len() as u64,
        data,
    })
}

/// Makes invitations: all of them or none.
async fn invite(
    cx: Cx,
    organization: OrganizationId,
    invitations: Vec<NewOrganizationInvitation>,
) -> Result<Vec<OrganizationInvitation>, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    let organization = cx
        .database()
        .read({
            let images = images.clone();
            move |transaction| Ok::<_, ApiError>(find(transaction, &organization, &images)?.id)
        })
        .await?;
    let invitations = invitations
        .into_iter()
        .map(|new| signed(&cx, &organization, new))
        .collect::<Result<Vec<_>, _>>()?;
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &organization, &images)?;
            // Counting members and invitations and adding some must not be done by two at once.
            organizations::lock(transaction, &organization.id)?;
            check_room(transaction, &organization, invitations.len() as u64, now)?;
            invitations
                .iter()
                .map(|invitation| {
                    let added = add(transaction, &organization, invitation, now, &images)?;
                    Ok(events.about(transaction, "organizationInvitation.created", added)?)
                })
                .collect()
        })
        .await
}

/// The invitation that is asked for, with its ticket.
fn signed(
    cx: &Cx,
    organization: &OrganizationId,
    new: NewOrganizationInvitation,
) -> Result<OrganizationInvitation, ApiError> {
    let days = check_range(
        "expires_in_days",
        new.expires_in_days.unwrap_or(DAYS),
        1..=365,
    )?;
    let redirect_url = new
        .redirect_url
        .as_deref()
        .map(|url| identifier::url("redirect_url", url))
        .transpose()?;
    let id: OrganizationInvitationId = cx.new_id()?;
    let expires_at = cx.now + days.cast_signed() * DAY;
    let ticket = Ticket {
        kind: "organization_invitation",
        source: id.as_str(),
        expires_at,
        redirect_url: redirect_url.as_deref(),
        more: Metadata::from_iter([("oid".to_owned(), json!(organization))]),
    };
    Ok(OrganizationInvitation {
        url: Some(ticket.url(cx)?),
        id,
        email_address: identifier::email_address("email_address", &new.email_address)?,
        role: new.role,
        inviter_id: new.inviter_user_id,
        public_metadata: new.public_metadata.unwrap_or_default(),
        private_metadata: new.private_metadata.unwrap_or_default(),
        expires_at: Some(expires_at),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    })
}

/// Adds one invitation to those of an organization.
fn add(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    invitation: &OrganizationInvitation,
    now: i64,
    images: &Images,
) -> Result<OrganizationInvitation, ApiError> {
    role_sets::find_role(transaction, &organization.id, "role", &invitation.role)?;
    if let Some(inviter) = &invitation.inviter_id {
        check_manager(transaction, &organization.id, inviter, images)?;
    }
    let address = &invitation.email_address;
    if organizations::has_member_with_email_address(transaction, &organization.id, address)? {
        return Err(ErrorCode::AlreadyMember.for_parameter(
            "email_address",
            format!("{address} is a member of this organization already."),
        ));
    }
    restrictions::check_invited(transaction, address)?;
    if !store::insert(transaction, &organization.id, invitation)? {
        return Err(ErrorCode::OrganizationInvitationNotUnique.for_parameter(
            "email_address",
            format!("An invitation to {address} waits for an answer already."),
        ));
    }
    store::get(transaction, &organization.id, &invitation.id, now, images)?
        .ok_or_else(|| not_found("invitation", &invitation.id))
}

/// Refuses a user who may not manage the members of an organization.
fn check_manager(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    user: &UserId,
    images: &Images,
) -> Result<(), ApiError> {
    let membership = organizations::get_membership(transaction, organization, user, images)?
        .ok_or_else(|| {
            ErrorCode::NotAMember.because(format!(
                "{user} is not a member of the organization {organization}."
            ))
        })?;
    if !membership
        .permissions
        .iter()
        .any(|permission| permission == MANAGE_MEMBERS)
    {
        return Err(ErrorCode::MissingOrganizationPermission.with(
            "permissions",
            json!([MANAGE_MEMBERS]),
            format!("{user} does not have the permission {MANAGE_MEMBERS}."),
        ));
    }
    Ok(())
}

async fn get(
    cx: Cx,
    request: GetOrganizationInvitation,
) -> Result<OrganizationInvitation, ApiError> {
    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .read(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let id = request.invitation_id;
            store::get(transaction, &organization, &id, now, &images)?
                .ok_or_else(|| not_found("invitation", &id))
        })
        .await
}

async fn revoke(
    cx: Cx,
    request: RevokeOrganizationInvitation,
) -> Result<OrganizationInvitation, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let id = request.invitation_id;
            if store::get(transaction, &organization, &id, now, &images)?.is_none() {
                return Err(not_found("invitation", &id));
            }
            if let Some(user) = &request.requesting_user_id {
                check_manager(transaction, &organization, user, &images)?;
            }
            if !store::revoke(transaction, &id, now)? {
                return Err(ErrorCode::OrganizationInvitationNotPending
                    .because("The invitation does not wait for an answer any more."));
            }
            let revoked = store::get(transaction, &organization, &id, now, &images)?
                .ok_or_else(|| not_found("invitation", &id))?;
            Ok(events.about(transaction, "organizationInvitation.revoked", revoked)?)
        })
        .await
}
