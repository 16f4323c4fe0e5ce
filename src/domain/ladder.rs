//! What several proofs are worth together (CONTRACT §1: `aal1 < aal2 < phr`).
//!
//! Two proofs of different kinds are two factors. A password, a code by mail and a code of
//! an app are of different kinds; a recovery code is of the kind that it stands in for. A
//! provider's own page counts as what the provider says, and only an app's code adds to it.

use laneway_contract::{Acr, MethodKind};

/// A proof as the ladder sees it: how it was given and what it is worth alone.
pub type Rung = (MethodKind, Acr);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Factor {
    Key,
    Known,
    Mailbox,
    App,
    Provider,
}

fn factor(kind: MethodKind) -> Factor {
    match kind {
        MethodKind::Passkey => Factor::Key,
        MethodKind::Password => Factor::Known,
        MethodKind::EmailCode => Factor::Mailbox,
        MethodKind::Totp | MethodKind::RecoveryCode => Factor::App,
        MethodKind::Redirect => Factor::Provider,
    }
}

/// The rung that all of these reach together; none without a proof.
pub fn combined(proofs: impl IntoIterator<Item = Rung>) -> Option<Acr> {
    let mut best = None;
    let mut seen = Vec::new();
    for (kind, acr) in proofs {
        best = best.max(Some(acr));
        let factor = factor(kind);
        if !seen.contains(&factor) {
            seen.push(factor);
        }
    }
    let app = seen.contains(&Factor::App);
    let needed = if seen.contains(&Factor::Provider) && !app {
        3
    } else {
        2
    };
    let two = seen.len() >= needed;
    best.map(|best| if two { best.max(Acr::Aal2) } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use laneway_contract::Acr::{Aal1, Aal2, Phr};
    use laneway_contract::MethodKind::{
        EmailCode, Passkey, Password, RecoveryCode, Redirect, Totp,
    };

    #[test]
    fn two_kinds_are_two_factors_and_two_of_one_kind_are_not() {
        let table: &[(&[Rung], Option<Acr>)] = &[
            (&[], None),
            (&[(Password, Aal1)], Some(Aal1)),
            (&[(Password, Aal1), (Password, Aal1)], Some(Aal1)),
            (&[(Password, Aal1), (Totp, Aal1)], Some(Aal2)),
            (&[(Password, Aal1), (EmailCode, Aal1)], Some(Aal2)),
            (&[(EmailCode, Aal1), (RecoveryCode, Aal1)], Some(Aal2)),
            (&[(Totp, Aal1), (RecoveryCode, Aal1)], Some(Aal1)),
            (&[(Redirect, Aal1), (EmailCode, Aal1)], Some(Aal1)),
            (&[(Redirect, Aal1), (Totp, Aal1)], Some(Aal2)),
            (&[(Redirect, Aal2)], Some(Aal2)),
            (&[(Passkey, Phr), (Totp, Aal1)], Some(Phr)),
        ];
        for (proofs, want) in table {
            assert_eq!(combined(proofs.iter().copied()), *want, "{proofs:?}");
        }
    }
}
