//! The RSA keys behind the tokens: read, write, look up.
//!
//! A key is parsed once, when it arrives. After that a verification does no decoding of keys.

#[cfg(feature = "client")]
mod cache;
#[cfg(test)]
mod signature_vectors;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKey as RsaPublicKey};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
    RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ironclerk_api::jwks::{JsonWebKey, JsonWebKeySet};

use crate::errors::{KeyError, SignJwtError};
use crate::jwt::Algorithm;

#[cfg(feature = "client")]
pub use cache::{FetchKeys, KeyCache, KeyFetchError, KeyFetchErrorKind, KeyFetchFuture};

/// The longest text that is read as a key, in bytes. An RSA-8192 private key has about 6 KiB.
const MAX_KEY_LENGTH: usize = 64 * 1024;

/// Base64 with or without padding: people copy keys both ways.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An RSA public key of 2048 to 8192 bits, ready to verify. Cheap to clone.
///
/// Read it from a text with [`str::parse`] (PEM `PUBLIC KEY`, PEM `RSA PUBLIC KEY`, or the bare
/// base64 between those lines; `\n` written as two characters, as in many `.env` files, is
/// accepted), or from a JWK with [`PublicKey::from_jwk`].
#[derive(Clone)]
#[doc(alias = "loadClerkJWKFromLocal")]
pub struct PublicKey(Arc<ParsedKey>);

struct ParsedKey {
    id: u64,
    components: RsaPublicKeyComponents<Vec<u8>>,
    /// The only algorithm that the key may be used with, when its JWK names one.
    bound_to: Option<Algorithm>,
    // The underlying library ties a parsed key to a digest.
    rs256: ParsedPublicKey,
    rs384: ParsedPublicKey,
    rs512: ParsedPublicKey,
}

impl PublicKey {
    /// A number that no other key and no set of this process has, except for clones.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Reads a JSON Web Key. One that is bound to an algorithm (`alg`) verifies that one only.
    ///
    /// # Errors
    /// When the key is not RSA, not of a supported size, not meant for signatures, or bound to an
    /// algorithm other than RS256, RS384 and RS512.
    pub fn from_jwk(jwk: &JsonWebKey) -> Result<Self, KeyError> {
        if jwk.n.len() > MAX_KEY_LENGTH || jwk.e.len() > MAX_KEY_LENGTH {
            return Err(KeyError::TooLong);
        }
        if jwk.kty != "RSA" {
            return Err(KeyError::NotRsa);
        }
        if jwk.use_.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Err(KeyError::Use);
        }
        let bound_to = match jwk.alg.as_deref() {
            None => None,
            Some(name) => Some(name.parse().map_err(|_| KeyError::Algorithm)?),
        };
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .map_err(|_| KeyError::Encoding)?;
            // RFC 7518 forbids leading zeros; some issuers write one to keep the number positive.
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            Ok(bytes[zeros..].to_vec())
        };
        Self::from_components(
            RsaPublicKeyComponents {
                n: number(&jwk.n)?,
                e: number(&jwk.e)?,
            },
            bound_to,
        )
    }

    /// The key as a JSON Web Key for RS256 signatures, as an instance publishes it.
    pub fn to_jwk(&self, key_id: &str) -> JsonWebKey {
        JsonWebKey {
            use_: Some("sig".to_owned()),
            kty: "RSA".to_owned(),
            kid: Some(key_id.to_owned()),
            alg: Some(self.0.bound_to.unwrap_or_default().as_str().to_owned()),
            n: URL_SAFE_NO_PAD.encode(&self.0.components.n),
            e: URL_SAFE_NO_PAD.encode(&self.0.components.e),
        }
    }

    /// The key as PEM (`-----BEGIN PUBLIC KEY-----`), the form of `CLERK_JWT_KEY`.
    pub fn to_spki_pem(&self) -> String {
        pem("PUBLIC KEY", self.spki())
    }

    /// The key as one line of base64: the PEM form without its first and last line.
    pub fn to_spki_base64(&self) -> String {
        STANDARD.encode(self.spki())
    }

    /// The DER form, which the parsed key keeps.
    fn spki(&self) -> &[u8] {
        self.0.rs256.as_ref()
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = RsaPublicKey::from_der(der).map_err(|_| KeyError::NotRsa)?;
        Self::from_components(RsaPublicKeyComponents::from(&key), None)
    }

    fn from_components(
        components: RsaPublicKeyComponents<Vec<u8>>,
        bound_to: Option<Algorithm>,
    ) -> Result<Self, KeyError> {
        let unused_bits = components.n.first().map_or(0, |byte| byte.leading_zeros());
        let modulus_bits = components.n.len() * 8 - unused_bits as usize;
        if !(2048..=8192).contains(&modulus_bits) {
            return Err(KeyError::NotRsa);
        }
        let der: PublicKeyX509Der<'_> = components.as_der().map_err(|_| KeyError::NotRsa)?;
        let parse = |parameters| {
            ParsedPublicKey::new(parameters, der.as_ref()).map_err(|_| KeyError::NotRsa)
        };
        Ok(Self(Arc::new(ParsedKey {
            id: next_id(),
            rs256: parse(&RSA_PKCS1_2048_8192_SHA256)?,
            rs384: parse(&RSA_PKCS1_2048_8192_SHA384)?,
            rs512: parse(&RSA_PKCS1_2048_8192_SHA512)?,
            components,
            bound_to,
        })))
    }

    pub(crate) fn is_usable_with(&self, algorithm: Algorithm) -> bool {
        self.0.bound_to.is_none_or(|bound| bound == algorithm)
    }

    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = match algorithm {
            Algorithm::Rs256 => &self.0.rs256,
            Algorithm::Rs384 => &self.0.rs384,
            Algorithm::Rs512 => &self.0.rs512,
        };
        key.verify_sig(message, signature).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let document = Document::read(text)?;
        match document.label {
            None | Some(Label::Public | Label::RsaPublic) => Self::from_der(&document.der),
            Some(label) => Err(KeyError::WrongKind {
                expected: "public key",
                found: label.as_str(),
            }),
        }
    }
}

