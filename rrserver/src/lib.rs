//! The target half, as a library.
