//! The messages around a test: passphrase, errors, and the two old questions a server still answers.

use super::{Kind, Message, message::BODY, message::MESSAGE_LEN};

/// What a server answers to a request type it does not know.
pub const ERRNO_UNKNOWN_REQUEST: i32 = 998;

/// Longest passphrase, in bytes; one more is needed for its NUL.
pub const PASSPHRASE_MAX: usize = MESSAGE_LEN - BODY - 1;

/// Why a passphrase cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// It does not fit one message.
    #[error("the passphrase is {0} bytes long, at most {PASSPHRASE_MAX} fit a message")]
    TooLong(usize),
    /// The server would compare only what stands before the NUL.
    #[error("the passphrase contains a NUL byte, where the server would stop reading")]
    Nul,
}

/// The passphrase message (type 6). It is never answered: a server that refuses it closes the connection.
pub fn passphrase_message(text: &str, remote_cpu: Option<u32>) -> Result<Message, PassphraseError> {
    if text.len() > PASSPHRASE_MAX {
        return Err(PassphraseError::TooLong(text.len()));
    }
    if text.contains('\0') {
        return Err(PassphraseError::Nul);
    }
    let mut message = Message::new(Kind::Passphrase);
    message.set_remote_cpu(remote_cpu);
    message.set_bytes(BODY, text.as_bytes());
    Ok(message)
}

/// The passphrase in a message: everything up to the first NUL.
pub fn passphrase_of(message: &Message) -> &[u8] {
    message.bytes_from(BODY)
}

/// Tells a client that its request failed, with a Linux errno or [`ERRNO_UNKNOWN_REQUEST`].
pub fn error_message(errno: i32) -> Message {
    let mut message = Message::new(Kind::OmniResponse);
    message.set_errno(errno);
    message
}

/// The answer to debug on and debug off.
pub fn debug_reply() -> Message {
    Message::new(Kind::DebugReply)
}

/// The answer to a calibration request: CPU `rate` in clock ticks per second, and the number of CPUs.
pub fn calibrate_reply(rate: f32, cpus: u32) -> Message {
    let mut message = Message::new(Kind::Calibrate);
    message.set_float(0, rate);
    message.set_field(1, cpus);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_must_leave_room_for_its_nul() {
        let longest = "x".repeat(PASSPHRASE_MAX);
        let message = passphrase_message(&longest, Some(3)).unwrap();
        assert_eq!(passphrase_of(&message), longest.as_bytes());
        assert_eq!(message.remote_cpu(), Some(3));
        let too_long = format!("{longest}x");
        assert_eq!(passphrase_message(&too_long, None), Err(PassphraseError::TooLong(648)));
        assert_eq!(passphrase_message("a\0b", None), Err(PassphraseError::Nul));
    }

    #[test]
    fn a_passphrase_without_nul_ends_with_the_message() {
        let message = Message::from_bytes([b'x'; MESSAGE_LEN]);
        assert_eq!(passphrase_of(&message).len(), MESSAGE_LEN - BODY);
    }

    #[test]
    fn replies_carry_their_type_and_values() {
        assert_eq!(debug_reply().kind(), Kind::DebugReply);
        let reply = calibrate_reply(100.0, 2);
        assert_eq!((reply.kind(), reply.float(0), reply.field(1)), (Kind::Calibrate, 100.0, 2));
        assert_eq!(error_message(ERRNO_UNKNOWN_REQUEST).errno(), 998);
    }
}
