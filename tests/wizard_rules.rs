//! Rules of a set-up whose people are known already.

use crate::harness::Browser;
use crate::wizard::post;

/// What takes a role from somebody who is known is shown before it counts.
pub async fn loses_a_role_only_after_a_second_look(browser: &mut Browser, page: &str, who: &str) {
    // Rules are put in order, and keep people out as well.
    let claim = [
        ("action", "map"),
        ("kind", "claim"),
        ("subject", "nothing"),
        ("role", "-"),
    ];
    let refused = post(browser, page, &claim).await.expect(422).text();
    for words in ["name=value", "value=\"nothing\"", "aria-invalid=\"true\""] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let nowhere = [("action", "unmap"), ("subject", "9")];
    let refused = post(browser, page, &nowhere).await.expect(422).text();
    assert!(refused.contains("at this place any more"), "{refused}");
    let claim = [
        claim[0],
        claim[1],
        ("subject", "department = sales"),
        claim[3],
    ];
    post(browser, page, &claim).await.expect(303);
    let order = async |browser: &mut Browser| {
        let html = browser.get(page).await.expect(200).text();
        html.find("department = sales") < html.find("name=\"subject\" value=\"1\"")
    };
    assert!(!order(browser).await, "added at the end");
    let up = [("action", "up"), ("subject", "2")];
    post(browser, page, &up).await.expect(303);
    assert!(order(browser).await, "the first now");
    let gone = [("action", "unmap"), ("subject", "1")];
    let asked = post(browser, page, &gone).await.expect(200).text();
    assert!(asked.contains("Whomever it kept out"), "{asked}");
    confirmed(browser, page, &gone, &asked).await;
    // Whom a change keeps out is shown as well, where no rule gave them anything else.
    let shut = [("action", "map"), ("kind", "always"), ("role", "-")];
    post(browser, page, &shut).await.expect(303);
    let first = [("action", "up"), ("subject", "2")];
    let asked = post(browser, page, &first).await.expect(200).text();
    for words in ["Moves up by one", "One person loses", who, "Access"] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    // Another tab had seen other rules: the place may be another rule's by now.
    let other = [("action", "unmap"), ("subject", "2"), ("seen", "1")];
    let asked = post(browser, page, &other).await.expect(422).text();
    assert!(
        asked.contains("Look at the change once more") && asked.contains("Is removed:"),
        "{asked}"
    );
    let gone = [("action", "unmap"), ("subject", "2")];
    let asked = post(browser, page, &gone).await.expect(200).text();
    confirmed(browser, page, &gone, &asked).await;
    let off = [("action", "unmap"), ("subject", "1")];
    let asked = post(browser, page, &off).await.expect(200).text();
    for words in ["One person loses", who, "Save the change"] {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    let html = browser.get(page).await.expect(200).text();
    assert!(!html.contains("There is no rule"), "{html}");
    let stale = [off[0], off[1], ("number", "1")];
    let again = post(browser, page, &stale).await.expect(422).text();
    for words in [
        "Look at the change once more",
        "One person loses",
        "Save the change",
    ] {
        assert!(again.contains(words), "{words}: {again}");
    }
    confirmed(browser, page, &off, &asked).await;
    let html = browser.get(page).await.expect(200).text();
    assert!(html.contains("There is no rule"), "{html}");
}

/// Sends a change once more, as the page that asks sends it.
async fn confirmed(browser: &mut Browser, page: &str, change: &[(&str, &str)], asked: &str) {
    let number = asked.split("name=\"number\" value=\"").nth(1);
    let number = number.and_then(|rest| rest.split('"').next());
    let number = ("number", number.expect("a number"));
    let fields: Vec<_> = change.iter().copied().chain([number]).collect();
    post(browser, page, &fields).await.expect(303);
}
