//! Seeded random changes to a signed answer: whatever comes of them, nobody else comes in.

use laneway_contract::Random as _;
use laneway_fake::SeededRandom;
use laneway_fake::saml_idp::Signed;
use saml_rs::binding::base64_encode;

use crate::rig::Rig;

const SEED: u64 = 20_261_129;
const ROUNDS: usize = 800;

const WORDS: &[&str] = &[
    "root",
    " ",
    "<!-- x -->",
    "<saml:Assertion ID=\"_evil\">",
    "</saml:Assertion>",
    "<saml:NameID>root</saml:NameID>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#0;",
    "ID=\"_evil\"",
    "xmlns:saml=\"urn:x\"",
    " xmlns:Name=\"groups\"",
    " xmlns:Format=\"x\"",
    " xmlns:ID=\"_evil\"",
    "<ds:Object>",
    "</ds:Object>",
    "9999-99-99T99:99:99Z",
    "\u{0}",
    "\u{feff}",
];

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % end.max(1) as u64).unwrap_or_default()
    }

    /// A place between two characters.
    fn place(&self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn range(&self, text: &str) -> (usize, usize) {
        let (a, b) = (self.place(text), self.place(text));
        let (from, to) = (a.min(b), a.max(b));
        // Mostly little is moved.
        if to - from > 400 && self.below(4) != 0 {
            let mut near = from + self.below(400);
            while !text.is_char_boundary(near) {
                near -= 1;
            }
            return (from, near.max(from));
        }
        (from, to)
    }

    fn change(&self, text: &str) -> String {
        let (from, to) = self.range(text);
        let piece = &text[from..to];
        let at = self.place(text);
        match self.below(5) {
            0 => format!("{}{}", &text[..from], &text[to..]),
            1 => format!("{}{piece}{}", &text[..at], &text[at..]),
            2 => format!(
                "{}{}{}",
                &text[..at],
                WORDS[self.below(WORDS.len())],
                &text[at..]
            ),
            3 => text.replacen("u-1001", "root", self.below(2) + 1),
            _ => format!(
                "{}{}{}",
                &text[..from],
                WORDS[self.below(WORDS.len())],
                &text[to..]
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_changes_bring_nobody_else_in() {
    let soak = std::env::var("LANEWAY_SOAK").ok();
    let times = soak.and_then(|text| text.parse().ok()).unwrap_or(1);
    let rig = Rig::new().await;
    let dice = Dice(SeededRandom::new(SEED));
    let mut came = 0;
    for form in [Signed::Assertion, Signed::Response] {
        let mut said = rig.said();
        said.signed = form;
        let whole = rig.idp.xml(&said);
        for round in 0..ROUNDS * times {
            let mut xml = dice.change(&whole);
            for _ in 0..dice.below(3) {
                xml = dice.change(&xml);
            }
            let Some(who) = rig.takes(&base64_encode(xml.as_bytes())).await.1 else {
                continue;
            };
            came += 1;
            assert_eq!(who.subject, "u-1001", "seed {SEED}, round {round}: {xml}");
            assert_eq!(
                who.email.as_deref(),
                Some("mona@acme.test"),
                "{round}: {xml}"
            );
        }
    }
    // Changes outside of what is signed are none: without such rounds nothing was tested.
    assert!(came > 0, "no changed answer was acceptable at all");
}
