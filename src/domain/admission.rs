//! May a session act in an organization? What the organization asks for, held against what the
//! session has shown. Pure: the switch and the sign-in ask the same.

use laneway_contract::Acr;

use super::ids::ConnectionId;

/// What an organization asks of a session that acts in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demands {
    /// The rung that must have been reached.
    pub acr: Option<Acr>,
    /// A provider of its own that it has enforced.
    pub enforced: Option<ConnectionId>,
}

/// What a session has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The rung reached; through the organization's provider, where that was higher.
    pub acr: Acr,
    /// A provider of the organization has vouched in this session.
    pub vouched: bool,
    /// The person is named for emergencies of the organization.
    pub emergency: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Open,
    /// Yes, past the enforced provider.
    Emergency(ConnectionId),
    /// Only after a sign-in at this provider.
    Sso(ConnectionId),
    /// Only after more proof.
    StepUp(Acr),
}

/// Judges.
pub fn judge(demands: &Demands, standing: Standing) -> Admission {
    let past = match &demands.enforced {
        Some(own) if !standing.vouched => {
            if !standing.emergency {
                return Admission::Sso(own.clone());
            }
            Some(own)
        }
        _ => None,
    };
    // Whoever gets in past the provider shows two factors, whatever else is asked.
    let wanted = demands.acr.max(past.map(|_| Acr::Aal2));
    match (wanted, past) {
        (Some(wanted), _) if wanted > standing.acr => Admission::StepUp(wanted),
        (_, Some(own)) => Admission::Emergency(own.clone()),
        _ => Admission::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> ConnectionId {
        ConnectionId("c".into())
    }

    fn at(acr: Acr, vouched: bool, emergency: bool) -> Standing {
        Standing {
            acr,
            vouched,
            emergency,
        }
    }

    #[test]
    fn an_organization_that_asks_for_nothing_is_open() {
        for standing in [at(Acr::Aal1, false, false), at(Acr::Phr, true, true)] {
            assert_eq!(judge(&Demands::default(), standing), Admission::Open);
        }
    }

    #[test]
    fn an_enforced_provider_has_to_vouch_and_nothing_else_stands_in_for_it() {
        let demands = Demands {
            acr: None,
            enforced: Some(own()),
        };
        assert_eq!(
            judge(&demands, at(Acr::Phr, false, false)),
            Admission::Sso(own())
        );
        assert_eq!(judge(&demands, at(Acr::Aal1, true, false)), Admission::Open);
        let emergency = |acr| judge(&demands, at(acr, false, true));
        assert_eq!(emergency(Acr::Aal1), Admission::StepUp(Acr::Aal2));
        assert_eq!(emergency(Acr::Aal2), Admission::Emergency(own()));
    }

    #[test]
    fn a_rung_is_asked_for_after_the_provider() {
        let demands = Demands {
            acr: Some(Acr::Phr),
            enforced: Some(own()),
        };
        assert_eq!(
            judge(&demands, at(Acr::Phr, false, false)),
            Admission::Sso(own())
        );
        assert_eq!(
            judge(&demands, at(Acr::Aal2, true, false)),
            Admission::StepUp(Acr::Phr)
        );
        assert_eq!(
            judge(&demands, at(Acr::Aal2, false, true)),
            Admission::StepUp(Acr::Phr)
        );
        assert_eq!(judge(&demands, at(Acr::Phr, true, false)), Admission::Open);
    }
}