impl TryFrom<&JsonWebKey> for PublicKey {
    type Error = KeyError;

    fn try_from(jwk: &JsonWebKey) -> Result<Self, KeyError> {
        Self::from_jwk(jwk)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.spki() == other.spki() && self.0.bound_to == other.0.bound_to
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey")
            .field(&self.to_spki_base64())
            .finish()
    }
}

/// An RSA private key, which signs tokens. Cheap to clone; its `Debug` shows nothing of it.
///
/// Read it from PEM (`PRIVATE KEY` or `RSA PRIVATE KEY`) or bare base64 with [`str::parse`].
#[derive(Clone)]
pub struct PrivateKey {
    pair: Arc<RsaKeyPair>,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes a new RSA-2048 key, the size that Clerk uses. Takes tens to hundreds of
    /// milliseconds.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pair(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Unavailable)?)
    }

    /// The key as PEM (`-----BEGIN PRIVATE KEY-----`, PKCS#8). **This is the secret itself.**
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let der = self.pair.as_der().map_err(|_| KeyError::Unavailable)?;
        Ok(pem("PRIVATE KEY", der.as_ref()))
    }

    /// The key that verifies what this one signs.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    pub(crate) fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, SignJwtError> {
        let encoding = match algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_SHA256,
            Algorithm::Rs384 => &RSA_PKCS1_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_SHA512,
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignJwtError::Signing)?;
        Ok(signature)
    }

    fn from_pair(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_der(pair.public_key().as_ref())?;
        Ok(Self {
            pair: Arc::new(pair),
            public,
        })
    }
}

impl FromStr for PrivateKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let document = Document::read(text)?;
        let pair = match document.label {
            Some(Label::Private) => RsaKeyPair::from_pkcs8(&document.der),
            Some(Label::RsaPrivate) => RsaKeyPair::from_der(&document.der),
            None => RsaKeyPair::from_pkcs8(&document.der)
                .or_else(|_| RsaKeyPair::from_der(&document.der)),
            Some(label) => {
                return Err(KeyError::WrongKind {
                    expected: "private key",
                    found: label.as_str(),
                });
            }
        };
        Self::from_pair(pair.map_err(|_| KeyError::NotRsa)?)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(redacted)")
    }
}

/// The public keys of one instance by key id. Immutable: a change is a new set.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: HashMap<String, PublicKey>,
    id: u64,
}

impl KeySet {
    /// The most keys that are read from one JWKS. An instance has one, or two while it changes them.
    pub const MAX_KEYS: usize = 100;

    /// Reads an instance's JWKS, its first [`MAX_KEYS`](Self::MAX_KEYS) keys. Keys that are not RSA,
    /// or have no id, are left out: they cannot have signed a token that is accepted here.
    pub fn from_jwks(jwks: &JsonWebKeySet) -> Self {
        jwks.keys
            .iter()
            .take(Self::MAX_KEYS)
            .filter_map(|jwk| Some((jwk.kid.clone()?, PublicKey::from_jwk(jwk).ok()?)))
            .collect()
    }

    /// The key of this id.
    pub fn get(&self, key_id: &str) -> Option<&PublicKey> {
        self.keys.get(key_id)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A number that no other set and no other key of this process has, except for clones.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl Default for KeySet {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys
    }
}

impl Eq for KeySet {}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl FromIterator<(String, PublicKey)> for KeySet {
    fn from_iter<I: IntoIterator<Item = (String, PublicKey)>>(keys: I) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            id: next_id(),
        }
    }
}

/// What a PEM block says it holds.
#[derive(Clone, Copy)]
enum Label {
    Public,
    RsaPublic,
    Private,
    RsaPrivate,
}

