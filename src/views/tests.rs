//! Every sample of every page is rendered and held to the rules that hold for all pages.

use askama::Template;

use super::{
    AccountDeletedPage, AccountPage, ApiReferencePage, ChangeEmailPage, ChoosePage, CodePage,
    ConfirmLogoutPage, ConnectUpstreamPage, ConsentPage, ContinueLogoutPage, ContinueSignInPage,
    DeleteAccountPage, DeniedPage, DeviceDonePage, DeviceEnterPage, DevicePage, EnrolPage,
    EnrolTotpPage, ErrorPage, InvitationPage, LoggedOutPage, LoginPage, MagicLinkPage,
    NewPasswordPage, OrganizationPage, OwnerPage, PasskeyPage, PasswordPage, ProfilePage, Reader,
    RecoverPage, RecoveryCodesPage, ReturnToAppPage, SecondPage, SignupPage, SsoRequiredPage,
    TestResultPage, UpstreamDownPage, assets, desk, mail, org, setup,
};
use crate::domain::Lang;

mod language;
pub(super) mod source;

/// Name and HTML of every sample in a language.
fn pages(lang: Lang) -> Vec<(String, String)> {
    let mut all = Samples {
        reader: Reader {
            lang,
            here: Some("/login?a=1&".into()),
            home: String::new(),
        },
        pages: Vec::new(),
    };
    add(&mut all, "login", &LoginPage::samples());
    add(&mut all, "code", &CodePage::samples());
    add(&mut all, "choose", &ChoosePage::samples());
    add(&mut all, "passkey", &PasskeyPage::samples());
    add(&mut all, "enrol", &EnrolPage::samples());
    add(&mut all, "password", &PasswordPage::samples());
    add(&mut all, "new-password", &NewPasswordPage::samples());
    add(&mut all, "recover", &RecoverPage::samples());
    add(&mut all, "second", &SecondPage::samples());
    add(&mut all, "enrol-totp", &EnrolTotpPage::samples());
    add(&mut all, "recovery-codes", &RecoveryCodesPage::samples());
    add(&mut all, "profile", &ProfilePage::samples());
    add(&mut all, "signup", &SignupPage::samples());
    add(&mut all, "organization", &OrganizationPage::samples());
    add(&mut all, "magic-link", &MagicLinkPage::samples());
    add(&mut all, "denied", &DeniedPage::samples());
    add(&mut all, "sso-required", &SsoRequiredPage::samples());
    add(&mut all, "upstream-down", &UpstreamDownPage::samples());
    add(&mut all, "error", &ErrorPage::samples());
    add(&mut all, "logged-out", &LoggedOutPage::samples());
    add(&mut all, "continue-logout", &ContinueLogoutPage::samples());
    add(&mut all, "continue-sign-in", &ContinueSignInPage::samples());
    add(&mut all, "consent", &ConsentPage::samples());
    add(&mut all, "device-enter", &DeviceEnterPage::samples());
    add(&mut all, "device", &DevicePage::samples());
    add(&mut all, "device-done", &DeviceDonePage::samples());
    add(&mut all, "return-to-app", &ReturnToAppPage::samples());
    add(&mut all, "confirm-logout", &ConfirmLogoutPage::samples());
    add(&mut all, "owner", &OwnerPage::samples());
    add(&mut all, "test-result", &TestResultPage::samples());
    add(
        &mut all,
        "help-checks",
        &super::help::HelpChecksPage::samples(),
    );
    add(&mut all, "setup-link", &setup::SetupLinkPage::samples());
    add(
        &mut all,
        "setup-connect",
        &setup::SetupConnectPage::samples(),
    );
    add(&mut all, "setup-check", &setup::SetupCheckPage::samples());
    add(&mut all, "setup-test", &setup::SetupTestPage::samples());
    add(
        &mut all,
        "setup-activate",
        &setup::SetupActivatePage::samples(),
    );
    add(&mut all, "setup-health", &setup::SetupHealthPage::samples());
    add(&mut all, "account", &AccountPage::samples());
    add(&mut all, "api-reference", &ApiReferencePage::samples());
    add(&mut all, "change-email", &ChangeEmailPage::samples());
    add(&mut all, "delete-account", &DeleteAccountPage::samples());
    add(&mut all, "invitation", &InvitationPage::samples());
    add(&mut all, "account-deleted", &AccountDeletedPage::samples());
    add(
        &mut all,
        "connect-upstream",
        &ConnectUpstreamPage::samples(),
    );
    add(&mut all, "desk-overview", &desk::OverviewPage::samples());
    add(&mut all, "desk-people", &desk::PeoplePage::samples());
    add(&mut all, "desk-invite", &desk::InvitePage::samples());
    add(&mut all, "desk-person", &desk::PersonPage::samples());
    add(
        &mut all,
        "desk-delete-person",
        &desk::DeletePersonPage::samples(),
    );
    add(&mut all, "desk-upstreams", &desk::UpstreamsPage::samples());
    add(&mut all, "desk-activate", &desk::ActivatePage::samples());
    add(
        &mut all,
        "desk-organizations",
        &desk::OrganizationsPage::samples(),
    );
    add(
        &mut all,
        "desk-organization",
        &desk::OrganizationPage::samples(),
    );
    add(&mut all, "desk-company", &desk::CompanyPage::samples());
    add(&mut all, "desk-social", &desk::SocialPage::samples());
    add(&mut all, "desk-social-new", &desk::SocialNewPage::samples());
    add(&mut all, "desk-apps", &desk::AppsPage::samples());
    add(&mut all, "desk-app", &desk::AppPage::samples());
    add(&mut all, "desk-trail", &desk::TrailPage::samples());
    add(&mut all, "desk-settings", &desk::SettingsPage::samples());
    of_organizations(&mut all);
    all.pages
}

