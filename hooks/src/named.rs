//! Sets of names a user may type: one parser for all of them, whose error lists the set.

/// A closed set of values, each with the one name it is written by.
pub trait Named: Copy + 'static {
    /// What a value of the set is called in a message.
    const WHAT: &'static str;
    /// The whole set, in the order a message lists it.
    const ALL: &'static [Self];

    /// The name a user types.
    fn name(self) -> &'static str;
}

/// A name outside its set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is no {what}; one of {allowed}")]
pub struct UnknownName {
    got: String,
    what: &'static str,
    allowed: String,
}

/// The member of the set called `text`.
///
/// # Errors
///
/// [`UnknownName`], which lists the set.
pub fn by_name<T: Named>(text: &str) -> Result<T, UnknownName> {
    T::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| UnknownName {
        got: text.to_owned(),
        what: T::WHAT,
        allowed: list(T::ALL),
    })
}

/// The names of some members, for a message.
#[must_use]
pub fn list<T: Named>(members: &[T]) -> String {
    members.iter().map(|member| member.name()).collect::<Vec<_>>().join(", ")
}
