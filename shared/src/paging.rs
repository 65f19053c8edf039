//! Pages of a list: which one a query asks for, and the cursor to the next.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::lead::is_list_key;
use crate::submission::Problem;
use crate::submission::field::shown;

/// The most leads of one page: a page stays far below the megabyte that one query reads.
pub const MAX_PAGE: u16 = 100;

/// How many leads a page has if nobody says.
pub const USUAL_PAGE: u16 = 50;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many leads at most.
    pub limit: u16,
    /// The sort key that it begins behind; the first page if there is none.
    pub after: Option<String>,
}

impl Paging {
    /// Reads a query, `limit=20&cursor=…`. No value that is taken needs an escape, so none is undone.
    ///
    /// # Errors
    /// Every parameter that cannot be taken, at `/` and its name.
    pub fn of_query(query: &str) -> Result<Self, Vec<Problem>> {
        let mut paging = Self { limit: USUAL_PAGE, after: None };
        let (mut seen, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in
            query.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
        {
            let mut refuse = |code: &str, detail: String| {
                problems.push(Problem { pointer: format!("/{}", shown(name)), code: code.to_owned(), detail });
            };
            if seen.contains(&name) {
                refuse("duplicate-field", "Give it once.".to_owned());
                continue;
            }
            seen.push(name);
            match name {
                "limit" if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    refuse("wrong-type", format!("Give a whole number from 1 to {MAX_PAGE}."));
                }
                "limit" => match value.parse() {
                    Ok(limit) if (1..=MAX_PAGE).contains(&limit) => paging.limit = limit,
                    _ => refuse("out-of-range", format!("Give a whole number from 1 to {MAX_PAGE}.")),
                },
                "cursor" => match decoded(value) {
                    Some(after) => paging.after = Some(after),
                    None => refuse("not-a-cursor", "Give the `cursor` of the page before, as it was.".to_owned()),
                },
                _ => refuse("unknown-field", "This parameter is not known; there are `limit` and `cursor`.".to_owned()),
            }
        }
        if problems.is_empty() { Ok(paging) } else { Err(problems) }
    }
}

/// The cursor to the page that begins behind a sort key.
pub fn cursor(after: &str) -> String {
    URL_SAFE_NO_PAD.encode(after)
}

fn decoded(cursor: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    is_list_key(&text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        // `1772503200000#ld_1` and `~1772503200000#ld_1` in base64url, by Python.
        let (dated, undated) = ("MTc3MjUwMzIwMDAwMCNsZF8x", "fjE3NzI1MDMyMDAwMDAjbGRfMQ");
        let page = |limit: u16, after: Option<&str>| Ok((limit, after.map(str::to_owned)));
        let bad = |at: &[&str]| Err(at.iter().map(|at| (*at).to_owned()).collect::<Vec<_>>());
        let rows = [
            ("".to_owned(), page(50, None)),
            ("limit=1".to_owned(), page(1, None)),
            ("limit=100&".to_owned(), page(100, None)),
            (format!("cursor={dated}&limit=7"), page(7, Some("1772503200000#ld_1"))),
            (format!("cursor={undated}"), page(50, Some("~1772503200000#ld_1"))),
            ("limit=0".to_owned(), bad(&["/limit out-of-range"])),
            ("limit=101".to_owned(), bad(&["/limit out-of-range"])),
            ("limit=99999999".to_owned(), bad(&["/limit out-of-range"])),
            ("limit=".to_owned(), bad(&["/limit wrong-type"])),
            ("limit=-1".to_owned(), bad(&["/limit wrong-type"])),
            ("limit=%31".to_owned(), bad(&["/limit wrong-type"])),
            ("limit=5&limit=5".to_owned(), bad(&["/limit duplicate-field"])),
            ("cursor=".to_owned(), bad(&["/cursor not-a-cursor"])),
            ("cursor=bGRfMQ".to_owned(), bad(&["/cursor not-a-cursor"])),
            (format!("cursor={dated}="), bad(&["/cursor not-a-cursor"])),
            ("Limit=5&pa<ge=2".to_owned(), bad(&["/Limit unknown-field", "/pa?ge unknown-field"])),
        ];
        for (query, expected) in rows {
            let told = |problem: Problem| format!("{} {}", problem.pointer, problem.code);
            let read = Paging::of_query(&query).map(|paging| (paging.limit, paging.after));
            assert_eq!(read.map_err(|bad| bad.into_iter().map(told).collect::<Vec<_>>()), expected, "{query}");
        }
        assert_eq!(cursor("1772503200000#ld_1"), dated);
    }
}
