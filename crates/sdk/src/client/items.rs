//! Lists, item by item.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use ironclerk_api::endpoint::{EncodeError, EncodedRequest};
use ironclerk_api::value::List;
use ironclerk_api::{Endpoint, EndpointInfo};

use super::call::{Call, CallOptions};
use super::{Client, ClientError, read};

/// How many items a page has when the request does not say it: what every list allows.
const PAGE: u32 = 100;
/// How many items a page has at the most.
const LARGEST_PAGE: u32 = 500;
/// The parameter that says how many items a page has.
const LIMIT: &str = "limit";
/// The parameter that says how many items come before the page.
const OFFSET: &str = "offset";

/// The items of a list, over all pages. Made by [`Call::stream`].
///
/// A [`Stream`]; [`next`](Self::next) does without a library for streams.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<'client, E: Endpoint>
where
    E::Response: List,
{
    client: &'client Client,
    options: CallOptions,
    state: State<'client, E::Response>,
    page: std::vec::IntoIter<<E::Response as List>::Item>,
}

type Fetched<R> = (EncodedRequest, Result<R, ClientError>);

enum State<'client, R> {
    /// The first page is still to be fetched.
    Start(Result<EncodedRequest, EncodeError>),
    /// This page is still to be fetched.
    More(EncodedRequest),
    /// A page is being fetched.
    Fetching(Pin<Box<dyn Future<Output = Fetched<R>> + Send + 'client>>),
    /// There are no more pages.
    End,
}

impl<'client, E: Endpoint> Items<'client, E>
where
    E::Response: List,
{
    pub(super) fn new(call: Call<'client, E>) -> Self {
        let (client, request, options) = call.into_parts();
        Self {
            client,
            options,
            state: State::Start(request),
            page: Vec::new().into_iter(),
        }
    }

    /// The next item, `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<<E::Response as List>::Item, ClientError>>
    where
        Self: Unpin,
    {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    fn fetch(&self, request: EncodedRequest) -> State<'client, E::Response> {
        let (client, options) = (self.client, self.options.clone());
        State::Fetching(Box::pin(async move {
            let answer = client.exchange(E::INFO.path, &request, &options).await;
            let answer = answer.and_then(|(url, body)| read(url, &body));
            (request, answer)
        }))
    }
}

impl<E: Endpoint> Unpin for Items<'_, E> where E::Response: List {}

impl<E: Endpoint> Stream for Items<'_, E>
where
    E::Response: List,
{
    type Item = Result<<E::Response as List>::Item, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            self.state = match std::mem::replace(&mut self.state, State::End) {
                State::End => return Poll::Ready(None),
                State::Start(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                State::Start(Ok(request)) => self.fetch(first_page(&request, &E::INFO)),
                State::More(request) => self.fetch(request),
                State::Fetching(mut answer) => {
                    let Poll::Ready(answer) = answer.as_mut().poll(cx) else {
                        self.state = State::Fetching(answer);
                        return Poll::Pending;
                    };
                    let (request, answer) = answer;
                    let items = match answer {
                        Ok(answer) => answer.into_items(),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    let next = next_page(&request, items.len());
                    self.page = items.into_iter();
                    next.map_or(State::End, State::More)
                }
            };
        }
    }
}

impl<E: Endpoint> fmt::Debug for Items<'_, E>
where
    E::Response: List,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Items")
            .field("endpoint", &E::INFO.name)
            .finish_non_exhaustive()
    }
}

/// The request for the first page. A list that has no pages is asked for as it is.
fn first_page(request: &EncodedRequest, endpoint: &EndpointInfo) -> EncodedRequest {
    let parameters = (endpoint.parameters)();
    if !parameters.contains(&LIMIT) || !parameters.contains(&OFFSET) {
        return request.clone();
    }
    let size = number(request, LIMIT).unwrap_or(PAGE);
    let size = size.clamp(1, LARGEST_PAGE);
    request.with_query(&[(LIMIT, &size.to_string())])
}

/// The request for the page after this one, unless this one is the last: it is not full. What the
/// API says of the number of all items is not believed, as that changes meanwhile.
fn next_page(request: &EncodedRequest, items: usize) -> Option<EncodedRequest> {
    let size = number(request, LIMIT)?;
    if u32::try_from(items) != Ok(size) {
        return None;
    }
    let offset = number(request, OFFSET).unwrap_or(0).checked_add(size)?;
    Some(request.with_query(&[(OFFSET, &offset.to_string())]))
}

fn number(request: &EncodedRequest, name: &str) -> Option<u32> {
    request.query_value(name)?.parse().ok()
}
