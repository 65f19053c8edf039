//! Faults of TOML in the words of somebody who never heard of it, by what stands where the parser stopped.

/// What is wrong at the byte `at` of `text`, where the parser says `message`; and how to mend it.
pub(super) fn in_plain_words(text: &str, at: Option<usize>, message: &str) -> (String, String) {
    let at = at.unwrap_or_default();
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.lines().next().unwrap_or_default();
    let line = format!("{before}{after}");
    let key = line.split(['=', '{', '[']).next().unwrap_or_default().trim();
    if let Some((typed, meant)) = typed_in_another_width(before, after, message) {
        return said(
            format!("`{typed}` can't stand here"),
            format!("write {meant} as on an English keyboard; `{typed}` may stand inside of quotes only"),
        );
    }
    if let Some(number) = number_with_commas(before, after) {
        let grouped = number.split(',').skip(1).all(|group| group.len() == 3);
        let mend = if grouped {
            format!("write {}, without commas", number.replace(',', ""))
        } else {
            "only whole numbers can stand here, without a comma".to_owned()
        };
        return said(format!("`{number}` is no number"), mend);
    }
    match message {
        _ if message.starts_with("string values must be quoted") => no_quotes(key, after),
        _ if message.starts_with("invalid boolean") => {
            said(format!("`{}` is no value", value(after)), "write true or false, in small letters")
        }
        _ if message.starts_with("key with no value") => no_equals_sign(&line),
        _ if message.starts_with("unexpected key or value") => something_behind(key, before, after),
        _ if message.starts_with("invalid basic string") || message.starts_with("invalid literal string") => {
            said("a quote is not closed", "end the text with the quote that it starts with, on the same line")
        }
        _ if message.starts_with("missing opening quote") => said("a quote is not opened", "put the text in \" \""),
        _ if message.starts_with("missing escaped value") => {
            said("`\\` starts a special character", "write \\\\ for one \\, or put the text in single quotes ' '")
        }
        _ if message.starts_with("missing comma") => {
            said("two entries have no comma between them", "put a comma between every two entries")
        }
        _ if is_open_list(message) && message.contains("table") => said("a { has no } of its own", "end it with }"),
        _ if is_open_list(message) => said("a list is not closed", "end it with ]"),
        _ if message.starts_with("unclosed") => {
            said(format!("`{}` is not closed", line.trim()), "write as many ] as there are [")
        }
        _ if message.starts_with("duplicate key") && line.trim_start().starts_with('[') => said(
            format!("`{}` stands there already", line.trim()),
            "put its keys under the first one; if the file may hold several, write each with [[ ]]",
        ),
        _ if message.starts_with("duplicate key") => said(format!("`{key}` is given twice"), "take one out"),
        _ if message.starts_with("carriage return") => {
            said("the line ends are those of an old Mac", "save the file with the line ends of Unix or Windows")
        }
        _ if message.contains("leading zero") => said(format!("a number starts with 0 in `{key}`"), "leave the 0 out"),
        _ if message.starts_with("invalid unquoted key") && !line.contains('=') => no_equals_sign(&line),
        _ if message.starts_with("invalid unquoted key") => {
            said("a key has a letter that it may not have", "use a to z, digits, - and _, or put the key in quotes")
        }
        _ if message.starts_with("invalid date") || message.starts_with("invalid float") => {
            let value = line.split_once('=').map_or(line.as_str(), |(_, value)| self::value(value));
            said(
                format!("`{value}` is neither a date nor a number"),
                "write a date as 2026-10-01, a number as 50, a text in quotes",
            )
        }
        _ => said(message.trim().replace('\n', ", "), "write it as TOML, https://toml.io/en/v1.1.0"),
    }
}

/// Whether the parser ran out of a list or a table that is not closed.
pub(super) fn is_open_list(message: &str) -> bool {
    let closing = message.starts_with("unclosed array,") || message.starts_with("unclosed inline table");
    closing || message.contains("in array") || message.contains("in inline table")
}