fn of_organizations(all: &mut Samples) {
    add(all, "org-home", &org::HomePage::samples());
    add(all, "org-people", &org::MembersPage::samples());
    add(all, "org-member", &org::MemberPage::samples());
    add(all, "org-connection", &org::ConnectionPage::samples());
    add(all, "org-domains", &org::DomainsPage::samples());
    add(all, "org-roles", &org::RolesPage::samples());
    add(all, "org-role", &org::RolePage::samples());
    add(all, "org-services", &org::ServicesPage::samples());
    add(all, "org-service", &org::ServicePage::samples());
    add(all, "org-groups", &org::GroupsPage::samples());
    add(all, "org-group", &org::GroupPage::samples());
    add(all, "org-settings", &org::OrgSettingsPage::samples());
}

/// Name and both bodies of every mail in a language.
fn mails(lang: Lang) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for mail in mail::CodeMail::samples() {
        let subject = mail.subject(lang);
        all.push(("mail-code", subject, mail.html(lang), mail.text(lang)));
    }
    for mail in mail::ExistingAccountMail::samples() {
        let subject = mail.subject(lang);
        all.push(("mail-existing", subject, mail.html(lang), mail.text(lang)));
    }
    for mail in mail::NoticeMail::samples() {
        let subject = mail.subject(lang);
        all.push(("mail-notice", subject, mail.html(lang), mail.text(lang)));
    }
    for mail in mail::NoteMail::samples() {
        let subject = mail.subject(lang);
        all.push(("mail-note", subject, mail.html(lang), mail.text(lang)));
    }
    all.into_iter()
        .flat_map(|(name, subject, html, text)| {
            [
                (format!("{name}-subject"), subject),
                (name.to_owned(), html),
                (format!("{name}-text"), text),
            ]
        })
        .collect()
}

struct Samples {
    reader: Reader,
    pages: Vec<(String, String)>,
}

fn add<T: Template>(all: &mut Samples, name: &str, samples: &[T]) {
    assert!(!samples.is_empty(), "{name} has no samples");
    for (number, page) in samples.iter().enumerate() {
        let html = all.reader.render(page).expect("a sample renders");
        all.pages.push((format!("{name}-{number}"), html));
    }
}

fn pages_in_all() -> impl Iterator<Item = (Lang, String, String)> {
    Lang::ALL.into_iter().flat_map(|lang| {
        let all = pages(lang).into_iter();
        all.map(move |(name, html)| (lang, format!("{name} {}", lang.tag()), html))
    })
}

