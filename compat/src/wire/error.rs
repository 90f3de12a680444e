//! Why a control message was refused.

/// What made a message undecodable. Numbers are shown as they came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Word 0 is not the type the decoder is for.
    #[error("message type {0} is not an omni test request (97)")]
    NotOmni(u32),
    /// Field 21 is not one of netperf's family numbers.
    #[error("address family {0} is none of netperf's: 0 (any), 4 (IPv4), 6 (IPv6)")]
    Family(u32),
    /// An address without the family that says how to read it.
    #[error("an address was given, but no address family (field 21 is 0)")]
    AddressWithoutFamily,
    /// A port field above 65535.
    #[error("port {0} is above 65535")]
    Port(u32),
    /// A fixed-width string without its NUL.
    #[error("a string fills its field and has no end")]
    Unterminated,
    /// A string that is not UTF-8.
    #[error("a string is not UTF-8")]
    NotText,
}
