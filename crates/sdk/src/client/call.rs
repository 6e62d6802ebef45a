//! A call of the API on its way: what is asked, and how.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use ironclerk_api::endpoint::{self, EncodeError, EncodedRequest};
use ironclerk_api::namespaces::Caller;
use ironclerk_api::users::{CountUsers, ListUsers, User};
use ironclerk_api::value::List;
use ironclerk_api::{Endpoint, Page};

use super::items::Items;
use super::{Client, ClientError, bearer, read};
use crate::instance::SecretKey;

/// A call that is made when it is awaited.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn run(clerk: ironclerk::Client) -> Result<(), ironclerk::client::ClientError> {
/// let user = clerk.users().get("user_1").await?;
/// let user = clerk.users().get("user_1").timeout(Duration::from_secs(2)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct Call<'client, E: Endpoint> {
    client: &'client Client,
    request: Result<EncodedRequest, EncodeError>,
    options: CallOptions,
    endpoint: PhantomData<fn() -> E>,
}

/// What is different about one call.
#[derive(Clone, Debug, Default)]
pub(super) struct CallOptions {
    pub(super) key: Option<SecretKey>,
    pub(super) timeout: Option<Duration>,
    pub(super) attempts: Option<u32>,
    pub(super) headers: HeaderMap,
}

impl Caller for Client {
    type Call<'client, E: Endpoint> = Call<'client, E>;

    fn call<'client, E: Endpoint>(&'client self, request: &E) -> Call<'client, E> {
        self.send(request)
    }
}

impl<'client, E: Endpoint> Call<'client, E> {
    pub(super) fn new(client: &'client Client, request: &E) -> Self {
        Self {
            client,
            request: endpoint::encode(request),
            options: CallOptions::default(),
            endpoint: PhantomData,
        }
    }

    /// Makes the call with another key than the client's.
    ///
    /// JavaScript: `machineSecretKey`, for calls about machine-to-machine tokens.
    #[doc(alias = "machineSecretKey")]
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.options.key = Some(key);
        self
    }

    /// How long one attempt may take. Default: what the client says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How often the call is made at the most: 1 for no second attempt. Default: what the client
    /// says.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.options.attempts = Some(attempts);
        self
    }

    /// Sends a header along, in place of the client's own of that name.
    ///
    /// JavaScript: `requestHeaders`, for applications that nobody has claimed.
    #[doc(alias = "requestHeaders")]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.options.headers.insert(name, value);
        self
    }

    /// Every item of the list, from the first on or from the `offset` of the request: a page is
    /// fetched when the one before is used up, and `limit` is its size (100 when absent).
    ///
    /// What is added or deleted while the stream runs may be seen twice or not at all, as the API
    /// counts places in the list. An error ends the stream.
    pub fn stream(self) -> Items<'client, E>
    where
        E::Response: List,
    {
        Items::new(self)
    }

    pub(super) fn into_parts(
        self,
    ) -> (
        &'client Client,
        Result<EncodedRequest, EncodeError>,
        CallOptions,
    ) {
        (self.client, self.request, self.options)
    }
}

impl<'client> Call<'client, ListUsers> {
    /// Asks for the number of all users that match, too: a second call, made at the same time.
    ///
    /// JavaScript: `users.getUserList` always does.
    #[doc(alias = "getUserList")]
    pub fn with_total_count(self) -> CallWithTotalCount<'client> {
        CallWithTotalCount(self)
    }
}

/// A list of users and their number. Made by [`Call::with_total_count`].
#[must_use = "a call is made when it is awaited"]
#[derive(Debug)]
pub struct CallWithTotalCount<'client>(Call<'client, ListUsers>);

type Answer<'client, T> = Pin<Box<dyn Future<Output = Result<T, ClientError>> + Send + 'client>>;

impl<'client, E: Endpoint> IntoFuture for Call<'client, E> {
    type Output = Result<E::Response, ClientError>;
    type IntoFuture = Answer<'client, E::Response>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self {
                client,
                request,
                options,
                ..
            } = self;
            let (url, body) = client.exchange(E::INFO.path, &request?, &options).await?;
            read(url, &body)
        })
    }
}

impl<'client> IntoFuture for CallWithTotalCount<'client> {
    type Output = Result<Page<User>, ClientError>;
    type IntoFuture = Answer<'client, Page<User>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (client, request, options) = self.0.into_parts();
            let request = request?;
            // A count has the list's filters, and neither order nor page.
            let counted = EncodedRequest {
                path: CountUsers::INFO.path.to_owned(),
                ..request.with_query(&[("limit", ""), ("offset", ""), ("order_by", "")])
            };
            let list = client.exchange(ListUsers::INFO.path, &request, &options);
            let count = client.exchange(CountUsers::INFO.path, &counted, &options);
            let ((list_url, list), (count_url, count)) = tokio::try_join!(list, count)?;
            let count: <CountUsers as Endpoint>::Response = read(count_url, &count)?;
            Ok(Page {
                data: read(list_url, &list)?,
                total_count: count.total_count,
            })
        })
    }
}

impl<E: Endpoint> fmt::Debug for Call<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("endpoint", &E::INFO.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl CallOptions {
    /// The header with the key of this call, if it has one of its own.
    pub(super) fn authorization(&self) -> Result<Option<HeaderValue>, ClientError> {
        let key = self.key.as_ref().map(bearer).transpose();
        key.map_err(|_| ClientError::InvalidSecretKey)
    }
}