#[test]
fn every_page_is_whole() {
    for (lang, name, html) in pages_in_all() {
        let tag = lang.tag();
        let head = format!("<!doctype html>\n<html lang=\"{tag}\" dir=\"ltr\">");
        assert!(html.starts_with(&head), "{name}");
        assert_eq!(html.matches("<h1>").count(), 1, "{name}: one h1");
        assert_eq!(html.matches("<main ").count(), 1, "{name}: one main");
        assert!(
            html.contains("href=\"#main\"") && html.contains("<main id=\"main\""),
            "{name}: skip link"
        );
        assert!(html.contains("name=\"viewport\""), "{name}");
        let desk = ["desk-", "org-"].iter().any(|part| name.starts_with(part));
        assert!(!desk || html.contains("css/desk.css"), "{name}: its styles");
        let title = between(&html, "<title>", "</title>");
        assert!(
            title.chars().next().is_some_and(char::is_alphabetic),
            "{name}: title {title:?}"
        );
        assert!(!html.contains('⟦'), "{name}: {}", between(&html, "⟦", "⟧"));
        check_tags(&name, &html);
        check_ids(&name, &html);
    }
}

#[test]
fn nothing_inline_and_nothing_from_elsewhere() {
    for (name, html) in pages(Lang::En) {
        for tag in tags(&html) {
            for (attribute, value) in attributes(tag) {
                assert_ne!(attribute, "style", "{name}: {tag}");
                assert!(!attribute.starts_with("on"), "{name}: {tag}");
                assert!(!value.starts_with("javascript:"), "{name}: {tag}");
                let loads = attribute == "src" || (attribute == "href" && tag.starts_with("link "));
                assert!(!loads || value.starts_with("/assets/"), "{name}: {tag}");
                let asset = value
                    .strip_prefix("/assets/")
                    .filter(|path| !path.starts_with("brand.css?c="));
                assert!(
                    !loads || asset.is_none_or(|path| assets::get(path).is_some()),
                    "{name}: {value}"
                );
            }
            assert!(!tag.starts_with("style"), "{name}: {tag}");
            if tag.starts_with("script") {
                assert!(
                    tag.contains(" src=\"/assets/")
                        && (tag.contains("type=\"module\"") || tag.contains(" defer ")),
                    "{name}: {tag}"
                );
            }
        }
        for script in html.split("<script").skip(1) {
            assert!(
                script[script.find('>').expect("closed")..].starts_with("></script>"),
                "{name}: inline script"
            );
        }
    }
}

#[test]
fn every_form_is_bound_and_every_field_has_a_label() {
    for (name, html) in pages(Lang::En) {
        for form in html
            .split("<form")
            .skip(1)
            .map(|rest| &rest[..rest.find("</form>").expect("closed")])
        {
            if form.contains("role=\"search\"") {
                // A search changes nothing and stands in the address: no token belongs there.
                assert!(form.contains("method=\"get\""), "{name}: {form}");
                assert!(!form.contains("csrf"), "{name}: token in an address");
                continue;
            }
            assert!(form.contains("method=\"post\""), "{name}: {form}");
            let elsewhere = form.contains("action=\"https://");
            assert!(
                elsewhere || form.contains("name=\"csrf\" value=\"t0ken\""),
                "{name}: {form}"
            );
            assert!(
                !(elsewhere && form.contains("name=\"csrf\"")),
                "{name}: token sent away"
            );
            assert!(form.contains("<button"), "{name}: works without script");
            let kinds = form.matches("type=\"hidden\" name=\"kind\"").count();
            let choices = form.matches("name=\"kind\" value").count();
            assert!(
                kinds <= 1 && (kinds == 0 || choices == kinds),
                "{name}: a field given twice"
            );
        }
        for tag in tags(&html).filter(|tag| tag.starts_with("input ") || tag.starts_with("select "))
        {
            let given: Vec<_> = attributes(tag).collect();
            let find = |wanted: &str| given.iter().find(|(n, _)| *n == wanted).map(|(_, v)| *v);
            if find("type") == Some("hidden") {
                continue;
            }
            let id = find("id").unwrap_or_else(|| panic!("{name}: no id: {tag}"));
            assert!(
                html.contains(&format!("<label for=\"{id}\"")),
                "{name}: no label for {id}"
            );
        }
    }
}

#[test]
fn errors_are_announced_and_tied_to_their_field() {
    for (name, html) in pages(Lang::En) {
        let in_title = between(&html, "<title>", "</title>").starts_with("Error:");
        let announced = html.contains("role=\"alert\">") && html.contains("<path d=\"M10 3.2");
        assert_eq!(in_title, announced, "{name}");
        for tag in tags(&html).filter(|tag| tag.contains("aria-describedby")) {
            for id in between(tag, "aria-describedby=\"", "\"").split(' ') {
                assert!(
                    html.contains(&format!("id=\"{id}\"")),
                    "{name}: {id} is nowhere"
                );
            }
        }
    }
}

