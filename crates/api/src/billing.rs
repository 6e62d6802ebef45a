//! Plans, and who has subscribed to them. Clerk says `commerce` on the wire.

use crate::id::{
    FeatureId, InstanceId, OrganizationId, PlanId, SubscriptionId, SubscriptionItemId, UserId,
};
use crate::value::{Metadata, Page};

resource! {
    /// An amount of money. JavaScript: `BillingMoneyAmount`.
    struct Money {
        /// The amount in the smallest unit of the currency, such as cents.
        amount: i64,
        /// The amount for people, such as `9.99`.
        amount_formatted: String,
        /// The currency, such as `USD`.
        currency: String,
        /// Its sign, such as `$`.
        currency_symbol: String,
    }
}

open_enum! {
    /// Who pays.
    enum PayerType {
        /// A user.
        User = "user",
        /// An organization.
        Organization = "org",
    }
}

resource! {
    /// Something that a plan brings. JavaScript: `Feature`.
    struct Feature "feature" {
        /// The id of the feature.
        id: FeatureId,
        /// The name that people see.
        name: String,
        /// What it is.
        description: Option<String>,
        /// By what programs name it.
        slug: String,
        /// Where its picture is.
        avatar_url: Option<String>,
    }
}

resource! {
    /// What can be subscribed to. JavaScript: `BillingPlan`.
    #[doc(alias = "BillingPlan")]
    struct Plan "commerce_plan" {
        /// The id of the plan.
        id: PlanId,
        /// The name that people see.
        name: String,
        /// By what programs name it.
        slug: String,
        /// What it is.
        description: Option<String>,
        /// The product that it belongs to.
        product_id: String,
        /// Whether everybody has it who has no other.
        is_default: bool,
        /// Whether it is paid for again and again.
        is_recurring: bool,
        /// Whether it costs something.
        has_base_fee: bool,
        /// Whether it is shown to everybody.
        publicly_visible: bool,
        /// What a month costs.
        fee: Option<Money>,
        /// What a year costs.
        annual_fee: Option<Money>,
        /// What a month costs when a year is paid for.
        annual_monthly_fee: Option<Money>,
        /// Who pays.
        for_payer_type: Option<PayerType>,
        /// Where its picture is.
        avatar_url: Option<String>,
        /// Whether it can be tried for free.
        free_trial_enabled: bool,
        /// For how many days.
        free_trial_days: Option<u32>,
        /// What it brings.
        features: Vec<Feature>,
    }
}

resource! {
    /// A plan in a subscription. JavaScript: `BillingSubscriptionItem`.
    #[doc(alias = "BillingSubscriptionItem")]
    struct SubscriptionItem "commerce_subscription_item" {
        /// The id of the item.
        id: SubscriptionItemId,
        /// The instance.
        instance_id: InstanceId,
        /// Where it is in its life, such as `active`, `canceled` or `past_due`.
        status: String,
        /// What is paid for at once: `month` or `annual`.
        plan_period: String,
        /// When the period that is paid for began, in ms since the epoch.
        period_start: Option<i64>,
        /// When it ends, in ms since the epoch.
        period_end: Option<i64>,
        /// What is paid next, and when.
        next_payment: Option<Metadata>,
        /// What is paid for a period.
        amount: Option<Money>,
        /// The plan.
        plan: Option<Plan>,
        /// The plan's id.
        plan_id: Option<PlanId>,
        /// Who pays.
        payer_id: String,
        /// Whether it is tried for free.
        is_free_trial: bool,
        /// What was paid in all.
        lifetime_paid: Option<Money>,
        /// When it was canceled, in ms since the epoch.
        canceled_at: Option<i64>,
        /// Since when a payment is missing, in ms since the epoch.
        past_due_at: Option<i64>,
        /// When it ended, in ms since the epoch.
        ended_at: Option<i64>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// What a subscription costs next.
    struct NextPayment {
        /// When, in ms since the epoch.
        date: Option<i64>,
        /// How much.
        amount: Option<Money>,
    }
}

resource! {
    /// The plans that a user or an organization pays for. JavaScript: `BillingSubscription`.
    #[doc(alias = "BillingSubscription")]
    struct Subscription "commerce_subscription" {
        /// The id of the subscription.
        id: SubscriptionId,
        /// The instance.
        instance_id: InstanceId,
        /// Where it is in its life, such as `active` or `past_due`.
        status: String,
        /// Who pays.
        payer_id: String,
        /// Since when it is active, in ms since the epoch.
        active_at: Option<i64>,
        /// Since when a payment is missing, in ms since the epoch.
        past_due_at: Option<i64>,
        /// The plans.
        subscription_items: Vec<SubscriptionItem>,
        /// What is paid next, and when.
        next_payment: Option<NextPayment>,
        /// Whether a plan can be tried for free.
        eligible_for_free_trial: bool,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Lists the plans.
    GET "/v1/billing/plans" => Page<Plan>,
    as Billing::list_plans(request) = "getPlanList",
    struct ListPlans {
        /// Only those for users, or for organizations.
        payer_type: Option<PayerType>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Cancels a plan in a subscription, at the end of its period or at once.
    DELETE "/v1/billing/subscription_items/{subscription_item_id}" => SubscriptionItem,
    as Billing::cancel_subscription_item(request) = "cancelSubscriptionItem",
    struct CancelSubscriptionItem {
        /// The item.
        subscription_item_id: SubscriptionItemId,
        /// Whether it ends at once.
        end_now: Option<bool>,
    }

    /// Lets a plan be tried for free for longer.
    POST "/v1/billing/subscription_items/{subscription_item_id}/extend_free_trial"
        => SubscriptionItem,
    as Billing::extend_free_trial(subscription_item_id: SubscriptionItemId, extend_to: String)
        = "extendSubscriptionItemFreeTrial",
    struct ExtendFreeTrial {
        /// The item.
        subscription_item_id: SubscriptionItemId,
        /// Until when, as RFC 3339 writes it: `2030-01-31T12:00:00.000Z`.
        extend_to: String,
    }

    /// Fetches what an organization has subscribed to.
    GET "/v1/organizations/{organization_id}/billing/subscription" => Subscription,
    as Billing::get_organization_subscription(organization_id: OrganizationId)
        = "getOrganizationBillingSubscription",
    struct GetOrganizationSubscription {
        /// The organization.
        organization_id: OrganizationId,
    }

    /// Fetches what a user has subscribed to.
    GET "/v1/users/{user_id}/billing/subscription" => Subscription,
    as Billing::get_user_subscription(user_id: UserId) = "getUserBillingSubscription",
    struct GetUserSubscription {
        /// The user.
        user_id: UserId,
    }
}
