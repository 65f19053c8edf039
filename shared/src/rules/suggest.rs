//! What somebody meant who wrote a name that is not known: the mend of a typing error.

/// What to write instead of `wrong`: the name that is likely meant, else one of the known ones.
pub fn mend<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(wrong, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.clone().next().is_none() => "none is declared".to_owned(),
        None => format!("use one of: {}", listed(known)),
    }
}

/// The same where something else is possible, too.
pub(super) fn mend_or<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone, otherwise: &str) -> String {
    match nearest(wrong, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`? If not, {otherwise}"),
        None if known.clone().next().is_none() => otherwise.to_owned(),
        None => format!("use one of: {}; or {otherwise}", listed(known)),
    }
}

/// The names, one after the other.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The name that is likely meant: the same but for capitals, dashes and such; else its last part alone; else the nearest
/// within a third of its letters.
pub(super) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let wrong = letters(wrong);
    let same = known.clone().find(|name| letters(name) == wrong);
    let mut ends =
        known.clone().filter(|name| name.rsplit_once(['.', '_']).is_some_and(|(_, last)| letters(last) == wrong));
    let end = ends.next().filter(|_| ends.next().is_none());
    let close = |name: &&str| {
        let distance = strsim::osa_distance(&letters(name), &wrong);
        (distance <= 1 + wrong.chars().count() / 5 && distance * 2 < wrong.chars().count()).then_some(distance)
    };
    same.or(end).or_else(|| {
        let close = known.filter_map(|name| Some((close(&name)?, name)));
        close.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
    })
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_understood() {
        let fields = ["contact.name", "company.name", "company.country", "company.size", "interest.horizon", "touches"];
        for (wrong, meant) in [
            ("contact.nmae", Some("contact.name")),
            ("Company_Country", Some("company.country")),
            ("country", Some("company.country")),
            ("compny.size", Some("company.size")),
            ("horizont", None),
            ("name", None),
            ("weather", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, fields.into_iter()), meant, "{wrong}");
        }
        let queues = ["sales-cn-east", "sales-cn-west", "review"];
        assert_eq!(nearest("sales-cn-est", queues.into_iter()), Some("sales-cn-east"));
        assert_eq!(nearest("sales_cn_west", queues.into_iter()), Some("sales-cn-west"));
        assert_eq!(mend("marketing", queues.into_iter()), "use one of: sales-cn-east, sales-cn-west, review");
    }
}
