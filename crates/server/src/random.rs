//! Where random numbers come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{hmac, rand};
use data_encoding::HEXLOWER;

/// A source of random bytes.
#[derive(Clone, Debug, Default)]
pub struct Random(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Sequence(Arc<Sequence>),
}

#[derive(Debug)]
struct Sequence {
    key: hmac::Key,
    drawn: AtomicU64,
}

/// The source has no random bytes to give.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random numbers")]
pub struct NoRandomness;

impl Random {
    /// Bytes that nobody can guess, from the operating system.
    pub const SYSTEM: Self = Self(Source::System);

    /// The same bytes each time, in the order in which they are drawn. Anybody can guess them, so
    /// that they are for tests only.
    pub fn predictable(name: &str) -> Self {
        Self(Source::Sequence(Arc::new(Sequence {
            key: hmac::Key::new(hmac::HMAC_SHA256, name.as_bytes()),
            drawn: AtomicU64::new(0),
        })))
    }

    /// Whether anybody can guess the bytes.
    pub(crate) fn is_predictable(&self) -> bool {
        matches!(self.0, Source::Sequence(_))
    }

    /// The next bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => rand::fill(&mut bytes).map_err(|_| NoRandomness)?,
            Source::Sequence(sequence) => {
                for chunk in bytes.chunks_mut(32) {
                    let number = sequence.drawn.fetch_add(1, Ordering::Relaxed);
                    let block = hmac::sign(&sequence.key, &number.to_be_bytes());
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
        Ok(bytes)
    }

    /// A secret, in letters and digits.
    pub(crate) fn secret(&self) -> Result<String, NoRandomness> {
        Ok(HEXLOWER.encode(&self.bytes::<32>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_repeats_and_the_system_does_not() {
        let (one, other) = (Random::predictable("a"), Random::predictable("a"));
        let drawn: [[u8; 40]; 3] = std::array::from_fn(|_| one.bytes().unwrap());
        assert_eq!(drawn, std::array::from_fn(|_| other.bytes().unwrap()));
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
        assert_ne!(
            Random::predictable("a").bytes::<16>().unwrap(),
            Random::predictable("b").bytes::<16>().unwrap()
        );
        let system = Random::SYSTEM;
        assert_ne!(system.bytes::<16>().unwrap(), system.bytes::<16>().unwrap());
    }
}