fn said(problem: impl Into<String>, mend: impl Into<String>) -> (String, String) {
    (problem.into(), mend.into())
}

/// A character of a Chinese or a typesetter's keyboard where TOML wants a plain one, and that.
fn typed_in_another_width(before: &str, after: &str, message: &str) -> Option<(char, &'static str)> {
    let plain = |typed: char| {
        Some(match typed {
            '“' | '”' | '„' | '‟' | '＂' | '«' | '»' | '「' | '」' | '‘' | '’' | '＇' => "\"",
            '，' | '、' | '﹐' => "a comma",
            '＝' | '：' => "=",
            '［' | '【' => "[",
            '］' | '】' => "]",
            '｛' => "{",
            '｝' => "}",
            '＃' => "#",
            '。' | '．' => "a full stop",
            '－' | '–' | '—' => "-",
            '\u{a0}' | '\u{3000}' => "a space",
            _ => return None,
        })
    };
    let here = after.trim_start_matches([' ', '\t']).chars().next();
    if let Some(found) = here.and_then(|typed| Some((typed, plain(typed)?))) {
        return Some(found);
    }
    // A text that begins with " and ends with ” runs on to the end of the line.
    let runs_on = message.starts_with("invalid basic string") || message.starts_with("missing opening quote");
    let closing = |typed: &char| plain(*typed) == Some("\"");
    runs_on.then(|| before.chars().rev().find(closing)).flatten().map(|typed| (typed, "\""))
}

/// The value that begins here.
fn value(after: &str) -> &str {
    after.split([']', '}', '#', '"']).next().unwrap_or_default().trim().trim_end_matches(',')
}

fn no_quotes(key: &str, after: &str) -> (String, String) {
    let value = value(after);
    match value {
        "" => said(format!("`{key}` has no value"), "write one behind the =, or take the line out"),
        "yes" | "Yes" | "YES" => said(format!("`{value}` is no value"), "write true, without quotes"),
        "no" | "No" | "NO" => said(format!("`{value}` is no value"), "write false, without quotes"),
        _ if value.starts_with(|c: char| c.is_ascii_digit()) => {
            said(format!("`{value}` is no number"), "write digits alone, or put it in quotes if it is a text")
        }
        _ => {
            let word = value.split(',').next().unwrap_or_default().trim();
            said(format!("`{word}` has no quotes"), format!("write \"{word}\""))
        }
    }
}

fn no_equals_sign(line: &str) -> (String, String) {
    let line = line.trim();
    if ["//", "--", ";", "/*", "'"].iter().any(|remark| line.starts_with(remark)) {
        return said("the line is neither a remark nor a key", "start a remark with #");
    }
    if line.split_once(':').is_some_and(|(key, _)| !key.contains(['=', ' '])) {
        return said("the line has `:` instead of `=`", "write key = value");
    }
    if let Some((key, _)) = line.split_once('=') {
        let key = key.trim();
        return said(format!("the key `{key}` has a space in it"), format!("write {}", key.replace(' ', "_")));
    }
    said("the line has no `=`", "write key = value, or start a remark with #")
}

fn something_behind(key: &str, before: &str, after: &str) -> (String, String) {
    let behind = after.trim_start_matches([' ', ',']);
    if after.trim_start().starts_with(',') {
        return said(
            format!("`{key}` has several values without brackets"),
            format!("put them in [ ]: {key} = [{}, {}]", value_of(before), behind.trim()),
        );
    }
    said(
        format!("`{}` stands behind the value of `{key}`", after.trim()),
        "write one key and one value a line; start a remark with #",
    )
}

/// The number with commas in it at which the parser stopped: before the comma, or behind it.
fn number_with_commas(before: &str, after: &str) -> Option<String> {
    let of_number = |c: char| c.is_ascii_digit() || c == ',';
    let start = before.trim_end_matches(of_number).len();
    let number = format!("{}{}", before.get(start..)?, after.split(|c| !of_number(c)).next()?);
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let in_a_list = before.get(..start)?.trim_end().ends_with('[');
    (number.contains(',') && !in_a_list && number.split(',').all(digits)).then_some(number)
}

