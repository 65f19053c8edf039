//! How figures look.

use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::words::Lang;
pub use crate::backtest::report::grouped;

/// What stands where there is no figure.
pub const NONE: &str = "–";

/// An amount with its currency: `EUR 1,250.00`.
pub fn money(minor: u128, currency: &str) -> String {
    format!("{} {}", leads::submission::shown(currency), plain(minor, currency))
}

/// The same without: `1,250.00`. Of a currency that ISO 4217 does not have, minor units.
pub fn plain(minor: u128, currency: &str) -> String {
    let digits = Currency::from_code(currency).and_then(|currency| currency.exponent());
    let Some(digits) = digits else { return format!("{} (minor)", grouped(minor)) };
    let unit = 10_u128.pow(digits.into());
    let whole = grouped(minor / unit);
    match digits {
        0 => whole,
        digits => format!("{whole}.{:0digits$}", minor % unit, digits = usize::from(digits)),
    }
}

/// A ratio as a percentage to a tenth.
pub fn percent(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| NONE.to_owned(), |ratio| format!("{:.1} %", ratio * 100.0))
}

/// The same with its sign.
pub fn signed_percent(ratio: Option<f64>) -> String {
    let text = percent(ratio.map(f64::abs));
    match ratio {
        Some(ratio) if ratio < 0.0 => format!("−{text}"),
        Some(ratio) if ratio > 0.0 => format!("+{text}"),
        _ => text,
    }
}

/// A duration by its two largest units.
pub fn duration(seconds: Option<u64>, lang: Lang) -> String {
    let Some(seconds) = seconds else { return NONE.to_owned() };
    let units = [
        (86_400, lang.of("d", "天")),
        (3_600, lang.of("h", "小时")),
        (60, lang.of("min", "分")),
        (1, lang.of("s", "秒")),
    ];
    let at = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(units.len() - 1);
    let (mut left, mut text) = (seconds, Vec::new());
    for (size, name) in units.iter().skip(at).take(2) {
        if left / size > 0 || text.is_empty() {
            text.push(format!("{} {name}", left / size));
        }
        left %= size;
    }
    text.join(" ")
}

/// A moment in a zone, to the minute.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%F %H:%M").to_string()
}

/// A month, by one of its days.
pub fn month(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// No wider than so many columns of a terminal, of which a Chinese character takes two.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        // The dots take two columns beside Chinese.
        if kept.width() + c.width().unwrap_or(0) + 2 > columns {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (minor, currency, text) in [
            (125_000, "EUR", "EUR 1,250.00"),
            (5, "EUR", "EUR 0.05"),
            (1_234_567, "JPY", "JPY 1,234,567"),
            (1_001, "KWD", "KWD 1.001"),
            (1_001, "QQQ", "QQQ 1,001 (minor)"),
        ] {
            assert_eq!(money(minor, currency), text);
        }
    }

    #[test]
    fn durations() {
        for (seconds, english, chinese) in [
            (0, "0 s", "0 秒"),
            (61, "1 min 1 s", "1 分 1 秒"),
            (3_600, "1 h", "1 小时"),
            (90_060, "1 d 1 h", "1 天 1 小时"),
        ] {
            assert_eq!(
                (duration(Some(seconds), Lang::En), duration(Some(seconds), Lang::Zh)),
                (english.into(), chinese.into())
            );
        }
    }

    #[test]
    fn cut_to_width() {
        assert_eq!(
            (cut("abc", 3), cut("abcdef", 5), cut("华东销售队列", 7)),
            ("abc".into(), "abc…".into(), "华东…".into())
        );
    }
}
