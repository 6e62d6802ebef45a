//! Asking Clerk on behalf of visitors, of whom there may be many at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::answers::HandshakePayloadError;
use super::reason::RefreshFailure;
use super::{BackendApi, RefreshSession, VerifyMachineToken};
use crate::errors::MachineTokenVerificationError;
use crate::keys::KeyCache;

/// How many questions wait for Clerk's answer at a time. The others wait for their turn.
const MAX_CONCURRENT_QUESTIONS: usize = 64;

type MachineTokenAnswer = Result<Value, MachineTokenVerificationError>;

/// What is being asked at this moment, by token.
type MachineTokens = HashMap<String, Arc<OnceCell<MachineTokenAnswer>>>;

/// The Backend API, asked a bounded number of questions at a time, and one question about one
/// machine token: a program that begins many requests at once has it verified once.
pub(super) struct Questions {
    api: Arc<dyn BackendApi>,
    turns: Semaphore,
    machine_tokens: Mutex<MachineTokens>,
}

impl Questions {
    pub(super) fn new(api: Arc<dyn BackendApi>) -> Self {
        Self {
            api,
            turns: Semaphore::new(MAX_CONCURRENT_QUESTIONS),
            machine_tokens: Mutex::default(),
        }
    }

    pub(super) async fn refresh_session(
        &self,
        question: RefreshSession,
    ) -> Result<Vec<String>, RefreshFailure> {
        let _turn = self.turn().await.ok_or(RefreshFailure::FetchError)?;
        self.api.refresh_session(question).await
    }

    pub(super) async fn handshake_payload(
        &self,
        nonce: String,
    ) -> Result<Vec<String>, HandshakePayloadError> {
        let busy = || HandshakePayloadError("too many questions at a time".to_owned());
        let _turn = self.turn().await.ok_or_else(busy)?;
        self.api.handshake_payload(nonce).await
    }

    pub(super) async fn verify_machine_token(
        &self,
        question: VerifyMachineToken,
    ) -> MachineTokenAnswer {
        let asked = Asked::new(self, question.token());
        let ask = async || {
            let busy = MachineTokenVerificationError::unexpected;
            let _turn = self.turn().await.ok_or_else(busy)?;
            self.api.verify_machine_token(question).await
        };
        asked.answer.get_or_init(ask).await.clone()
    }

    /// `None` when there are so many others that it takes too long.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turn = timeout(KeyCache::REQUEST_TIMEOUT, self.turns.acquire()).await;
        turn.ok()?.ok()
    }

    fn machine_tokens(&self) -> MutexGuard<'_, MachineTokens> {
        let lock = self.machine_tokens.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that waits for the answer about a token. The last one forgets it.
struct Asked<'a> {
    questions: &'a Questions,
    token: String,
    answer: Arc<OnceCell<MachineTokenAnswer>>,
}

impl<'a> Asked<'a> {
    fn new(questions: &'a Questions, token: &str) -> Self {
        let token = token.to_owned();
        let mut asked = questions.machine_tokens();
        let answer = asked.entry(token.clone()).or_default().clone();
        Self {
            questions,
            token,
            answer,
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut asked = self.questions.machine_tokens();
        // Given back while the map is locked: of two that end at the same time one is the last.
        drop(std::mem::take(&mut self.answer));
        let answer = asked.get(&self.token);
        if answer.is_some_and(|answer| Arc::strong_count(answer) == 1) {
            asked.remove(&self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::authenticate::BackendApiFuture;
    use crate::machine::Presented;

    /// Answers after a second, and counts.
    #[derive(Default)]
    struct Slow {
        asked: AtomicUsize,
        at_a_time: AtomicUsize,
        most: AtomicUsize,
    }

    impl BackendApi for Arc<Slow> {
        fn verify_machine_token(
            &self,
            question: VerifyMachineToken,
        ) -> BackendApiFuture<'_, MachineTokenAnswer> {
            Box::pin(async move {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let now = self.at_a_time.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.at_a_time.fetch_sub(1, Ordering::SeqCst);
                Ok(json!(question.token()))
            })
        }
    }

    fn question(token: &str) -> VerifyMachineToken {
        match Presented::of(token) {
            Presented::Opaque(kind, token) => VerifyMachineToken::new(kind, token),
            _ => panic!("{token} is not opaque"),
        }
    }

    fn slow() -> (Arc<Slow>, Arc<Questions>) {
        let slow = Arc::new(Slow::default());
        let questions = Questions::new(Arc::new(Arc::clone(&slow)));
        (slow, Arc::new(questions))
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_requests_with_one_token_make_one_question() {
        let (slow, questions) = slow();
        let requests: Vec<_> = (0..1000)
            .map(|_| {
                let questions = questions.clone();
                tokio::spawn(async move { questions.verify_machine_token(question("ak_1")).await })
            })
            .collect();
        for request in requests {
            assert_eq!(request.await.expect("no panic"), Ok(json!("ak_1")));
        }
        assert_eq!(slow.asked.load(Ordering::SeqCst), 1);
        assert!(questions.machine_tokens().is_empty(), "the answer is kept");
        // A token may have been revoked since: the next request asks anew.
        let again = questions.verify_machine_token(question("ak_1")).await;
        assert_eq!(again, Ok(json!("ak_1")));
        assert_eq!(slow.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_answer_outlives_the_requests_that_waited_for_it() {
        struct AtOnce;
        impl BackendApi for AtOnce {
            fn verify_machine_token(
                &self,
                _: VerifyMachineToken,
            ) -> BackendApiFuture<'_, MachineTokenAnswer> {
                Box::pin(async {
                    tokio::task::yield_now().await;
                    Ok(Value::Null)
                })
            }
        }
        let questions = Arc::new(Questions::new(Arc::new(AtOnce)));
        for _ in 0..500 {
            let mut requests = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let questions = questions.clone();
                requests.spawn(async move {
                    let _ = questions.verify_machine_token(question("ak_1")).await;
                });
            }
            requests.join_all().await;
            assert!(questions.machine_tokens().is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_tokens_some_wait_for_their_turn() {
        let (slow, questions) = slow();
        let requests: Vec<_> = (0..MAX_CONCURRENT_QUESTIONS * 10)
            .map(|index| {
                let questions = questions.clone();
                tokio::spawn(async move {
                    let question = question(&format!("ak_{index}"));
                    questions.verify_machine_token(question).await.is_ok()
                })
            })
            .collect();
        let mut answered = 0;
        for request in requests {
            answered += usize::from(request.await.expect("no panic"));
        }
        assert_eq!(slow.most.load(Ordering::SeqCst), MAX_CONCURRENT_QUESTIONS);
        // Each turn is a second, and nobody waits longer than the timeout.
        assert!((5..10).contains(&(answered / MAX_CONCURRENT_QUESTIONS)));
        assert!(questions.machine_tokens().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_who_leaves_does_not_take_the_answer_along() {
        let (slow, questions) = slow();
        let first = tokio::spawn({
            let questions = questions.clone();
            async move { questions.verify_machine_token(question("mt_1")).await }
        });
        let second = tokio::spawn({
            let questions = questions.clone();
            async move { questions.verify_machine_token(question("mt_1")).await }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        first.abort();
        assert_eq!(second.await.expect("no panic"), Ok(json!("mt_1")));
        assert_eq!(slow.asked.load(Ordering::SeqCst), 2);
        assert!(questions.machine_tokens().is_empty());
    }
}