fn value_of(line: &str) -> &str {
    line.split_once('=').map_or("", |(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    #[test]
    fn faults_are_told_in_plain_words() {
        for (text, told) in [
            ("then = refuse", "`refuse` has no quotes; write \"refuse\""),
            ("by = [email, phone]", "`email` has no quotes; write \"email\""),
            ("then =\nid = 1", "`then` has no value; write one behind the =, or take the line out"),
            ("then refuse", "the line has no `=`; write key = value, or start a remark with #"),
            ("then: \"refuse\"", "the line has `:` instead of `=`; write key = value"),
            ("first name = 1", "the key `first name` has a space in it; write first_name"),
            ("// a remark", "the line is neither a remark nor a key; start a remark with #"),
            ("cap = 0,5", "`0,5` is no number; only whole numbers can stand here, without a comma"),
            ("cap = 50,000", "`50,000` is no number; write 50000, without commas"),
            ("when = { field = \"x\", at_least = 50,000 }", "`50,000` is no number; write 50000, without commas"),
            ("cap = 5%", "`5%` is no number; write digits alone, or put it in quotes if it is a text"),
            ("cap = 05", "a number starts with 0 in `cap`; leave the 0 out"),
            (
                "id = “x”",
                "`“` can't stand here; write \" as on an English keyboard; `“` may stand inside of quotes only",
            ),
            (
                "id = \"x”",
                "`”` can't stand here; write \" as on an English keyboard; `”` may stand inside of quotes only",
            ),
            (
                "by = [\"x\"，\"y\"]",
                "`，` can't stand here; write a comma as on an English keyboard; `，` may stand inside of quotes only",
            ),
            (
                "id ＝ \"x\"",
                "`＝` can't stand here; write = as on an English keyboard; `＝` may stand inside of quotes only",
            ),
            ("id = \"x", "a quote is not closed; end the text with the quote that it starts with, on the same line"),
            ("by = [\"x\" \"y\"]", "two entries have no comma between them; put a comma between every two entries"),
            ("by = [\"x\",\nid = 2", "a list is not closed; end it with ]"),
            ("by = \"x\", \"y\"", "`by` has several values without brackets; put them in [ ]: by = [\"x\", \"y\"]"),
            (
                "id = \"x\" y",
                "`y` stands behind the value of `id`; write one key and one value a line; start a remark with #",
            ),
            ("trusted = True", "`True` is no value; write true or false, in small letters"),
            ("trusted = yes", "`yes` is no value; write true, without quotes"),
            ("[[rule]\nid = 1", "`[[rule]` is not closed; write as many ] as there are ["),
            ("id = 1\nid = 2", "`id` is given twice; take one out"),
            (
                "[a]\nx = 1\n[a]\ny = 1",
                "`[a]` stands there already; put its keys under the first one; if the file may hold several, write each with [[ ]]",
            ),
            (
                "from = 1.10.2026",
                "`1.10.2026` is neither a date nor a number; write a date as 2026-10-01, a number as 50, a text in quotes",
            ),
            (
                "why = \"C:\\dir\"",
                "`\\` starts a special character; write \\\\ for one \\, or put the text in single quotes ' '",
            ),
            (
                "a = 1\rb = 2",
                "the line ends are those of an old Mac; save the file with the line ends of Unix or Windows",
            ),
        ] {
            let (_, errors) = DeTable::parse_recoverable(text);
            let error = errors.iter().min_by_key(|error| error.span().map(|span| span.start)).unwrap();
            let (problem, mend) = in_plain_words(text, error.span().map(|span| span.start), error.message());
            assert_eq!(format!("{problem}; {mend}"), told, "{text}: {}", error.message());
        }
    }
}
