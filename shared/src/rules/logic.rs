//! What can be said of conditions without a lead: whether one implies another, and whether one can hold at all. Sound
//! and incomplete: a `true` is proven, a `false` means that it is not known.

use super::condition::{Condition, Operator, Test};
use super::field::Kind;

/// Whether every lead that meets `narrow` also meets `wide`.
pub(crate) fn implies(narrow: &Condition, wide: &Condition) -> bool {
    use Condition as C;
    match (narrow, wide) {
        (_, C::Always) => true,
        (narrow, wide) if narrow == wide => true,
        (C::Any(parts), wide) => parts.iter().all(|part| implies(part, wide)),
        (narrow, C::All(parts)) => parts.iter().all(|part| implies(narrow, part)),
        (C::All(parts), wide) if parts.iter().any(|part| implies(part, wide)) => true,
        (narrow, C::Any(parts)) => parts.iter().any(|part| implies(narrow, part)),
        (C::Not(narrow), C::Not(wide)) => implies(wide, narrow),
        (C::Test(narrow), C::Test(wide)) => test_implies(narrow, wide),
        _ => false,
    }
}

fn test_implies(narrow: &Test, wide: &Test) -> bool {
    use Operator as O;
    if narrow.field != wide.field {
        return false;
    }
    match (&narrow.operator, &wide.operator) {
        (O::In(narrow), O::In(wide)) => narrow.is_subset(wide),
        (O::AtLeast(narrow), O::AtLeast(wide)) => narrow >= wide,
        (O::AtMost(narrow), O::AtMost(wide)) => narrow <= wide,
        (O::Present(false), O::Present(true)) => false,
        (_, O::Present(true)) => true,
        (narrow, wide) => narrow == wide,
    }
}

/// Whether no lead can meet it.
pub(crate) fn impossible(condition: &Condition) -> bool {
    use Condition as C;
    match condition {
        C::Always | C::Test(_) => false,
        C::Any(parts) => parts.iter().all(impossible),
        C::Not(part) => matches!(**part, C::Always),
        C::All(parts) => {
            let clash = |a: &C, b: &C| match (a, b) {
                (C::Test(a), C::Test(b)) => exclude(a, b) || exclude(b, a),
                (C::Not(not), other) | (other, C::Not(not)) => implies(other, not),
                _ => false,
            };
            parts.iter().any(impossible)
                || parts.iter().enumerate().any(|(at, a)| parts.iter().skip(at + 1).any(|b| clash(a, b)))
        }
    }
}

/// Whether `a` rules `b` out.
fn exclude(a: &Test, b: &Test) -> bool {
    use Operator as O;
    if a.field != b.field {
        return false;
    }
    match (&a.operator, &b.operator) {
        (O::AtLeast(least), O::AtMost(most)) => least > most,
        (O::In(a_values), O::In(b_values)) => !a.field.is_many_valued() && a_values.is_disjoint(b_values),
        (O::Is(a), O::Is(b)) => a != b,
        (O::Present(false), O::Present(false)) => false,
        (O::Present(false), _) => a.field.kind() != Kind::Flag,
        _ => false,
    }
}