impl Label {
    const ALL: [Self; 4] = [
        Self::Public,
        Self::RsaPublic,
        Self::Private,
        Self::RsaPrivate,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC KEY",
            Self::RsaPublic => "RSA PUBLIC KEY",
            Self::Private => "PRIVATE KEY",
            Self::RsaPrivate => "RSA PRIVATE KEY",
        }
    }
}

struct Document {
    label: Option<Label>,
    der: Vec<u8>,
}

impl Document {
    fn read(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_KEY_LENGTH {
            return Err(KeyError::TooLong);
        }
        // Environment files often hold the line ends as two characters.
        let text = text.replace("\\r", "").replace("\\n", "\n");
        let block = Label::ALL.into_iter().find_map(|label| {
            let begin = format!("-----BEGIN {}-----", label.as_str());
            let end = format!("-----END {}-----", label.as_str());
            let (_, rest) = text.split_once(&begin)?;
            let (body, _) = rest.split_once(&end)?;
            Some((label, body))
        });
        let (label, body) = match block {
            Some((label, body)) => (Some(label), body),
            None => (None, text.as_str()),
        };
        let body: String = body.split_whitespace().collect();
        let der = LENIENT_BASE64
            .decode(body)
            .ok()
            .filter(|der| !der.is_empty())
            .ok_or(KeyError::Encoding)?;
        Ok(Self { label, der })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated() -> PrivateKey {
        PrivateKey::generate().expect("a key")
    }

    #[test]
    fn a_private_key_survives_pem_and_never_shows_itself() {
        let key = generated();
        let again: PrivateKey = key.to_pem().expect("PEM").parse().expect("a key");
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(format!("{key:?}"), "PrivateKey(redacted)");
    }

    #[test]
    fn a_jwks_is_not_read_without_end() {
        let key = generated().public_key();
        let keys = (0..KeySet::MAX_KEYS + 50).map(|index| key.to_jwk(&format!("ins_{index}")));
        let set = KeySet::from_jwks(&JsonWebKeySet {
            keys: keys.collect(),
        });
        assert_eq!(set.len(), KeySet::MAX_KEYS);
    }

    #[test]
    fn a_public_key_is_the_same_in_all_its_forms() {
        let key = generated().public_key();
        let pem = key.to_spki_pem();
        assert_eq!(pem.parse(), Ok(key.clone()));
        assert_eq!(pem.replace('\n', "\\n").parse(), Ok(key.clone()));
        assert_eq!(pem.replace('\n', "\r\n").parse(), Ok(key.clone()));
        assert_eq!(key.to_spki_base64().parse(), Ok(key.clone()));
        let jwk = key.to_jwk("ins_1");
        assert_eq!(jwk.kid.as_deref(), Some("ins_1"));
        assert_eq!(jwk.alg.as_deref(), Some("RS256"));
        let from_jwk = PublicKey::from_jwk(&jwk).expect("a key");
        assert_eq!(from_jwk.to_spki_pem(), pem);
    }

    #[test]
    fn pkcs1_is_read_too() {
        let key = generated();
        let pkcs1 = super::pem("RSA PUBLIC KEY", key.pair.public_key().as_ref());
        assert_eq!(pkcs1.parse(), Ok(key.public_key()));
    }

    #[test]
    fn what_is_not_a_key_says_why() {
        let key = generated();
        let private_pem = key.to_pem().expect("PEM");
        for (text, error) in [
            ("", KeyError::Encoding),
            ("not a key!", KeyError::Encoding),
            ("QUJD", KeyError::NotRsa),
            (
                private_pem.as_str(),
                KeyError::WrongKind {
                    expected: "public key",
                    found: "PRIVATE KEY",
                },
            ),
        ] {
            assert_eq!(text.parse::<PublicKey>(), Err(error), "{text}");
        }
        let public_pem = key.public_key().to_spki_pem();
        assert!(matches!(
            public_pem.parse::<PrivateKey>(),
            Err(KeyError::WrongKind { .. })
        ));
    }

    #[test]
    fn a_jwk_of_another_kind_or_algorithm_is_refused() {
        let good = generated().public_key().to_jwk("k");
        let mut jwk = good.clone();
        jwk.kty = "EC".to_owned();
        assert_eq!(PublicKey::from_jwk(&jwk), Err(KeyError::NotRsa));
        let mut jwk = good.clone();
        jwk.alg = Some("PS256".to_owned());
        assert_eq!(PublicKey::from_jwk(&jwk), Err(KeyError::Algorithm));
        let mut jwk = good.clone();
        jwk.use_ = Some("enc".to_owned());
        assert_eq!(PublicKey::from_jwk(&jwk), Err(KeyError::Use));
        let mut jwk = good.clone();
        jwk.n = "AQAB".to_owned();
        assert_eq!(PublicKey::from_jwk(&jwk), Err(KeyError::NotRsa));
        let set = KeySet::from_jwks(&JsonWebKeySet {
            keys: vec![jwk, good],
        });
        assert_eq!(set.len(), 1, "an unusable key does not spoil the set");
    }
}
