//! What no text that was accepted may hold, wherever it goes. Written down anew here, not taken from the intake.

use serde_json::Value;

/// The characters that SQS takes: those of XML 1.0.
pub(crate) fn sqs_takes(c: char) -> bool {
    matches!(u32::from(c), 0x9 | 0xa | 0xd | 0x20..=0xd7ff | 0xe000..=0xfffd | 0x10000..=0x10ffff)
}

/// Characters that change how the text around them is shown, or are not shown at all.
fn hides(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let invisible = matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    bidi || invisible || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

/// Whether a text of one line is fit for every sink.
pub(crate) fn is_fit(text: &str) -> bool {
    text.chars().all(|c| sqs_takes(c) && !c.is_control() && !hides(c))
}

/// Every text and every name in `value` is fit for every sink; those called `lines` may have line breaks and tabs.
pub(crate) fn assert_fit(value: &Value, lines: &[&str]) {
    match value {
        Value::String(text) => assert!(is_fit(text), "unfit text {text:?}"),
        Value::Array(items) => items.iter().for_each(|item| assert_fit(item, lines)),
        Value::Object(members) => {
            for (name, member) in members {
                assert!(is_fit(name), "unfit name {name:?}");
                match member {
                    Value::String(text) if lines.contains(&name.as_str()) => {
                        assert!(is_fit(&text.replace(['\n', '\t'], " ")), "unfit lines {text:?}");
                    }
                    other => assert_fit(other, lines),
                }
            }
        }
        _ => {}
    }
}
