//! Lists that are shown page by page, in the order of a key.
//!
//! Owns: how many rows make a page, and the ways to the others.
//! Must not know: what is listed.

/// Rows on a page.
const ON_A_PAGE: usize = 50;

/// So many rows are read: one more than is shown tells that there is another page.
pub fn limit() -> i64 {
    i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX)
}

/// One page.
pub struct Cut<T> {
    /// What stands on it.
    pub rows: Vec<T>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// Cuts what was read behind a key to one page; `address` is where the page is that begins
/// behind a key, the first with none.
pub fn cut<T>(
    mut rows: Vec<T>,
    after: &str,
    key: impl Fn(&T) -> &str,
    address: impl Fn(&str) -> String,
) -> Cut<T> {
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let last = rows.last().filter(|_| more);
    Cut {
        next: last.map(|row| address(key(row))),
        first: (!after.is_empty()).then(|| address("")),
        rows,
    }
}

/// The addresses of a list's pages.
pub fn pages_of(path: &str) -> impl Fn(&str) -> String {
    move |after| match after {
        "" => path.to_owned(),
        after => format!("{path}?after={after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{ON_A_PAGE, cut, limit, pages_of};

    #[test]
    fn one_row_more_than_a_page_is_another_page() {
        let read = |count: usize| (0..count).map(|n| format!("{n:03}")).collect::<Vec<_>>();
        let whole = cut(read(ON_A_PAGE), "", |row| row, pages_of("/list"));
        assert_eq!(
            (whole.rows.len(), whole.first, whole.next),
            (ON_A_PAGE, None, None)
        );
        let all = read(usize::try_from(limit()).expect("few"));
        let part = cut(all, "x", |row| row, pages_of("/list"));
        assert_eq!(part.rows.len(), ON_A_PAGE);
        assert_eq!(part.first.as_deref(), Some("/list"));
        assert_eq!(part.next.as_deref(), Some("/list?after=049"));
        assert!(
            cut(read(0), "", |row| row, pages_of("/list"))
                .next
                .is_none()
        );
    }
}
