//! Times for people: UTC to the minute or second, and how far away.

use jiff::{SignedDuration, Timestamp};

/// To the minute, in UTC.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%F %H:%M UTC").to_string()
}

/// To the second, in UTC.
pub fn second(at: Timestamp) -> String {
    at.strftime("%F %T").to_string()
}

/// How long, in the two largest units that count.
pub fn long(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let two = |large: i64, unit: &str, small: i64, below: &str| {
        if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {below}") }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

/// How long ago; `just now` if that was not a second.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(at);
    if passed < SignedDuration::from_secs(1) { "just now".to_owned() } else { format!("{} ago", long(passed)) }
}

/// How far away, before or behind `now`.
pub fn apart(at: Timestamp, now: Timestamp) -> String {
    if at > now { format!("in {}", long(at.duration_since(now))) } else { ago(at, now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (5_400, "1 h 30 min"),
            (86_400, "1 d"),
            (86_400 * 5 + 7_300, "5 d 2 h"),
        ] {
            assert_eq!(long(SignedDuration::from_secs(seconds)), expected);
            assert_eq!(long(SignedDuration::from_secs(-seconds)), expected);
        }
    }

    #[test]
    fn before_and_behind() {
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        for (at, expected) in [
            ("2026-11-02T09:00:00Z", "just now"),
            ("2026-11-02T08:58:00Z", "2 min ago"),
            ("2026-11-07T10:00:00Z", "in 5 d 1 h"),
        ] {
            assert_eq!(apart(at.parse().unwrap(), now), expected);
        }
    }
}
