//! Recovery codes: drawing them, and the rows of `embedded_recovery_codes`, which hold
//! keyed fingerprints only. A used code's row is gone.

use laneway_contract::Random;
use laneway_sqlkit::{DbError, On, Tx, q};

/// How many a person gets.
pub(crate) const CODES: usize = 10;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 12;

/// A code of 60 random bits, in three groups that are easy to read out.
pub(crate) fn draw(random: &dyn Random) -> String {
    let mut bytes = [0; LETTERS];
    random.fill(&mut bytes);
    let letters: Vec<char> = bytes
        .iter()
        // 256 is a multiple of 32: every letter is as likely as any other.
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join("-")
}

/// What a person typed, as the code is fingerprinted: without what people put in between,
/// and with the letters that look like digits read as such.
pub(crate) fn tidy(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(64)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect()
}

pub(crate) async fn replace(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    macs: &[Vec<u8>],
    now_ms: i64,
) -> Result<(), DbError> {
    delete(tx, tenant_id, subject).await?;
    for mac in macs {
        q(
            "INSERT INTO embedded_recovery_codes (tenant_id, subject, mac, created_at) \
           VALUES ($1, $2, $3, $4)",
        )
        .bind(tenant_id)
        .bind(subject)
        .bind(mac.as_slice())
        .bind(now_ms)
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Uses a code up. True for exactly one of many that bring it.
pub(crate) async fn spend(
    tx: &mut Tx,
    tenant_id: &str,
    subject: &str,
    mac: &[u8],
) -> Result<bool, DbError> {
    let touched = q("DELETE FROM embedded_recovery_codes \
                     WHERE tenant_id = $1 AND subject = $2 AND mac = $3")
    .bind(tenant_id)
    .bind(subject)
    .bind(mac)
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// How many are left, and when they were made.
pub(crate) async fn left(
    on: impl On,
    tenant_id: &str,
    subject: &str,
) -> Result<Option<(u32, i64)>, DbError> {
    let row = q(
        "SELECT COUNT(*) AS n, MIN(created_at) AS since FROM embedded_recovery_codes \
                 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant_id)
    .bind(subject)
    .optional(on)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let n: i64 = row.get("n")?;
    let since: Option<i64> = row.maybe("since")?;
    Ok(since.map(|since| (u32::try_from(n).unwrap_or(u32::MAX), since)))
}

pub(crate) async fn delete(tx: &mut Tx, tenant_id: &str, subject: &str) -> Result<(), DbError> {
    q("DELETE FROM embedded_recovery_codes WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant_id)
        .bind(subject)
        .run(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for (n, byte) in (0_u8..).zip(buffer.iter_mut()) {
                *byte = n * 23;
            }
        }
    }

    #[test]
    fn codes_are_three_groups_and_typing_forgives() {
        let code = draw(&Counting);
        assert_eq!(code.len(), 14);
        assert_eq!(code.matches('-').count(), 2);
        let shouted = code.to_uppercase().replace('-', " ");
        assert_eq!(tidy(&shouted), tidy(&code));
        assert_eq!(tidy("O0Il-1"), "00111");
    }
}
