//! What stands around every page of the administration.

/// Who looks, and where they are.
#[derive(Debug, Clone, Default)]
pub struct DeskFrame {
    /// The room: `overview`, `people`, `organizations`, `upstreams`, `connections`, `apps`, `trail`, `settings`; of an
    /// organization also `groups`, `roles`, `domains`, `rules`.
    pub here: &'static str,
    /// What the operator is called.
    pub name: String,
    /// Key of what they are.
    pub role: &'static str,
    /// How much needs attention; shown beside the overview.
    pub attention: u32,
    /// Somebody comes back from another proof, and what they pressed is not done.
    pub again: bool,
    /// Hidden token of every form.
    pub csrf: String,
    /// The rooms of the administration that they may enter.
    pub rooms: Vec<&'static str>,
    /// The organization whose own pages these are.
    pub org: Option<OrgFrame>,
}

/// An organization, and which of its rooms somebody may enter.
#[derive(Debug, Clone, Default)]
pub struct OrgFrame {
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Where its picture is; without one the tile has a letter.
    pub logo: Option<String>,
    /// Its members.
    pub people: bool,
    /// Its company sign-in.
    pub connections: bool,
    /// Its record.
    pub trail: bool,
    /// Its name and address.
    pub settings: bool,
}

impl OrgFrame {
    /// The address of its home, which those of its rooms begin with.
    pub fn base(&self) -> String {
        format!("/org/{}", self.slug)
    }

    /// The address of a room.
    pub fn at(&self, room: &str) -> String {
        format!("/org/{}/{room}", self.slug)
    }
}

impl DeskFrame {
    /// May they enter the room? Those of an organization are shown by what its frame says.
    pub fn opens(&self, room: &str) -> bool {
        self.org.is_some() || self.rooms.contains(&room)
    }

    /// Is this the room?
    pub fn is(&self, room: &str) -> bool {
        self.here == room
    }
}

/// A state as a word with a tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateWord {
    /// `ok`, `warn`, `bad`, `info`, `idle`.
    pub tone: &'static str,
    /// Key of the word.
    pub key: &'static str,
}

impl StateWord {
    /// A state.
    pub fn new(tone: &'static str, key: &'static str) -> Self {
        Self { tone, key }
    }
}

#[cfg(test)]
impl DeskFrame {
    pub(crate) fn sample(here: &'static str) -> Self {
        Self {
            here,
            name: "Priya <Raman>".into(),
            role: "desk-role-owner",
            attention: 2,
            again: false,
            csrf: "t0ken".into(),
            rooms: vec![
                "overview",
                "people",
                "organizations",
                "members",
                "upstreams",
                "connections",
                "apps",
                "settings",
                "trail",
            ],
            org: None,
        }
    }

    /// Of somebody who sees no more than how much is used.
    pub(crate) fn billing(here: &'static str) -> Self {
        Self {
            role: "desk-role-billing",
            attention: 0,
            rooms: vec!["overview", "organizations", "settings"],
            ..Self::sample(here)
        }
    }

    /// At an organization's own pages.
    pub(crate) fn own(here: &'static str) -> Self {
        Self {
            role: "org-role-owner",
            attention: 0,
            again: here == "settings",
            org: Some(OrgFrame {
                slug: "bk".into(),
                name: "Brennan & <Kohl>".into(),
                logo: (here == "settings").then(|| "/assets/img/mark.svg".into()),
                people: true,
                connections: true,
                trail: true,
                settings: true,
            }),
            ..Self::sample(here)
        }
    }
}
