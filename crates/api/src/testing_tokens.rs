//! Testing tokens: with one, end-to-end tests pass what keeps robots out.

use serde::{Deserialize, Serialize};

use crate::value::{ObjectTag, Secret, Tagged};

/// A testing token. JavaScript: `TestingToken`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestingToken {
    /// The kind of object: `testing_token`.
    #[serde(default)]
    pub object: ObjectTag<TestingToken>,
    /// The token, sent to the Frontend API as `__clerk_testing_token`.
    pub token: Secret,
    /// Until when it is valid, in **seconds** since the epoch.
    pub expires_at: i64,
}

impl Tagged for TestingToken {
    const OBJECT: &'static str = "testing_token";
}

endpoints! {
    /// Creates a testing token.
    POST "/v1/testing_tokens" => TestingToken,
    as TestingTokens::create() = "createTestingToken",
    struct CreateTestingToken {}
}