#[test]
fn what_others_typed_stays_text() {
    let all = pages(Lang::En);
    let page = |name: &str| &all.iter().find(|(n, _)| n == name).expect("sample").1;
    assert!(page("login-1").contains("value=\"&#60;ana&#62;\""));
    assert!(page("login-0").contains("value=\"/account?a=1&#38;b=&#34;2&#34;\""));
    assert!(page("code-1").contains("<b>&#60;b&#62;x&#60;/b&#62;@a.test</b>"));
    assert!(page("account-0").contains("YubiKey &#60;5C&#62;"));
    assert!(page("login-2").contains("Quay &#38; &#60;Nine&#62;"));
    assert!(page("login-2").contains("href=\"/assets/brand.css?c=7b2d5b\""));
    assert!(page("passkey-0").contains("data-public-key=\"{&#34;challenge&#34;"));
}

#[test]
fn passwords_are_sent_as_such_and_asked_for_only_where_they_count() {
    let all = pages(Lang::En);
    let page = |name: &str| &all.iter().find(|(n, _)| n == name).expect("sample").1;
    assert!(!page("login-0").contains("type=\"password\""));
    assert!(page("login-0").contains("name=\"kind\" value=\"identify\""));
    assert!(page("login-3").contains("autocomplete=\"current-password\""));
    assert!(page("login-3").contains("name=\"kind\" value=\"password\""));
    assert!(
        !page("login-2").contains("name=\"username\""),
        "only providers: nothing to type"
    );
}

/// Writes every sample where `LANEWAY_SAMPLES` says, to be looked at in a browser.
#[test]
fn samples_can_be_looked_at() {
    let Ok(folder) = std::env::var("LANEWAY_SAMPLES") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    for lang in Lang::ALL {
        let shown = pages(lang).into_iter().chain(mails(lang));
        for (name, html) in shown.filter(|(_, html)| html.starts_with('<')) {
            let file = format!("{name}.{}.html", lang.tag());
            std::fs::write(folder.join(file), html).expect("the folder is writable");
        }
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let Some(start) = text.find(from).map(|at| at + from.len()) else {
        return "";
    };
    text[start..]
        .find(to)
        .map_or("", |end| &text[start..start + end])
}

/// What stands between `<` and `>` of every opening tag.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<')
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|rest| &rest[..rest.find('>').expect("every tag ends")])
}

/// Names and values of a tag's attributes; values are always quoted.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag.find(char::is_whitespace).map_or("", |at| &tag[at..]);
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let name = &rest[..end];
        rest = &rest[end..];
        let Some(quoted) = rest.strip_prefix('=') else {
            return Some((name, ""));
        };
        let inner = quoted.strip_prefix('"').expect("values are quoted");
        let close = inner.find('"').expect("quotes are closed");
        rest = &inner[close + 1..];
        Some((name, &inner[..close]))
    })
}

/// Elements are closed in the order they were opened.
fn check_tags(name: &str, html: &str) {
    const VOID: [&str; 6] = ["meta", "link", "input", "img", "br", "hr"];
    const DRAWN: [&str; 3] = ["path", "circle", "rect"];
    let mut open = Vec::new();
    for rest in html.split('<').skip(1) {
        let word = |text: &str| {
            text.split([' ', '>', '/', '\n'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        if let Some(closing) = rest.strip_prefix('/') {
            assert_eq!(open.pop(), Some(word(closing)), "{name}: near </{closing}");
        } else if rest.starts_with(|c: char| c.is_ascii_lowercase()) {
            let element = word(rest);
            if !VOID.contains(&element.as_str()) && !DRAWN.contains(&element.as_str()) {
                open.push(element);
            }
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} left open");
}

fn check_ids(name: &str, html: &str) {
    let mut seen = std::collections::BTreeSet::new();
    for tag in tags(html) {
        for (_, id) in attributes(tag).filter(|(attribute, _)| *attribute == "id") {
            assert!(seen.insert(id.to_owned()), "{name}: id {id} twice");
        }
    }
}
