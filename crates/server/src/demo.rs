//! A user and an organization to begin with.

use ironclerk_api::id::{OrganizationId, UserId};
use ironclerk_api::organizations::{CreateOrganization, ListUserOrganizationMemberships};
use ironclerk_api::sessions::{CreateSession, CreateSessionToken};
use ironclerk_api::users::{CreateUser, ListUsers, UserSort};
use ironclerk_api::{ApiError, ApiVersion, Sort};

use crate::context::Cx;
use crate::{Server, organizations, sessions, users};

/// The demo data, and a token for it.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The user.
    pub user: UserId,
    /// The user's email address, or their id if they have none.
    pub user_name: String,
    /// The user's organization, if they have one.
    pub organization: Option<OrganizationId>,
    /// The organization's slug.
    pub organization_slug: Option<String>,
}

impl Server {
    /// The first user of the instance and their organization. An instance without users gets a
    /// user `demo@example.com` who is the administrator of an organization `demo`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn demo(&self) -> Result<Demo, ApiError> {
        let cx = self.cx();
        let oldest = ListUsers {
            limit: Some(1),
            order_by: Some(Sort::ascending(UserSort::CreatedAt)),
            ..Default::default()
        };
        let user = match users::list(cx.clone(), oldest).await?.pop() {
            Some(user) => user,
            None => {
                let user = CreateUser {
                    email_address: vec!["demo@example.com".to_owned()],
                    first_name: Some("Demo".to_owned()),
                    last_name: Some("User".to_owned()),
                    ..Default::default()
                };
                let user = users::create(cx.clone(), user).await?;
                let organization = CreateOrganization {
                    name: "Demo".to_owned(),
                    created_by: Some(user.id.clone()),
                    ..Default::default()
                };
                organizations::create(cx.clone(), organization).await?;
                user
            }
        };
        let memberships = ListUserOrganizationMemberships {
            user_id: user.id.clone(),
            limit: Some(1),
            offset: None,
        };
        let organization = organizations::list_of_user(cx, memberships)
            .await?
            .data
            .pop()
            .and_then(|membership| membership.organization);
        Ok(Demo {
            user_name: user.email_addresses.first().map_or_else(
                || user.id.to_string(),
                |address| address.email_address.clone(),
            ),
            user: user.id,
            organization_slug: organization
                .as_ref()
                .map(|organization| organization.slug.clone()),
            organization: organization.map(|organization| organization.id),
        })
    }

    /// Makes a session of the demo user and a token for it.
    ///
    /// # Errors
    /// When the user is gone or the database fails.
    pub async fn demo_token(&self, demo: &Demo, lifetime: u64) -> Result<String, ApiError> {
        let cx = self.cx();
        let session = CreateSession {
            user_id: demo.user.clone(),
            active_organization_id: demo.organization.clone(),
        };
        let session = sessions::create(cx.clone(), session).await?;
        let token = CreateSessionToken {
            session_id: session.id,
            expires_in_seconds: Some(lifetime),
        };
        Ok(sessions::create_token(cx, token).await?.jwt)
    }

    fn cx(&self) -> Cx {
        Cx::new(self.state().clone(), ApiVersion::LATEST)
    }
}
