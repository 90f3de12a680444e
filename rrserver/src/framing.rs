//! Control messages over an asynchronous stream: fixed length, with deadlines.

use std::io;
use std::time::Duration;

use compat::wire::{MESSAGE_LEN, Message};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Why a control connection has no next message.
#[derive(Debug, Error)]
pub(crate) enum FramingError {
    /// Nothing arrived within the time allowed.
    #[error("no message within {0:?}")]
    Silent(Duration),
    /// A message began and never ended.
    #[error("a control message stopped after {0} of {MESSAGE_LEN} bytes")]
    Truncated(usize),
    /// The peer does not take what we send.
    #[error("the client did not take a control message within {0:?}")]
    Stuck(Duration),
    /// The connection broke.
    #[error("control connection: {0}")]
    Io(#[from] io::Error),
}

/// Reads the next message: its first byte within `patience`, the rest within `message` of that.
/// `None` is a connection closed where a message may end.
///
/// # Errors
/// The peer is silent, stops within a message, or the connection broke.
pub(crate) async fn read_message(
    stream: &mut (impl AsyncRead + Unpin),
    patience: Duration,
    message: Duration,
) -> Result<Option<Message>, FramingError> {
    let mut bytes = [0; MESSAGE_LEN];
    let first = timeout(patience, stream.read(&mut bytes)).await.map_err(|_| FramingError::Silent(patience))?;
    let mut filled = match first {
        // A client that was killed; where a message may end it makes no difference how.
        Err(e) if is_gone(&e) => 0,
        first => first?,
    };
    if filled == 0 {
        return Ok(None);
    }
    let rest = async {
        while filled < MESSAGE_LEN {
            match stream.read(&mut bytes[filled..]).await? {
                0 => break,
                n => filled += n,
            }
        }
        io::Result::Ok(())
    };
    match timeout(message, rest).await {
        Ok(result) => result?,
        Err(_) => return Err(FramingError::Truncated(filled)),
    }
    if filled < MESSAGE_LEN {
        return Err(FramingError::Truncated(filled));
    }
    Ok(Some(Message::from_bytes(bytes)))
}

/// Whether the error says that the peer is no longer there.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

/// Sends `message` within `patience`.
///
/// # Errors
/// The peer does not read, or the connection broke.
pub(crate) async fn write_message(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &Message,
    patience: Duration,
) -> Result<(), FramingError> {
    timeout(patience, stream.write_all(message.as_bytes())).await.map_err(|_| FramingError::Stuck(patience))??;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_message_in_pieces_is_one_message() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let sent = [7; MESSAGE_LEN];
        let writer = tokio::spawn(async move { far.write_all(&sent).await.map(|()| far) });
        let message = read_message(&mut near, SHORT, SHORT).await.expect("read").expect("message");
        assert_eq!(message.as_bytes(), &sent);
        drop(writer.await.expect("writer").expect("written"));
        assert!(read_message(&mut near, SHORT, SHORT).await.expect("clean end").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_a_stall_and_a_cut_are_told_apart() {
        let (mut near, mut far) = tokio::io::duplex(1024);
        assert!(matches!(read_message(&mut near, SHORT, LONG).await, Err(FramingError::Silent(_))));
        far.write_all(&[1; 100]).await.expect("written");
        assert!(matches!(read_message(&mut near, LONG, SHORT).await, Err(FramingError::Truncated(100))));
        far.write_all(&[1; 7]).await.expect("written");
        drop(far);
        assert!(matches!(read_message(&mut near, LONG, LONG).await, Err(FramingError::Truncated(7))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_does_not_hold_us() {
        let (mut near, _far) = tokio::io::duplex(16);
        let message = Message::from_bytes([0; MESSAGE_LEN]);
        assert!(matches!(write_message(&mut near, &message, SHORT).await, Err(FramingError::Stuck(_))));
    }
}
