//! The operations under the names that Clerk gives them: `clerk.users().get("user_1")`.

use ironclerk_api::id::{JwtTemplateId, OrganizationId, SessionId, UserId};
use ironclerk_api::jwks::{GetJwks, JsonWebKeySet};
use ironclerk_api::jwt_templates::*;
use ironclerk_api::organizations::*;
use ironclerk_api::sessions::*;
use ironclerk_api::users::*;
use ironclerk_api::{Endpoint, File, Page};

use super::{Client, ClientError};

/// Declares namespaces. A method takes either the whole request, or the ids that it consists of.
macro_rules! namespaces {
    ($(
        $(#[$meta:meta])*
        $accessor:ident: $name:ident {
            $( $method:ident($($id:ident: $type:ty),*) => $request:ident $({ $($more:ident),* })?; )*
        }
    )*) => {
        impl Client {
            $(
                $(#[$meta])*
                pub fn $accessor(&self) -> $name<'_> {
                    $name(self)
                }
            )*
        }

        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name<'client>(&'client Client);

            impl $name<'_> {
                $(
                    #[doc = concat!("Sends [`", stringify!($request), "`], which see.")]
                    ///
                    /// # Errors
                    /// When the API refuses, cannot be reached, or answers something else.
                    pub async fn $method(
                        &self,
                        $($id: $type),*
                    ) -> Result<<$request as Endpoint>::Response, ClientError> {
                        #![allow(clippy::needless_update)]
                        namespaces!(@send self, $request, ($($id),*) $(, { $($more),* })?)
                    }
                )*
            }
        )*
    };
    (@send $self:ident, $request:ident, ($($id:ident),*), { $($field:ident),* }) => {
        $self.0.send(&$request { $($field: $field.into()),*, ..Default::default() }).await
    };
    (@send $self:ident, $request:ident, ($whole:ident)) => {
        $self.0.send($whole).await
    };
}

namespaces! {
    /// Users. JavaScript: `clerkClient.users`.
    users: Users {
        count(request: &CountUsers) => CountUsers;
        create(request: &CreateUser) => CreateUser;
        get(user_id: impl Into<UserId>) => GetUser { user_id };
        update(request: &UpdateUser) => UpdateUser;
        set_profile_image(user_id: impl Into<UserId>, file: impl Into<File>)
            => SetUserProfileImage { user_id, file };
        delete_profile_image(user_id: impl Into<UserId>) => DeleteUserProfileImage { user_id };
        delete(user_id: impl Into<UserId>) => DeleteUser { user_id };
        list_organization_memberships(request: &ListUserOrganizationMemberships)
            => ListUserOrganizationMemberships;
    }

    /// Organizations and their members. JavaScript: `clerkClient.organizations`.
    organizations: Organizations {
        list(request: &ListOrganizations) => ListOrganizations;
        create(request: &CreateOrganization) => CreateOrganization;
        get(organization_id: impl Into<OrganizationId>) => GetOrganization { organization_id };
        list_memberships(request: &ListOrganizationMemberships) => ListOrganizationMemberships;
        create_membership(request: &CreateOrganizationMembership) => CreateOrganizationMembership;
    }

    /// Sessions and their tokens. JavaScript: `clerkClient.sessions`.
    sessions: Sessions {
        list(request: &ListSessions) => ListSessions;
        create(request: &CreateSession) => CreateSession;
        get(session_id: impl Into<SessionId>) => GetSession { session_id };
        revoke(session_id: impl Into<SessionId>) => RevokeSession { session_id };
        create_token(request: &CreateSessionToken) => CreateSessionToken;
        create_token_from_template(request: &CreateSessionTokenFromTemplate)
            => CreateSessionTokenFromTemplate;
    }

    /// JWT templates. JavaScript: `clerkClient.jwtTemplates`.
    jwt_templates: JwtTemplates {
        list(request: &ListJwtTemplates) => ListJwtTemplates;
        create(request: &CreateJwtTemplate) => CreateJwtTemplate;
        get(template_id: impl Into<JwtTemplateId>) => GetJwtTemplate { template_id };
        update(request: &UpdateJwtTemplate) => UpdateJwtTemplate;
        delete(template_id: impl Into<JwtTemplateId>) => DeleteJwtTemplate { template_id };
    }
}

impl Users<'_> {
    /// A page of users, with the number of all that match: [`ListUsers`] and [`CountUsers`] at
    /// once. Send [`ListUsers`] itself where the number is of no interest.
    ///
    /// JavaScript: `users.getUserList`.
    ///
    /// # Errors
    /// When the API refuses, cannot be reached, or answers something else.
    #[doc(alias = "getUserList")]
    pub async fn list(&self, request: &ListUsers) -> Result<Page<User>, ClientError> {
        let count = CountUsers {
            filter: request.filter.clone(),
        };
        let (data, count) = tokio::try_join!(self.0.send(request), self.0.send(&count))?;
        Ok(Page {
            data,
            total_count: count.total_count,
        })
    }
}

impl Client {
    /// The keys that verify the instance's tokens. JavaScript: `jwks.getJwks`.
    ///
    /// # Errors
    /// When the API refuses, cannot be reached, or answers something else.
    #[doc(alias = "getJwks")]
    pub async fn jwks(&self) -> Result<JsonWebKeySet, ClientError> {
        self.send(&GetJwks {}).await
    }
}
