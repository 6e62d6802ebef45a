//! New ids: a prefix and 27 characters that sort by the time they were made.
//!
//! The characters are base 62 of a 4-byte time and 16 random bytes, as in a KSUID, which is the
//! form of Clerk's own ids.

use ironclerk_api::id::Id;

/// The second from which KSUIDs count, so that 32 bits last until 2150.
const EPOCH: i64 = 1_400_000_000;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 27;

/// Makes an id from the time and 16 random bytes.
pub(crate) fn new<I: Id>(now: i64, random: [u8; 16]) -> I {
    let seconds = now
        .div_euclid(1000)
        .saturating_sub(EPOCH)
        .clamp(0, i64::from(u32::MAX)) as u32;
    let mut number = [0_u8; 20];
    number[..4].copy_from_slice(&seconds.to_be_bytes());
    number[4..].copy_from_slice(&random);

    let mut text = [b'0'; LENGTH];
    for digit in text.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder * 256 + u32::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *digit = DIGITS[remainder as usize];
    }
    let mut id = String::with_capacity(I::PREFIX.len() + LENGTH);
    id.push_str(I::PREFIX);
    id.extend(text.map(char::from));
    I::from(id)
}

#[cfg(test)]
mod tests {
    use ironclerk_api::id::UserId;

    use super::*;

    #[test]
    fn ids_have_the_form_of_a_ksuid() {
        // The example of the KSUID format's own description.
        let random = [
            0xB5, 0xA1, 0xCD, 0x34, 0xB5, 0xF9, 0x9D, 0x11, 0x54, 0xFB, 0x68, 0x53, 0x34, 0x5C,
            0x97, 0x35,
        ];
        let now = (EPOCH + 107_608_047) * 1000;
        assert_eq!(
            new::<UserId>(now, random).as_str(),
            "user_0ujtsYcgvSTl8PAuAdqWYSMnLOv"
        );
    }

    #[test]
    fn ids_sort_by_time() {
        let earlier: UserId = new(1_700_000_000_000, [0xff; 16]);
        let later: UserId = new(1_700_000_001_000, [0; 16]);
        assert!(earlier < later);
    }
}
