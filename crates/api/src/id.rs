//! Ids: a type for each kind of object, so that a user's id cannot stand where a session's is
//! wanted.
//!
//! Clerk's ids are a prefix and 27 characters that sort by time (`user_2abc…`), but clients never
//! take them apart, so any text is accepted here.

use serde::{Deserialize, Serialize};

/// A kind of id.
pub trait Id: From<String> {
    /// What an id of this kind begins with.
    const PREFIX: &'static str;
}

macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident $prefix:literal, )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
        }

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        crate::endpoint::json_parameter!($name);
    )*};
}

ids! {
    /// An application that nobody has claimed.
    AccountlessApplicationId "accapp_",
    /// A token with which one user acts in the place of another.
    ActorTokenId "act_",
    /// A task of an agent.
    AgentTaskId "agt_",
    /// An entry of the allowlist.
    AllowlistIdentifierId "alid_",
    /// An API key.
    ApiKeyId "ak_",
    /// An entry of the blocklist.
    BlocklistIdentifierId "blid_",
    /// A browser or device that sessions belong to.
    ClientId "client_",
    /// A domain of an instance.
    DomainId "dmn_",
    /// An account of a user at another service.
    ExternalAccountId "eac_",
    /// Something that a plan brings.
    FeatureId "feat_",
    /// An email address, phone number or other identifier of a user.
    IdentificationId "idn_",
    /// An uploaded picture.
    ImageId "img_",
    /// An instance: one environment of an application, with its own users and keys.
    InstanceId "ins_",
    /// An invitation to sign up.
    InvitationId "inv_",
    /// A JWT template.
    JwtTemplateId "jtmp_",
    /// A machine-to-machine token.
    M2mTokenId "mt_",
    /// A program that has a key of its own.
    MachineId "mch_",
    /// An access token of an application.
    OAuthAccessTokenId "oat_",
    /// An application that signs its users in with ours.
    OAuthApplicationId "oauthapp_",
    /// An email domain of an organization.
    OrganizationDomainId "orgdmn_",
    /// An organization.
    OrganizationId "org_",
    /// An invitation to join an organization.
    OrganizationInvitationId "orginv_",
    /// A user's membership of an organization.
    OrganizationMembershipId "orgmem_",
    /// Something that a role of an organization can permit.
    PermissionId "perm_",
    /// A plan that can be subscribed to.
    PlanId "cplan_",
    /// A check of a proxy.
    ProxyCheckId "proxchk_",
    /// A redirect URL.
    RedirectUrlId "ru_",
    /// A role of members of organizations.
    RoleId "role_",
    /// A set of roles that the members of organizations can have.
    RoleSetId "roleset_",
    /// A connection to an identity provider.
    SamlConnectionId "samlc_",
    /// A session of a user on a client.
    SessionId "sess_",
    /// A token that signs a user in.
    SignInTokenId "sit_",
    /// Somebody who signs up.
    SignUpId "sua_",
    /// What a user or an organization has subscribed to.
    SubscriptionId "sub_",
    /// A plan in a subscription.
    SubscriptionItemId "subi_",
    /// A user.
    UserId "user_",
    /// An entry of the waitlist.
    WaitlistEntryId "wle_",
}
